import type { EngineEvent, OpType, Stack } from "@pulumi/pulumi/automation";
import { UserError } from "../errors";
import { rememberDeployment } from "./deployments";
import { Interrupted, interruption } from "./interruption";
import { say, step, type Report } from "./progress";
import { isLockedError, openStack, type OpenedStack } from "./pulumi-workspace";
import type { PulumiCli } from "./pulumi-cli";

/** How many resources a deployment has created, changed and deleted. */
export type Changes = Partial<Record<OpType, number>>;

/**
 * Deploys a stack with the Pulumi engine.
 *
 * @throws UserError with what the engine's diagnostics say
 */
export async function pulumiUp(name: string, cli: PulumiCli): Promise<Changes> {
  const opened = await openStack(name, cli);
  rememberDeployment(name, "pulumi");
  return repaired(opened, () =>
    step(`Deploy stack ${name} with Pulumi ${cli.version}`, async (report) => {
      const { summary } = await told(report, (onEvent) => opened.stack.up({ onEvent, ...abortion() }));
      return summary.resourceChanges ?? {};
    }),
  );
}

/**
 * Destroys what a stack's state names, and forgets the stack.
 *
 * @throws UserError with what the engine's diagnostics say
 */
export async function pulumiDestroy(name: string, cli: PulumiCli): Promise<void> {
  const opened = await openStack(name, cli);
  await repaired(opened, () =>
    step(`Destroy stack ${name} with Pulumi ${cli.version}`, async (report) => {
      await told(report, (onEvent) => opened.stack.destroy({ onEvent, ...abortion() }));
    }),
  );
  await opened.stack.workspace.removeStack(name);
}

/** On a terminal Ctrl-C reaches the engine as it reaches us, and a second signal would make it give up at once. */
function abortion(): { signal?: AbortSignal } {
  return process.stdin.isTTY ? {} : { signal: interruption.signal };
}

/** Runs an operation after repairing what an interrupted one has left: a lock, and resources of which nobody knows whether they were made. */
async function repaired<Result>(opened: OpenedStack, operation: () => Promise<Result>): Promise<Result> {
  try {
    await settlePending(opened.stack);
    return await operation();
  } catch (error) {
    if (!isLockedError(error)) {
      throw error;
    }
    if (!opened.isLocal) {
      throw new UserError(
        `Somebody is deploying stack ${opened.stack.name}, or a deployment of it was killed. When nobody is: pulumi cancel --stack ${opened.stack.name}`,
      );
    }
    // The state is ours alone, and so is the lock of our commands: whoever took this one has died.
    say("An earlier run was killed and has left the stack locked. This takes the lock off and goes on.");
    await opened.stack.cancel();
    await settlePending(opened.stack);
    return operation();
  }
}

async function settlePending(stack: Stack): Promise<void> {
  const { deployment } = await stack.exportStack();
  const pending = (deployment as { pending_operations?: { resource: { urn: string } }[] } | undefined)
    ?.pending_operations;
  if (!pending || pending.length === 0) {
    return;
  }
  say(
    "An earlier run was interrupted while it made these; this looks at what is there, and goes on:",
    ...pending.map(({ resource }) => `  ${shortName(resource.urn)}`),
  );
  await step("Refresh the state", (report) =>
    told(report, (onEvent) => stack.refresh({ onEvent, clearPendingCreates: true, ...abortion() })),
  );
}

/** Runs an operation of the engine, tells what it does, and makes one message of its diagnostics when it fails. */
async function told<Result>(
  report: Report,
  operation: (onEvent: (event: EngineEvent) => void) => Promise<Result>,
): Promise<Result> {
  const active = new Set<string>();
  const errors: string[] = [];
  try {
    return await operation((event) => {
      const { diagnosticEvent, resourcePreEvent, resOutputsEvent } = event;
      if (resourcePreEvent && resourcePreEvent.metadata.op !== "same" && isObject(resourcePreEvent.metadata.type)) {
        active.add(described(resourcePreEvent.metadata));
      }
      if (resOutputsEvent) {
        active.delete(described(resOutputsEvent.metadata));
      }
      if (diagnosticEvent?.severity === "error") {
        errors.push(plain(diagnosticEvent.message));
      }
      report([...active].join(", "));
    });
  } catch (error) {
    if (interruption.signal.aborted) {
      throw new Interrupted();
    }
    if (isLockedError(error) || errors.length === 0) {
      throw error;
    }
    throw new UserError([...new Set(errors)].join("\n"));
  }
}

/** Whether a resource is something on the platform, unlike the stack, its components and its providers. */
function isObject(type: string): boolean {
  return !type.startsWith("pulumi:") && !type.startsWith("ghost-platform:");
}

function described({ op, urn }: { op: OpType; urn: string }): string {
  return `${op} ${shortName(urn)}`;
}

/** Kind and name, for example `StatefulSet mysql`, of `urn:pulumi:dev::ghost-platform::kubernetes:apps/v1:StatefulSet::mysql`. */
function shortName(urn: string): string {
  const [, , type = "", ...name] = urn.split("::");
  return `${type.split("$").pop()?.split(":").pop() ?? ""} ${name.join("::")}`;
}

/** A diagnostic without the engine's colour marks. */
function plain(message: string): string {
  return message.replace(/<\{%[^%]*%\}>/g, "").trim();
}
