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

/** The stack files, and what is not in them; of some the objects of one app alone. */
const goldens: [file: string, stack: string, settings: RawConfig, app?: string][] = [
  ["dev", "dev", {}],
  ["prod", "prod", {}],
  ["prod-replicated", "prod", { mysql: { topology: "replicated" } }],
  [
    "mailpit-on-nfs",
    "dev",
    {
      kubernetes: { podSecurity: "baseline" },
      mailpit: {
        authentication: true,
        storage: { size: "10Mi", nfs: { server: "192.168.0.1", path: "/mail" } },
        host: "mail.example.com",
        ingress: { className: "nginx", tlsSecret: "mail-tls" },
      },
    },
    "mailpit",
  ],
  ["mailpit-on-claim", "dev", { mailpit: { storage: { size: "2Gi", storageClass: "fast" } } }, "mailpit"],
];

async function rendered(stack: string, settings: RawConfig, app?: string): Promise<string> {
  const config = readStackFile(project, stack, mergeConfig({ kubernetes: { context: "golden" } }, settings));
  const { resources } = await collect(config, stack);
  return kubernetesManifests(resources)
    .filter(({ metadata }) => {
      const labels = metadata["labels"] as Record<string, string> | undefined;
      return app === undefined || labels?.["app.kubernetes.io/name"] === app;
    })
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
  for (const [name, stack, settings, app] of goldens) {
    it(`A4 golden: stack ${name} renders what review has seen`, async () => {
      const file = path.join(__dirname, `${name}.yaml`);
      const now = await rendered(stack, settings, app);
      if (process.env["UPDATE_GOLDEN"]) {
        fs.writeFileSync(file, now);
      }
      expect(now).to.equal(fs.readFileSync(file, "utf8"));
    });
  }
});
