import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { expect } from "chai";
import { parseStackConfig } from "../../../config/parse";
import { collect } from "../../../render/collect";
import type { StackOutputs } from "../../../stacks/outputs";
import { project } from "./pages";

describe("the library example", () => {
  const file = path.join(project, "examples", "library", "index.ts");

  it("stands in the README as it is", () => {
    expect(fs.readFileSync(path.join(project, "README.md"), "utf8")).to.contain(fs.readFileSync(file, "utf8"));
  });

  it("declares a site with its database and an inbox", async () => {
    const unused = parseStackConfig({ platform: "swarm", sites: { none: { url: "http://localhost:1" } } });
    const { outputs, resources } = await collect(
      unused,
      "library",
      undefined,
      () => createRequire(__filename)(file) as StackOutputs,
    );
    const workloads = resources.filter(({ type }) => /:(Deployment|StatefulSet)$/.test(type)).map(({ name }) => name);
    expect(workloads).to.have.members(["mailpit", "mysql", "ghost-blog"]);
    expect(resources.filter(({ type }) => type.endsWith(":Ingress"))).to.have.length(1);
    expect(outputs["urls"]).to.deep.equal(["https://blog.example.com"]);
  });
});
