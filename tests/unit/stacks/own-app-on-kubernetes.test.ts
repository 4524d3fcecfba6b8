import { expect } from "chai";
import { inUseOnCluster, type Workload } from "../../../deploy/before/passwords-in-use";
import { kubernetesSummary } from "../../../deploy/summary";
import { KubernetesCluster } from "../../../engines/kubernetes-cluster";
import { parseStackConfig } from "../../../config/parse";
import type { RawConfig } from "../../../config/files/machine";
import type { KubernetesStackConfig } from "../../../config/schema";
import { UserError } from "../../../errors";
import { collect } from "../../../render/collect";
import { kubernetesManifests, type Manifest } from "../../../render/kubernetes";
import { rotatedPasswords, watchedPages } from "../../../stacks/apps";
import { usesIn } from "../../../backup/kubernetes/program";
import { container, object, podSpecs, type PodSpec } from "../../support/kubernetes";

const sites = { blog: { url: "http://blog.test" } };
const apps = { guestbook: { module: "./tests/apps/guestbook/app.ts", settings: { port: 8090 } } };
const notes = { notes: { module: "./tests/apps/notes/app.ts", settings: { image: "busybox:1.37.0" } } };

const parsed = (raw: RawConfig = { sites, apps }) =>
  parseStackConfig(
    { platform: "kubernetes", kubernetes: { context: "unused" }, ...raw },
    "test",
  ) as KubernetesStackConfig;
const manifestsOf = async (raw?: RawConfig) => kubernetesManifests((await collect(parsed(raw), "test")).resources);
const guestbookPod = (manifests: readonly Manifest[]): PodSpec =>
  podSpecs(manifests)["app-guestbook"] ?? expect.fail("there is no app-guestbook");
const secretItems = (pod: PodSpec) => pod.volumes.find(({ name }) => name === "database-password")?.secret;

describe("an app that is no part of this program, on Kubernetes", () => {
  it("A6 is known to the tools by what it declares", async () => {
    const config = parsed();
    // What is asked there has to be a Service, at a port that it has.
    const [page] = watchedPages(config).services.filter(({ name }) => name === "guestbook");
    expect(page).to.include({ app: "app-guestbook", target: "http://app-guestbook:8080/health" });
    const { ports } = object(await manifestsOf(), "Service", "app-guestbook")["spec"] as { ports: { port: number }[] };
    expect(ports.map(({ port }) => port)).to.deep.equal([8080]);
    const cluster = new KubernetesCluster({ context: "here" }, "ghost-test");
    const summary = kubernetesSummary("test", config, cluster).join("\n");
    expect(summary).to.contain("Guestbook        http://localhost:8090/");
    expect(summary).to.match(/port-forward service\/app-guestbook 8090:8080/);
  });

  it("A6 G8 its pod is restricted, and everything of it is labelled as the stack's", async () => {
    const manifests = await manifestsOf();
    const pod = guestbookPod(manifests);
    expect(pod.securityContext).to.deep.include({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
    expect(pod.automountServiceAccountToken).to.equal(false);
    for (const { name, resources, securityContext } of [...(pod.initContainers ?? []), ...pod.containers]) {
      expect(securityContext, name).to.deep.equal({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(Object.keys(resources.limits ?? {}), name).to.include("memory");
    }
    const own = manifests.filter(({ metadata }) => metadata.name?.startsWith("app-guestbook"));
    expect(own.map(({ kind }) => kind)).to.have.members([
      "ConfigMap",
      "Deployment",
      "NetworkPolicy",
      "PersistentVolumeClaim",
      "Service",
    ]);
    for (const { kind, metadata } of own) {
      expect(metadata["labels"], kind).to.include({ "ghost-platform/stack": "test" });
    }
  });

  for (const [topology, host] of [
    ["single", "mysql"],
    ["replicated", "mysql-source"],
    ["group", "mysql-primary"],
  ] as const) {
    it(`A6 has a database of its own on a ${topology} server, whose certificate it verifies`, async () => {
      for (const others of [sites, {}]) {
        const manifests = await manifestsOf({ sites: others, apps, mysql: { topology } });
        const pod = guestbookPod(manifests);
        const { env, volumeMounts } = container(pod, "guestbook");
        expect(Object.fromEntries(env.map(({ name, value }) => [name, value]))).to.deep.include({
          DB: `${host}.ghost-test.svc.cluster.local:3306`,
          DB_USER: "app_guestbook",
          DB_NAME: "app_guestbook",
          DB_CA_FILE: "/scripts/mysql-ca.pem",
        });
        expect(volumeMounts.map(({ mountPath }) => mountPath)).to.include("/scripts");
        const { data } = object(manifests, "ConfigMap", "app-guestbook-scripts") as unknown as {
          data: Record<string, string>;
        };
        expect(data["mysql-ca.pem"]).to.contain("BEGIN CERTIFICATE");
        expect(secretItems(pod)?.secretName).to.equal("mysql-db-guestbook");
      }
    });
  }

  it("A6 S7 has a password that is rotated under its name, and tools know which one a pod has", async () => {
    const config = { sites, apps, secrets: { generations: { guestbook: 2 } } };
    const pod = guestbookPod(await manifestsOf(config));
    expect(secretItems(pod)?.items.map(({ key, path }) => `${key} ${path}`)).to.deep.equal([
      "password-2 database-password",
      "password database-password-former-1",
    ]);
    const deployment = object(await manifestsOf(config), "Deployment", "app-guestbook");
    const inUse = inUseOnCluster(rotatedPasswords(parsed(config)), [deployment as unknown as Workload]);
    expect(inUse.find(({ site }) => site === "guestbook")?.inUse).to.deep.equal([2]);
  });

  it("A6 B1 its volume is restored by a pod like its own", async () => {
    const use = usesIn(await manifestsOf()).get("app-guestbook-data");
    expect(use?.own).to.deep.include({ target: "/var/www/html", keeps: { kind: "files" } });
  });

  it("A6 needs no database server and no inbox where it has asked for none", async () => {
    expect(Object.keys(podSpecs(await manifestsOf({ apps: notes })))).to.deep.equal(["app-notes"]);
  });

  for (const [what, raw, words] of [
    [
      "an app of the other platform",
      { apps: { x: { module: "./tests/support/apps/swarm-only.ts" } }, sites },
      "apps.x.module: ./tests/support/apps/swarm-only.ts runs on swarm alone; this stack has platform kubernetes. Give its `app` a `deploy.kubernetes`",
    ],
    [
      "the name of a site",
      { apps: { blog: apps.guestbook }, sites },
      "apps.blog: a site has the same name, and both need a database",
    ],
    [
      "a claim of somebody else's that is called as its own",
      { apps, sites: { blog: { ...sites.blog, storage: { existingClaim: "app-guestbook-data" } } } },
      "sites.blog.storage.existingClaim: app-guestbook-data is what this program calls the claim that it makes for apps.guestbook",
    ],
    [
      "a database server of somebody else's",
      { apps, sites, mysql: { external: { host: "db.example.com", adminFile: "nowhere" } } },
      "apps.guestbook: wants a database of the stack's own server",
    ],
  ] as const) {
    it(`A3 A6 is refused with ${what}`, () => {
      expect(() => parsed(raw)).to.throw(UserError, words);
    });
  }
});
