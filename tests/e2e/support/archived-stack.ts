import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { archivedThrough } from "../../../components/archive-figures";
import type { Reachable } from "../../../backup/binlog/words";
import { succeeded, type Outcome, type Place } from "./place";
import type { Prometheus, Rule } from "./prometheus";
import type { RemoteStorage } from "./remote-storage";
import { timed, until } from "./until";
import type { Acknowledged } from "./writer";

/** Runs SQL as root in the server, and returns what it prints. */
export type RunSql = (text: string) => Promise<string>;

/** A stack whose binary logs are archived in a store of the tests, and that is brought back from there. */
export class ArchivedStack {
  constructor(
    readonly place: Place,
    readonly storage: RemoteStorage,
  ) {
    place.add(storage.variables);
  }

  /** Makes the key, and says in the settings what the stack needs for its archive. */
  async configure(more: object = {}): Promise<void> {
    const said = succeeded(await this.backup("key"));
    const [, recipient] = /recipient: (age1\S+)/.exec(said) ?? [];
    const [, signingKeyFile] = /signingKeyFile: (\S+)/.exec(said) ?? [];
    const own = { recipient, signingKeyFile, rcloneFile: this.storage.configuration, pointInTime: true };
    this.place.configure({ backup: { target: "offsite:backups", ...own, ...more } });
  }

  backup(...args: string[]): Promise<Outcome> {
    return this.place.command("backup/main.ts", [...args, "--stack", this.place.stack]);
  }

  /** From when to when every moment can be reached. */
  async reached(): Promise<Reachable["windows"]> {
    const { output } = await this.backup("list", "--json");
    const { pointInTime } = JSON.parse(output.slice(output.indexOf("{"))) as { pointInTime?: Reachable };
    return pointInTime?.windows ?? [];
  }

  /** Waits until the archive knows what was at a moment, in milliseconds. */
  archived(at: number): Promise<unknown> {
    return timed(`archived until ${momentText(at)}`, () =>
      until("the archive to get there", 240, async () => ((await this.reached()).at(-1)?.until ?? 0) > at * 1000),
    );
  }

  /** Names of the sealed pieces in the store. */
  segments(): string[] {
    return this.storage.files().filter((file) => /\/binlog\/.*\.age$/.test(file));
  }

  /** Brings the data to a moment, and deploys the stack on them. Returns what `restore` has said. */
  async restored(moment: string): Promise<string> {
    const said = succeeded(await timed("restore", () => this.backup("restore", "--until", moment, "--yes")));
    succeeded(await timed("npm start on what was restored", () => this.place.start()));
    return said;
  }

  /** One piece is taken away from the store, and what comes after it is refused until it is back there. */
  async refusesHole(): Promise<void> {
    const [gone = "", ...others] = this.segments().map((file) =>
      path.join(this.storage.bucket, file.replace(/binlog\.gz\.age$/, "signed")),
    );
    expect(others.length, "further segments").to.be.greaterThan(0);
    // The last but one: what comes after it can still not be reached.
    const hole = others.at(-2) ?? gone;
    const kept = fs.readFileSync(hole);
    fs.rmSync(hole);
    try {
      const { output, status } = await this.backup("restore", "--until", "latest", "--yes");
      expect(status, output).to.equal(1);
      expect(output).to.match(/the archive has a hole: after backup \S+ it lacks [0-9a-f-]+:\d+/);
      expect(output).to.match(/--until "\d{4}-|restore \S+, without --until/);
    } finally {
      fs.writeFileSync(hole, kept);
    }
    const early = await this.backup("restore", "--until", "2020-01-01 00:00", "--yes");
    expect(early.output).to.contain("cannot be reached");
  }
}

/** A table with a row that is about to be changed, and the moment, in milliseconds, before it is changed and dropped. */
export async function changedAndDropped(sql: RunSql): Promise<number> {
  await sql(
    "CREATE TABLE ghost_blog.kept (n INT PRIMARY KEY, text VARCHAR(20)); INSERT INTO ghost_blog.kept VALUES (1, 'before')",
  );
  const moment = Number(await sql("DO SLEEP(1); SELECT CAST(UNIX_TIMESTAMP(NOW(3)) * 1000 AS UNSIGNED); DO SLEEP(1)"));
  await sql("UPDATE ghost_blog.kept SET text = 'after'; DROP TABLE ghost_blog.kept");
  return moment;
}

/** All that was acknowledged before a moment is there, and nothing that was written after it; what was dropped is back. */
export async function isAsOf(sql: RunSql, moment: number, acknowledged: readonly Acknowledged[]): Promise<void> {
  expect(await sql("SELECT text FROM ghost_blog.kept")).to.equal("before");
  const rows = (await sql("SELECT n, CAST(UNIX_TIMESTAMP(at) * 1000 AS UNSIGNED) FROM ghost_blog.numbers")).split("\n");
  const found = new Map(rows.map((row) => row.split("\t").map(Number) as [number, number]));
  // A client hears of a commit after it; one of those around the moment may be on either side.
  const before = acknowledged.filter(({ at }) => at < moment);
  expect(before.filter(({ number }) => !found.has(number))).to.deep.equal([]);
  expect([...found.values()].filter((at) => at > moment)).to.deep.equal([]);
  expect([before.length > 0, before.length < acknowledged.length]).to.deep.equal([true, true]);
}

/** All that was acknowledged up to a moment is there. */
export async function hasAllUntil(sql: RunSql, moment: number, acknowledged: readonly Acknowledged[]): Promise<void> {
  const rows = new Set((await sql("SELECT n FROM ghost_blog.numbers")).split("\n").map(Number));
  const before = acknowledged.filter(({ at }) => at <= moment);
  expect(before.filter(({ number }) => !rows.has(number))).to.deep.equal([]);
  expect(before.length).to.be.greaterThan(10);
}

/** The monitoring knows until when all is in the store, and would tell of an archive that is behind. */
export async function isTold(prometheus: Prometheus): Promise<void> {
  await prometheus.everythingAnswers((targets) => targets.some(({ labels }) => labels["job"] === "archive"));
  await until("a figure of the last minute", 120, async () => {
    const [sample] = await prometheus.query(`time() - ${archivedThrough}`);
    expect(Number(sample?.value[1])).to.be.within(0, 60);
    return true;
  });
  const { groups } = await prometheus.get<{ groups: { rules: Rule[] }[] }>("rules");
  const rule = groups.flatMap(({ rules }) => rules).find(({ name }) => name === "ArchiveBehind");
  expect(rule?.health).to.equal("ok");
}

/** What a restore to a moment says before it begins. */
export function saysWhatIsLost(said: string): void {
  expect(said).to.match(/the last is [0-9a-f-]+:\d+, committed /);
  expect(said).to.match(/the next, which is left out, is [0-9a-f-]+:\d+, committed /);
  expect(said).to.match(/lost are \d+ transactions that are archived/);
}

/** A moment, in milliseconds, as `--until` takes it. */
export function momentText(at: number): string {
  return new Date(at).toISOString().replace("T", " ").replace("Z", "");
}
