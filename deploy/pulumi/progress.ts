import type { EngineEvent, OpType } from "@pulumi/pulumi/automation";
import { UserError } from "../../errors";
import { Interrupted, interruption } from "../../terminal/interruption";
import type { Report } from "../../terminal/progress";

/**
 * Runs an operation of the Pulumi engine, tells what it does, and makes one message of its diagnostics when it fails.
 *
 * @throws UserError with the diagnostics; Interrupted after Ctrl-C
 */
export async function told<Result>(
  report: Report,
  operation: (onEvent: (event: EngineEvent) => void) => Promise<Result>,
): Promise<Result> {
  const active = new Set<string>();
  const errors = new Set<string>();
  try {
    return await operation(({ diagnosticEvent, resourcePreEvent, resOutputsEvent }) => {
      if (resourcePreEvent && resourcePreEvent.metadata.op !== "same" && isObject(resourcePreEvent.metadata.type)) {
        active.add(described(resourcePreEvent.metadata));
      }
      if (resOutputsEvent) {
        active.delete(described(resOutputsEvent.metadata));
      }
      if (diagnosticEvent?.severity === "error") {
        errors.add(plain(diagnosticEvent.message));
      }
      report([...active].join(", "));
    });
  } catch (error) {
    if (interruption.signal.aborted) {
      throw new Interrupted();
    }
    throw errors.size === 0 ? error : new UserError([...errors].join("\n"));
  }
}

/** Kind and name, for example `StatefulSet mysql`, of `urn:pulumi:dev::ghost-platform::kubernetes:apps/v1:StatefulSet::mysql`. */
export function shortName(urn: string): string {
  const [, , type = "", ...name] = urn.split("::");
  return `${type.split("$").pop()?.split(":").pop() ?? ""} ${name.join("::")}`;
}

/** Whether a resource is something on the platform, unlike the stack, its components and its providers. */
function isObject(type: string): boolean {
  return !type.startsWith("pulumi:") && !type.startsWith("ghost-platform:");
}

function described({ op, urn }: { op: OpType; urn: string }): string {
  return `${op} ${shortName(urn)}`;
}

/** A diagnostic without the engine's colour marks. */
function plain(message: string): string {
  return message.replace(/<\{%[^%]*%\}>/g, "").trim();
}
