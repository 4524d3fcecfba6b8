import * as fs from "node:fs";
import * as path from "node:path";
import * as readline from "node:readline";
import { finished } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import type { TriedPart, TryInContainer } from "../backup/contents/container";
import { withEnd } from "../backup/contents/pipe";
import { CommandError, UserError } from "../errors";
import { openDump } from "./dump-file";
import { factsIn, scriptWithFacts, type Facts } from "./facts";

const convertScript = scriptWithFacts("convert.sh");

/** What a query behind a dump answers, by which a server's client says that it has read all of it. */
export const endOfDump = "the whole dump was read";

/** A dump as this program's servers take it. */
export interface ConvertedDump {
  /** Its file, by gzip. */
  file: string;
  facts: Facts;
}

/**
 * Loads a dump into a server that is thrown away, which has its tables as a Ghost of now makes them, and takes it out of there again. Nothing but
 * what comes out ever reaches the site's own server.
 *
 * @param owner user of the site's own server who will own its views
 * @param options `folder` for the result, and the address that the site had
 * @throws UserError with all for which it cannot be taken
 */
export async function convertDump(
  dump: string,
  owner: string,
  { folder, former }: { folder: string; former: string | undefined },
  trial: TryInContainer,
  server: TriedPart,
): Promise<ConvertedDump> {
  const file = path.join(folder, "converted.sql.gz");
  const zipped = createGzip({ level: 1 });
  const written = finished(zipped.pipe(fs.createWriteStream(file, { mode: 0o600 })));
  // Whoever writes into it fails first, and says more.
  written.catch(() => undefined);
  try {
    await trial(server, {
      program: ["bash", "-c", convertScript],
      variables: { end: endOfDump, owner, former: former ?? "" },
      data: withEnd(openDump(dump), `\nSELECT '${endOfDump}';\n`),
      output: zipped,
      as: "server",
    });
    await written;
  } catch (error) {
    throw error instanceof CommandError ? refusalIn(dump, error) : error;
  }
  const { facts, last } = await readConverted(file);
  if (last !== `-- ${endOfDump}`) {
    throw new UserError(`${dump} was loaded, and did not come back whole: the connection broke off. Run this again`);
  }
  return { file, facts };
}

/** What the script refuses, in its words; what the server says otherwise. */
function refusalIn(dump: string, error: CommandError): UserError {
  const refused = error.output.split("\n").flatMap((line) => /^REFUSED (.*)$/.exec(line)?.[1] ?? []);
  if (refused.length > 0) {
    return UserError.fromMistakes(`${dump} cannot be taken as it is:`, refused);
  }
  const said = error.output.split("\n").filter((line) => !/\[(System|Note|Warning)\]/.test(line));
  return new UserError(
    `${dump} cannot be loaded into a server that is thrown away: ${said.join("\n").trim() || error.message}`,
  );
}

async function readConverted(file: string): Promise<{ facts: Facts; last: string }> {
  const lines = readline.createInterface({
    input: fs.createReadStream(file).pipe(createGunzip()),
    crlfDelay: Infinity,
  });
  const facts: string[] = [];
  let last = "";
  for await (const line of lines) {
    if (line.startsWith("-- fact ")) {
      facts.push(line);
    }
    last = line;
  }
  return { facts: factsIn(facts), last };
}
