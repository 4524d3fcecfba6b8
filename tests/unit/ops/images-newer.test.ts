import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { newerImages, newerLines } from "../../../ops/images/newer";
import { newerTags } from "../../../ops/images/tags";
import { temporaryDirectory } from "../../support/temporary-directory";
import { FakeRegistry, type RegistryBehaviour } from "./registry";

describe("images newer", () => {
  let registry: FakeRegistry | undefined;
  afterEach(async () => {
    await registry?.stop();
    registry = undefined;
  });

  async function asked(behaviour: Partial<RegistryBehaviour>, mysql = "library/mysql:9.7.4") {
    registry = await FakeRegistry.start({ manifests: {}, ...behaviour });
    const project = temporaryDirectory();
    fs.writeFileSync(
      path.join(project, "Pulumi.test.yaml"),
      `config:
  ghost-platform:platform: swarm
  ghost-platform:images:
    mysql: ${registry.host}/${mysql}
    ghost: ${registry.host}/library/ghost:6.65.0
    mailpit: ${registry.host}/axllent/mailpit:v1.30.5
  ghost-platform:sites:
    blog: { url: "http://localhost:2368" }
`,
    );
    const images = await newerImages(project, "test");
    return { images, lines: newerLines("test", images).join("\n") };
  }

  it("B7 tells the newest of the same major version and of a later one, from every page", async () => {
    const { images, lines } = await asked({
      token: true,
      tags: {
        "library/mysql": [
          ["9.7.4", "9.7.10", "9"],
          ["26.7.0", "latest"],
        ],
        "library/ghost": [["6.65.0", "6.9.9", "7.0.0-rc.1", "6.66.0-alpine"]],
        "axllent/mailpit": [["v1.30.5", "v1.31.0", "2.0.0"]],
      },
    });
    const found = Object.fromEntries(
      images.map(({ laterMajor, name, sameMajor }) => [name, { sameMajor, laterMajor }]),
    );
    expect(found).to.deep.equal({
      mysql: { sameMajor: "9.7.10", laterMajor: "26.7.0" },
      ghost: { sameMajor: undefined, laterMajor: undefined },
      mailpit: { sameMajor: "v1.31.0", laterMajor: undefined },
    });
    expect(lines).to.contain("newer: 9.7.10; a later major version: 26.7.0").and.contain("nothing newer");
    expect(lines).to.contain("Nothing was changed").and.contain("npm run ops -- upgrade --stack test");
  });

  it("B7 says of each image of which nothing is known why", async () => {
    const { lines } = await asked({ tags: { "library/ghost": [["6.65.0"]] }, status: 429 });
    expect(lines.match(/not known: .* too many questions/g)).to.have.length(3);
    expect(lines).not.to.contain("nothing newer").and.not.to.contain("Nothing was changed");
  });

  it("B7 takes a digest without a tag for what has no order", async () => {
    const { images } = await asked({ tags: {} }, `library/mysql@sha256:${"0".repeat(64)}`);
    expect(images.find(({ name }) => name === "mysql")?.unknown).to.contain("digest alone");
  });

  it("compares only tags of one form", () => {
    const tags = [
      "7.1.0-php8.5-apache",
      "7.1.1-php8.4-apache",
      "7.2-php8.4-apache",
      "7.1.2-php8.4-fpm",
      "v7.1.3-php8.4-apache",
    ];
    expect(newerTags("7.1.0-php8.4-apache", tags)).to.deep.equal({ sameMajor: "7.1.1-php8.4-apache" });
    expect(newerTags("latest", tags)).to.deep.equal({});
  });
});
