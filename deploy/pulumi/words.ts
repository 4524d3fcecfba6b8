import { CommandError, ConcurrentUpdateError, StackNotFoundError } from "@pulumi/pulumi/automation";
import { UserError } from "../../errors";

/**
 * Runs something with the Pulumi CLI, and tells in its own words why it fails.
 *
 * @throws UserError with what the CLI says; the SDK's own errors for a stack that is not there, or is locked
 */
export async function toldByPulumi<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const isKnown = error instanceof StackNotFoundError || error instanceof ConcurrentUpdateError;
    throw error instanceof CommandError && !isKnown ? new UserError(wordsOf(error.message)) : error;
  }
}

/** The message of such an error holds the exit status and both outputs. */
export function wordsOf(message: string): string {
  const said = /\n ?stderr: ([^]*?)(?:\n ?err\?: |$)/.exec(message)?.[1]?.trim() || message.trim();
  const words = said.replace(/^error: /gm, "");
  if (/incorrect passphrase/i.test(words)) {
    return `The passphrase is not the one that the secrets of the stack are encrypted with. Pulumi takes PULUMI_CONFIG_PASSPHRASE, else the file that PULUMI_CONFIG_PASSPHRASE_FILE names. It said:\n${words}`;
  }
  return `Pulumi cannot do that:\n${words}`;
}
