import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";

const project = path.join(__dirname, "..", "..", "..");

/** Runs JavaScript in this project as the Pulumi engine does, and returns what it prints as JSON. */
function preloaded(script: string): unknown {
  const output = execFileSync(
    process.execPath,
    ["--require", path.join(project, "runtime", "preload.cjs"), "--eval", script],
    { cwd: project, encoding: "utf8", env: { ...process.env, NODE_OPTIONS: "" } },
  );
  return JSON.parse(output);
}

describe("what Node.js loads before the program", () => {
  it("A1 leaves out what no stack uses, until it is asked for", () => {
    const loaded = `Object.keys(require.cache).filter((file) => /typescript.js$|arborist|source-map-support|pulumi.automation|kubernetes.(helm|kustomize|yaml)|zod.v4.locales.(?!en.cjs)/.test(file)).length`;
    const [before, message] = preloaded(`
      require("@pulumi/pulumi");
      require("./stacks/kubernetes.ts");
      const before = ${loaded};
      if (!require("@pulumi/pulumi").automation.LocalWorkspace || !require("@pulumi/kubernetes").helm.v3.Chart) {
        throw new Error("not there when it is asked for");
      }
      const { z } = require("zod");
      z.config(z.locales.fr());
      console.log(JSON.stringify([before, z.string().safeParse(1).error.issues[0].message]));
    `) as [number, string];
    expect(before).to.equal(0);
    expect(message).to.contain("Entrée invalide");
  });

  it("A1 leaves the SDK what turns functions into cloud functions, for programs that have some", () => {
    const text = preloaded(`
      require("@pulumi/pulumi").runtime.serializeFunction(() => 42).then(({ text }) => console.log(JSON.stringify(text)));
    `);
    expect(text).to.contain("return () => 42");
  });

  it("A1 runs a file as it is now, also when it was changed a moment ago", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-preload-"));
    const file = path.join(folder, "answer.ts");
    try {
      const answers = [1, 2, 1].map((answer) => {
        fs.writeFileSync(file, `export const answer: number = ${answer};`);
        return preloaded(`console.log(require(${JSON.stringify(file)}).answer)`);
      });
      expect(answers).to.deep.equal([1, 2, 1]);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
