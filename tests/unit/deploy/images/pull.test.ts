import { expect } from "chai";
import { neededImages, registryOf } from "../../../../stacks/images";
import { parseStackConfig } from "../../../../config/parse";

const sites = { blog: { url: "http://localhost:2368" } };

describe("the images of a stack", () => {
  it("are those that it runs", () => {
    const names = (raw: object) => neededImages(parseStackConfig({ sites, ...raw })).map(({ name }) => name);
    expect(names({ platform: "swarm" })).to.deep.equal(["mysql", "ghost", "mailpit"]);
    expect(names({ platform: "swarm", mailpit: { enabled: false } })).to.deep.equal(["mysql", "ghost"]);
    expect(names({ platform: "kubernetes", kubernetes: { context: "x" } })).to.include("busybox");
  });

  it("come from the registry that they name, else from Docker Hub", () => {
    expect(["ghost:6", "library/ghost:6", "docker.io/library/ghost:6"].map(registryOf)).to.deep.equal([
      "docker.io",
      "docker.io",
      "docker.io",
    ]);
    expect(registryOf("ghcr.io/a/b:1")).to.equal("ghcr.io");
    expect(registryOf("localhost:5000/b@sha256:aa")).to.equal("localhost:5000");
    expect(registryOf("localhost/b:1")).to.equal("localhost");
  });
});
