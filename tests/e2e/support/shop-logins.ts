import { urlFile, type ShopServerName } from "../../../components/shop/settings";
import type { Engine } from "./swarm-place";

/** Asks Redis something. It goes on after it was refused, and ends well: what it then may do is nothing. */
const redisCli = [
  "bash",
  "-c",
  'IFS=":@/" read -r _ _ _ user REDISCLI_AUTH _; export REDISCLI_AUTH; redis-cli --user "$user" --no-auth-warning "$@" 2>&1',
  "redis-cli",
];

/** How each server is logged in to over the network, with an address on standard input: in which service's container, and by what. */
const ways: Record<ShopServerName, { service: string; command: string[] }> = {
  postgres: {
    service: "orders",
    command: [
      "python3",
      "-c",
      "import sys, psycopg2; psycopg2.connect(sys.stdin.read().strip()).close(); print('taken')",
    ],
  },
  redis: { service: "redis", command: [...redisCli, "ping"] },
  rabbitmq: {
    service: "orders",
    command: [
      "python3",
      "-c",
      "import sys, pika; pika.BlockingConnection(pika.URLParameters(sys.stdin.read().strip())).channel().queue_declare('orders', durable=True); print('taken')",
    ],
  },
};

/** What the servers of the shop say to those who log in. */
export class ShopLogins {
  constructor(
    private readonly engine: Engine,
    private readonly stack: string,
  ) {}

  /** The present address of a server, password included, as whoever says to the servers who logs in has it. */
  async address(server: ShopServerName): Promise<string> {
    return this.engine.docker("exec", await this.task("logins"), "cat", urlFile(server));
  }

  /** Whether a server takes the login of an address; throws what it says where it does not refuse it either. */
  async takes(server: ShopServerName, address: string): Promise<boolean> {
    const { command, service } = ways[server];
    const answer = await this.engine
      .dockerWithInput(`${address}\n`, "exec", "--interactive", await this.task(service), ...command)
      .catch(String);
    if (answer === "taken" || answer === "PONG") {
      return true;
    }
    if (/password authentication failed|WRONGPASS|ProbableAuthenticationError/.test(answer)) {
      return false;
    }
    throw new Error(answer.replaceAll(/:[A-Za-z0-9]+@/g, ":(password)@"));
  }

  /** Keeps a session of PostgreSQL open, at most five minutes, and returns what it was answered, the reason of its end included. */
  async postgresSession(address: string): Promise<string> {
    const ask = `IFS=":@/" read -r _ _ _ PGUSER PGPASSWORD _; export PGUSER PGPASSWORD
psql --no-psqlrc --quiet --tuples-only --no-align --host 127.0.0.1 --dbname shop <<< 'SELECT 1 \\watch 1' 2>&1 || true`;
    const inContainer = ["exec", "--interactive", await this.task("postgres"), "bash", "-c", ask];
    return this.engine.dockerWithInput(`${address}\n`, ...inContainer);
  }

  /** What Redis answers to whoever logs in with an address. */
  async redis(address: string, ...command: string[]): Promise<string> {
    return this.engine.dockerWithInput(
      `${address}\n`,
      "exec",
      "--interactive",
      await this.task("redis"),
      ...redisCli,
      ...command,
    );
  }

  private async task(service: string): Promise<string> {
    const [task = ""] = await this.engine.tasks(`${this.stack}_${service}`);
    return task;
  }
}
