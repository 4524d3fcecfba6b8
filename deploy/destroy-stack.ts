import type { KubernetesStackConfig, SwarmStackConfig } from "../config/schema";
import { UserError } from "../errors";
import { removePath } from "../files/files";
import { lockStack } from "../home/deployment-lock";
import { rememberDeployment } from "../home/deployments";
import { renderedDirectory } from "../home/project";
import { upgradeFolder } from "../home/upgrade-folder";
import { stackConfiguration } from "../home/stack-configuration";
import { confirmed, isInteractive } from "../terminal/confirm";
import { forgetInstallation } from "./before/swarm-installation";
import { destroyOnKubernetes, type KubernetesRemoval } from "./destroy-kubernetes";
import { destroyOnSwarm, type SwarmRemoval } from "./destroy-swarm";
import { engineThatDeployed, type Engine } from "./engine";
import { forgetWithoutQuorum } from "./without-quorum";

/** What is asked of a removal. */
export interface DestroyRequest {
  stack: string;
  /** Databases, content and mail, too. Default: false. */
  data?: boolean | undefined;
  /** Do not ask before data is removed. Default: false. */
  yes?: boolean | undefined;
  /** Of a swarm where too few managers answer, forget the stack on this machine. Default: false. */
  withoutQuorum?: boolean | undefined;
}

/** A stack that is gone, and what of it is left. */
export type Removal = KubernetesRemoval | SwarmRemoval;

/**
 * Takes away what `deployStack` has made.
 *
 * @returns undefined where the stack was only forgotten, for its swarm has no quorum
 * @throws UserError where the stack is another's, the person changes their mind, or something cannot be removed
 */
export async function destroyStack(request: DestroyRequest): Promise<Removal | undefined> {
  const { data = false, stack, withoutQuorum, yes = false } = request;
  const config = stackConfiguration(stack);
  const release = lockStack(stack);
  try {
    if (withoutQuorum && config.platform === "swarm" && (await forgetWithoutQuorum(stack, config, { data, yes }))) {
      return undefined;
    }
    const engine = await engineThatDeployed(stack, config.platform);
    refuseDataLoss(request, config.retainData, engine);
    if (data && !yes) {
      await mustBeMeant(stack, config);
    }
    const removal =
      config.platform === "kubernetes"
        ? await destroyOnKubernetes(stack, config, engine, data)
        : await destroyOnSwarm(stack, config, engine, data);
    rememberDeployment(stack, undefined);
    if (data) {
      forgetInstallation(stack, config);
      // Passwords of a database that is no more.
      removePath(renderedDirectory(stack));
      removePath(upgradeFolder(stack));
    }
    return removal;
  } finally {
    release();
  }
}

/** Pulumi deletes the volumes of a stack that does not retain them, and data goes only when the person says so. */
function refuseDataLoss({ data, stack }: DestroyRequest, retainData: boolean, engine: Engine): void {
  if (!data && !retainData && engine.name === "pulumi") {
    throw new UserError(
      `Stack ${stack} has retainData: false, so Pulumi removes its databases, content and mail with it. Say so: npm run destroy -- --stack ${stack} --data. Or keep them: set retainData to true, run npm start -- --stack ${stack}, then this again`,
    );
  }
}

async function mustBeMeant(stack: string, { sites }: KubernetesStackConfig | SwarmStackConfig): Promise<void> {
  const question = `Remove stack ${stack} with the databases, content and mail of: ${Object.keys(sites).join(", ")}?`;
  if (isInteractive() && !(await confirmed(question, "no"))) {
    throw new UserError("Nothing was removed.");
  }
}
