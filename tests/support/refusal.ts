import { expect } from "chai";
import { mergeConfig, type RawConfig } from "../../config/files/machine";
import { parseStackConfig } from "../../config/parse";
import { UserError } from "../../errors";

/** What something is refused with, in the words for a person. */
export function refusal(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    expect(error).to.be.instanceOf(UserError);
    return (error as UserError).message;
  }
  throw new Error("accepted");
}

/** What is wrong with a stack that has something else than a base, a line each; none where it is accepted. */
export function mistakesOver(base: RawConfig, over: RawConfig): string[] {
  try {
    parseStackConfig(mergeConfig(base, over));
  } catch (error) {
    return (error as Error).message.split("\n  - ").slice(1);
  }
  return [];
}
