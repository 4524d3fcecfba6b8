import { unknownContext } from "../config/kubernetes/kubernetes-context";
import type { RawConfig } from "../config/files/machine";
import { configNamespace } from "../config/namespaces";
import { claimsOfOthers } from "../config/kubernetes/claims-of-others";
import { secretsOfOthers } from "../config/kubernetes/secrets-of-others";
import { neededImages } from "../stacks/images";
import { ownerOf } from "../config/owner";
import type { KubernetesStackConfig } from "../config/schema";
import { KubernetesCluster, missingContext } from "../engines/kubernetes-cluster";
import { rememberDeployment } from "../home/deployments";
import { renderedDirectory } from "../home/project";
import type { StackSettings } from "../home/stack-configuration";
import { reference, refuseForeign } from "../platforms/kubernetes/ownership";
import { refuseMissingApis } from "../platforms/kubernetes/served-apis";
import { collect } from "../render/collect";
import { kubernetesManifests, type Manifest } from "../render/kubernetes";
import { renderStack } from "../render/stack";
import { say, step } from "../terminal/progress";
import { refuseUnusableOnCluster } from "./before/external-database";
import { refuseEncrypted } from "./before/encrypted-settings";
import { refuseUnfitClaims } from "./before/claims-of-others";
import { refuseUnfitSecrets } from "./before/secrets-of-others";
import { groupOnCluster, refuseGroupGivenUp } from "./before/group-given-up";
import { jobsBefore, runJobsBefore } from "./before/jobs";
import { authoritiesOnCluster, refuseUntrustedAuthority } from "./before/authorities-in-use";
import { passwordsOnCluster, refuseFormerPasswords } from "./before/passwords-in-use";
import { chooseEngine } from "./engine";
import { imagesOnCluster, nodeCanHave } from "./images/kubernetes";
import { watchForMissingImages } from "./images/missing";
import { addressesAreLocal, standInsOf, type StandIn } from "./images/stand-ins";
import type { PulumiEngine } from "./pulumi/cli";
import { inWords, pulumiUp } from "./pulumi/deployment";
import { stateOnCluster } from "./pulumi/state-on-platform";
import { refuseUnknownToState, runningOnCluster } from "./pulumi/unknown-to-state";
import { applyAfterRollout, applyManifests } from "./rendered/kubernetes";
import { learned, remember } from "./learned";
import { defaultTimeoutSeconds, type DeployRequest } from "./request";
import { explained } from "./wait/explained";
import { readFrontDoor, type FrontDoor, type SecuredIngress } from "./wait/front-door";
import { rolledOut } from "./wait/kubernetes-rollout";

/** A stack that is up on Kubernetes. */
export interface KubernetesDeployment {
  platform: "kubernetes";
  stack: string;
  config: KubernetesStackConfig;
  cluster: KubernetesCluster;
  /** Images built here that run in place of official ones. */
  standIns: StandIn[];
  /** Whether those can be had now; undefined where it cannot be told. */
  officialCanBeHad: boolean | undefined;
  /** What other people's controllers make of its routes and certificates. */
  door: FrontDoor;
}

/** A stack on its way to a cluster. */
interface StackOnCluster {
  stack: string;
  cluster: KubernetesCluster;
  /** What the labels of its objects say; see `ownerOf`. */
  owner: string;
}

/**
 * @param said settings of the command line, remembered once it is clear that the stack may go there
 * @throws UserError as `deployStack` does
 */
export async function deployOnKubernetes(
  { buildImages, engine: wanted, stack, timeout = defaultTimeoutSeconds }: DeployRequest,
  settings: StackSettings<KubernetesStackConfig>,
  said: RawConfig,
): Promise<KubernetesDeployment> {
  const { config: wished } = settings;
  if (wished.kubernetes.context === unknownContext) {
    throw missingContext(stack, wished.kubernetes.kubeconfig);
  }
  const engine = await chooseEngine(stack, "kubernetes", wanted);
  if (engine.name === "rendered") {
    refuseEncrypted(wished, stack);
  }
  const cluster = new KubernetesCluster(wished.kubernetes, wished.kubernetes.namespace);
  await cluster.mustAnswer();
  const onCluster = { stack, cluster, owner: ownerOf(configNamespace, stack) };
  const manifests = await manifestsOf(wished, stack);
  await refuseMissingApis(cluster, manifests);
  await refuseForeign(cluster, onCluster.owner, manifests.map(reference));
  await refuseUnfitClaims(cluster, onCluster.owner, claimsOfOthers(wished));
  await refuseUnfitSecrets(cluster, onCluster.owner, secretsOfOthers(wished));
  refuseGroupGivenUp(stack, wished, await groupOnCluster(cluster));
  refuseFormerPasswords(stack, await passwordsOnCluster(cluster, wished));
  refuseUntrustedAuthority(stack, wished, await authoritiesOnCluster(cluster));
  remember(stack, said);
  const allowed = buildImages ?? addressesAreLocal(wished);
  const found = await imagesOnCluster(cluster, stack, neededImages(wished), allowed);
  const { config } = learned(settings, found);
  await refuseUnusableOnCluster(cluster, onCluster.owner, config);
  if (engine.name === "pulumi") {
    const current = config === wished ? manifests : await manifestsOf(config, stack);
    await deployWithPulumi(onCluster, config, engine, current);
  } else {
    await deployRendered(onCluster, config);
  }
  const deadline = Date.now() + timeout * 1000;
  await step("Wait until everything is ready", (report) =>
    explained(stack, () => rolledOut(cluster, deadline, report)),
  );
  if (engine.name === "rendered") {
    await applyAfterRollout(cluster, renderedDirectory(stack));
  }
  const standIns = standInsOf(stack, config);
  const officialCanBeHad = await nodeCanHave(cluster, stack, standIns);
  const ingresses = manifests.filter(({ kind }) => kind === "Ingress") as unknown as SecuredIngress[];
  const door = await readFrontDoor(cluster, config, ingresses);
  return { platform: "kubernetes", stack, config, cluster, standIns, officialCanBeHad, door };
}

async function deployWithPulumi(
  { cluster, owner, stack }: StackOnCluster,
  config: KubernetesStackConfig,
  engine: PulumiEngine,
  manifests: readonly Manifest[],
): Promise<void> {
  await refuseUnknownToState(stack, engine, () => runningOnCluster(cluster, owner));
  const jobs = await jobsBefore(cluster, manifests);
  if (jobs.length > 0) {
    await step("Have the nodes get new images of the sites", (report) => runJobsBefore(cluster, jobs, report));
  }
  const watch = (signal: AbortSignal) => watchForMissingImages(cluster, neededImages(config), signal);
  say(inWords(await pulumiUp(stack, engine, stateOnCluster(cluster, owner), watch)));
}

async function deployRendered({ cluster, owner, stack }: StackOnCluster, config: KubernetesStackConfig): Promise<void> {
  const { location, manifests } = await renderStack(config, stack, renderedDirectory(stack));
  rememberDeployment(stack, { engine: "rendered" });
  const kept = await step(`Apply stack ${stack} to ${cluster.address.context}`, (report) =>
    applyManifests(cluster, owner, manifests, location, report),
  );
  if (kept.length > 0) {
    say(
      "These hold data and stay, though the stack has them no more:",
      ...kept.map(({ kind, name }) => `  ${cluster.commandLine("delete", kind.toLowerCase(), name)}`),
    );
  }
}

async function manifestsOf(config: KubernetesStackConfig, stack: string): Promise<Manifest[]> {
  return kubernetesManifests((await collect(config, stack)).resources);
}
