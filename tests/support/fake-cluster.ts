import { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { CommandError, type Completed } from "../../errors";
import { clusterKinds, resource, type LabelledObject } from "../../platforms/kubernetes/ownership";

/**
 * A cluster that is a list of objects, of one namespace and of the whole cluster, and a kubectl that gets and deletes them as far as the commands of
 * this project ask it to. It is no test of the API server.
 */
export class FakeCluster extends KubernetesCluster {
  /** Commands that change something. */
  readonly changes: string[] = [];

  constructor(
    public objectsThere: readonly LabelledObject[],
    /** Kinds that nobody may list. */
    private readonly forbidden: readonly string[] = [],
    /** APIs that it serves beside those of every cluster. */
    private readonly optionalApis: readonly string[] = [],
  ) {
    super({ context: "test" }, "ns");
  }

  /** What is there, as `Kind name`. */
  get names(): string[] {
    return this.objectsThere.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  }

  override kubectl(args: readonly string[]): Promise<Completed> {
    const [verb = "", ...words] = args.filter((word, index) => !word.startsWith("-") && !takesValue(args[index - 1]));
    if (["apply", "delete", "label", "create", "patch"].includes(verb)) {
      this.changes.push(args.join(" "));
    }
    if (args.includes("--raw")) {
      return Promise.resolve({ stdout: this.apis(), stderr: "" });
    }
    const answers: Record<string, () => string> = {
      get: () => this.printed(this.found(words, args), args),
      delete: () => this.deleted(this.found(words, args)),
      "api-resources": () =>
        this.objectsThere
          .filter((object) => !isOfCluster(object))
          .map(kindOf)
          .join("\n"),
    };
    try {
      return Promise.resolve({ stdout: answers[verb]?.() ?? "", stderr: "" });
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  private apis(): string {
    const groups = ["apps/v1", ...this.optionalApis].map((groupVersion) => ({ versions: [{ groupVersion }] }));
    return JSON.stringify({ kind: "APIGroupList", groups });
  }

  private found(words: readonly string[], args: readonly string[]): LabelledObject[] {
    const selector = args[args.indexOf("--selector") + 1] ?? "";
    const [, only] = /^metadata\.name=(.*)$/.exec(args[args.indexOf("--field-selector") + 1] ?? "") ?? [];
    const [kinds = "", ...names] = words;
    const wanted = words.every((word) => word.includes("/"))
      ? words.map((word) => word.split("/"))
      : kinds.split(",").flatMap((kind) => (names.length > 0 ? names.map((name) => [kind, name]) : [[kind, ""]]));
    const refused = wanted.find(([kind = ""]) => this.forbidden.some((one) => kind.startsWith(one)));
    if (refused) {
      const said = `Error from server (Forbidden): ${refused[0] ?? ""} is forbidden`;
      throw new CommandError(said, 1, said);
    }
    return this.objectsThere
      .filter((object) =>
        wanted.some(
          ([kind = "", name]) =>
            [kindOf(object), object.kind.toLowerCase(), `${object.kind.toLowerCase()}s`].includes(kind) &&
            (name === "" || object.metadata.name === name),
        ),
      )
      .filter(({ metadata }) => only === undefined || metadata.name === only)
      .filter((object) => !args.includes("--selector") || selects(selector, object));
  }

  private printed(items: readonly LabelledObject[], args: readonly string[]): string {
    return args.includes("json")
      ? JSON.stringify({ kind: "List", items })
      : items.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`).join("\n");
  }

  private deleted(gone: readonly LabelledObject[]): string {
    const namespace = gone.some(({ kind }) => kind === "Namespace");
    this.objectsThere = this.objectsThere.filter(
      (object) => !gone.includes(object) && (isOfCluster(object) || !namespace),
    );
    return "";
  }
}

function takesValue(word: string | undefined): boolean {
  return word === "--selector" || word === "--field-selector" || word === "--output" || word === "--filename";
}

function kindOf({ apiVersion, kind, metadata }: LabelledObject): string {
  return resource({ apiVersion, kind, name: metadata.name });
}

function isOfCluster(object: LabelledObject): boolean {
  return (clusterKinds as readonly string[]).includes(kindOf(object));
}

function selects(selector: string, { metadata: { labels = {} } }: LabelledObject): boolean {
  const [key = "", value] = selector.split(/!?=/);
  return selector.includes("!=") ? labels[key] !== value : labels[key] === value;
}
