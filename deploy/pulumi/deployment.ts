import type { OpType } from "@pulumi/pulumi/automation";
import { ConcurrentUpdateError } from "@pulumi/pulumi/automation";
import { UserError } from "../../errors";
import { knownDeployment, rememberDeployment } from "../../home/deployments";
import { interruption } from "../../terminal/interruption";
import { step } from "../../terminal/progress";
import type { PulumiEngine } from "./cli";
import { told } from "./progress";
import { repair, unlock, type StateOnPlatform } from "./repair";
import { findStack, openStack, type OpenedStack, type OtherProgram } from "./workspace";
import { toldByPulumi } from "./words";
import { watched, type Watch } from "../wait/watched";

/** How many resources a deployment has created, changed and deleted. */
export type Changes = Partial<Record<OpType, number>>;

/** What a deployment has done, for example `28 created`. */
export function inWords(changes: Changes): string {
  const made = Object.entries(changes).filter(([operation]) => operation !== "same");
  return made.length === 0
    ? "Nothing had to change."
    : made.map(([operation, count]) => `${count} ${operation}d`).join(", ");
}

/**
 * Deploys a stack with the Pulumi engine, once what an interrupted run has left is repaired, and what is gone since a restore is out of its state.
 *
 * @param platform see `repair`
 * @param watch ends the deployment when it throws
 * @param other see `openStack`
 * @throws UserError with what the engine's diagnostics say, or what the watch has found
 */
export async function pulumiUp(
  name: string,
  engine: PulumiEngine,
  platform: StateOnPlatform,
  watch?: Watch,
  other?: OtherProgram,
): Promise<Changes> {
  const opened = await openStack(name, engine, other);
  const known = knownDeployment(name);
  const deployed = { engine: "pulumi", backend: engine.backend } as const;
  const isRestored = known?.engine === "pulumi" && known.restored === true;
  rememberDeployment(name, isRestored ? { ...deployed, restored: true } : deployed);
  return unlessLocked(name, async () => {
    await repair(opened, platform, () => refresh(opened));
    if (isRestored) {
      // Where the stack file says, which need not be where the state was made.
      await refresh(opened, { runProgram: true });
      rememberDeployment(name, deployed);
    }
    return step(`Deploy stack ${name} with Pulumi ${engine.cli.version}`, async (report) => {
      const { summary } = await watched(watch, (hopeless) =>
        told(report, (onEvent) => opened.stack.up({ onEvent, ...abortion(hopeless) })),
      );
      return summary.resourceChanges ?? {};
    });
  });
}

/**
 * Destroys what a stack's state names, and forgets the stack.
 *
 * @param platform see `repair`
 * @param other see `openStack`
 * @returns false where the backend has no such stack
 * @throws UserError with what the engine's diagnostics say
 */
export async function pulumiDestroy(
  name: string,
  engine: PulumiEngine,
  platform: StateOnPlatform,
  other?: OtherProgram,
): Promise<boolean> {
  const opened = await findStack(name, engine, other);
  if (!opened) {
    return false;
  }
  await unlessLocked(name, async () => {
    await repair(opened, platform, () => refresh(opened));
    await step(`Destroy stack ${name} with Pulumi ${engine.cli.version}`, async (report) => {
      await told(report, (onEvent) => opened.stack.destroy({ onEvent, ...abortion() }));
    });
    await forgetStack(opened);
  });
  return true;
}

/**
 * Forgets a stack with all that its state names; removes nothing of it.
 *
 * @throws UserError where somebody else is at work on it
 */
export async function pulumiForget(name: string, engine: PulumiEngine): Promise<void> {
  const opened = await findStack(name, engine);
  if (!opened) {
    return;
  }
  await unlessLocked(name, async () => {
    if (opened.backend === "local") {
      await unlock(opened);
    }
    await forgetStack(opened, true);
  });
}

/** Of somebody who is logged in to a backend the engine would delete the stack file, too. */
function forgetStack({ stack }: OpenedStack, force = false): Promise<void> {
  return stack.workspace.removeStack(stack.name, { force, preserveConfig: true });
}

function refresh({ stack }: OpenedStack, options: { runProgram?: true } = {}): Promise<void> {
  return step("Refresh the state", async (report) => {
    await told(report, (onEvent) => stack.refresh({ onEvent, clearPendingCreates: true, ...options, ...abortion() }));
  });
}

/** On a terminal Ctrl-C reaches the engine as it reaches us, and a second signal would make it give up at once. */
function abortion(...signals: readonly AbortSignal[]): { signal: AbortSignal } {
  return { signal: AbortSignal.any([...signals, ...(process.stdin.isTTY ? [] : [interruption.signal])]) };
}

async function unlessLocked<Result>(name: string, operation: () => Promise<Result>): Promise<Result> {
  try {
    return await toldByPulumi(operation);
  } catch (error) {
    if (error instanceof ConcurrentUpdateError) {
      throw new UserError(
        `Somebody is deploying stack ${name}, or a deployment of it was killed. When nobody is: pulumi cancel --stack ${name}`,
      );
    }
    throw error;
  }
}
