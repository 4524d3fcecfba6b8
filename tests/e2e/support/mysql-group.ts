import { underLoad as underLoadOf, type AsRoot, type Survived } from "./replicated-set";
import { until } from "./until";
import type { Writer } from "./writer";

/** A member of a group as another one sees it. */
export interface SeenMember {
  name: string;
  state: string;
  role: string;
}

/** A group of MySQL servers, on either platform, as its members see it. */
export class MySqlGroup {
  /** Ordinals of the members that there should be. */
  all = [0, 1, 2];

  /**
   * @param root asks a member
   * @param writer who writes to it while something is tried
   */
  constructor(
    readonly root: AsRoot,
    readonly writer: () => Writer,
  ) {}

  /** What a member says of the group; nothing where it does not answer. */
  async seenBy(member: number): Promise<SeenMember[]> {
    const question =
      "SELECT SUBSTRING_INDEX(MEMBER_HOST, '.', 1), MEMBER_STATE, MEMBER_ROLE FROM performance_schema.replication_group_members";
    const lines = await this.root(member, question).catch(() => "");
    return lines.split("\n").map((line) => {
      const [name = "", state = "", role = ""] = line.split("\t");
      return { name, state, role };
    });
  }

  /** Ordinal of the primary, which every member that answers names. */
  async primary(): Promise<number> {
    const { ordinal } = await until("a primary", 60, async () => {
      const named = await Promise.all(
        this.all.map(async (member) => {
          const seen = await this.seenBy(member);
          return seen.find(({ role, state }) => state === "ONLINE" && role === "PRIMARY")?.name;
        }),
      );
      const names = new Set(named.filter((name) => name !== undefined));
      return names.size === 1 ? { ordinal: Number([...names][0]?.split("-")[1]) } : undefined;
    });
    return ordinal;
  }

  /** Waits until every member sees every member in the group. */
  whole(seconds = 300): Promise<unknown> {
    return until("a group of all members", seconds, async () => {
      // One after the other: to ask is work, of which the machine has enough while a member comes back.
      for (const member of this.all) {
        const seen = await this.seenBy(member);
        if (seen.length !== this.all.length || !seen.every(({ state }) => state === "ONLINE")) {
          return false;
        }
      }
      return true;
    });
  }

  /** Does something to the group while the writer writes, waits until it is whole, and checks that nothing was lost. */
  underLoad(what: string, work: () => Promise<void>): Promise<Survived> {
    const { root } = this;
    const source = () => this.primary();
    const untilWhole = async () => {
      await work();
      await this.whole();
    };
    return underLoadOf({ root, writer: this.writer(), source }, what, untilWhole, this.all);
  }
}
