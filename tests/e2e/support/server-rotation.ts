import { expect } from "chai";
import type { PasswordReport } from "../../../ops/secrets";
import { succeeded, type Outcome, type Place } from "./place";
import { timed, until } from "./until";

/** A database server whose own users get other passwords, as the tests look at it. */
export interface RotatedServer {
  place: Place;
  /** The members, the source first. */
  members: readonly [string, ...string[]];
  /** Runs a command in a member's container, and returns what it prints. */
  inside: (member: string, ...command: string[]) => Promise<string>;
  /** Runs a command in a member's container with text on its standard input. */
  insideWithInput: (text: string, member: string, ...command: string[]) => Promise<string>;
  /** Ends a member, and waits until its successor is ready. */
  restart: (member: string) => Promise<void>;
}

/** Users of a member, and what prints the passwords it has for them, the present one first. */
const users = {
  root: "sed -n s/^password=//p root.cnf",
  monitor: "sed -n s/^password=//p monitor.cnf",
  replication: "cat replication-password",
  clone: "cat clone-password",
} as const;
type User = keyof typeof users;

function usersOf({ members }: RotatedServer): User[] {
  return members.length === 1 ? ["root", "monitor"] : ["root", "monitor", "replication", "clone"];
}

/** The passwords that the last member has of a user, the present one first. */
async function passwordsOf({ inside, members }: RotatedServer, user: User): Promise<string[]> {
  const member = members.at(-1) ?? members[0];
  const lines = await inside(member, "bash", "-c", `cd /run/secrets/mysql; ${users[user]}`);
  return lines.split("\n").filter((line) => line !== "");
}

/** Logs in with the password on standard input: root and a single server's monitor from the server itself, others over its network. */
function login(user: User, single: boolean): string[] {
  const options = '<(printf "[client]\\npassword=%s\\n" "$(cat)")';
  const way =
    user === "root"
      ? "--socket=/run/mysqld/mysqld.sock"
      : `--ssl-mode=REQUIRED --host=${single ? "127.0.0.1" : "$(hostname -i | cut -d' ' -f1)"}`;
  return ["bash", "-c", `mysql --defaults-file=${options} --user=${user} ${way} -NBe "SELECT 1"`];
}

/** Every member takes a password, or refuses it: replicas hear of it a moment later. */
async function whenLoggingIn(server: RotatedServer, user: User, password: string, expected: "taken" | "refused") {
  const { insideWithInput, members } = server;
  await until(`a password of ${user} to be ${expected}`, 60, async () => {
    const answers = await Promise.all(
      members.map((member) => insideWithInput(password, member, ...login(user, members.length === 1)).catch(String)),
    );
    if (!answers.every((answer) => (expected === "taken" ? answer === "1" : answer.includes("Access denied")))) {
      throw new Error(answers.join("; ").replaceAll(password, "(password)"));
    }
    return true;
  });
}

async function report({ place }: RotatedServer): Promise<PasswordReport> {
  const found = (await place.opsJson<PasswordReport[]>("secrets list")).find(({ site }) => site === undefined);
  if (!found) {
    throw new Error("secrets list does not name the database server");
  }
  return found;
}

function rotate({ place }: RotatedServer, ...options: string[]): Promise<Outcome> {
  return place.ops("secrets rotate", "--mysql", ...options);
}

/** Every replica replicates, and does so again over a connection that is made now. */
async function replicates({ inside, members, place }: RotatedServer): Promise<void> {
  const [, ...replicas] = members;
  const well = () =>
    until("every member to be well", 180, async () => {
      const { output, status } = await place.ops("mysql status");
      if (status !== 0) {
        throw new Error(output);
      }
      return true;
    });
  await well();
  for (const replica of replicas) {
    const root = (sql: string) => inside(replica, "mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "-NBe", sql);
    await root("STOP REPLICA");
    await until("the replica to join again", 60, async () =>
      (
        await root("SELECT SERVICE_STATE FROM performance_schema.replication_connection_status").catch(String)
      ).startsWith("ON"),
    );
  }
  await well();
}

/** One whole rotation, with everything that it promises. */
export async function rotatesServer(server: RotatedServer): Promise<void> {
  const { generation } = await report(server);
  const before = new Map<User, string>();
  for (const user of usersOf(server)) {
    before.set(user, (await passwordsOf(server, user))[0] ?? "");
  }
  const output = succeeded(await timed("npm run ops -- secrets rotate --mysql", () => rotate(server)));
  expect(output).to.contain(`have password ${generation + 1} now, and no other`);
  expect(await report(server)).to.deep.include({ generation: generation + 1, inUse: [generation + 1] });
  await takesPresentPasswords(server, before);
  await replicates(server);
}

async function takesPresentPasswords(server: RotatedServer, before: ReadonlyMap<User, string>): Promise<void> {
  for (const [user, former] of before) {
    const [present = ""] = await passwordsOf(server, user);
    expect(present, user).to.not.equal(former);
    await whenLoggingIn(server, user, present, "taken");
    await whenLoggingIn(server, user, former, "refused");
  }
}

/** Killed while members have different passwords; then each member restarts, and replicas replicate; run again, it goes on. */
export async function goesOnAfterRestarts(server: RotatedServer): Promise<void> {
  const { generation } = await report(server);
  const before = new Map<User, string>();
  for (const user of usersOf(server)) {
    before.set(user, (await passwordsOf(server, user))[0] ?? "");
  }
  const { place } = server;
  const rotation = place.begin("ops/main.ts", ["secrets", "rotate", "--mysql", "--stack", place.stack]);
  try {
    await until("the new passwords to be on their way", 600, async () =>
      (await report(server)).inUse.includes(generation + 1),
    );
  } finally {
    await rotation.kill();
  }
  for (const member of [...server.members].reverse()) {
    await timed(`killed half-way, ${member} ended → ready`, () => server.restart(member));
  }
  await replicates(server);
  await timed("run again until it is through", () =>
    until("the rotation to go through", 300, async () => {
      const outcome = await rotate(server, "--resume");
      // The deployment that was begun may go on by itself, and holds the stack as long.
      return !(outcome.status !== 0 && outcome.output.includes("by another run")) && succeeded(outcome);
    }),
  );
  expect(await report(server)).to.deep.include({ generation: generation + 1, inUse: [generation + 1] });
  await takesPresentPasswords(server, before);
  await replicates(server);
}

/** A restart of every member brings no discarded password back. */
export async function staysRotated(server: RotatedServer): Promise<void> {
  const former = new Map<User, string>();
  for (const user of usersOf(server)) {
    const [, password] = await passwordsOf(server, user);
    if (password !== undefined) {
      former.set(user, password);
    }
  }
  for (const member of server.members) {
    await server.restart(member);
  }
  for (const [user, password] of former) {
    await whenLoggingIn(server, user, password, "refused");
  }
  await replicates(server);
}
