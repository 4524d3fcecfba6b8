import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** The scripts of a member, with programs of MySQL that only say what a set would say; see `mysql-fakes/program.sh`. */

/** What a member finds. */
export interface World {
  /** For example `mysql-1`. */
  member: string;
  /** MySQL that the directories are of; absent: the server's own, 9.7.4. */
  version?: string;
  /** On the volume: directories by name, each with whose database it holds; and files, which are empty. */
  volume?: Record<string, string | null>;
  /** Further files on it, by path. */
  files?: Record<string, string>;
  /** Addresses by DNS name; a name that is not there is nobody's. */
  names?: Record<string, string[]>;
  /** What servers say by address: `ORDINAL yes|no SET`, `down`, `denied`, `away`; `mysql-0.mysql` is the source as a replica finds it. */
  servers?: Record<string, string>;
  /** Facts kept outside the volumes, as on Kubernetes. */
  set?: Record<string, string>;
  /** What is given otherwise, as on Swarm. */
  environment?: Record<string, string>;
  /** What a member to recover from has received and not applied. */
  unapplied?: string;
  /** What the own server of a member of a group says of itself, its parts behind each other's `|`; other members say the same under `servers`. */
  ownMember?: string;
  /** KiB that are free on the volume. Default: what the disk of the tests has. */
  room?: number;
  /** Other members of a group that say that they have no room. */
  full?: string[];
  /** Transactions of this member's own server. */
  own?: string;
  /** `EXECUTED;PURGED` of the source. */
  source?: string;
  /** What the member's own server says of its replication. */
  status?: string;
}

/** A question that goes wrong: its number, or its text for each time it is asked. */
export interface Failure {
  question: number | string;
  how: "fails" | "hangs" | "half";
}

export interface Outcome {
  /** What is different on the volume, and what servers were told; empty: nothing. */
  changed: string;
  /** Every question, in their order. */
  questions: string[];
  output: string;
  /** Null when it was deaf to a stop, and was killed. */
  status: number | null;
}

const project = path.join(__dirname, "..", "..");
const originals = ["components/mysql/scripts", "components/mysql/group/scripts"].map((folder) =>
  path.join(project, folder),
);

/** The programs and the scripts, where a container has them. Made once for many runs. */
export class Container {
  private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), "mysql-scripts-"));
  private runs = 0;

  constructor() {
    const file = (name: string) => path.join(this.folder, name);
    fs.mkdirSync(file("bin"));
    const program = path.join(__dirname, "mysql-fakes", "program.sh");
    for (const name of ["mysql", "mysqld", "mysqladmin", "getent", "df", "timeout", "sleep", "sync"]) {
      fs.symlinkSync(program, file(`bin/${name}`));
    }
    fs.mkdirSync(file("scripts"));
    for (const folder of originals) {
      for (const name of fs.readdirSync(folder)) {
        fs.symlinkSync(path.join(folder, name), file(`scripts/${name}`));
      }
    }
    fs.symlinkSync(file("scripts/commands-kubernetes.sh"), file("scripts/commands.sh"));
    fs.mkdirSync(file("configuration"));
    fs.writeFileSync(file("configuration/server.cnf"), "[mysqld]\ndatadir=/var/lib/mysql/data\n");
    fs.mkdirSync(file("secrets"));
    fs.writeFileSync(file("secrets/monitor.cnf"), "[client]\nuser=monitor\npassword=new\n");
    fs.writeFileSync(file("secrets/root.cnf"), "[client]\nuser=root\n");
    fs.writeFileSync(file("secrets/standing.sql"), "SELECT standing;\n");
    fs.writeFileSync(file("secrets/databases.sql"), "CREATE DATABASE ghost_blog;\n");
    for (const user of ["clone", "group", "replication"]) {
      fs.writeFileSync(file(`secrets/${user}-password`), "new\nold\n");
    }
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /**
   * Runs a script until it ends, or has waited a while, or a question hangs: then it is told to stop.
   *
   * @param script its file's name, and arguments
   * @param patience how often it may sleep; default 4
   */
  async run([script = "", ...args]: string[], world: World, failure?: Failure, patience = 4): Promise<Outcome> {
    this.runs += 1;
    const place = path.join(this.folder, `run-${this.runs}`);
    const file = (name: string) => path.join(place, name);
    fs.mkdirSync(place);
    for (const name of ["volume", "run", "tmp", "names", "members"]) {
      fs.mkdirSync(file(name));
    }
    for (const name of ["questions", "done"]) {
      fs.writeFileSync(file(name), "");
    }
    for (const [name, owner] of Object.entries(world.volume ?? {})) {
      if (owner === null) {
        fs.writeFileSync(file(`volume/${name}`), "");
      } else {
        fs.mkdirSync(file(`volume/${name}`));
        fs.writeFileSync(file(`volume/${name}/identity`), owner);
        fs.writeFileSync(file(`volume/${name}/served-by`), `${world.version ?? "9.7.4"}\n`);
      }
    }
    for (const [name, content] of Object.entries(world.files ?? {})) {
      fs.writeFileSync(file(`volume/${name}`), content);
    }
    for (const [name, addresses] of Object.entries(world.names ?? {})) {
      fs.writeFileSync(file(`names/${name}`), addresses.map((address) => `${address}\n`).join(""));
    }
    for (const [address, says] of Object.entries(world.servers ?? {})) {
      const [ordinal, replicates, transactions] = says.split(" ");
      const line = transactions === undefined ? says : [ordinal, "@", replicates, transactions].join("\t");
      fs.writeFileSync(file(`members/${address}`), `${line}\n`);
    }
    const { own, ownMember, source, status: replication, unapplied } = world;
    for (const [name, said] of Object.entries({
      own,
      "own-member": ownMember,
      source,
      status: replication,
      unapplied,
    })) {
      fs.writeFileSync(file(name), said === undefined ? "" : `${said}\n`);
    }
    if (world.room !== undefined) {
      fs.writeFileSync(file("room"), `${world.room}\n`);
    }
    fs.writeFileSync(file("full"), (world.full ?? []).map((host) => `${host}\n`).join(""));
    if (world.set) {
      fs.mkdirSync(file("set"));
      for (const [name, content] of Object.entries(world.set)) {
        fs.writeFileSync(file(`set/${name}`), content);
      }
    }
    const before = holdings(place);
    const child = spawn("bash", [path.join(this.folder, "scripts", script), ...args], {
      cwd: place,
      detached: true,
      // A shell whose standard input is a socket reads a person's own settings.
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: `${path.join(this.folder, "bin")}:${process.env["PATH"] ?? ""}`,
        WORLD: place,
        SCRIPTS: path.join(this.folder, "scripts"),
        SECRETS: path.join(this.folder, "secrets"),
        CONFIGURATION: path.join(this.folder, "configuration"),
        ZONES: path.join(this.folder, "no-zones"),
        SET_FACTS: file("set"),
        DATA_VOLUME: file("volume"),
        RUN: file("run"),
        TMPDIR: file("tmp"),
        HOSTNAME: world.member,
        MEMBER: world.member,
        MEMBER_NAMES: "mysql",
        SOURCE_HOST: "mysql-0.mysql",
        MEMBER_HOSTS: ".mysql",
        KUBECTL: "kubectl",
        ...(world.names?.[world.member] ? { LISTED: "yes" } : {}),
        ...world.environment,
        ...(failure ? { FAILING: String(failure.question), HOW: failure.how } : {}),
        LIMIT: failure?.how === "hangs" ? "0.3" : "20",
        PATIENCE: String(patience),
      },
    });
    fs.writeFileSync(file("pid"), `${child.pid ?? 0}\n`);
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const questions = () => fs.readFileSync(file("questions"), "utf8").split("\n").slice(0, -1);
    // What hangs without a limit is told to stop; whoever does not hear that is killed.
    let stopped: number | undefined;
    let asked: number | undefined;
    const began = Date.now();
    const watch = setInterval(() => {
      const all = failure?.how === "hangs" ? questions() : [];
      if (all.length >= Number(failure?.question) || all.includes(String(failure?.question))) {
        asked ??= Date.now();
      }
      if (stopped === undefined && (Date.now() - (asked ?? Infinity) > 1500 || Date.now() - began > 60_000)) {
        stopped = Date.now();
        child.kill("SIGTERM");
      } else if (stopped !== undefined && Date.now() - stopped > 30_000) {
        child.kill("SIGKILL");
      }
    }, 50);
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      // Whoever has no trap ends by the signal itself.
      child.on("exit", (code, signal) => resolve(signal === "SIGKILL" ? null : (code ?? 143)));
    }).finally(() => clearInterval(watch));
    // As the end of PID 1 ends a container.
    try {
      process.kill(-(child.pid ?? 0), "SIGKILL");
    } catch {
      // Nothing of it is left.
    }
    const done = fs.readFileSync(file("done"), "utf8").split("\n").slice(0, -1);
    const changed = [...holdings(place).filter((held) => !before.includes(held)), ...new Set(done)].join(", ");
    return { changed, questions: questions(), output, status };
  }
}

/** What is on the volume under a name that counts; what is being made beside it does not. */
function holdings(place: string): string[] {
  const volume = path.join(place, "volume");
  return fs
    .readdirSync(volume)
    .filter((name) => !/^(init|clone|recipient)\.(tmp|new)$/.test(name))
    .map((name) => {
      const identity = path.join(volume, name, "identity");
      return fs.existsSync(identity) ? `${name}: ${fs.readFileSync(identity, "utf8").trim()}` : name;
    });
}
