import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { mergeConfig, type RawConfig } from "../../config/machine";
import { readStackFile } from "../../config/stack-file";
import { collect } from "../../render/collect";
import { contentHash } from "../../platforms/content-hash";
import { kubernetesManifests, type Manifest } from "../../render/kubernetes";

/**
 * What each stack on Kubernetes becomes, in full, so that a change of the program shows in review as a change of manifests. After an intended
 * change: `UPDATE_GOLDEN=1 npm test -- --grep golden`, then read the difference.
 */
const project = path.join(__dirname, "..", "..");

/** The stack files, and what is not in them. */
const goldens: [file: string, stack: string, settings: RawConfig][] = [
  ["dev", "dev", {}],
  ["prod", "prod", {}],
  ["prod-replicated", "prod", { mysql: { topology: "replicated" } }],
];

async function rendered(stack: string, settings: RawConfig): Promise<string> {
  const config = readStackFile(project, stack, mergeConfig({ kubernetes: { context: "golden" } }, settings));
  const { resources } = await collect(config, stack);
  return kubernetesManifests(resources)
    .map((manifest) => stringify({ ...manifest, ...shortened(manifest) }, { lineWidth: 0, aliasDuplicateObjects: false }))
    .join("---\n");
}

/** Secrets without values, scripts by their hash: their content is reviewed where it stands. */
function shortened({ data, kind }: Manifest): { data?: Record<string, string> } {
  if (!data) {
    return {};
  }
  const short = (value: string) =>
    kind === "Secret" ? "(secret)" : value.startsWith("[mysqld]") ? value : `(script ${contentHash(value)})`;
  return {
    data: Object.fromEntries(Object.entries(data as Record<string, string>).map(([key, value]) => [key, short(value)])),
  };
}

describe("golden manifests", () => {
  for (const [name, stack, settings] of goldens) {
    it(`A4 golden: stack ${name} renders what review has seen`, async () => {
      const file = path.join(__dirname, `${name}.yaml`);
      const now = await rendered(stack, settings);
      if (process.env["UPDATE_GOLDEN"]) {
        fs.writeFileSync(file, now);
      }
      expect(now).to.equal(fs.readFileSync(file, "utf8"));
    });
  }
});
