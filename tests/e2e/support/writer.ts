import type { Kubectl, Pod } from "./kubectl";
import { until } from "./until";

/** A number the server acknowledged, and when. */
export interface Acknowledged {
  number: number;
  /** Milliseconds. */
  at: number;
}

const name = "writer";
/** Login of the site's database, whose password the pod reads from its Secret. */
const script = `
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

  constructor(
    private readonly kubectl: Kubectl,
    private readonly image: string,
    private readonly database: { host: string; user: string; secret: string },
  ) {}

  /** Begins a new row of numbers, and returns once some were acknowledged. */
  async start(): Promise<void> {
    this.first += 100_000;
    await this.kubectl.run("delete", "pod", name, "--ignore-not-found");
    const { host, secret, user } = this.database;
    const environment = { DB_HOST: host, DB_USER: user, FIRST: String(this.first) };
    await this.kubectl.apply({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: this.kubectl.namespace },
      spec: {
        terminationGracePeriodSeconds: 5,
        automountServiceAccountToken: false,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 999,
          fsGroup: 999,
          seccompProfile: { type: "RuntimeDefault" },
        },
        containers: [
          {
            name,
            image: this.image,
            command: ["bash", "-c", script],
            env: Object.entries(environment).map(([key, value]) => ({ name: key, value })),
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
            volumeMounts: [{ name: "secret", mountPath: "/secret" }],
          },
        ],
        volumes: [{ name: "secret", secret: { secretName: secret, defaultMode: 0o440 } }],
      },
    });
    await this.goesOn();
  }

  /** Everything that was acknowledged since the start. */
  async acknowledged(): Promise<Acknowledged[]> {
    const log = await this.kubectl.run("logs", name);
    return log.split("\n").flatMap((line) => {
      const [number, at] = line.split(" ").map(Number);
      return number && at ? [{ number, at }] : [];
    });
  }

  /** Waits until further numbers are acknowledged. */
  async goesOn(seconds = 180): Promise<void> {
    const since = Date.now();
    await until("acknowledged writes", seconds, async () => {
      const later = (await this.acknowledged()).filter(({ at }) => at > since);
      return later.length >= 10;
    });
  }

  async stop(): Promise<Acknowledged[]> {
    const all = await this.acknowledged();
    await this.kubectl.run("delete", "pod", name, "--wait=true");
    await until("the writer to go", 30, async () => {
      const { items } = await this.kubectl.get<{ items: Pod[] }>("pods");
      return !items.some(({ metadata }) => metadata.name === name);
    });
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
