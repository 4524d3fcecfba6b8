import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { run } from "../../../engines/process";
import { faces, pack, writePackage } from "../../../packaging/npm-package";
import { isLong } from "../../support/long";
import { temporaryDirectory } from "../../support/temporary-directory";

const project = path.join(__dirname, "..", "..", "..");

/** Runs a program under mocks, and prints what it declares: kinds, names and inputs. */
const declaring = `
const pulumi = require("@pulumi/pulumi");
const declared = [];
pulumi.runtime.setMocks({
  newResource({ inputs, name, type }) {
    declared.push({ inputs: type.startsWith("random:") ? {} : inputs, name, type });
    return { id: name, state: { ...inputs, result: "p", name: inputs.name ?? name } };
  },
  call: () => ({}),
}, "press", "library", false);
pulumi.runtime.runInPulumiStack(async () => { await require(process.argv[2]); }).then(async () => {
  await pulumi.runtime.disconnect();
  process.stdout.write(JSON.stringify(declared.sort((a, b) => (a.type + a.name < b.type + b.name ? -1 : 1))));
  process.exit();
});
`;

/** The library's examples, by the face that they use. */
const examples = { kubernetes: "index.ts", swarm: "two-on-swarm.ts" } as const;

function exampleText(face: keyof typeof examples): string {
  return fs.readFileSync(path.join(project, "examples", "library", examples[face]), "utf8");
}

/** An app that is no part of the program, in this project. */
const guestbook = path.join("tests", "apps", "guestbook");

/** Compiles the whole program, and installs it: `npm test -- --long`. */
const long = isLong ? describe : describe.skip;

long("K4 components and commands as an npm package", function () {
  this.timeout(300_000);
  let folder: string;
  let file: string;
  before(async () => {
    folder = path.join(temporaryDirectory(), "package");
    await writePackage(project, folder);
    file = await pack(folder, temporaryDirectory());
  });

  it("holds what its faces and commands need and no more: no tests, nothing that only a checkout can do", () => {
    const files = fs.readdirSync(folder, { recursive: true }).map(String);
    for (const face of Object.keys(faces)) {
      expect(files).to.include.members([`${face}.js`, `${face}.d.ts`]);
    }
    const folders = new Set(files.map((name) => name.split(path.sep)[0] ?? ""));
    expect([...folders]).not.to.include.members(["tests", "bench", "examples"]);
    expect(files.filter((name) => /(?<!\.d)\.ts$|\.tsbuildinfo$|tsconfig|^sandbox.*\.sh$/.test(name))).to.deep.equal(
      [],
    );
  });

  it("names what it needs: the SDKs as a program's own, the rest at the versions tried here", () => {
    const read = (directory: string) =>
      JSON.parse(fs.readFileSync(path.join(directory, "package.json"), "utf8")) as Record<
        string,
        Record<string, string>
      >;
    const [own, ours] = [read(folder), read(project)];
    expect(own["version"]).to.equal(ours["version"]);
    const sdks = Object.keys(own["peerDependencies"] ?? {});
    const others = Object.keys(ours["dependencies"] ?? {}).filter((name) => !sdks.includes(name));
    expect(Object.keys(own["dependencies"] ?? {})).to.have.members(others);
    expect(own["peerDependencies"]).to.deep.equal(
      Object.fromEntries(
        ["@pulumi/pulumi", "@pulumi/random", "@pulumi/tls", "@pulumi/kubernetes", "@pulumi/docker"].map((name) => [
          name,
          `^${ours["dependencies"]?.[name] ?? ""}`,
        ]),
      ),
    );
    expect(own["private"]).to.equal(undefined);
  });

  it("shows in its own README the example of this project's", () => {
    expect(fs.readFileSync(path.join(folder, "README.md"), "utf8")).to.contain(asPackage(exampleText("kubernetes")));
  });

  const installing = ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
  /** With the one platform's SDK that the face needs. */
  const foldersOf: Partial<Record<keyof typeof examples, string>> = {};
  for (const face of Object.keys(examples) as (keyof typeof examples)[]) {
    it(`declares from an empty project on ${face} what the components declare here, and its types hold`, async () => {
      const other = temporaryDirectory();
      foldersOf[face] = other;
      fs.writeFileSync(path.join(other, "package.json"), JSON.stringify({ private: true }));
      const platform = face === "swarm" ? "docker" : "kubernetes";
      const { dependencies, devDependencies } = JSON.parse(
        fs.readFileSync(path.join(project, "package.json"), "utf8"),
      ) as Record<string, Record<string, string>>;
      const sdks = ["@pulumi/pulumi", "@pulumi/random", "@pulumi/tls", `@pulumi/${platform}`].map(
        (name) => `${name}@${dependencies?.[name] ?? ""}`,
      );
      const types = `@types/node@${devDependencies?.["@types/node"] ?? ""}`;
      await run("npm", [...installing, file, types, ...sdks], { cwd: other, timeout: 280 });
      fs.writeFileSync(path.join(other, "program.ts"), asPackage(exampleText(face)));
      const tsc = path.join(project, "node_modules", ".bin", "tsc");
      // With the types of the package itself looked at, too.
      await run(tsc, ["--strict", "--module", "node20", "--target", "es2022", "--types", "node", "program.ts"], {
        cwd: other,
        timeout: 200,
      });
      fs.writeFileSync(path.join(other, "declaring.js"), declaring);
      const there = await run("node", ["declaring.js", "./program.js"], { cwd: other, timeout: 60 });
      const here = await run(
        "node",
        ["--require", "./runtime/preload.cjs", "-e", declaring, "-", `./examples/library/${examples[face]}`],
        { cwd: project, timeout: 60 },
      );
      const declared = JSON.parse(there.stdout) as unknown[];
      expect(declared).to.deep.equal(JSON.parse(here.stdout));
      expect(declared.length).to.be.above(10);
    });
  }

  it("A6 makes a folder one of stack files, in which a stack with an app of one's own is what it is in a checkout", async () => {
    const { swarm: other = "" } = foldersOf;
    const { GHOST_PLATFORM_HOME: _, ...env } = process.env;
    const npm = (...args: string[]) => run("npm", args, { cwd: other, env, timeout: 280 });
    const program = path.join(other, "node_modules", ".bin", "ghost-platform");
    const refused = await run(program, ["render"], { cwd: other, timeout: 60 }).catch(String);
    expect(refused).to.contain("npm install @pulumi/kubernetes@").and.not.to.contain("docker");
    await run(program, ["init"], { cwd: other, timeout: 60 });
    await npm(...installing);
    // An app in the folder, of what the package exports, as it is: in TypeScript.
    fs.mkdirSync(path.join(other, "guestbook"));
    for (const name of fs.readdirSync(path.join(project, guestbook))) {
      const text = fs.readFileSync(path.join(project, guestbook, name), "utf8");
      fs.writeFileSync(path.join(other, "guestbook", name), asPackage(text));
    }
    for (const stack of ["swarm", "dev"]) {
      const rendered = (root: string) => path.join(root, "rendered", stack);
      const args = ["--stack", stack];
      const here = temporaryDirectory();
      for (const [home, folder] of [
        [here, guestbook],
        [path.join(other, ".ghost-platform"), "guestbook"],
      ] as const) {
        const apps = { guestbook: { module: `./${folder}/app.ts`, settings: { port: 8090 } } };
        fs.mkdirSync(home, { recursive: true });
        fs.writeFileSync(
          path.join(home, "machine.yaml"),
          JSON.stringify({ dev: { kubernetes: { context: "any" }, apps }, swarm: { apps } }),
        );
      }
      await npm("run", "render", "--", ...args);
      const renderHere = () =>
        run("node", ["runtime/bootstrap.mjs", "deploy/render.ts", ...args], {
          ...{ cwd: project, env: { ...process.env, GHOST_PLATFORM_HOME: here }, timeout: 60 },
        });
      await renderHere();
      // With the same passwords and certificates.
      fs.copyFileSync(path.join(rendered(other), "passwords.json"), path.join(rendered(here), "passwords.json"));
      await renderHere();
      expect(contentOf(rendered(other))).to.deep.equal(contentOf(rendered(here)));
    }
  });
});

/** Every file below a folder, by its path there. */
function contentOf(folder: string): Record<string, string> {
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ name, parentPath }) => {
      const file = path.join(parentPath, name);
      return [path.relative(folder, file), fs.readFileSync(file, "utf8")];
    }),
  );
}

function asPackage(text: string): string {
  return text
    .replace(/(\.\.\/)+components\/own-app/g, "ghost-platform/app")
    .replace(/(\.\.\/)+components\//g, "ghost-platform/")
    .replaceAll("../../config/images", "ghost-platform/images");
}
