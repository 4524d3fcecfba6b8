import * as path from "node:path";
import { Command } from "commander";
import { swarmStackName } from "../platforms/swarm/stack";
import { composeFileName } from "../render/compose";
import { afterRolloutDirectory, beforeDeploymentDirectory, manifestDirectory } from "../render/kubernetes";
import { renderStack } from "../render/stack";
import { runCommand } from "../terminal/command";
import { KubernetesCluster } from "../engines/kubernetes-cluster";
import { say } from "../terminal/progress";
import { renderedDirectory, shown } from "../home/project";
import { refuseEncrypted } from "./before/encrypted-settings";
import { composeDeployment } from "./rendered/swarm";
import { stackConfiguration } from "../home/stack-configuration";

/** `npm run render`: a stack as Kubernetes manifests or a compose file. */
const command = new Command("npm run render --")
  .description("Writes a stack as files: Kubernetes manifests, or a compose file for `docker stack deploy`.")
  .requiredOption("--stack <name>", "the stack, for example swarm for Pulumi.swarm.yaml")
  .option("--out <folder>", "where to write. Default: rendered/<stack>")
  .action(async ({ out, stack }: { out?: string; stack: string }) => {
    const config = stackConfiguration(stack);
    refuseEncrypted(config, stack);
    const location = out ? path.resolve(out) : renderedDirectory(stack);
    const { files } = await renderStack(config, stack, location);
    const secrets = files.filter(({ secret }) => secret).length;
    say(
      `Wrote stack ${stack} to ${shown(location)}: ${files.length} files, ${secrets} of them with secrets (mode 0600).`,
      `Its passwords are kept in ${shown(path.join(location, "passwords.json"))}, so that the next run writes the same ones.`,
    );
    if (config.platform === "kubernetes") {
      const cluster = new KubernetesCluster(config.kubernetes, config.kubernetes.namespace);
      if (files.some((file) => file.path.startsWith(beforeDeploymentDirectory))) {
        const folder = shown(path.join(location, beforeDeploymentDirectory));
        say(
          "Where it runs already, first, so that no pod is stopped before its successor's images are there:",
          `  ${cluster.commandLine("apply --server-side --filename", folder)}`,
          `  ${cluster.commandLine("wait --for=condition=complete --timeout=600s --filename", folder)}`,
        );
      }
      say(
        "Deploy it with:",
        `  ${cluster.commandLine("apply --server-side --filename", shown(path.join(location, manifestDirectory)))}`,
      );
      if (files.some((file) => file.path.startsWith(afterRolloutDirectory))) {
        say(
          "and once every pod is ready:",
          `  ${cluster.commandLine("apply --server-side --filename", shown(path.join(location, afterRolloutDirectory)))}`,
        );
      }
    } else {
      const docker = composeDeployment(config, swarmStackName(stack), shown(path.join(location, composeFileName)));
      say("Deploy it with:", `  docker --host ${config.swarm.host} ${docker.join(" ")}`);
    }
  });

void runCommand("npm run render", command);
