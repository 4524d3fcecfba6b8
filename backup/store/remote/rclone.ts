import * as os from "node:os";
import * as path from "node:path";
import { run } from "../../../engines/process";
import { CommandError, UserError } from "../../../errors";

/** The oldest version that is taken: earlier ones leave half a file under its final name on SFTP, and Debian 12's 1.60 fails where an S3 server has a certificate of one's own. */
const oldest = { major: 1, minor: 63 };

/** Seconds until rclone is ended; tests take others. */
export interface Limits {
  /** For a question or a small file. */
  question: number;
  /** For data: what stalls, rclone ends itself after a minute. */
  transfer: number;
}
const defaultLimits: Limits = { question: 120, transfer: 24 * 60 * 60 };

/** How often rclone tries. Of an S3 server that is away it says so within half a minute where it is asked, and two minutes where it sends data: a server may be started anew. */
const attempts = {
  question: ["--retries", "1", "--low-level-retries", "3"],
  transfer: ["--retries", "2", "--low-level-retries", "5"],
};

/** In each call: nobody is asked, nothing waits for ever, and no bucket is made of a misspelt name. */
const always = [
  "--ask-password=false",
  ...["--contimeout", "10s", "--timeout", "60s"],
  "--s3-no-check-bucket",
  // By the store's clock, and without a question for each object.
  "--use-server-modtime",
  // Sizes and times do not prove a file to be the same, and WebDAV has no times.
  "--ignore-times",
];

/** Something that rclone could not do. What it said is for a person: a server that is away and a file that is not there may be told in the same words. */
export class StoreFailure extends UserError {
  constructor(
    message: string,
    /** What rclone said of it at its end, in one line. */
    readonly said: string,
    readonly status: number | undefined,
  ) {
    super(message);
  }
}

/** The program rclone of this machine. */
export class Rclone {
  private constructor(
    /** Its configuration, with the credentials. */
    readonly configuration: string,
    private readonly options: readonly string[],
    private readonly limits: Limits,
  ) {}

  /**
   * @param bandwidth as rclone's `--bwlimit` has it; undefined for no limit
   * @throws UserError where there is none, or one that is too old
   */
  static async find(bandwidth?: string, limits: Limits = defaultLimits): Promise<Rclone> {
    const words = "Install rclone 1.63 or newer: https://rclone.org/install (Debian and Ubuntu have an older one)";
    let text: string;
    try {
      text = (await run("rclone", ["version"], { timeout: 30 })).stdout;
    } catch (error) {
      if (error instanceof CommandError) {
        throw new UserError(
          error.notFound
            ? `Backups go to remote storage by rclone, which is not on this machine. ${words}`
            : `rclone does not run: ${error.message}`,
        );
      }
      throw error;
    }
    const [, major, minor] = /^rclone v(\d+)\.(\d+)/.exec(text) ?? [];
    if (Number(major) !== oldest.major || !(Number(minor) >= oldest.minor)) {
      throw new UserError(`The rclone on this machine is too old (${text.split("\n")[0] ?? ""}). ${words}`);
    }
    const file = configurationFile();
    const options = ["--config", file, ...always, ...(bandwidth === undefined ? [] : ["--bwlimit", bandwidth])];
    return new Rclone(file, options, limits);
  }

  /**
   * Asks, or changes something small.
   *
   * @param input text for its standard input
   * @returns what it has written to its standard output
   * @throws StoreFailure; what it was to do is done then, or not
   */
  ask(args: readonly string[], input?: string): Promise<string> {
    return this.called([...args, ...attempts.question], { timeout: this.limits.question, input });
  }

  /** Moves or reads data, of any size. @param report told how far it came */
  async transfer(args: readonly string[], input: string | undefined, report: (text: string) => void): Promise<void> {
    const progress = ["--stats", "5s", "--stats-one-line", "--stats-log-level", "NOTICE"];
    const onLine = (line: string) => {
      const [, text] = /NOTICE:\s+(\S.*\d+%.*)$/.exec(line) ?? [];
      if (text !== undefined) {
        report(text);
      }
    };
    await this.called([...args, ...progress, ...attempts.transfer], { timeout: this.limits.transfer, input, onLine });
  }

  private async called(
    args: readonly string[],
    options: { timeout: number; input: string | undefined; onLine?: (line: string) => void },
  ): Promise<string> {
    const { input, onLine, timeout } = options;
    try {
      const { stdout } = await run("rclone", [...args, ...this.options], {
        timeout,
        ...(input === undefined ? {} : { input }),
        ...(onLine === undefined ? {} : { onLine }),
      });
      return stdout;
    } catch (error) {
      if (!(error instanceof CommandError)) {
        throw error;
      }
      const said = lastWords(error);
      throw new StoreFailure(`rclone ${args[0] ?? ""} failed: ${said}`, said, error.status);
    }
  }
}

/** Where rclone has its configuration unless it is told otherwise. */
function configurationFile(): string {
  const home = process.env["XDG_CONFIG_HOME"] ?? path.join(os.homedir(), ".config");
  return path.resolve(process.env["RCLONE_CONFIG"] ?? path.join(home, "rclone", "rclone.conf"));
}

/** The line in which rclone says at its end what is wrong, without the time, its own name for it, and what only its makers can use. */
function lastWords({ message, streams: { stderr } }: CommandError): string {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "" && !/NOTICE:\s+.*ETA/.test(line));
  const last = lines.at(-1) ?? message;
  return last
    .replace(/^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d (\w+\s*: )?/, "")
    .replace(/^Failed to \w+( with \d+ errors)?: (last error was: )?/, "")
    .replace(/, RequestID: [^,]*, HostID: [^,]*/, "")
    .slice(0, 500);
}
