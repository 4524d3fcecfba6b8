import * as fs from "node:fs";
import { expect } from "chai";
import type { Kubectl, Pod } from "./kubectl";
import { processOf } from "./pod-process";
import { until } from "./until";

/** The members of a replicated set on the test node, by their ordinal. */
export class Members {
  constructor(private readonly kubectl: Kubectl) {}

  /** Runs a statement as root, and returns what it prints. */
  readonly root = (member: number, sql: string): Promise<string> =>
    this.kubectl.run(
      ...["exec", `mysql-${member}`, "-c", "mysql", "--"],
      ...["mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "-NBre", sql],
    );

  /**
   * Runs a statement at the source as one of the database's users, over the network; the password does not leave the member.
   *
   * @param tls how the client connects, `REQUIRED` or `DISABLED`
   * @returns what it prints, or the server's error
   */
  async as(user: string, sql: string, tls = "REQUIRED"): Promise<string> {
    const script = `
      password=$(sed -n "s/^CREATE USER IF NOT EXISTS '$0'@'%' IDENTIFIED BY '\\([^']*\\)'.*/\\1/p" /run/secrets/mysql/source.sql)
      printf '[client]\\nuser=%s\\npassword=%s\\nhost=%s\\n' "$0" "$password" "$HOSTNAME" >/tmp/login
      mysql --defaults-file=/tmp/login --ssl-mode="$1" -NBre "$2" 2>&1
      rm /tmp/login`;
    return this.kubectl.run("exec", "mysql-0", "-c", "mysql", "--", "bash", "-c", script, user, tls, sql);
  }

  /** Runs a program for bash beside a member's server, and returns what it prints. */
  inside(member: number, program: string): Promise<string> {
    return this.kubectl.run("exec", `mysql-${member}`, "-c", "mysql", "--", "bash", "-c", program);
  }

  log(member: number, container: string, ...options: string[]): Promise<string> {
    return this.kubectl.run("logs", `mysql-${member}`, "-c", container, ...options);
  }

  pod(member: number): Promise<Pod> {
    return this.kubectl.get<Pod>("pod", `mysql-${member}`);
  }

  /**
   * Waits until a member is ready.
   *
   * @param otherThan uid of a pod that is going
   */
  ready(member: number, otherThan = "", seconds = 420): Promise<Pod> {
    return until(`mysql-${member} to be ready`, seconds, async () => {
      const found = await this.pod(member);
      return isReady(found) && found.metadata.uid !== otherThan ? found : undefined;
    });
  }

  /** Id, on this machine, of a member's server. */
  async serverOf(member: number): Promise<number> {
    return serverProcess((await this.pod(member)).metadata.uid);
  }

  /** Processes of the proxies of a group that are ready, by the ids of their containers. */
  async proxies(): Promise<Map<string, number>> {
    const { items } = await this.kubectl.get<{ items: Pod[] }>(
      "pods",
      "-l",
      "app.kubernetes.io/instance=mysql-primary",
    );
    return new Map(
      items
        .filter(isReady)
        .flatMap(({ metadata, status }) =>
          (status.containerStatuses ?? []).map(({ containerID = "" }) => [
            containerID,
            processOf(metadata.uid, "haproxy"),
          ]),
        ),
    );
  }

  deletePod(member: number, ...options: string[]): Promise<string> {
    return this.kubectl.run("delete", "pod", `mysql-${member}`, "--wait=false", ...options);
  }

  /** Deletes a member's claim and pod, and returns the uid of the pod. */
  async deleteData(member: number, ...options: string[]): Promise<string> {
    const { metadata } = await this.pod(member);
    await this.kubectl.run("delete", "pvc", `data-mysql-${member}`, "--wait=false");
    await this.deletePod(member, ...options);
    return metadata.uid;
  }

  /** What a source whose data is gone says, once it has printed how to bring writes back. */
  sourceRefusal(): Promise<string> {
    return until("the refusal", 240, async () => {
      const text = await this.log(0, "initialise");
      return text.includes("REFUSED") && text.includes("create configmap") ? text : undefined;
    });
  }

  /** Runs the commands that a source has printed with its refusal. */
  async recoverAsPrinted(refusal: string): Promise<void> {
    const commands = refusal.split("\n").flatMap((line) => /^member 0: +kubectl (.*)$/.exec(line)?.[1] ?? []);
    expect(commands).to.have.length(2);
    for (const command of commands) {
      await this.kubectl.run(...command.split(" "));
    }
  }

  /** Names of the members behind the Service for reading. */
  async readAddresses(): Promise<string[]> {
    const { items } = await this.kubectl.get<{
      items: { endpoints: { conditions: { ready: boolean }; targetRef: { name: string } }[] | null }[];
    }>("endpointslices", "-l", "kubernetes.io/service-name=mysql-read");
    return items
      .flatMap(({ endpoints }) => endpoints ?? [])
      .filter(({ conditions }) => conditions.ready)
      .map(({ targetRef }) => targetRef.name)
      .sort();
  }
}

function isReady({ metadata, status }: Pod): boolean {
  return (
    !metadata.deletionTimestamp &&
    (status.conditions?.some(({ status: value, type }) => type === "Ready" && value === "True") ?? false)
  );
}

/**
 * Sends a signal to the server of a pod, whose node runs on this machine: SIGKILL, as the kernel does when memory runs out; SIGSTOP, and it
 * hangs.
 */
export function signalServer(podUid: string, signal: "SIGKILL" | "SIGSTOP"): void {
  process.kill(serverProcess(podUid), signal);
}

/** Id, on this machine, of the server of a pod. */
export function serverProcess(podUid: string): number {
  const escaped = podUid.replaceAll("-", "[-_]");
  for (const id of fs.readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const program = fs.readFileSync(`/proc/${id}/comm`, "utf8").trim();
      if (program === "mysqld" && new RegExp(escaped).test(fs.readFileSync(`/proc/${id}/cgroup`, "utf8"))) {
        return Number(id);
      }
    } catch {
      // The process has gone.
    }
  }
  throw new Error(`no mysqld runs in pod ${podUid} on this machine`);
}
