import { expect } from "chai";
import * as fc from "fast-check";
import * as pulumi from "@pulumi/pulumi";
import * as k8s from "@pulumi/kubernetes";
import { isQualifiedName, isSubdomain } from "../../../config/values/names";
import { parseStackConfig } from "../../../config/parse";
import { collect } from "../../../render/collect";
import { composeStack } from "../../../render/compose";
import { kubernetesManifests, type Manifest } from "../../../render/kubernetes";
import { isLong } from "../../support/long";
import { rejection } from "../../support/rejection";
import { kubernetesStack, swarmStack } from "../../support/stacks";

/**
 * A stack in memory takes a tenth of a second or two; the tests on engines try more. One that fails is told as it is: to look for a smaller one takes longer than
 * a test may.
 */
const parameters = { numRuns: isLong ? 10 : 4, endOnFailure: true };

describe("F5 what any allowed configuration becomes", () => {
  it("on Kubernetes are objects that its published schemas take, with names, labels and annotations as its API wants them, no two the same", async () => {
    await fc.assert(
      fc.asyncProperty(kubernetesStack, async (raw) => {
        const manifests = kubernetesManifests((await collect(parseStackConfig(raw), "test")).resources);
        for (const manifest of manifests) {
          const { kind, metadata } = manifest;
          const mistakes = await mistakesIn(manifest);
          expect(mistakes, `${kind} ${metadata.name}`).to.equal("");
          expect(repeatedIn(manifest), `${kind} ${metadata.name}`).to.deep.equal([]);
          expect(isSubdomain(metadata.name), `${kind} ${metadata.name}`).to.equal(true);
          for (const [key, value] of Object.entries((metadata["labels"] ?? {}) as Record<string, unknown>)) {
            expect(isQualifiedName(key), key).to.equal(true);
            expect(value).to.match(/^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/);
          }
          for (const [key, value] of Object.entries((metadata["annotations"] ?? {}) as Record<string, unknown>)) {
            expect(isQualifiedName(key), key).to.equal(true);
            expect(value).to.be.a("string");
          }
        }
        const identities = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
        expect(identities).to.have.length(new Set(identities).size);
      }),
      parameters,
    );
  });

  it("is compared with schemas that say what is wrong", async () => {
    const wrong = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "x" },
      spec: { selector: {}, template: {}, replicas: "one" },
    };
    expect(await mistakesIn(wrong)).to.contain("replicas must be integer");
  });

  it("on a swarm is a compose file whose names an engine takes, with everything in it that it refers to", async () => {
    await fc.assert(
      fc.asyncProperty(swarmStack, async (raw) => {
        const { document, name } = composeStack((await collect(parseStackConfig(raw), "test")).resources);
        for (const kind of ["services", "secrets", "configs"] as const) {
          for (const key of Object.keys(document[kind])) {
            expect(`${name}_${key}`).to.match(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/);
          }
        }
        for (const service of Object.values(document.services)) {
          for (const kind of ["secrets", "configs"] as const) {
            for (const { source } of (service[kind] ?? []) as { source: string }[]) {
              expect(document[kind], source).to.have.property(source);
            }
          }
        }
      }),
      parameters,
    );
  });

  it("F4 is never one object over another of the same name", async () => {
    const twice = () => {
      const metadata = { name: "same", namespace: "a" };
      new k8s.core.v1.ConfigMap("one", { metadata });
      new k8s.core.v1.ConfigMap("two", { metadata: { ...metadata, namespace: pulumi.output("a") } });
      return {};
    };
    const error = await rejection(collect(parseStackConfig({ platform: "swarm", shop: {} }), "test", undefined, twice));
    expect(error.message).to.contain("two objects kubernetes:core/v1:ConfigMap a/same");
  });
});

/** Lists in which the API server tells entries apart by one of their keys, and takes none twice; its schemas do not say so. */
const keyOfList: Readonly<Record<string, string>> = {
  containers: "name",
  initContainers: "name",
  volumes: "name",
  volumeMounts: "mountPath",
  env: "name",
};

/** Entries of such lists that are there twice. */
function repeatedIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([name, entry]) => {
    const key = keyOfList[name];
    const keys = key !== undefined && Array.isArray(entry) ? entry.map((one: Record<string, string>) => one[key]) : [];
    const twice = keys.filter((one, index) => keys.indexOf(one) !== index).map((one) => `${name}: ${one} twice`);
    return [...twice, ...repeatedIn(entry)];
  });
}

const operatorModels = "@kubernetes-models/prometheus-operator";

/** What is wrong with an object by the schemas that Kubernetes publishes; empty where nothing is. */
async function mistakesIn({ apiVersion, kind, ...rest }: Manifest): Promise<string> {
  const published =
    { "gateway.networking.k8s.io/v1": "@kubernetes-models/gateway-api", "monitoring.coreos.com/v1": operatorModels }[
      apiVersion
    ] ?? "kubernetes-models";
  const models = (await import(`${published}/${apiVersion}/${kind}`)) as Record<
    string,
    new (object: object) => { validate(): void }
  >;
  const Model = models[kind];
  try {
    if (Model) {
      new Model(rest).validate();
    }
    return Model ? "" : `there is no ${kind} in ${apiVersion}`;
  } catch (error) {
    return (error as Error).message;
  }
}
