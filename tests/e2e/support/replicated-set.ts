import { expect } from "chai";
import { longestGap, type Writer } from "./writer";

/** Runs a statement on a member as root, and returns what it prints. */
export type AsRoot = (member: number, sql: string) => Promise<string>;

/**
 * Every member has every acknowledged number, and all members the same rows.
 *
 * @param source ordinal of the member that takes writes
 */
export async function nothingLost(
  root: AsRoot,
  numbers: readonly number[],
  members: readonly number[],
  source = 0,
): Promise<void> {
  const set = await root(source, "SELECT REPLACE(@@global.gtid_executed, '\n', '')");
  const checksums = new Set<string>();
  for (const member of members) {
    expect(await root(member, `SELECT WAIT_FOR_EXECUTED_GTID_SET('${set}', 240)`), `mysql-${member}`).to.equal("0");
    const found = new Set((await root(member, "SELECT n FROM ghost_blog.numbers")).split("\n").map(Number));
    const missing = numbers.filter((number) => !found.has(number));
    expect(missing, `acknowledged and not on mysql-${member}`).to.deep.equal([]);
    checksums.add(await root(member, "CHECKSUM TABLE ghost_blog.numbers, ghost_blog.posts, ghost_blog.settings"));
  }
  expect([...checksums], "checksums").to.have.length(1);
}

/** What a set was like while something was done to it. */
export interface Survived {
  /** Seconds until that was done, and the set was as it had to be afterwards. */
  seconds: number;
  /** The longest time between two acknowledged writes, in seconds. */
  gap: number;
  /** Numbers that were acknowledged meanwhile; every member has them. */
  acknowledged: number[];
}

/** Does something to a set while the writer writes, and checks afterwards that nothing was lost. */
export async function underLoad(
  { root, source, writer }: { root: AsRoot; writer: Writer; source?: () => Promise<number> },
  what: string,
  work: () => Promise<void>,
  members: readonly number[] = [0, 1, 2],
): Promise<Survived> {
  await writer.start();
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  await writer.goesOn();
  const acknowledged = await writer.stop();
  const caughtUp = performance.now();
  const numbers = acknowledged.map(({ number }) => number);
  await nothingLost(root, numbers, members, await source?.());
  const gap = longestGap(acknowledged);
  console.log(
    `      ⏱ ${what}: ready again ${seconds.toFixed(1)} s, longest write gap ${gap.toFixed(1)} s, ` +
      `${numbers.length} acknowledged, 0 lost, compared in ${((performance.now() - caughtUp) / 1000).toFixed(1)} s`,
  );
  return { seconds, gap, acknowledged: numbers };
}
