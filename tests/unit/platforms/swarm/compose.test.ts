import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { composeFiles, composeStack, type ComposeStack } from "../../../../render/compose";
import type { DeclaredResource } from "../../../../render/collect";
import { contentOf, declared, ofKind } from "../../../support/swarm";
import { temporaryDirectory } from "../../../support/temporary-directory";

describe("the compose form of a stack on Swarm", () => {
  let resources: DeclaredResource[];
  let compose: ComposeStack;
  before(async () => {
    ({ resources } = await declared());
    compose = composeStack(resources);
  });

  it("A4 has every object of the program, under the name the program gives it", () => {
    expect(compose.name).to.equal("ghost-test");
    const { networks, secrets, configs, services, volumes } = compose.document;
    const inCompose = [networks, secrets, configs, volumes].flatMap((objects) =>
      Object.values(objects).map(({ name }) => name),
    );
    const inProgram = resources.filter(({ type }) => !type.endsWith(":Service")).map(({ inputs }) => inputs["name"]);
    expect(inCompose).to.have.members(inProgram);
    expect(Object.keys(services).map((name) => `ghost-test_${name}`)).to.have.members(
      ofKind(resources, "Service").map(({ inputs }) => inputs["name"]),
    );
  });

  it("A4 refers only to what it defines", () => {
    const { configs, networks, secrets, services, volumes } = compose.document;
    for (const [name, service] of Object.entries(services)) {
      const sources = (key: string) =>
        ((service[key] as { source?: string }[] | undefined) ?? []).map(({ source }) => source);
      expect(Object.keys(configs), name).to.include.members(sources("configs"));
      expect(Object.keys(secrets), name).to.include.members(sources("secrets"));
      expect(Object.keys(volumes), name).to.include.members(
        sources("volumes").filter((source) => source !== undefined),
      );
      expect(Object.keys(networks), name).to.include.members(Object.keys(service["networks"] as object));
    }
    const paths = composeFiles(compose).map(({ path }) => `./${path}`);
    for (const { file } of [...Object.values(configs), ...Object.values(secrets)]) {
      expect(paths).to.include(file);
    }
  });

  it("A4 says of a service what the program says", () => {
    const ghost = compose.document.services["ghost-blog"];
    expect(ghost).to.deep.include({
      user: "1000:1000",
      read_only: true,
      cap_drop: ["ALL"],
      stop_grace_period: "1m",
      ports: [{ target: 2368, published: 2368, protocol: "tcp", mode: "host" }],
    });
    expect(ghost?.["deploy"]).to.deep.include({
      endpoint_mode: "dnsrr",
      restart_policy: { condition: "any", delay: "2s", window: "0s" },
      resources: { limits: { memory: String(512 * 2 ** 20) } },
    });
    expect((ghost?.["deploy"] as { update_config: object } | undefined)?.update_config).to.include({
      order: "stop-first",
      failure_action: "rollback",
    });
    expect(ghost?.["networks"]).to.deep.equal({
      frontend: { aliases: ["ghost-blog"] },
      backend: { aliases: ["ghost-blog"] },
    });
  });

  it("A5 holds no password; the files that do are marked as secret", () => {
    const passwords = ofKind(resources, "Secret").flatMap(
      (secret) => contentOf(secret).match(/\bp[A-Za-z0-9]{32}\b/g) ?? [],
    );
    expect(passwords).to.have.length.greaterThan(3);
    const files = composeFiles(compose);
    for (const { content, path, secret } of files) {
      expect(secret, path).to.equal(path.startsWith("secrets/"));
      for (const password of passwords) {
        expect(!secret && Buffer.from(content).includes(password), path).to.equal(false);
      }
    }
  });

  it("A4 keeps dollar signs from being taken for variables", async () => {
    const { resources: priced } = await declared({ sites: { blog: { settings: { labs__price: "$HOME ${X}" } } } });
    const [file] = composeFiles(composeStack(priced));
    const document = parse(String(file?.content)) as ComposeStack["document"];
    expect(document.services["ghost-blog"]?.["environment"]).to.include({ labs__price: "$$HOME $${X}" });
  });

  it("A4 S8 has files with the bytes that they have", async () => {
    const bytes = Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 7) % 256));
    const file = path.join(temporaryDirectory(), "bytes");
    fs.writeFileSync(file, bytes);
    const { resources: given } = await declared({
      sites: {
        blog: { secrets: { "/run/secrets/key": { file } }, configs: { "/etc/bytes": { file } } },
      },
    });
    const contents = composeFiles(composeStack(given)).map(({ content }) => Buffer.from(content));
    expect(contents.filter((content) => content.equals(bytes))).to.have.length(2);
  });

  it("A4 S3 says how a node makes a volume that is no object of the stack", async () => {
    const driverOptions = { type: "nfs", o: "addr=10.0.0.9", device: ":/srv/mysql" };
    const { resources: shared } = await declared({
      swarm: { singleNode: false, placement: ["node.hostname==one"] },
      mysql: { storage: { driverOptions } },
    });
    const { document } = composeStack(shared);
    const volumes = Object.entries(document.volumes);
    const [data] = volumes.filter(([key]) => key.startsWith("mysql-data-"));
    expect(data?.[1]).to.deep.include({ driver: "local", driver_opts: driverOptions });
    const mounts = document.services["mysql"]?.["volumes"] as { source?: string; volume?: object }[];
    expect(mounts.find(({ source }) => source === data?.[0])?.volume).to.deep.equal({ nocopy: true });
  });

  it("A4 refuses objects of no stack, and kinds it does not know", () => {
    expect(() => composeStack([])).to.throw("a compose file is one stack");
    const image = { ...resources[0], type: "docker:index/image:Image" } as DeclaredResource;
    expect(() => composeStack([image])).to.throw("docker:index/image:Image has no compose form");
  });
});
