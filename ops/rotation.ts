import { setTimeout as delay } from "node:timers/promises";
import { chosenPod } from "../engines/chosen-pod";
import { refuseFormerPasswords, type PasswordInUse } from "../deploy/before/passwords-in-use";
import { deployStack } from "../deploy/deploy-stack";
import { CommandError, UserError } from "../errors";
import { projectDirectory } from "../home/project";
import { secretsOfOthers } from "../config/kubernetes/secrets-of-others";
import { writeStackFile } from "../config/files/edit-stack-file";
import type { RotatedPassword } from "../components/app";
import {
  argument,
  nameOf,
  passwordReport,
  passwordsInUse,
  rotatablePassword,
  theirsInWords,
  type PasswordReport,
} from "./secrets";
import { rotatedPasswords } from "../stacks/apps";
import { openStack, type Stack } from "../home/stack";
import { interruption } from "../terminal/interruption";
import { say } from "../terminal/progress";
import { lockRotation } from "./rotation-lock";
import { runJob } from "./swarm/job";

/** What a rotation did, and when. The shape of `secrets rotate --json`. */
export interface Rotation extends Omit<PasswordReport, "inUse"> {
  steps: { step: string; seconds: number }[];
}

/**
 * The generation that a rotation leads to: another one, or the one in the stack file where an earlier rotation has not brought it to every task.
 * Before it has, another one would take from the server the password that these tasks still run with: it knows two at most.
 *
 * @param resume never another one
 * @throws UserError for a site that is not deployed
 */
export function wantedGeneration(
  stack: string,
  { generation, inUse, subject }: Pick<PasswordInUse, "generation" | "inUse" | "subject">,
  resume: boolean,
): number {
  if (inUse.length === 0) {
    throw new UserError(`${subject} is not deployed, so it has no password yet. First: npm start -- --stack ${stack}`);
  }
  return resume || inUse.some((other) => other !== generation) ? generation : generation + 1;
}

/**
 * Gives the database user of a site another password, while the site serves; or the database server's own users, whose members are restarted
 * for it like for any other change.
 *
 * 1. The stack file gets the next generation, and the stack is deployed. The first new task makes the new password known to the server,
 *    where the former stays valid beside it: tasks that still run with it go on. A member that was restarted logs in to one that was not with
 *    the former one.
 * 2. Once no task uses the former password, it is discarded.
 *
 * Stopped in between, nothing is broken: both passwords are valid. Run again, it goes on from there.
 *
 * @param site undefined for the server's own users
 * @param resume do not make another password: deploy the present one, and discard the one before
 * @throws UserError for a site the stack does not have or that is not deployed, and when the deployment fails
 */
export async function rotatePassword(
  stack: Stack,
  site: string | undefined,
  { resume }: { resume: boolean },
): Promise<Rotation> {
  rotatablePassword(stack, rotatedPasswords(stack.config), site);
  lockRotation(stack.name);
  const passwords = await passwordsInUse(stack);
  refuseFormerPasswords(stack.name, passwords);
  const before = rotatablePassword(stack, passwords, site);
  const generation = wantedGeneration(stack.name, before, resume);
  const theirs = site === undefined ? secretsOfOthers(stack.config).filter(({ user }) => user !== undefined) : [];
  if (theirs.length > 0) {
    say(`${theirsInWords(theirs)}: not changed. Those of ${before.username} are.`);
  }
  const steps: Rotation["steps"] = [];
  const step = async (text: string, work: () => Promise<void>) => {
    const began = performance.now();
    say(`${text} …`);
    await work();
    steps.push({ step: text, seconds: Math.round((performance.now() - began) / 100) / 10 });
  };
  if (generation > before.generation) {
    writeStackFile(projectDirectory, stack.name, [{ keys: before.key, value: generation }]);
    say(`Pulumi.${stack.name}.yaml: ${before.key.join(".")} is ${generation} now. Commit it.`);
  } else if (!resume) {
    say(
      `An earlier rotation has not brought password ${generation} to every task of ${nameOf(before)}: this goes on with it.`,
    );
  }
  await step(`Deploy stack ${stack.name} with the new password`, () => deploy(stack.name, before));
  const current = await openStack(stack.name);
  const { after, former } = await onceEnded(current, site, generation);
  if (former.length > 0) {
    throw new UserError(
      `${after.subject} still runs with password ${former.join(" and ")}, so nothing is discarded and both stay valid. See why: npm run ops -- diagnose --stack ${stack.name}. Then run this again: it goes on with password ${generation}`,
    );
  }
  await step(`Discard the former password of ${nameOf(after)}`, async () => {
    try {
      await discard(current, after);
    } catch (error) {
      throw error instanceof CommandError || error instanceof UserError
        ? new UserError(
            `${error.message}\nEverything runs with password ${generation}; the former one stays valid until it is discarded. Once this is mended: npm run ops -- secrets rotate ${argument(before)} --resume --stack ${stack.name}`,
          )
        : error;
    }
  });
  const { inUse: _, ...report } = passwordReport(after);
  return { ...report, steps };
}

/** Seconds in which what is being ended with the former password has to be gone: it serves until then. */
const endingSeconds = 60;

/** Looks which passwords are in use, until it is the present one alone or that takes too long. */
async function onceEnded(stack: Stack, site: string | undefined, generation: number) {
  const deadline = Date.now() + endingSeconds * 1000;
  for (;;) {
    interruption.throwIfInterrupted();
    const after = rotatablePassword(stack, await passwordsInUse(stack), site);
    const former = after.inUse.filter((other) => other !== generation);
    if (former.length === 0 || Date.now() > deadline) {
      return { after, former };
    }
    await delay(1000);
  }
}

async function discard(stack: Stack, { discard: by }: RotatedPassword): Promise<void> {
  if (stack.platform === "swarm") {
    await (by && runJob(stack, by.swarm));
  } else if (by?.kubernetes) {
    const { command, container } = by.kubernetes;
    const pod = await chosenPod(stack.cluster, by.kubernetes);
    await stack.cluster.kubectl(["exec", pod, "--container", container, "--", ...command]);
  }
}

/** A rotation for a person. */
export function rotationLines(rotation: Rotation): string[] {
  const { generation, site, steps, username } = rotation;
  return [
    `${username} ${site === undefined ? "have" : "has"} password ${generation} now, and no other.`,
    ...steps.map(({ seconds, step }) => `  ${step}: ${seconds} s`),
    `What ran of ${nameOf(rotation)} with the former password went on until it was replaced.`,
  ];
}

async function deploy(stack: string, password: RotatedPassword): Promise<void> {
  try {
    await deployStack({ stack, yes: true });
  } catch (error) {
    throw error instanceof CommandError || error instanceof UserError
      ? new UserError(
          `${error.message}\nThe former password of ${nameOf(password)} stays valid. Once this is mended, run npm run ops -- secrets rotate ${argument(password)} --stack ${stack} again: it goes on with the same new password.`,
        )
      : error;
  }
}
