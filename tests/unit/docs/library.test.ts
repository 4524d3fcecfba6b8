import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { expect } from "chai";
import { parseStackConfig } from "../../../config/parse";
import { collect, type Collected } from "../../../render/collect";
import type { StackOutputs } from "../../../stacks/outputs";
import { project } from "./pages";

describe("the library example", () => {
  const file = path.join(project, "examples", "library", "index.ts");

  it("stands in the README as it is, and the one on Swarm on its page", () => {
    const text = (...parts: string[]) => fs.readFileSync(path.join(project, ...parts), "utf8");
    expect(text("README.md")).to.contain(text("examples", "library", "index.ts"));
    expect(text("docs", "library.md")).to.contain(text("examples", "library", "two-on-swarm.ts"));
  });

  it("K4 stands in other languages on their page as it is", () => {
    const text = (...parts: string[]) => fs.readFileSync(path.join(project, ...parts), "utf8");
    for (const file of ["yaml/Pulumi.yaml", "python/__main__.py"]) {
      expect(text("docs", "any-language.md")).to.contain(text("examples", "any-language", ...file.split("/")));
    }
  });

  it("K1 declares two sites on Swarm, each with a server of its own, and their volumes adjusted", async () => {
    const { outputs, resources } = await declared(path.join(project, "examples", "library", "two-on-swarm.ts"));
    expect(outputs["services"]).to.have.length(2);
    const services = resources.filter(({ type }) => type.endsWith(":Service")).map(({ inputs }) => inputs["name"]);
    expect(services).to.have.members(["press_blog-mysql", "press_blog-site", "press_news-mysql", "press_news-site"]);
    const volumes = resources.filter(({ type }) => type.endsWith(":Volume"));
    expect(volumes).to.have.length(8);
    volumes.forEach(({ inputs }) => expect(inputs["labels"]).to.deep.include({ label: "backup", value: "daily" }));
  });

  it("declares a site with its database and an inbox", async () => {
    const { outputs, resources } = await declared(file);
    const workloads = resources.filter(({ type }) => /:(Deployment|StatefulSet)$/.test(type)).map(({ name }) => name);
    expect(workloads).to.have.members(["mailpit", "ghost-mysql", "ghost-blog"]);
    expect(resources.filter(({ type }) => type.endsWith(":Ingress"))).to.have.length(1);
    expect(outputs["urls"]).to.deep.equal(["https://blog.example.com"]);
  });
});

/** What a program declares that Pulumi would run. */
async function declared(file: string): Promise<Collected> {
  const unused = parseStackConfig({ platform: "swarm", sites: { none: { url: "http://localhost:1" } } });
  return collect(unused, "library", undefined, () => createRequire(__filename)(file) as StackOutputs);
}
