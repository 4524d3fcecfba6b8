import * as crypto from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { authorityFile, certificateFile } from "../config/mysql/server-options";
import { writeStackFile } from "../config/files/edit-stack-file";
import { runsDatabaseServer } from "../config/apps";
import {
  authoritiesOnCluster,
  authoritiesOnSwarm,
  certificateSecret,
  refuseUntrustedAuthority,
} from "../deploy/before/authorities-in-use";
import { servicesInUse } from "../deploy/before/services-in-use";
import { deployStack } from "../deploy/deploy-stack";
import type { KubernetesCluster } from "../engines/kubernetes-cluster";
import { CommandError, UserError } from "../errors";
import { projectDirectory } from "../home/project";
import { openStack, type Stack } from "../home/stack";
import { areSame, type Authorities } from "../platforms/authorities";
import { interruption } from "../terminal/interruption";
import { say } from "../terminal/progress";
import { commandIn } from "./kubernetes/facts";
import { lockRotation } from "./rotation-lock";
import { certificateEnd } from "./server-certificate";

/** What a replacement did, and when. The shape of `secrets rotate --authority --json`. */
export interface Replacement {
  /** The authority that signs now, and that alone is believed. */
  generation: number;
  steps: { step: string; seconds: number }[];
}

/**
 * What is still to be deployed, one after the other, until one authority is left. Between two that follow each other, everybody believes what either shows: so
 * servers and clients may change in any order, and a deployment that was stopped does no harm. The first is deployed in any case, for a former run may not have
 * brought it everywhere.
 *
 * @param present what the stack file says
 * @param running what runs
 * @param resume make no other authority
 */
export function remainingDeployments(
  { alsoTrusted: other, generation }: Authorities,
  running: readonly Authorities[],
  resume: boolean,
): Authorities[] {
  const only = (of: number): Authorities => ({ generation: of });
  if (other === undefined) {
    // Stopped before the last of them was everywhere, or there is nothing to go on with.
    return resume || running.some((one) => !areSame(one, only(generation)))
      ? [only(generation)]
      : remainingDeployments({ generation, alsoTrusted: generation + 1 }, running, resume);
  }
  const present = { generation, alsoTrusted: other };
  return other > generation
    ? [present, ...remainingDeployments({ generation: other, alsoTrusted: generation }, running, resume)]
    : [present, only(generation)];
}

/**
 * Gives the database server of a stack another authority, and forgets the former one, by three deployments:
 *
 * 1. everybody believes both;
 * 2. the servers show a certificate from the new one;
 * 3. nobody believes the former one.
 *
 * The stack file says how far it is. Stopped in between, nothing is broken; run again, it goes on from there.
 *
 * @param resume make no other authority: go through with the one that is on its way
 * @throws UserError for a stack without a database server of its own, or that is not deployed, and when a deployment fails
 */
export async function replaceAuthority(stack: Stack, { resume }: { resume: boolean }): Promise<Replacement> {
  const { config, name } = stack;
  if (!runsDatabaseServer(config)) {
    throw new UserError(
      config.mysql.external
        ? `The database server of stack ${name} is somebody else's (mysql.external), and so is the authority of its certificate: whoever runs it replaces that. Meanwhile mysql.external.caFile may name a file with both roots, one behind the other. Nothing was changed`
        : `Stack ${name} has no database server of this program's`,
    );
  }
  lockRotation(name);
  const running = await authoritiesInUse(stack);
  if (running.length === 0) {
    throw new UserError(
      `The database server is not deployed, so it has no authority yet. First: npm start -- --stack ${name}`,
    );
  }
  refuseUntrustedAuthority(name, config, running);
  const { authorities } = config.mysql;
  const deployments = remainingDeployments(authorities, running, resume);
  const [first] = deployments;
  if (first && areSame(first, authorities) && !resume) {
    say("An earlier replacement of the authority is not through: this goes on with it.");
  }
  const steps: Replacement["steps"] = [];
  for (const wanted of deployments) {
    interruption.throwIfInterrupted();
    const step = stepWords(wanted);
    const began = performance.now();
    say(`${step} …`);
    writeAuthorities(name, wanted);
    await deployed(name, wanted);
    steps.push({ step, seconds: Math.round((performance.now() - began) / 100) / 10 });
  }
  const { generation } = deployments.at(-1) ?? authorities;
  say(`Pulumi.${name}.yaml: mysql.authorities.generation is ${generation} now. Commit it.`);
  return { generation, steps };
}

/** What a deployment is for. */
function stepWords({ alsoTrusted, generation }: Authorities): string {
  if (alsoTrusted === undefined) {
    return `Have nobody believe any authority but number ${generation}`;
  }
  return alsoTrusted > generation
    ? `Have everybody believe authority ${alsoTrusted} beside number ${generation}`
    : `Have the database servers show a certificate from authority ${generation}`;
}

function writeAuthorities(stack: string, { alsoTrusted, generation }: Authorities): void {
  writeStackFile(projectDirectory, stack, [
    { keys: ["mysql", "authorities", "generation"], value: generation },
    { keys: ["mysql", "authorities", "alsoTrusted"], value: alsoTrusted },
  ]);
}

async function authoritiesInUse(stack: Stack): Promise<Authorities[]> {
  return stack.platform === "kubernetes"
    ? authoritiesOnCluster(stack.cluster)
    : authoritiesOnSwarm(await servicesInUse(stack.engine, stack.swarmName));
}

/** Deploys, and waits until every server shows what it is to show: the next deployment takes that for granted. */
async function deployed(stack: string, wanted: Authorities): Promise<void> {
  try {
    await deployStack({ stack, yes: true });
    await everywhere(await openStack(stack), wanted);
  } catch (error) {
    throw error instanceof CommandError || error instanceof UserError
      ? new UserError(
          `${error.message}\nWhat runs believes the database server as before. Once this is mended, run npm run ops -- secrets rotate --authority --stack ${stack} again: it goes on from here.`,
        )
      : error;
  }
}

/** Seconds until every server has it: a cluster brings a changed Secret into pods within two minutes. */
const everywhereSeconds = 300;

async function everywhere(stack: Stack, wanted: Authorities): Promise<void> {
  const deadline = Date.now() + everywhereSeconds * 1000;
  for (;;) {
    interruption.throwIfInterrupted();
    const running = await authoritiesInUse(stack);
    const waiting =
      running.length > 0 && running.every((one) => areSame(one, wanted)) ? await behind(stack) : ["mysql"];
    if (waiting.length === 0) {
      return;
    }
    if (Date.now() > deadline) {
      throw new UserError(
        `After ${everywhereSeconds} s it is not known of ${waiting.join(", ")} that the server shows its present certificate. See why: npm run ops -- diagnose --stack ${stack.name}`,
      );
    }
    await delay(2000);
  }
}

/** Pods whose server does not show yet what the Secret has, or does not say. On Swarm a server that runs has had its files from the start. */
async function behind(stack: Stack): Promise<string[]> {
  if (stack.platform === "swarm") {
    return [];
  }
  const { cluster } = stack;
  const [secret] = (
    await cluster.lines([
      ...["get", "secret", certificateSecret],
      ...["--output", String.raw`jsonpath={.data.ca\.crt}{" "}{.data.tls\.crt}`],
    ])
  ).map((line) => line.split(" ").map((text) => Buffer.from(text, "base64")));
  const [root = Buffer.of(), certificate = Buffer.of()] = secret ?? [];
  const expected = {
    files: crypto.createHash("sha256").update(root).update(certificate).digest("hex"),
    end: new Date(new crypto.X509Certificate(certificate).validTo).getTime(),
  };
  const pods = await serverPods(cluster);
  const known = await Promise.all(pods.map((pod) => shows(cluster, pod, expected)));
  return pods.length === 0 ? ["mysql"] : pods.filter((_, index) => !known[index]);
}

async function serverPods(cluster: KubernetesCluster): Promise<string[]> {
  const pods = await cluster.objects<{ metadata: { name: string }; spec: { containers: { name: string }[] } }>([
    ...["pods", "--selector", "app.kubernetes.io/name=mysql"],
  ]);
  return pods
    .filter(({ spec }) => spec.containers.some(({ name }) => name === "mysql"))
    .map(({ metadata }) => metadata.name);
}

async function shows(
  cluster: KubernetesCluster,
  pod: string,
  expected: { files: string; end: number },
): Promise<boolean> {
  const inContainer = commandIn(cluster, pod);
  try {
    const files = await inContainer(["bash", "-c", `cat ${authorityFile} ${certificateFile} | sha256sum`]);
    const end = await certificateEnd(inContainer);
    return files.startsWith(expected.files) && end !== "unknown" && end.getTime() === expected.end;
  } catch (error) {
    if (error instanceof CommandError) {
      return false;
    }
    throw error;
  }
}

/** A replacement for a person. */
export function replacementLines({ generation, steps }: Replacement): string[] {
  return [
    `The database server has authority ${generation} now, and nobody believes another one.`,
    ...steps.map(({ seconds, step }) => `  ${step}: ${seconds} s`),
  ];
}
