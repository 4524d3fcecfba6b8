import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { KubernetesCluster } from "../../../../engines/kubernetes-cluster";
import type { RunOptions } from "../../../../engines/process";
import { CommandError, type Completed } from "../../../../errors";
import { temporaryDirectory } from "../../../support/temporary-directory";

/** What the cluster is made of: objects as the API server tells them. */
export interface ClusterObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Record<string, string>; [field: string]: unknown };
  spec?: unknown;
  status?: unknown;
}

interface PodSpec {
  containers: { name: string; volumeMounts?: { name: string; mountPath: string }[] }[];
  volumes?: { name: string; persistentVolumeClaim?: { claimName: string } }[];
}

/**
 * A cluster that is a list of objects. Its claims are folders, and what is to run in a container runs here on them. It knows of kubectl what backups
 * ask of it, and is no test of an API server.
 */
export class FolderCluster extends KubernetesCluster {
  /** Commands so far, a line each. */
  readonly calls: string[] = [];
  objectsThere: ClusterObject[] = [];
  /** Folders of which programs in containers are taken; undefined: those of this process. */
  programs: string | undefined;
  private readonly home = temporaryDirectory();
  private countdown: { call: number; when: "before" | "after" } | undefined;
  private count = 0;

  constructor() {
    super({ context: "test" }, "ns");
  }

  /** Fails the n-th command from now on, once, before or after it has done its work; undefined fails none. */
  failAt(call: number | undefined, when: "before" | "after" = "before"): void {
    this.count = 0;
    this.countdown = call === undefined ? undefined : { call, when };
  }

  /** Folder of a claim. */
  claim(name: string): string {
    return path.join(this.home, name);
  }

  put(...objects: ClusterObject[]): void {
    for (const object of objects) {
      const others = this.objectsThere.filter(
        ({ kind, metadata }) => kind !== object.kind || metadata.name !== object.metadata.name,
      );
      this.objectsThere = [...others, object];
      if (object.kind === "PersistentVolumeClaim") {
        fs.mkdirSync(this.claim(object.metadata.name), { recursive: true });
      }
    }
  }

  /** Removes objects, claims with what they hold. */
  remove(isGone: (object: ClusterObject) => boolean): void {
    for (const { kind, metadata } of this.objectsThere.filter(isGone)) {
      if (kind === "PersistentVolumeClaim") {
        fs.rmSync(this.claim(metadata.name), { recursive: true, force: true });
      }
    }
    this.objectsThere = this.objectsThere.filter((object) => !isGone(object));
  }

  /** What is there, as `Kind name`. */
  get names(): string[] {
    return this.objectsThere.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  }

  override kubectl(args: readonly string[], { input = "" }: RunOptions = {}): Promise<Completed> {
    const fails = this.counted(args);
    if (fails === "before") {
      return Promise.reject(failure("the connection to the server was refused"));
    }
    const stdout = this.answer(args, input);
    if (typeof stdout !== "string") {
      return Promise.reject(stdout);
    }
    return fails === "after"
      ? Promise.reject(failure("the connection was lost"))
      : Promise.resolve({ stdout, stderr: "" });
  }

  /** A program in a container, on the folders of its claims. */
  override command(...args: readonly string[]): readonly [program: string, ...args: string[]] {
    const fails = this.counted(args);
    const [program = "", ...rest] = this.inContainer(args);
    return fails === undefined
      ? [program, ...rest]
      : fails === "before"
        ? ["sh", "-c", "echo the connection was refused >&2; exit 1"]
        : ["sh", "-c", '"$@"; echo the connection was lost >&2; exit 1', "sh", program, ...rest];
  }

  override commandLine(...args: readonly string[]): string {
    return ["kubectl", ...args].join(" ");
  }

  private counted(args: readonly string[]): "before" | "after" | undefined {
    this.calls.push(args.join(" "));
    this.count += 1;
    return this.countdown?.call === this.count ? this.countdown.when : undefined;
  }

  private answer(args: readonly string[], input: string): string | CommandError {
    switch (args[0]) {
      case "get":
        return this.got(args);
      case "create":
      case "apply":
        (JSON.parse(input) as { items: ClusterObject[] }).items.forEach((object) => this.made(object));
        return "";
      case "delete":
        this.found(args).forEach((gone) => this.deleted(gone));
        return "";
      case "exec": {
        const [program = "", ...rest] = this.inContainer(args);
        const { status } = spawnSync(program, rest);
        return status === 0 ? "" : failure(`command terminated with exit code ${status}`);
      }
      default:
        return failure(`unknown command ${args[0]}`);
    }
  }

  private got(args: readonly string[]): string {
    if (args.includes("--raw")) {
      return "ok";
    }
    const items = args.some((word) => word === "events") ? [] : this.found(args);
    return args.some((word) => word.startsWith("jsonpath"))
      ? items.map(({ status }) => (status as { phase: string }).phase).join()
      : JSON.stringify({ kind: "List", items });
  }

  private found(args: readonly string[]): ClusterObject[] {
    const flags = ["--selector", "--output", "--filename", "--field-selector"];
    const words = args.slice(1).filter((word, index) => !word.startsWith("--") && !flags.includes(args[index] ?? ""));
    const [kinds = "", ...names] = words;
    const wanted = kinds.includes("/")
      ? words.map((word) => word.split("/"))
      : kinds.split(",").flatMap((kind) => (names.length > 0 ? names.map((name) => [kind, name]) : [[kind]]));
    const selector = args[args.indexOf("--selector") + 1] ?? "";
    const [, label, not, value] = (args.includes("--selector") && /^([^!=]+)(!?)=(.*)$/.exec(selector)) || [];
    return this.objectsThere
      .filter((object) =>
        wanted.some(
          ([kind = "", name]) => isKind(object, kind) && (name === undefined || object.metadata.name === name),
        ),
      )
      .filter((object) => label === undefined || (object.metadata.labels?.[label] === value) === (not === ""));
  }

  private made(object: ClusterObject): void {
    const phase = object.kind === "PersistentVolumeClaim" ? "Bound" : "Active";
    this.put({ ...object, status: { phase, active: 1 } });
    if (object.kind === "Job") {
      const { metadata, spec } = (object.spec as { template: Pick<ClusterObject, "metadata" | "spec"> }).template;
      const pod = { ...metadata, name: `${object.metadata.name}-pod` };
      const status = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
      this.put({ apiVersion: "v1", kind: "Pod", metadata: pod, spec, status });
    }
  }

  private deleted(gone: ClusterObject): void {
    this.remove(
      (object) => object === gone || (gone.kind === "Job" && object.metadata.name === `${gone.metadata.name}-pod`),
    );
  }

  private inContainer(args: readonly string[]): string[] {
    const at = args.indexOf("--");
    const [pod = "", , name = ""] = args.slice(0, at).filter((word) => word !== "exec" && word !== "--stdin");
    const found = this.objectsThere.find(({ kind, metadata }) => kind === "Pod" && metadata.name === pod);
    if (!found) {
      return ["sh", "-c", `echo no pod ${pod} >&2; exit 1`];
    }
    const { containers, volumes = [] } = found.spec as PodSpec;
    const mounts = containers.find((container) => container.name === name)?.volumeMounts ?? [];
    const program = mounts.reduce(
      (words, mount) => {
        const claim = volumes.find((volume) => volume.name === mount.name)?.persistentVolumeClaim?.claimName;
        return claim === undefined ? words : words.map((word) => word.replaceAll(mount.mountPath, this.claim(claim)));
      },
      args.slice(at + 1),
    );
    // The disks of this machine others keep busy.
    const bin = path.join(this.home, ".bin");
    fs.mkdirSync(bin, { recursive: true });
    fs.writeFileSync(path.join(bin, "sync"), "#!/bin/sh\n", { mode: 0o755 });
    const searched = this.programs ?? `${bin}:${process.env["PATH"] ?? ""}`;
    return ["/usr/bin/env", `PATH=${searched}`, ...program];
  }
}

function failure(said: string): CommandError {
  return new CommandError(said, 1, said);
}

function isKind({ kind }: ClusterObject, asked: string): boolean {
  const own = kind.toLowerCase();
  const [word = ""] = asked.toLowerCase().split(".");
  return [own, `${own}s`, own.replace(/y$/, "ies")].includes(word);
}
