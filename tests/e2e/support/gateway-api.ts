import * as os from "node:os";
import * as path from "node:path";
import { run } from "../../../engines/process";
import type { Kubectl } from "./kubectl";

/** Gateway API's own release; its newer ones want a newer Go. */
const version = "v1.6.3";
const definitions = ["gatewayclasses", "gateways", "httproutes", "referencegrants"];

/** Gives the test node the published definitions of the Gateway API. No controller comes with them. */
export async function installGatewayApi(kubectl: Kubectl): Promise<void> {
  const { stdout } = await run("go", ["mod", "download", "-json", `sigs.k8s.io/gateway-api@${version}`], {
    cwd: os.tmpdir(),
    timeout: 120,
  });
  const { Dir: directory } = JSON.parse(stdout) as { Dir: string };
  const files = definitions.map((name) =>
    path.join(directory, "config", "crd", "standard", `gateway.networking.k8s.io_${name}.yaml`),
  );
  await kubectl.run("apply", "--server-side", ...files.flatMap((file) => ["--filename", file]));
  await kubectl.run(
    ...["wait", "--for=condition=Established", "--timeout=60s"],
    ...definitions.map((name) => `crd/${name}.gateway.networking.k8s.io`),
  );
}

/** Takes them away again, with all that is of their kinds. */
export async function removeGatewayApi(kubectl: Kubectl): Promise<void> {
  await kubectl.run(
    "delete",
    "crd",
    "--ignore-not-found",
    ...definitions.map((name) => `${name}.gateway.networking.k8s.io`),
  );
}
