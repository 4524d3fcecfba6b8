import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import * as fc from "fast-check";
import { run } from "../../../engines/process";
import { mergeConfig } from "../../../config/files/machine";
import { parseStackConfig } from "../../../config/parse";
import { collect } from "../../../render/collect";
import { composeFileName, composeFiles, composeStack } from "../../../render/compose";
import { kubernetesManifests, manifestFiles } from "../../../render/kubernetes";
import { startNode } from "../../../sandbox/kubernetes";
import { kubernetesStack, swarmStack } from "../../support/stacks";
import { temporaryDirectory } from "../../support/temporary-directory";
import { gatewayApi, installApi, prometheusOperatorApi, removeApi } from "../support/published-apis";
import { Kubectl } from "../support/kubectl";

/** The engines' own checks of what allowed configurations become. Nothing is made, but for one empty namespace. */
const numRuns = process.env["E2E_LONG"] ? 100 : 12;
const namespace = "generated-stacks";

describe("F5 any allowed configuration, asked of the engines", () => {
  const scratch = temporaryDirectory();

  it("is taken by the API server, field by field", async () => {
    const { context, kubeconfig, kubectl } = await startNode();
    process.env["PATH"] = `${path.dirname(kubectl)}:${process.env["PATH"] ?? ""}`;
    const kube = (...args: string[]) => run(kubectl, ["--kubeconfig", kubeconfig, ...args]);
    const apis = [gatewayApi, prometheusOperatorApi];
    const cluster = new Kubectl(kubeconfig, context, namespace);
    for (const api of apis) {
      await installApi(cluster, api);
    }
    // A run that was killed has left it.
    await kube("delete", "namespace", namespace, "--ignore-not-found", "--timeout=120s");
    await kube("create", "namespace", namespace);
    try {
      const file = path.join(scratch, "stacks.yaml");
      for (const raw of fc.sample(kubernetesStack, numRuns)) {
        const config = parseStackConfig(mergeConfig(raw, { kubernetes: { namespace } }));
        const manifests = kubernetesManifests((await collect(config, "test")).resources).filter(
          ({ kind }) => kind !== "Namespace",
        );
        fs.writeFileSync(
          file,
          manifestFiles(manifests)
            .map(({ content }) => content)
            .join("---\n"),
        );
        const { stdout } = await kube(
          ...["apply", "--server-side", "--dry-run=server", "--validate=strict", "--force-conflicts"],
          ...["--field-manager=generated-stacks", "--namespace", namespace, "--filename", file, "--output=name"],
        ).catch((error: unknown) => {
          throw new Error(`${JSON.stringify(raw, undefined, 2)}\n${String(error)}`);
        });
        expect(stdout.trim().split("\n")).to.have.length(manifests.length);
      }
    } finally {
      await kube("delete", "namespace", namespace, "--wait=false");
      // Other tests are about a cluster without.
      for (const api of apis) {
        await removeApi(cluster, api);
      }
    }
  });

  it("is taken by docker as a stack", async () => {
    for (const raw of fc.sample(swarmStack, numRuns)) {
      const stack = composeStack((await collect(parseStackConfig(raw), "test")).resources);
      for (const { content, path: name } of composeFiles(stack)) {
        fs.mkdirSync(path.dirname(path.join(scratch, name)), { recursive: true });
        fs.writeFileSync(path.join(scratch, name), content);
      }
      await run("docker", ["stack", "config", "--compose-file", path.join(scratch, composeFileName)]).catch(
        (error: unknown) => {
          throw new Error(`${JSON.stringify(raw, undefined, 2)}\n${String(error)}`);
        },
      );
    }
  });
});
