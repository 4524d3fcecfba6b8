import { exampleProjects } from "../../../examples/example-project";
import { projectDirectory } from "../../../home/project";
import { writeMachineSettings } from "../../../config/files/machine";
import { imageNames } from "../../../sandbox/images";
import { importImages } from "../../../sandbox/kubernetes";
import { describePage } from "../support/doc-page";
import { kubernetesPlace } from "../support/kubernetes-place";

/** The lab's page, command by command (--long: the examples' own tests cover what they do). */
describe("the lab of the pods", () => {
  const prefix = "lab-";
  let environment: NodeJS.ProcessEnv = {};

  before(async function () {
    if (!process.env["E2E_LONG"]) {
      this.skip();
    }
    const { kubectl, place } = await kubernetesPlace("dev");
    await importImages(["nginx"]);
    environment = { GHOST_PLATFORM_HOME: place.home, KUBECONFIG: kubectl.kubeconfig };
    process.env["GHOST_PLATFORM_HOME"] = place.home;
    for (const { keys, name } of exampleProjects()) {
      writeMachineSettings(projectDirectory, `example-${name}`, {
        namespace: `${prefix}${name}`,
        ...("nginx" in keys ? { nginx: imageNames.nginx } : {}),
        ...("busybox" in keys ? { busybox: imageNames.busybox } : {}),
      });
    }
  });

  describePage("docs/labs/pods.md", {
    environment: () => environment,
    replace: {
      "my-cluster": "ghost-platform-sandbox",
      "--namespace ": `--namespace ${prefix}`,
      "in namespace ": `in namespace ${prefix}`,
      "web-app.web-app": `web-app.${prefix}web-app`,
    },
    rows: {
      "A web app that is updated without a lost request": "P6",
      "An init container that prepares a page": "P1",
      "Two waits, in their order": "P2",
      "What PodPreset did": "P3",
      ConfigMaps: "P4",
      Hooks: "P5",
    },
  });
});
