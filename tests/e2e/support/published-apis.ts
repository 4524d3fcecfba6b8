import * as os from "node:os";
import * as path from "node:path";
import { run } from "../../../engines/process";
import type { Kubectl } from "./kubectl";

/** Definitions of objects that somebody else publishes, as a Go module has them. */
interface PublishedApi {
  module: string;
  folder: readonly string[];
  group: string;
  definitions: readonly string[];
}

/** Gateway API's own release; its newer ones want a newer Go. */
export const gatewayApi: PublishedApi = {
  module: "sigs.k8s.io/gateway-api@v1.6.3",
  folder: ["config", "crd", "standard"],
  group: "gateway.networking.k8s.io",
  definitions: ["gatewayclasses", "gateways", "httproutes", "referencegrants"],
};

/** Those of the Prometheus operator that a stack has objects of. */
export const prometheusOperatorApi: PublishedApi = {
  module: "github.com/prometheus-operator/prometheus-operator@v0.83.0",
  folder: ["example", "prometheus-operator-crd"],
  group: "monitoring.coreos.com",
  definitions: ["probes", "prometheusrules", "servicemonitors"],
};

/** Gives the test node published definitions. No controller comes with them. */
export async function installApi(
  kubectl: Kubectl,
  { definitions, folder, group, module }: PublishedApi,
): Promise<void> {
  const { stdout } = await run("go", ["mod", "download", "-json", module], { cwd: os.tmpdir(), timeout: 120 });
  const { Dir: directory } = JSON.parse(stdout) as { Dir: string };
  const files = definitions.map((name) => path.join(directory, ...folder, `${group}_${name}.yaml`));
  await kubectl.run("apply", "--server-side", ...files.flatMap((file) => ["--filename", file]));
  await kubectl.run(
    ...["wait", "--for=condition=Established", "--timeout=60s"],
    ...definitions.map((name) => `crd/${name}.${group}`),
  );
}

/** Takes them away again, with all that is of their kinds. */
export async function removeApi(kubectl: Kubectl, { definitions, group }: PublishedApi): Promise<void> {
  await kubectl.run("delete", "crd", "--ignore-not-found", ...definitions.map((name) => `${name}.${group}`));
}
