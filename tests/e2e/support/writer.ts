import { until } from "./until";

/** A number the server acknowledged, and when. */
export interface Acknowledged {
  number: number;
  /** Milliseconds. */
  at: number;
}

/** Where a writer runs: in a container of the platform, beside the database it writes to. */
export interface WriterPlace {
  /** Host name, for writing, of the database. */
  host: string;
  /**
   * Runs the writer's program in a container of the database's image.
   *
   * @param program for bash; finds the password of the user in `/secret/password`
   * @param environment what it reads
   */
  run(program: string, environment: Record<string, string>): Promise<void>;
  /** What it has printed. */
  log(): Promise<string>;
  /** Removes it, where there is one, and waits until it has gone. */
  remove(): Promise<void>;
}

/** Login of the site's database, whose user has its name. */
const program = `
printf '[client]\\nuser=%s\\npassword=%s\\nhost=%s\\n' "$DB_USER" "$(cat /secret/password)" "$DB_HOST" >/tmp/login
trap 'exit 0' TERM
sql() { timeout 5 mysql --defaults-file=/tmp/login --ssl-mode=REQUIRED --connect-timeout=2 -NBe "$1" 2>/tmp/error; }
i=$FIRST
until sql "CREATE TABLE IF NOT EXISTS $DB_USER.numbers (n INT PRIMARY KEY, at TIMESTAMP(6) NOT NULL DEFAULT NOW(6))"; do sleep 0.2; done
while [ "$i" -lt $((FIRST + 100000)) ]; do
  if sql "INSERT INTO $DB_USER.numbers (n) VALUES ($i)"; then echo "$i $(date +%s%3N)"; else sleep 0.05; fi
  i=$((i + 1))
done
`;

/** Inserts one number after the other, each over a connection of its own, and logs those that were acknowledged. */
export class Writer {
  private first = 0;

  /** @param database name of a database, and of the user that owns it */
  constructor(
    private readonly place: WriterPlace,
    private readonly database: string,
  ) {}

  /** Begins a new row of numbers, and returns once some were acknowledged. */
  async start(): Promise<void> {
    this.first += 100_000;
    await this.place.remove();
    await this.place.run(program, { DB_HOST: this.place.host, DB_USER: this.database, FIRST: String(this.first) });
    await this.goesOn();
  }

  /** Everything that was acknowledged since the start. */
  async acknowledged(): Promise<Acknowledged[]> {
    const log = await this.place.log();
    return log.split("\n").flatMap((line) => {
      const [number, at] = line.split(" ").map(Number);
      return number && at ? [{ number, at }] : [];
    });
  }

  /** Waits until further numbers are acknowledged. */
  async goesOn(seconds = 300): Promise<void> {
    const since = Date.now();
    await until("acknowledged writes", seconds, async () => {
      const later = (await this.acknowledged()).filter(({ at }) => at > since);
      return later.length >= 10;
    });
  }

  async stop(): Promise<Acknowledged[]> {
    const all = await this.acknowledged();
    await this.place.remove();
    return all;
  }
}

/** The longest time between two acknowledged writes, in seconds. */
export function longestGap(acknowledged: readonly Acknowledged[]): number {
  return acknowledged.reduce((longest, { at }, index) => {
    const before = acknowledged[index - 1];
    return before ? Math.max(longest, (at - before.at) / 1000) : longest;
  }, 0);
}
