import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";

/** What to do where nobody has named a context, with those that this machine's kubeconfig has. */
export function missingContext(): string {
  const names = contextNames();
  const yours =
    names.length > 0 ? ` Your kubeconfig has: ${names.join(", ")}` : " `kubectl config get-contexts` lists yours";
  return `missing. Name the context to deploy to, so that nobody deploys to whatever is current: \`npm start -- --context NAME\`, or \`pulumi config set --path ghost-platform:kubernetes.context NAME\`.${yours}`;
}

/** Contexts of the kubeconfig that kubectl reads; none where there is no file that can be read. */
function contextNames(): string[] {
  const files = (process.env["KUBECONFIG"] ?? path.join(os.homedir(), ".kube", "config")).split(path.delimiter);
  return files.flatMap((file) => {
    try {
      const { contexts } = parse(fs.readFileSync(file, "utf8")) as { contexts?: { name?: unknown }[] };
      return (contexts ?? []).flatMap(({ name }) => (typeof name === "string" ? [name] : []));
    } catch {
      // Only a hint: who deploys learns from kubectl what is wrong with the file.
      return [];
    }
  });
}
