import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { mergeConfig, type RawConfig } from "../../config/files/machine";
import { readStackFile } from "../../config/files/stack-file";
import { collect } from "../../render/collect";
import { contentHash } from "../../platforms/content-hash";
import { kubernetesManifests, type Manifest } from "../../render/kubernetes";
import { FixedValues } from "../support/fixed-values";
import { differences } from "./differences";

/**
 * What each stack on Kubernetes becomes, so that a change of the program shows in review as a change of manifests, once: one stack in full, of the others
 * what is otherwise in them. After an intended change: `UPDATE_GOLDEN=1 npm test -- --grep golden`, then read the difference.
 */
const project = path.join(__dirname, "..", "..");

interface Golden {
  stack: string;
  /** Over its file. */
  settings?: RawConfig;
  /** What it is compared with; absent: it is shown in full. */
  from?: string;
}

const goldens: Record<string, Golden> = {
  dev: { stack: "dev" },
  prod: { stack: "prod", from: "dev" },
  "prod-replicated": { stack: "prod", settings: { mysql: { topology: "replicated" } }, from: "prod" },
  "prod-group": { stack: "prod", settings: { mysql: { topology: "group" } }, from: "prod" },
  "prod-edge": { stack: "prod", settings: { edge: {} }, from: "prod" },
  "prod-analytics": {
    stack: "prod",
    settings: {
      edge: {},
      analytics: {
        workspaceId: "123e4567-e89b-42d3-a456-426614174000",
        adminToken: { secretName: "tinybird", key: "admin" },
        trackerToken: { secretName: "tinybird", key: "tracker" },
      },
    },
    from: "prod-edge",
  },
  "dev-monitored": {
    stack: "dev",
    settings: {
      backup: { schedule: "daily" },
      monitoring: {
        alerts: { to: ["owner@example.com"] },
        host: "dashboards.example.com",
        ingress: { className: "nginx", tlsSecret: "dashboards-tls" },
      },
    },
    from: "dev",
  },
  "dev-operator": {
    stack: "dev",
    settings: {
      monitoring: { operator: { namespace: "monitoring", labels: { release: "kube-prometheus-stack" } } },
    },
    from: "dev",
  },
  "dev-own-app": {
    stack: "dev",
    settings: { apps: { guestbook: { module: "./tests/apps/guestbook/app.ts", settings: { port: 8090 } } } },
    from: "dev",
  },
  "dev-existing-secret": {
    stack: "dev",
    settings: {
      mysql: { existingSecret: { name: "db-passwords", keys: { root: "root-password", monitor: "monitor-password" } } },
      sites: { blog: { database: { existingSecret: { name: "blog-database" } } } },
    },
    from: "dev",
  },
  "mailpit-on-nfs": {
    stack: "dev",
    settings: {
      kubernetes: { podSecurity: "baseline" },
      mailpit: {
        authentication: true,
        storage: { size: "10Mi", nfs: { server: "192.168.0.1", path: "/mail" } },
        host: "mail.example.com",
        ingress: { className: "nginx", tlsSecret: "mail-tls" },
      },
    },
    from: "dev",
  },
  "mailpit-on-claim": {
    stack: "dev",
    settings: { mailpit: { storage: { size: "2Gi", storageClass: "fast" } } },
    from: "dev",
  },
};

async function manifestsOf(name: string): Promise<Manifest[]> {
  const { settings = {}, stack } = goldens[name] ?? { stack: name };
  const config = readStackFile(project, stack, mergeConfig({ kubernetes: { context: "golden" } }, settings));
  const { resources } = await collect(config, stack, new FixedValues());
  return kubernetesManifests(resources).map((manifest) => ({ ...manifest, ...shortened(manifest) }));
}

/** By kind and name. */
function byName(manifests: readonly Manifest[]): Record<string, unknown> {
  return Object.fromEntries(manifests.map((manifest) => [`${manifest.kind} ${manifest.metadata["name"]}`, manifest]));
}

async function shown(name: string): Promise<string> {
  const inYaml = (value: unknown) => stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
  const { from } = goldens[name] ?? {};
  const manifests = await manifestsOf(name);
  return from === undefined
    ? manifests.map(inYaml).join("---\n")
    : inYaml(differences(byName(await manifestsOf(from)), byName(manifests)));
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
  for (const [name, { from }] of Object.entries(goldens)) {
    it(`A4 golden: stack ${name} renders what review has seen`, async () => {
      const file = path.join(__dirname, from === undefined ? `${name}.yaml` : `${name}.unlike-${from}.yaml`);
      const now = await shown(name);
      if (process.env["UPDATE_GOLDEN"]) {
        fs.writeFileSync(file, now);
      }
      expect(now).to.equal(fs.readFileSync(file, "utf8"));
    });
  }
});
