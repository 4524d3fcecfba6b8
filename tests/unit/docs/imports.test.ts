import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { filesBelow, project } from "./pages";

/** Which file imports which, against docs/architecture.md. */
describe("the imports", () => {
  const folders = fs
    .readdirSync(project, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules")
    .map(({ name }) => name);
  const sources = folders.flatMap((folder) => filesBelow(folder, (name) => /\.(ts|cjs|mjs)$/.test(name)));
  const graph = new Map(sources.map((file) => [file, importsOf(file)]));

  it("go in no circle", () => {
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (file: string, trail: readonly string[]) => {
      if (trail.includes(file)) {
        circles.push([...trail.slice(trail.indexOf(file)), file].join(" → "));
      } else if (!done.has(file)) {
        done.add(file);
        graph.get(file)?.forEach((next) => visit(next, [...trail, file]));
      }
    };
    sources.forEach((file) => visit(file, []));
    expect(circles).to.deep.equal([]);
    expect([...graph.values()].flat().length, "imports that were found").to.be.above(1000);
  });

  function importsOf(file: string): string[] {
    const text = fs.readFileSync(path.join(project, file), "utf8");
    return [...text.matchAll(/\b(?:from|import|require)\b\s*\(?\s*"(\.[^"]+)"/g)].flatMap(([, name = ""]) => {
      const target = path.join(path.dirname(file), name);
      return [target, `${target}.ts`, path.join(target, "index.ts")].filter((candidate) => sources.includes(candidate));
    });
  }
});
