import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { stackToken } from "../../../../config/pulumi-schema";
import { parseStackConfig } from "../../../../config/parse";
import { StackProvider } from "../../../../packaging/pulumi/provider";
import { collect, collectProgram } from "../../../../render/collect";
import { rejection } from "../../../support/rejection";

const project = path.join(__dirname, "..", "..", "..", "..");

/** Under mocks, as the engine would ask for it. */
async function construct(inputs: pulumi.Inputs, type = stackToken, ...more: pulumi.Inputs[]) {
  return collectProgram({
    project: "press",
    stack: "test",
    run: async () => {
      const provider = new StackProvider(project, false);
      const { state } = await provider.construct("press", type, inputs, {});
      for (const each of more) {
        await provider.construct("other", type, each, {});
      }
      return state;
    },
  });
}

const kubernetes = {
  platform: "kubernetes",
  kubernetes: { context: "unused" },
  sites: { blog: { url: "https://blog.test" } },
};
const swarm = { platform: "swarm", sites: { blog: { url: "http://localhost:2368" } } };

describe("the component of the Pulumi package", () => {
  for (const [platform, inputs] of Object.entries({ kubernetes, swarm })) {
    it(`K4 makes on ${platform} what the same stack file makes`, async () => {
      const objects = ({ resources }: Awaited<ReturnType<typeof collect>>) =>
        resources.filter(({ type }) => type !== stackToken).map(({ name, type }) => `${type} ${name}`);
      const { outputs, resources } = await construct(inputs);
      const own = await collect(parseStackConfig(inputs, "test"), "test");
      expect(objects({ outputs, resources })).to.have.members(objects(own));
      expect(objects(own).length).to.be.greaterThan(20);
      expect(Object.keys(outputs)).to.have.members(Object.keys(own.outputs));
    });
  }

  it("K4 says every mistake with its key, and makes nothing", async () => {
    const wrong = { ...swarm, sites: { blog: { url: "ftp://x", titel: "a" } }, kubernetes: { context: "a" } };
    const { message } = await rejection(construct(wrong));
    expect(message).to.match(/^press has 3 mistakes:\n/);
    expect(message).to.contain("- sites.blog.url: ").and.contain("- sites.blog.titel: ").and.contain("- kubernetes: ");
  });

  it("K4 takes a secret where a stack file has an encrypted value, and nowhere else", async () => {
    const site = {
      url: "http://localhost:2368",
      secretSettings: { a__token: { secure: pulumi.secret("hidden-token") } },
    };
    const { resources } = await construct({ ...swarm, sites: { blog: site } });
    expect(JSON.stringify(resources.filter(({ type }) => type.includes("Service")))).not.to.contain("hidden-token");
    const title = { ...site, settings: { title: pulumi.secret("hidden-title") } };
    const { message } = await rejection(construct({ ...swarm, sites: { blog: title } }));
    expect(message).to.contain("- sites.blog.settings.title: is encrypted").and.not.contain("hidden");
  });

  it("K4 refuses what is known only later, with its key", async () => {
    const later = pulumi.output(pulumi.unknown);
    const { message } = await rejection(construct({ ...swarm, sites: { blog: { url: later } } }));
    expect(message).to.contain("- sites.blog.url: is known only once something else is made");
  });

  it("K4 refuses a second stack in one program, and a component that it does not have", async () => {
    const second = await rejection(construct(swarm, stackToken, kubernetes));
    expect(second.message).to.match(/^other: the program has press already/);
    const unknown = await rejection(construct(swarm, "ghost-platform:index:Blog"));
    expect(unknown.message).to.contain(stackToken);
  });
});
