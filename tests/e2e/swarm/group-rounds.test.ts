import { expect } from "chai";
import { chooseFault, roundLines, type ChosenFault, type MemberMeans } from "../support/group-rounds";
import { succeeded } from "../support/place";
import { allProxies } from "../support/reached-group";
import type { Survived } from "../support/replicated-set";
import { Seeded } from "../support/seeded";
import { removeSwarmGroup, swarmGroup, type SwarmGroup } from "../support/swarm-group";

/**
 * Faults at random, one after the other: `npm run e2e -- swarm --long`. `E2E_ROUNDS` says how many, about 50 s each; `E2E_SEED` which, so that the same come
 * again.
 */
const describeLong = process.env["E2E_LONG"] ? describe : describe.skip;
const rounds = Number(process.env["E2E_ROUNDS"] ?? 8);
const seed = Number(process.env["E2E_SEED"] ?? Date.now() % 1_000_000);

describeLong("a group of MySQL servers on Docker Swarm, with faults at random", () => {
  let reached: SwarmGroup;

  before(async () => {
    reached = await swarmGroup();
  });

  after(async () => {
    await removeSwarmGroup(reached);
  });

  it("S5 D2 comes up", async () => {
    succeeded(await reached.place.start());
    await reached.group.whole();
  });

  it(`S5 D2 gets over ${rounds} faults at random by itself, and loses nothing`, async function () {
    this.timeout(rounds * 900_000);
    console.log(`      ⏱ E2E_SEED=${seed} E2E_ROUNDS=${rounds}`);
    const random = new Seeded(seed);
    const survived: (Survived & { kind: string })[] = [];
    const acknowledged: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const fault = await chooseFault(reached, means(), random);
      try {
        const outcome = await underFault(round, fault);
        survived.push({ ...outcome, kind: fault.kind });
        acknowledged.push(...outcome.acknowledged);
        await nothingMissing(acknowledged);
      } catch (error) {
        await tell(round, fault);
        throw error;
      }
    }
    console.log(roundLines(survived).join("\n"));
  });

  const underFault = (round: number, { happens, kind, words }: ChosenFault) =>
    reached.group.underLoad(`round ${round}: ${kind} (${words})`, async () => {
      await happens();
      await reached.group.whole();
      await allProxies(reached);
    });

  /** What earlier rounds have had acknowledged is still there; that all members have the same has just been looked at. */
  const nothingMissing = async (acknowledged: readonly number[]) => {
    const found = new Set((await reached.group.root(0, "SELECT n FROM ghost_blog.numbers")).split("\n").map(Number));
    expect(
      acknowledged.filter((number) => !found.has(number)),
      "acknowledged in an earlier round",
    ).to.deep.equal([]);
  };

  const means = (): MemberMeans => ({
    remove: async (gone) => {
      const { engine, members } = reached;
      const former = await Promise.all(gone.map((member) => members.running(member)));
      await engine.docker("rm", "--force", ...former.map(({ id }) => id));
      await Promise.all(gone.map((member, index) => members.succeeded(member, former[index] ?? { engine, id: "" })));
    },
    removeData: (member) => reached.members.removeData(member),
  });

  /** What there is to know of a round that failed. */
  const tell = async (round: number, { kind, words }: ChosenFault) => {
    console.log(`      FAILED: E2E_SEED=${seed}, round ${round}: ${kind} (${words})`);
    for (const member of reached.group.all) {
      const log = await reached.log(member).catch(String);
      console.log(`      == mysql-${member} ==\n${log.split("\n").slice(-80).join("\n")}`);
    }
  };
});
