import { expect } from "chai";
import type { Diagnosis } from "../../../ops/diagnose";
import type { Place } from "./place";
import { until } from "./until";

/** Waits until `diagnose` says all of this of a stack, each finding with what mends it, and ends as for a stack that is not well. */
export async function diagnosed(place: Place, ...findings: RegExp[]): Promise<string> {
  const output = await until("every finding", 120, async () => {
    const outcome = await place.ops("diagnose");
    const missing = findings.filter((finding) => !finding.test(outcome.output));
    if (missing.length > 0) {
      throw new Error(`${missing.join(" ")} not in (status ${outcome.status}):\n${outcome.output}`);
    }
    expect(outcome.status).to.equal(3);
    return outcome.output;
  });
  // What ends again and again runs for a moment in between.
  const report = await until("the same as JSON", 60, async () => {
    const found = await place.opsJson<Diagnosis>("diagnose");
    return found.well ? undefined : found;
  });
  expect(report.findings.every(({ mend }) => mend.length > 0)).to.equal(true);
  return output;
}

/** Waits until `diagnose` and `status` have nothing to say against a stack. */
export async function well(place: Place): Promise<void> {
  const output = await until("a stack that is well", 180, async () => {
    const outcome = await place.ops("diagnose");
    if (outcome.status !== 0) {
      throw new Error(outcome.output);
    }
    return outcome.output;
  });
  expect(output).to.contain("Nothing keeps it from working.");
  expect((await place.ops("status")).output).to.contain("All is well.");
}
