import { expect } from "chai";
import { UserError } from "../../../../errors";
import { carryOut, goBack, prepared, WentBack, type UpgradeWork } from "../../../../ops/upgrade/carry-out";
import type { Answers, ChangedImage, DatabaseCopy, Journal } from "../../../../home/upgrade-journal";

/** The program has been killed: from then on nothing is done any more. */
class Killed extends Error {}

type Which = "before" | "after";

/** What outlives a program: the stack, its file, its database, and the journal. */
interface World {
  journal: Journal | undefined;
  file: Which;
  deployed: Which;
  up: boolean;
  database: { schema: Which | "none"; rows: number; whole: boolean };
  aside: boolean;
  copied: { schema: Which | "none"; rows: number } | undefined;
  /** What a reader was told that it is kept, while the image of before ran or since the last way back. */
  acknowledged: number;
}

const image: ChangedImage = { name: "ghost", key: ["images", "ghost"], before: "g:1.0", after: "g:1.1", written: null };
const began = new Date("2026-11-29T12:00:00Z");
const plan = { images: [image], migrates: true };

/** An upgrade from its beginning. */
async function upgrade(work: UpgradeWork, migrates = true): Promise<void> {
  await carryOut(await prepared({ ...plan, migrates }, began, work), work);
}

function newWorld(): World {
  return {
    journal: undefined,
    file: "before",
    deployed: "before",
    up: true,
    database: { schema: "before", rows: 1, whole: true },
    aside: false,
    copied: undefined,
    acknowledged: 1,
  };
}

interface Fault {
  /** Which call it happens at, from 0. */
  at: number;
  /** Killed before a call has any effect, in the middle, or right after it; or the call fails, without effect or half done. */
  how: "killed before" | "killed amid" | "killed after" | "fails" | "fails amid";
}

/** A stack in memory. */
class FakeWork implements UpgradeWork {
  calls: string[] = [];
  private dead = false;

  constructor(
    private readonly world: World,
    private readonly newOneWorks: boolean,
    private readonly fault?: Fault,
  ) {}

  /** @param half what is done of it when it is cut off */
  private call<Result>(name: string, work: () => Result, half: () => void = () => undefined): Promise<Result> {
    return new Promise((resolve) => resolve(this.callNow(name, work, half)));
  }

  private callNow<Result>(name: string, work: () => Result, half: () => void = () => undefined): Result {
    if (this.dead) {
      throw new Killed();
    }
    const hit = this.fault?.at === this.calls.length ? this.fault.how : undefined;
    this.calls.push(name);
    if (this.world.up && this.world.deployed === "before") {
      // Readers write while the program works.
      this.world.database.rows += 1;
      this.world.acknowledged = this.world.database.rows;
    }
    this.dead = hit?.startsWith("killed") ?? false;
    if (hit === "killed before" || hit === "fails") {
      throw hit === "fails" ? new UserError("no answer") : new Killed();
    }
    if (hit === "killed amid" || hit === "fails amid") {
      half();
      throw hit === "fails amid" ? new UserError("broke off") : new Killed();
    }
    const result = work();
    if (hit === "killed after") {
      throw new Killed();
    }
    return result;
  }

  note(journal: Journal | undefined): void {
    this.callNow("note", () => {
      this.world.journal = structuredClone(journal);
      if (!journal) {
        this.world.copied = undefined;
      }
    });
  }

  backup(): Promise<string> {
    return this.call("backup", () => "one");
  }

  ask(): Promise<Answers> {
    return this.call("ask", () => ({ blog: { "/": "200" } }));
  }

  stop(): Promise<void> {
    return this.call("stop", () => void (this.world.up = false));
  }

  start(): Promise<void> {
    return this.call("start", () => this.serve());
  }

  copy(): Promise<DatabaseCopy[]> {
    return this.call("copy", () => {
      const { rows, schema } = this.world.database;
      this.world.copied = { rows, schema };
      return [{ site: "blog", schema, sealed: { file: "f", sha256: "", bytes: 0, blocks: [] } }];
    });
  }

  deploy(_images: readonly ChangedImage[], which: Which): Promise<void> {
    return this.call(
      "deploy",
      () => {
        this.world.file = which;
        this.world.deployed = which;
        this.world.up = false;
        this.serve();
      },
      () => {
        this.world.file = which;
        this.world.deployed = which;
        this.world.up = false;
        if (which === "after") {
          this.world.database.schema = "after";
        }
      },
    );
  }

  compare(): Promise<void> {
    return this.call("compare", () => {
      if (!this.world.up) {
        throw new UserError("no answer");
      }
    });
  }

  restore([copy]: readonly DatabaseCopy[]): Promise<string[]> {
    const { world } = this;
    return this.call(
      "restore",
      () => {
        if (copy && (world.database.schema !== copy.schema || !world.database.whole)) {
          world.aside = true;
          world.database = { ...(world.copied ?? { schema: "none", rows: 0 }), whole: true };
        }
        return world.aside ? ["blog"] : [];
      },
      () => {
        if (copy && world.database.schema !== copy.schema) {
          world.aside = true;
          world.database = { schema: "none", rows: 0, whole: false };
        }
      },
    );
  }

  dropAside(): Promise<void> {
    return this.call("dropAside", () => void (this.world.aside = false));
  }

  private serve(): void {
    const { database, deployed } = this.world;
    if (deployed === "after") {
      database.schema = "after";
      if (!this.newOneWorks) {
        throw new UserError("the new one does not come up");
      }
    }
    if (database.schema !== deployed) {
      throw new UserError("REFUSED: the database is of another version");
    }
    this.world.up = true;
  }
}

function journalOf({ journal }: World): Journal {
  if (!journal) {
    throw new Error("there is no journal");
  }
  return journal;
}

function expectWhole(world: World, words: string): void {
  expect(world.file, `${words}: file`).to.equal(world.deployed);
  expect(world.up, `${words}: up`).to.equal(true);
  expect(world.database.schema, `${words}: schema`).to.equal(world.deployed);
  expect(world.database.rows, `${words}: rows`).to.be.at.least(world.acknowledged);
}

/** Runs a first attempt that a fault meets, and a second one by what the first has left. */
async function twice(newOneWorks: boolean, fault: Fault, second: "upgrade" | "rollback"): Promise<World> {
  const world = newWorld();
  await upgrade(new FakeWork(world, newOneWorks, fault)).catch(() => undefined);
  const work = new FakeWork(world, newOneWorks);
  const { journal } = world;
  if (second === "rollback" || journal?.state === "restoring" || journal?.state === "returning") {
    if (journal && journal.state !== "done") {
      await goBack(journal, work);
    }
  } else if (journal?.state !== "done") {
    await (journal ? carryOut(journal, work) : upgrade(work)).catch((error: unknown) => {
      expect(error).to.be.instanceOf(WentBack);
    });
  }
  return world;
}

describe("an upgrade", () => {
  it("B7 backs up, stops, copies, deploys and compares, each noted before it is done", async () => {
    const world = newWorld();
    const work = new FakeWork(world, true);
    await upgrade(work);
    expect(work.calls).to.deep.equal([
      ...["backup", "ask", "note", "stop", "copy", "note", "deploy", "compare", "note"],
    ]);
    expect(world).to.deep.include({ file: "after", deployed: "after", up: true });
    expect(world.journal).to.deep.include({ state: "done", backup: "one" });
  });

  it("B7 goes back with what had been written until the sites stopped, where the new one does not come up", async () => {
    const world = newWorld();
    let failure: unknown;
    await upgrade(new FakeWork(world, false)).catch((error: unknown) => (failure = error));
    expect(failure).to.be.instanceOf(WentBack);
    expect((failure as Error).message)
      .to.contain("the new one does not come up")
      .and.to.contain("of: blog");
    expectWhole(world, "back");
    expect(world).to.deep.include({ deployed: "before", journal: undefined, aside: false });
  });

  it("B7 restores nothing and loses nothing where no database was migrated", async () => {
    const world = newWorld();
    const work = new FakeWork(world, true);
    await upgrade(work, false);
    expect(work.calls).to.not.include("stop").and.to.not.include("copy");
    world.database = { schema: "before", rows: 9, whole: true };
    await goBack(journalOf(world), work);
    expect(work.calls).to.not.include("restore");
    expect(world.database.rows).to.be.at.least(9);
    expect(world.journal).to.equal(undefined);
  });

  it("B7 done and undone, has the database of before", async () => {
    const world = newWorld();
    await upgrade(new FakeWork(world, true));
    world.acknowledged = 0;
    expect(await goBack(journalOf(world), new FakeWork(world, true))).to.deep.equal({
      restored: ["blog"],
      remarks: [],
    });
    expectWhole(world, "undone");
  });

  for (const newOneWorks of [true, false]) {
    for (const how of ["killed before", "killed amid", "killed after", "fails", "fails amid"] as const) {
      for (const second of ["upgrade", "rollback"] as const) {
        it(`B7 ${how} at any call, with a new one that ${newOneWorks ? "works" : "fails"}: ${second} makes it whole`, async () => {
          for (let at = 0; at < 30; at += 1) {
            const world = await twice(newOneWorks, { at, how }, second);
            expectWhole(world, `call ${at}`);
          }
        });
      }
    }
  }
});
