import * as path from "node:path";
import { writeMachineSettings } from "../../../config/files/machine";
import { removeStack, removeVolumes } from "../../../deploy/rendered/swarm";
import { DockerEngine } from "../../../engines/docker-engine";
import { loadIntoDocker } from "../../../sandbox/images";
import { temporaryDirectory } from "../../support/temporary-directory";
import { describePage } from "../support/doc-page";
import { swarmImages } from "../support/stack-images";
import { startedEngine } from "../support/swarm-place";

const name = "ghost-swarm";

/** The package, installed from npm's registry with all that it needs: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

long("K4 stacks in a folder of one's own", () => {
  const base = temporaryDirectory();
  const folder = path.join(base, "my-blog");
  let docker: DockerEngine;
  const clear = async () => {
    await removeStack(docker, name, () => undefined);
    await removeVolumes(docker, name);
  };

  before(async () => {
    const { host } = await startedEngine();
    docker = new DockerEngine(host);
    await loadIntoDocker(host);
    await clear();
  });
  after(clear);

  describePage("docs/own-folder.md", {
    environment: () => ({ GHOST_PLATFORM_HOME: undefined, npm_config_prefer_offline: "true" }),
    // In this order: the folder is below the base, whose name begins with the other.
    replace: { "/tmp": base, "~/my-blog": folder },
    rows: { "Make the folder": "K4", "Use it": "K4" },
    prepare: {
      // No registry answers here: the images are in the engine.
      "Use it": async () => {
        writeMachineSettings(folder, "swarm", { swarm: { host: docker.host }, images: { ...swarmImages } });
        return Promise.resolve();
      },
    },
    timeout: 600,
  });
});
