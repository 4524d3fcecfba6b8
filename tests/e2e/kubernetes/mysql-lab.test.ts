import * as fs from "node:fs";
import * as path from "node:path";
import { writeMachineSettings } from "../../../config/files/machine";
import { projectDirectory } from "../../../home/project";
import { kubernetesImages } from "../support/stack-images";
import { startNode } from "../../../sandbox/kubernetes";
import { describePage } from "../support/doc-page";
import { kubernetesPlace } from "../support/kubernetes-place";

/** The lab's page, typed as it stands: `npm run e2e -- kubernetes --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

long("the MySQL lab", () => {
  let environment: NodeJS.ProcessEnv = {};

  before(async () => {
    const { place } = await kubernetesPlace("dev");
    const { context, kubeconfig } = await startNode();
    process.env["GHOST_PLATFORM_HOME"] = place.home;
    writeMachineSettings(projectDirectory, "lab", { kubernetes: { context }, images: { ...kubernetesImages } });
    environment = { GHOST_PLATFORM_HOME: place.home, KUBECONFIG: kubeconfig };
  });

  after(() => {
    fs.rmSync(path.join(projectDirectory, "Pulumi.lab.yaml"), { force: true });
  });

  describePage("docs/labs/mysql.md", {
    environment: () => environment,
    timeout: 900,
    replace: { "ghost-lab": "repl-lab" },
    rows: {
      "One server": "M1",
      "One source, two replicas": "M2 M6",
      "Writing and reading": "M2 M7",
      "A pod dies, and a claim is lost": "M3 M5",
      "More and fewer replicas": "M4",
    },
  });
});
