import { expect } from "chai";
import { whileCut, type Peer } from "./network-cut";
import { succeeded } from "./place";
import {
  allProxies,
  othersThan,
  peersOf,
  primaryAmong,
  proxyKilled,
  proxyPeers,
  type ReachedGroup,
} from "./reached-group";
import { timed, until } from "./until";

/** Who hears whom no more, where a network is cut between fewer than half of the members and the others. */
export type Deaf = "both" | "the few" | "the others";

/** Cuts the network between some members, and whoever is with them, and the others. */
export async function cutOff(
  reached: ReachedGroup,
  few: readonly number[],
  { deaf = "both", withFew = [], withOthers = [] }: { deaf?: Deaf; withFew?: Peer[]; withOthers?: Peer[] },
  work: () => Promise<void>,
): Promise<void> {
  const here = [...(await peersOf(reached, few)), ...withFew];
  const there = [...(await peersOf(reached, othersThan(reached, ...few))), ...withOthers];
  const [side, others] = deaf === "the others" ? [there, here] : [here, there];
  await whileCut(side, others, deaf === "both" ? "both ways" : "one way", work);
}

/**
 * The same to the primary, alone or among others, under load: those that have a majority make another the primary and write on, and what is written to the few
 * is never acknowledged. Mended, all are in the group again.
 */
async function majorityWritesOn(
  reached: ReachedGroup,
  what: string,
  few: readonly number[],
  cut: Parameters<typeof cutOff>[2],
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { group } = reached;
  const majority = othersThan(reached, ...few);
  await group.whole();
  await allProxies(reached);
  await group.underLoad(what, async () => {
    await cutOff(reached, few, cut, async () => {
      const written = Promise.all(few.map((member) => outcomeOfWrite(reached, member)));
      await timed("cut → another primary", () => primaryAmong(reached, majority));
      await group.writer().goesOn(60);
      for (const outcome of await written) {
        expect(outcome, "a write to who hears no majority").to.not.equal("acknowledged");
      }
      for (const member of few) {
        await until(
          `mysql-${member} to take no writes`,
          30,
          async () => (await group.root(member, "SELECT @@super_read_only")) === "1",
        );
      }
      await meanwhile();
    });
    await timed("mended → whole", () => group.whole());
  });
  const count = await group.root(await group.primary(), "SELECT COUNT(*) FROM ghost_blog.numbers WHERE n < 0");
  expect(count, "rows that were written to the few").to.equal("0");
}

function outcomeOfWrite({ group }: ReachedGroup, member: number): Promise<string> {
  const insert = `INSERT INTO ghost_blog.numbers (n) VALUES (${-1 - member})`;
  return group.root(member, insert).then(() => "acknowledged", String);
}

/**
 * Declares what is tried of networks that fail, and of proxies that are killed; the same on every platform.
 *
 * @param rows of docs/features.md, for the names of the tests
 * @param of the group that the suite works on
 */
export function groupCuts(rows: string, of: () => ReachedGroup): void {
  const primary = () => of().group.primary();

  it(`${rows} the network is cut between the primary and the others, and proxies reach both: another takes writes`, async () => {
    const few = await primary();
    await majorityWritesOn(of(), "primary cut off from the members", [few], {}, async () => {
      await until("ops mysql status to tell it", 60, async () => {
        const { output, status } = await of().place.ops("mysql status");
        expect(output).to.match(new RegExp(`mysql-${few} +member +waiting`));
        return status === 3;
      });
    });
  });

  it(`${rows} the primary is cut off from members and proxies: another takes writes`, async () => {
    const withOthers = await proxyPeers(of());
    await majorityWritesOn(of(), "primary cut off from all", [await primary()], { withOthers });
  });

  it(`${rows} the network is cut in two halves with a proxy in each: who has a majority writes on, who has none never does`, async () => {
    const [here, ...withOthers] = await proxyPeers(of());
    await majorityWritesOn(of(), "cut in two halves", [await primary()], { withFew: here ? [here] : [], withOthers });
  });

  it(`${rows} the primary hears no other member, and is heard`, async () => {
    await majorityWritesOn(of(), "primary hears nobody", [await primary()], { deaf: "the few" });
  });

  it(`${rows} the primary is heard by no other member, and hears them`, async () => {
    await majorityWritesOn(of(), "primary is heard by nobody", [await primary()], { deaf: "the others" });
  });

  it(`${rows} the proxies are killed, one after the other and both at once: writes go on`, async () => {
    const reached = of();
    await reached.group.underLoad("a proxy killed, then the other", async () => {
      for (const [id, first] of await allProxies(reached)) {
        await timed("proxy killed → another", () => proxyKilled(reached, id, first));
      }
    });
    await reached.group.underLoad("both proxies killed at once", async () => {
      const both = [...(await allProxies(reached))];
      await Promise.all(both.map(([id, first]) => proxyKilled(reached, id, first)));
    });
  });

  it(`${rows} of five members, the primary and another are cut off from three: the three write on`, async () => {
    const { group, place } = of();
    group.all = [0, 1, 2, 3, 4];
    place.configure({ mysql: { replicas: group.all.length } });
    succeeded(await place.start());
    await group.whole();
    const first = await primary();
    await majorityWritesOn(of(), "five members cut in two and three", [first, (first + 1) % group.all.length], {});
  });
}
