import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { commandFiles } from "../../../home/program";
import { initFolder } from "../../../packaging/own-folder";
import { temporaryDirectory } from "../../support/temporary-directory";

const project = path.join(__dirname, "..", "..", "..");

describe("K4 a folder of stack files without a checkout", () => {
  const read = (file: string) => fs.readFileSync(file, "utf8");
  const manifestOf = (folder: string) =>
    JSON.parse(read(path.join(folder, "package.json"))) as Record<string, Record<string, string>>;

  /** A package as far as a folder is made by it. */
  const program = temporaryDirectory();
  before(() => {
    fs.mkdirSync(path.join(program, "folder"));
    fs.writeFileSync(path.join(program, "folder", "gitignore"), "/.ghost-platform/\n");
    fs.writeFileSync(path.join(program, "folder", "Pulumi.yaml"), "name: ghost-platform\n");
    const peerDependencies = { "@pulumi/pulumi": "^3.1.2" };
    const manifest = { name: "ghost-platform", version: "1.2.3", peerDependencies };
    fs.writeFileSync(path.join(program, "package.json"), JSON.stringify(manifest));
  });

  it("calls the commands as a checkout does", () => {
    const { scripts } = manifestOf(project);
    for (const [name, file] of Object.entries(commandFiles)) {
      expect(scripts?.[name]).to.equal(`node runtime/bootstrap.mjs ${file}.ts`);
    }
  });

  it("has in the end what npm start needs, and a second time nothing is written", () => {
    const folder = path.join(temporaryDirectory(), "my-blog");
    const { kept, lacksPackages, written } = initFolder(folder, program);
    expect(written).to.have.members(["package.json", ".gitignore", "Pulumi.yaml"]);
    expect(kept).to.deep.equal([]);
    expect(lacksPackages).to.equal(true);
    const { dependencies, scripts } = manifestOf(folder);
    expect(dependencies).to.deep.equal({ "ghost-platform": "1.2.3", "@pulumi/pulumi": "3.1.2" });
    expect(Object.keys(scripts ?? {})).to.deep.equal(Object.keys(commandFiles));
    expect(initFolder(folder, program)).to.deep.equal({ written: [], kept: [], lacksPackages: false });
  });

  it("keeps what somebody has there, and says so", () => {
    const folder = temporaryDirectory();
    const own = {
      name: "mine",
      scripts: { start: "node server.js", lint: "eslint" },
      dependencies: { "ghost-platform": "file:../ghost-platform-1.2.3.tgz" },
      custom: { key: 1 },
    };
    fs.writeFileSync(path.join(folder, "package.json"), JSON.stringify(own));
    fs.writeFileSync(path.join(folder, "Pulumi.yaml"), "name: mine\n");
    const { kept } = initFolder(folder, program);
    expect(kept).to.have.length(2);
    expect(kept.join()).to.contain("npx ghost-platform start").and.to.contain("Pulumi.yaml");
    expect(read(path.join(folder, "Pulumi.yaml"))).to.equal("name: mine\n");
    const after = manifestOf(folder);
    expect(after).to.deep.include({ name: "mine", custom: { key: 1 } });
    expect(after["scripts"]).to.include({ ...own.scripts, ops: "ghost-platform ops" });
    expect(after["dependencies"]).to.deep.equal({ ...own.dependencies, "@pulumi/pulumi": "3.1.2" });
  });

  it("refuses a package.json that is none, and touches nothing", () => {
    const folder = temporaryDirectory();
    fs.writeFileSync(path.join(folder, "package.json"), "{ not json");
    expect(() => initFolder(folder, program)).to.throw(/package\.json.*damaged/);
    expect(fs.readdirSync(folder)).to.deep.equal(["package.json"]);
  });
});
