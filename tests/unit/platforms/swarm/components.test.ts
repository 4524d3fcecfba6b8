import { expect } from "chai";
import { Ghost, GhostWithMySql, MySql, stackNetworks } from "../../../../components/swarm";
import { parseStackConfig } from "../../../../config/parse";
import { UserError } from "../../../../errors";
import type { SwarmStack } from "../../../../platforms/swarm/stack";
import { collect, type DeclaredResource } from "../../../../render/collect";
import { PasswordStore } from "../../../../render/passwords";
import { asInSwarm, service } from "../../../support/swarm";

const config = parseStackConfig({ platform: "swarm", sites: { blog: { url: "http://localhost:2368" } } });

/** Runs somebody else's program that uses the components. */
async function program(declare: (stack: SwarmStack) => void): Promise<readonly DeclaredResource[]> {
  const { resources } = await collect(config, "test", new PasswordStore(), () => {
    declare({ name: "mine", networks: stackNetworks({ name: "mine" }, { encryptBackend: false }, {}) });
    return {};
  });
  return asInSwarm(resources);
}

describe("components on Swarm", () => {
  const images = { ghost: "ghost:6", mysql: "mysql:9.7" };
  const sites = { blog: { url: "http://localhost:2368" } };

  it("S5 work with what they cannot do without, and publish nothing that is not asked for", async () => {
    const resources = await program((stack) => new GhostWithMySql("ghost", { stack, images, sites }));
    const { container, inputs } = service(resources, "ghost-blog");
    expect(inputs.name).to.equal("mine_ghost-blog");
    expect(inputs.endpointSpec.ports).to.equal(undefined);
    expect(container.image).to.equal("ghost:6");
  });

  it("S5 Ghost takes any database it is given the way to", async () => {
    const resources = await program(
      (stack) =>
        new Ghost("press", {
          stack,
          images,
          url: "http://localhost:2368",
          database: {
            host: "db.example.com",
            port: 3307,
            database: "press",
            username: "writer",
            authority: { ca: "root" },
            password: { id: "secret-id", name: "writer-password" },
          },
        }),
    );
    const { container } = service(resources, "press");
    expect(container.env).to.include({
      database__connection__host: "db.example.com",
      database__connection__port: "3307",
      database__connection__user: "writer",
    });
    expect(container.secrets?.[0]).to.include({ secretId: "secret-id", secretName: "writer-password" });
  });

  it("A3 MySql tells which databases there are when asked for another", async () => {
    let message = "";
    await program((stack) => {
      const databases = { blog: { database: "ghost_blog", username: "ghost_blog" } };
      const mysql = new MySql("mysql", { stack, image: "mysql:9.7", databases });
      try {
        mysql.endpoint("news");
      } catch (error) {
        message = (error as Error).message;
      }
    });
    expect(message).to.equal('there is no database "news"; there are: blog');
  });

  it("A3 refuse what they set themselves", async () => {
    let refusal: unknown;
    await program(
      (stack) =>
        new GhostWithMySql("ghost", { stack, images, sites: { blog: { ...sites.blog, settings: { url: "x" } } } }),
    ).catch((error: unknown) => (refusal = error));
    expect(refusal).to.be.instanceOf(UserError);
    expect((refusal as UserError).message).to.contain("settings.url: this program sets it");
  });
});
