import { expect } from "chai";
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
