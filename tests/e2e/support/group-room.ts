import { expect } from "chai";
import { succeeded } from "./place";
import { othersThan, primaryAmong, type ReachedGroup } from "./reached-group";
import type { SmallVolume } from "./small-volume";
import { timed, until } from "./until";

/** Size of a volume that can be made full, in MiB: a server alone needs some 300. */
export const smallVolumeSize = 2000;

/**
 * Declares what is tried of volumes that run full; the same on every platform.
 *
 * @param rows of docs/features.md, for the names of the tests
 * @param of the group that the suite works on
 * @param volumes those of the first two members, which can be made full
 */
export function groupRoom(
  rows: string,
  of: () => ReachedGroup,
  volumes: () => readonly [SmallVolume, SmallVolume],
): void {
  const becomesPrimary = async (member: number) => {
    const { group, place } = of();
    if ((await group.primary()) !== member) {
      succeeded(await place.ops("mysql switchover", `mysql-${member}`));
    }
  };
  const toldAs = async (what: RegExp) => {
    const { output, status } = await of().place.ops("mysql status");
    expect(output).to.match(what);
    expect(status, output).to.equal(3);
    const { output: diagnosis } = await of().place.ops("diagnose");
    console.log(diagnosis.replace(/^/gm, "        | "));
    expect(diagnosis).to.contain("Its volume is full");
  };

  it(`${rows} the primary's volume is full: it leaves, another takes writes, and it is back once there is room`, async () => {
    const { group } = of();
    const [volume] = volumes();
    await becomesPrimary(0);
    await group.underLoad("primary's volume full", async () => {
      try {
        await volume.fill();
        await timed("full → another primary", () => primaryAmong(of(), othersThan(of(), 0)));
        await group.writer().goesOn(60);
        await toldAs(/mysql-0 +member +volume full/);
      } finally {
        volume.empty();
      }
      await timed("room again → whole", () => group.whole());
    });
  });

  it(`${rows} another member's volume is full: it leaves, and writes go on`, async () => {
    const { group } = of();
    const [, volume] = volumes();
    await becomesPrimary(0);
    await group.underLoad("a secondary's volume full", async () => {
      try {
        await volume.fill();
        await until("it to leave", 60, async () => (await group.seenBy(0)).length === group.all.length - 1);
        await group.writer().goesOn(60);
        await toldAs(/mysql-1 +member +volume full/);
      } finally {
        volume.empty();
      }
      await timed("room again → whole", () => group.whole());
    });
  });

  it(`${rows} two volumes of three are full: who would leave too few behind stays, and all goes on once there is room`, async () => {
    const { group } = of();
    const [first, second] = volumes();
    await becomesPrimary(0);
    await group.underLoad("two volumes of three full", async () => {
      try {
        await Promise.all([first.fill(), second.fill()]);
        await until("a member to tell it", 60, async () =>
          (await of().place.ops("mysql status")).output.includes("volume full"),
        );
        await toldAs(/(primary|secondary) +volume full/);
        const seen = (await Promise.all(group.all.map((member) => group.seenBy(member)))).map(({ length }) => length);
        expect(Math.max(...seen), "members that the group still has").to.be.at.least(2);
      } finally {
        first.empty();
        second.empty();
      }
      await timed("room again → whole", () => group.whole());
      await timed("whole → acknowledged writes", () => group.writer().goesOn(120));
    });
  });
}
