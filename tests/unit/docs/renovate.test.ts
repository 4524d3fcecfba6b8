import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { defaultImages } from "../../../config/images";
import { filesBelow, project } from "./pages";

interface CustomManager {
  managerFilePatterns: string[];
  matchStrings: string[];
}

describe("the Renovate configuration", () => {
  const { customManagers } = JSON.parse(fs.readFileSync(path.join(project, "renovate.json"), "utf8")) as {
    customManagers: CustomManager[];
  };
  const files = ["config/images.ts", ...filesBelow("examples", (name) => name.endsWith("Pulumi.yaml"))];

  /** What Renovate's regular expressions find in a file, as `name:tag`. */
  function found(file: string): string[] {
    const text = fs.readFileSync(path.join(project, file), "utf8");
    return customManagers
      .filter(({ managerFilePatterns }) =>
        managerFilePatterns.some((pattern) => new RegExp(pattern.slice(1, -1)).test(file)),
      )
      .flatMap(({ matchStrings }) => matchStrings)
      .flatMap((pattern) => [...text.matchAll(new RegExp(pattern, "g"))])
      .map(({ groups }) => `${groups?.["depName"] ?? ""}:${groups?.["currentValue"] ?? ""}`);
  }

  it("finds every image that a registry has", () => {
    const official = Object.values(defaultImages).filter((reference) => !reference.startsWith("ghost-platform.local/"));
    expect(found("config/images.ts")).to.have.members(official);
  });

  it("finds the images of the examples, which are those of the stacks", () => {
    const ofExamples = files.slice(1).flatMap(found);
    expect(ofExamples).to.include(defaultImages.nginx);
    expect(
      ofExamples.filter((reference) => !(Object.values(defaultImages) as string[]).includes(reference)),
    ).to.deep.equal([]);
  });
});
