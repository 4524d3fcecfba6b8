import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { projectDirectory } from "../../../home/project";
import { writeStackFile } from "../../../config/files/edit-stack-file";
import { SteadyLoad } from "../../../drills/steady-load";
import type { PasswordReport } from "../../../ops/secrets";
import { succeeded, type Outcome, type Place } from "./place";
import { timed, until } from "./until";

/** A Ghost site whose database password is rotated, as the tests look at it. */
export interface RotatedSite {
  place: Place;
  name: string;
  /** Status of its home page, which is read from the database. */
  ask: () => Promise<number>;
  /** What its container has: the present password, then those before it, newest first. */
  passwords: () => Promise<string[]>;
  /** What each member of the database answers to a login of its user with this password, as `loginAs` asks. */
  logins: (password: string) => Promise<string[]>;
}

/** Prints the passwords that a Ghost container has, the present one first. */
export const printPasswords = [
  "sh",
  "-c",
  "for file in /run/secrets/ghost/database-password*; do cat $file; echo; done",
];

/** Logs in as a database user, from within the server's container, with the password on standard input. */
export function loginAs(user: string): string[] {
  const options = '<(printf "[client]\\npassword=%s\\n" "$(cat)")';
  return ["bash", "-c", `mysql --defaults-file=${options} -h 127.0.0.1 -u ${user} --ssl-mode=REQUIRED -NBe "SELECT 1"`];
}

/** Asks every member of the database until all of them do with a password what is expected: replicas hear of it a moment later. */
async function whenLoggingIn(site: RotatedSite, password: string, expected: "taken" | "refused"): Promise<void> {
  await until(`a password to be ${expected}`, 30, async () => {
    const answers = await site.logins(password);
    const asExpected = answers.filter((answer) =>
      expected === "taken" ? answer === "1" : answer.includes("Access denied"),
    );
    if (answers.length === 0 || asExpected.length < answers.length) {
      throw new Error(answers.join("; ").replaceAll(password, "(password)"));
    }
    return true;
  });
}

/** Puts the file of a stack back when the tests of this block are through: a rotation writes into it. */
export function keepStackFile(stack: string): void {
  const file = path.join(projectDirectory, `Pulumi.${stack}.yaml`);
  const original = fs.readFileSync(file, "utf8");
  after(() => fs.writeFileSync(file, original));
}

/** Writes the generation of a site's password into the stack file, as a rotation begins. */
export function writeGeneration({ name, place }: RotatedSite, generation: number): void {
  writeStackFile(projectDirectory, place.stack, [{ keys: ["secrets", "generations", name], value: generation }]);
}

export function rotate({ name, place }: RotatedSite, ...options: string[]): Promise<Outcome> {
  return place.ops("secrets rotate", name, ...options);
}

/** What `secrets list` says of the site. */
export async function report({ name, place }: RotatedSite): Promise<PasswordReport> {
  const reports = await place.opsJson<PasswordReport[]>("secrets list");
  const found = reports.find(({ site }) => site === name);
  if (!found) {
    throw new Error(`secrets list does not name ${name}`);
  }
  return found;
}

/**
 * Asks for the site's page all the while something restarts its one Ghost. There may be one gap, in which nobody answers or 503 says so; an
 * answer of 500 would be Ghost without its database.
 */
export async function oneGap(what: string, { ask }: RotatedSite, work: () => Promise<void>): Promise<void> {
  const runs: { status: number; times: number }[] = [];
  let late = 0;
  const load = new SteadyLoad(async () => {
    const status = await ask().catch((error: unknown) => (isTimeout(error) ? undefined : 0));
    if (status === undefined) {
      // A machine that is busy for so long says nothing about the site.
      late += 1;
      return 0;
    }
    const last = runs.at(-1);
    if (last?.status === status) {
      last.times += 1;
    } else {
      runs.push({ status, times: 1 });
    }
    return status;
  });
  await timed(what, work);
  await until("the page after the gap", 60, async () => (await ask()) === 200);
  const { failed, longestGap, requests } = await load.stop();
  const seen = runs.map(({ status, times }) => `${status} × ${times}`).join(", ");
  console.log(
    `      ${requests} requests meanwhile, ${failed} failed (${late} of them late), ${(longestGap / 1000).toFixed(1)} s at a stretch: ${seen}`,
  );
  const failing = runs.filter(({ status }) => status !== 200);
  expect([0, 503], seen).to.include.members(failing.map(({ status }) => status));
  // Answers of 200, what failed, answers of 200.
  expect(runs.filter(({ status }) => status === 200).length, seen).to.be.at.most(2);
}

/** Whether a request got no answer in its time, rather than being refused. */
function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}

/** The server takes the present password of the site's user, and none of those before. */
export async function takesPresentAlone(site: RotatedSite): Promise<void> {
  const [present = "", ...former] = await site.passwords();
  expect(former).to.not.have.length(0);
  await whenLoggingIn(site, present, "taken");
  for (const password of former) {
    await whenLoggingIn(site, password, "refused");
  }
}

/** One whole rotation, with everything that it promises. */
export async function rotatesUnderLoad(site: RotatedSite): Promise<void> {
  const { generation } = await report(site);
  const [former = ""] = await site.passwords();
  let output = "";
  await oneGap("npm run ops -- secrets rotate", site, async () => {
    output = succeeded(await rotate(site));
  });
  expect(output).to.contain(`has password ${generation + 1} now, and no other`);
  expect(await report(site)).to.include({ generation: generation + 1 });
  const [present, before] = await site.passwords();
  expect(before).to.equal(former);
  expect(present).to.not.equal(former);
  await takesPresentAlone(site);
}

/** Stopped before it was deployed; between its two phases; and killed in the middle of the deployment: run again, each goes on. */
export async function goesOnWhereItWasStopped(site: RotatedSite): Promise<void> {
  const { generation } = await report(site);
  writeGeneration(site, generation + 1);
  expect(await report(site)).to.deep.include({ generation: generation + 1, inUse: [generation] });
  expect(succeeded(await rotate(site)))
    .to.contain(`goes on with it`)
    .and.contain(`has password ${generation + 1} now`);
  await takesPresentAlone(site);

  const [former = ""] = await site.passwords();
  writeGeneration(site, generation + 2);
  succeeded(await site.place.start());
  // Between the phases.
  await whenLoggingIn(site, former, "taken");
  expect(succeeded(await rotate(site, "--resume"))).to.contain(`has password ${generation + 2} now`);
  await takesPresentAlone(site);

  const rotation = site.place.begin("ops/main.ts", ["secrets", "rotate", site.name, "--stack", site.place.stack]);
  try {
    await until("the new password to be on its way", 600, async () =>
      (await report(site)).inUse.includes(generation + 3),
    );
  } finally {
    await rotation.kill();
  }
  await timed("killed → run again until it is through", () =>
    until("the rotation to go through", 300, async () => {
      const outcome = await rotate(site);
      // The deployment that was begun may go on by itself, and holds the stack as long.
      return !(outcome.status !== 0 && outcome.output.includes("by another run")) && succeeded(outcome);
    }),
  );
  const { generation: present, inUse } = await report(site);
  expect(present).to.be.at.least(generation + 3);
  expect(inUse).to.deep.equal([present]);
  await takesPresentAlone(site);
  expect(await site.ask()).to.equal(200);
}

/** A stack file from before a rotation would give the site a password that the server takes no more. */
export async function refusesFormerFile(site: RotatedSite): Promise<void> {
  const { generation } = await report(site);
  writeGeneration(site, generation - 1);
  const { output, status } = await site.place.start();
  writeGeneration(site, generation);
  expect(status).to.equal(1);
  expect(output).to.contain(
    `secrets.generations.${site.name}: is ${generation - 1}, and site ${site.name} already runs`,
  );
  expect(await site.ask()).to.equal(200);
}
