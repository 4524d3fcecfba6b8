import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { readStackFile } from "../../../config/files/stack-file";
import { UserError } from "../../../errors";
import { withValues } from "../../../config/files/edit-stack-file";
import { pinImages } from "../../../ops/images/pin";
import { parseReference } from "../../../ops/images/reference";
import { digestOf, FakeRegistry, type RegistryBehaviour } from "./registry";

const manifests = { "library/ghost:6.65.0": "ghost", "library/mysql:9.7.4": "mysql", "axllent/mailpit:v1": "mailpit" };

describe("images pin", () => {
  let project: string;
  let registry: FakeRegistry | undefined;
  const file = () => path.join(project, "Pulumi.test.yaml");
  const written = () => fs.readFileSync(file(), "utf8");

  /** A stack file whose images are in a registry of this behaviour. */
  async function stackWith(behaviour: RegistryBehaviour): Promise<FakeRegistry> {
    registry = await FakeRegistry.start(behaviour);
    const { host } = registry;
    fs.writeFileSync(
      file(),
      `# What this stack is for.
config:
  ghost-platform:platform: swarm
  # Kept in our own registry.
  ghost-platform:images:
    mysql: ${host}/library/mysql:9.7.4 # the tested one
    ghost: ${host}/library/ghost:6.65.0
    mailpit: ${host}/axllent/mailpit:v1
  ghost-platform:sites:
    blog: { url: "http://localhost:2368" }
`,
    );
    return registry;
  }

  beforeEach(() => (project = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-pin-"))));
  afterEach(async () => {
    await registry?.stop();
    registry = undefined;
    fs.rmSync(project, { recursive: true });
  });

  async function refusal(): Promise<string> {
    const before = written();
    try {
      await pinImages(project, "test");
    } catch (error) {
      expect(error).to.be.instanceOf(UserError);
      expect(written(), "the file stays as it is").to.equal(before);
      return (error as Error).message;
    }
    throw new Error("nothing was refused");
  }

  it("writes the digests and keeps comments, order and everything else", async () => {
    const { host } = await stackWith({ manifests });
    const before = written();
    await pinImages(project, "test");
    expect(written()).to.equal(
      before
        .replace("mysql:9.7.4", `mysql:9.7.4@${digestOf("mysql")}`)
        .replace("ghost:6.65.0", `ghost:6.65.0@${digestOf("ghost")}`)
        .replace("mailpit:v1", `mailpit:v1@${digestOf("mailpit")}`),
    );
    expect(readStackFile(project, "test", {}).images.ghost).to.equal(
      `${host}/library/ghost:6.65.0@${digestOf("ghost")}`,
    );
  });

  it("gets a token as anybody may where the registry wants one", async () => {
    const { requests } = await stackWith({ manifests, token: true });
    await pinImages(project, "test");
    expect(requests).to.include.members([
      "GET /v2/library/mysql/manifests/9.7.4",
      "GET /token?scope=repository%3Alibrary%2Fmysql%3Apull&service=registry.test",
      "GET /v2/library/mysql/manifests/9.7.4 with token",
    ]);
  });

  it("changes nothing the second time, and follows a tag that was renewed", async () => {
    const behaviour = { manifests: { ...manifests } };
    await stackWith(behaviour);
    await pinImages(project, "test");
    const first = written();
    await pinImages(project, "test");
    expect(written()).to.equal(first);
    behaviour.manifests["library/mysql:9.7.4"] = "mysql, rebuilt";
    await pinImages(project, "test");
    expect(written()).to.equal(first.replace(digestOf("mysql"), digestOf("mysql, rebuilt")));
  });

  it("changes nothing where no registry answers, and says so", async () => {
    await (await stackWith({ manifests })).stop();
    const message = await refusal();
    expect(message).to.contain("Nothing was changed in Pulumi.test.yaml: no registry answers for");
    expect(message).to.contain("images.mysql").and.to.contain("ECONNREFUSED");
  });

  it("changes nothing where one image is missing, and names it", async () => {
    await stackWith({ manifests: { ...manifests, "library/ghost:6.65.0": undefined } as never });
    const message = await refusal();
    expect(message).to.contain("images.ghost").and.to.contain("has no image");
    expect(message).not.to.contain("images.mysql");
  });

  for (const [what, behaviour, words] of [
    ["a manifest that is not the one its digest names", { claimedDigest: digestOf("another") }, "changed on the way"],
    ["an image for which an account is needed", { status: 403 }, "without an account"],
    ["too many questions", { status: 429 }, "Ask again later"],
    ["a registry that is broken", { status: 500 }, "answers 500"],
  ] as const) {
    it(`takes no digest of ${what}`, async () => {
      await stackWith({ manifests, ...behaviour });
      expect(await refusal()).to.contain(words);
    });
  }

  it("adds images to a file that names none, and to one that Pulumi wrote as a string", () => {
    const images = [{ keys: ["images", "ghost"] as const, value: "ghost:1@sha256:0" }];
    expect(withValues("config:\n  a:b: 1 # one\n", images)).to.equal(
      "config:\n  a:b: 1 # one\n  ghost-platform:images:\n    ghost: ghost:1@sha256:0\n",
    );
    expect(withValues(`config:\n  ghost-platform:images: '{"mysql":"mysql:1"}'\n`, images)).to.equal(
      "config:\n  ghost-platform:images:\n    mysql: mysql:1\n    ghost: ghost:1@sha256:0\n",
    );
  });
});

describe("an image reference", () => {
  const digest = digestOf("");
  for (const [text, registry, repository, tag, withDigest] of [
    ["mysql", "docker.io", "library/mysql", "latest", undefined],
    ["mysql:9.7.4", "docker.io", "library/mysql", "9.7.4", undefined],
    ["docker.io/axllent/mailpit:v1.30.5", "docker.io", "axllent/mailpit", "v1.30.5", undefined],
    ["localhost:5000/ghost:6", "localhost:5000", "ghost", "6", undefined],
    ["registry.example.com/a/b/c", "registry.example.com", "a/b/c", "latest", undefined],
    [`ghost:6.65.0@${digest}`, "docker.io", "library/ghost", "6.65.0", digest],
    [`ghost@${digest}`, "docker.io", "library/ghost", undefined, digest],
  ] as const) {
    it(`${text} is taken apart as Docker does`, () => {
      expect(parseReference(text)).to.deep.equal({ registry, repository, tag, digest: withDigest });
    });
  }
});
