import { expect } from "chai";
import { writeStackFile } from "../../../config/files/edit-stack-file";
import { readStackFile } from "../../../config/files/stack-file";
import { projectDirectory } from "../../../home/project";
import { succeeded, type Place } from "./place";
import { readersDuring } from "./readers";
import type { Certificate } from "./strangers";
import { timed, until } from "./until";

/** A database server whose authority is replaced, as the tests look at it. */
export interface CertifiedServer {
  place: Place;
  /** Ordinals of its members. */
  members: readonly number[];
  /** Runs a program for bash in a member's container, and returns what it prints. */
  inside: (member: number, program: string) => Promise<string>;
  /** Status of a page that is read from the database. */
  ask: () => Promise<number>;
  /** Whether servers start anew, as on Swarm: Ghost says 500 while none takes its connections. Default: all go on. */
  isAwayMeanwhile?: boolean;
}

const folder = "/run/secrets/mysql-tls";

/** What a member has. */
async function shownBy({ inside }: CertifiedServer, member: number): Promise<Certificate> {
  const [authority = "", certificate = "", key = ""] = (
    await inside(member, `for part in ca.crt tls.crt tls.key; do base64 -w0 ${folder}/$part; echo; done`)
  )
    .split("\n")
    .map((line) => Buffer.from(line, "base64").toString());
  return { authority, certificate, key };
}

/** What becomes of a client that believes one root: one that is let in so far is asked for a password. */
async function clientWith({ inside }: CertifiedServer, member: number, root: string): Promise<string> {
  const believed = `<(base64 -d <<<${Buffer.from(root).toString("base64")})`;
  return inside(
    member,
    `mysql --no-defaults --host=127.0.0.1 --user=nobody --ssl-mode=VERIFY_CA --ssl-ca=${believed} 2>&1 || true`,
  );
}

const authorities = ({ place }: CertifiedServer) => {
  const { mysql } = readStackFile(projectDirectory, place.stack);
  return mysql.authorities;
};

/**
 * Replaces the authority, by a command that is killed while the servers get their new certificates and then run again; readers ask all the while.
 *
 * @returns what the server had before
 */
export async function replacesAuthority(server: CertifiedServer): Promise<Certificate> {
  const { ask, isAwayMeanwhile = false, members, place } = server;
  const { generation } = authorities(server);
  const next = generation + 1;
  const former = await shownBy(server, members[0] ?? 0);
  const readers = await readersDuring(
    ask,
    async () => {
      const command = place.begin("ops/main.ts", ["secrets", "rotate", "--authority", "--stack", place.stack]);
      try {
        await timed("until the servers' certificates are on their way", () =>
          until("the second step", 900, () => Promise.resolve(authorities(server).generation === next)),
        );
      } finally {
        await command.kill();
      }
      await timed("killed, and run again until it is through", () =>
        until("the replacement to go through", 900, async () => {
          const outcome = await place.ops("secrets rotate --authority --resume");
          // The deployment that was begun may go on by itself, and holds the stack as long.
          if (outcome.status !== 0 && outcome.output.includes("by another run")) {
            return false;
          }
          expect(succeeded(outcome)).to.contain(`has authority ${next} now, and nobody believes another one`);
          return true;
        }),
      );
      await until("the page", 120, async () => (await ask()) === 200);
    },
    5,
  );
  // One Ghost starts anew, twice: nobody answers or 503 says so. Ghost without its database says 500.
  const statuses = [...new Set(readers.map(({ status }) => status))];
  const counts = statuses.map((of) => `${readers.filter(({ status }) => status === of).length} × ${of}`);
  console.log(`      what readers saw: ${counts.join(", ")}`);
  expect(["200", "503", ...(isAwayMeanwhile ? ["500"] : [])]).to.include.members(
    statuses.filter((status) => /^\d+$/.test(status)),
  );
  expect(authorities(server)).to.deep.equal({ generation: next });
  for (const member of members) {
    const present = await shownBy(server, member);
    expect(present.authority.match(/BEGIN CERTIFICATE/g), `roots that mysql-${member} believes`).to.have.length(1);
    expect(present.authority).to.not.equal(former.authority);
    expect(await clientWith(server, member, former.authority), "a client of before").to.contain("SSL connection error");
    expect(await clientWith(server, member, present.authority), "a client of now").to.contain("Access denied");
  }
  return former;
}

/** A stack file from before the replacement is refused, and nothing is touched. */
export async function refusesFormerAuthority(server: CertifiedServer): Promise<void> {
  const { place } = server;
  const { generation } = authorities(server);
  const write = (value: number) => {
    writeStackFile(projectDirectory, place.stack, [{ keys: ["mysql", "authorities", "generation"], value }]);
  };
  write(generation - 1);
  try {
    const { output, status } = await place.start();
    expect(status).to.not.equal(0);
    expect(output).to.contain("do not believe each other");
  } finally {
    write(generation);
  }
  expect(await server.ask()).to.equal(200);
}
