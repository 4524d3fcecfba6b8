import * as os from "node:os";
import * as path from "node:path";
import { z } from "zod";
import { UserError, CommandError } from "../../errors";
import { isThere, readText } from "../../files/files";
import { knownDeployment, type KeptBackend, type PersonsBackend } from "../../home/deployments";
import { stateFile } from "./local-state";
import { run } from "../../engines/process";
import { say } from "../../terminal/progress";
import { executable, type PulumiCli } from "./cli";
import { projectFile } from "./project";

/** Pulumi's own service, where nobody names another. */
const defaultService = "https://api.pulumi.com";
const answerLimitSeconds = 30;

/** A backend that a person has named. */
interface NamedBackend {
  /** Absent where only the CLI can read it. */
  url?: string | undefined;
  /** Where it is named, in words. */
  by: string;
}

/**
 * The backend that keeps the state of a stack: the one that has kept it since it was deployed. For a stack that is new, the one that the person is
 * logged in to, else a folder of this project.
 *
 * @param directory folder of the Pulumi project
 * @throws UserError where that backend does not answer, or the person has named another one: then nobody knows what of the stack runs
 */
export async function backendOf(stack: string, directory: string, cli: PulumiCli): Promise<KeptBackend> {
  const { backend, name } = projectFile(directory);
  const known = knownDeployment(stack);
  const kept =
    known?.engine === "pulumi" ? known.backend : isThere(stateFile(name, stack)) ? ("local" as const) : undefined;
  const named = namedBackend(backend?.url);
  if (kept === "local" || (kept === undefined && named === undefined)) {
    if (named) {
      say(
        `The state of stack ${stack} is in this project's own folder and stays there, whatever ${named.by} says. To move it: npm run destroy -- --stack ${stack} (the data stays), then npm start -- --stack ${stack}`,
      );
    }
    return "local";
  }
  if (named === undefined) {
    const url = kept?.url ?? "";
    throw new UserError(
      `The state of stack ${stack} is kept in ${url}, and nobody is logged in to it here. Log in: pulumi login ${url}\nThen run this again. Nothing was changed`,
    );
  }
  const present = await askedBackend(stack, directory, cli, named, kept);
  if (kept && kept.url !== present.url) {
    throw new UserError(
      `The state of stack ${stack} is kept in ${kept.url}, and ${named.by} says ${present.url}, which knows nothing of it. Go back: pulumi login ${kept.url}${named.by === "PULUMI_BACKEND_URL" ? ", and unset PULUMI_BACKEND_URL" : ""}\nThen run this again. Nothing was changed`,
    );
  }
  return kept ?? present;
}

/** In the order in which the CLI looks. */
function namedBackend(ofProject: string | undefined): NamedBackend | undefined {
  const variable = process.env["PULUMI_BACKEND_URL"];
  if (variable) {
    return { url: variable, by: "PULUMI_BACKEND_URL" };
  }
  if (ofProject) {
    return { url: ofProject, by: "Pulumi.yaml" };
  }
  const home =
    process.env["PULUMI_CREDENTIALS_PATH"] ?? process.env["PULUMI_HOME"] ?? path.join(os.homedir(), ".pulumi");
  const file = path.join(home, "credentials.json");
  const credentials = credentialsIn(readText(file));
  if (credentials === "unreadable" || credentials.current) {
    return { url: credentials === "unreadable" ? undefined : credentials.current, by: file };
  }
  return process.env["PULUMI_ACCESS_TOKEN"]
    ? { url: process.env["PULUMI_API"] ?? defaultService, by: "PULUMI_ACCESS_TOKEN" }
    : undefined;
}

const credentialsSchema = z.object({
  current: z.string().optional(),
  accounts: z.record(z.string(), z.unknown()).optional(),
  accessTokens: z.record(z.string(), z.unknown()).optional(),
});

/** What the CLI's own file says. It may be encrypted, which the CLI alone can read. */
function credentialsIn(text: string | undefined): "unreadable" | { current?: string | undefined } {
  if (text === undefined) {
    return {};
  }
  try {
    const result = credentialsSchema.safeParse(JSON.parse(text));
    const { accessTokens, accounts, current } = result.data ?? {};
    return result.success && (current !== undefined || accounts !== undefined || accessTokens !== undefined)
      ? { current }
      : "unreadable";
  } catch {
    return "unreadable";
  }
}

const whoamiSchema = z.object({ user: z.string(), url: z.string() });

/** Asks the backend who we are, so that it is known to answer. */
async function askedBackend(
  stack: string,
  directory: string,
  cli: PulumiCli,
  named: NamedBackend,
  kept: PersonsBackend | undefined,
): Promise<PersonsBackend> {
  const pulumi = async (...args: string[]) => {
    const options = { cwd: directory, timeout: answerLimitSeconds, env: { PULUMI_SKIP_UPDATE_CHECK: "true" } };
    return (await run(executable(cli.root), [...args, "--non-interactive"], options)).stdout.trim();
  };
  try {
    const text = await pulumi("whoami", "--json");
    const { url, user } = whoamiSchema.parse(JSON.parse(text));
    if (!/^https?:/.test(url)) {
      return { url };
    }
    if (kept?.organization !== undefined) {
      return { url, organization: kept.organization };
    }
    const organization = await pulumi("org", "get-default");
    // It has a sentence for none.
    return { url, organization: /^[\w.-]+$/.test(organization) ? organization : user };
  } catch (error) {
    if (error instanceof CommandError || error instanceof z.ZodError || error instanceof SyntaxError) {
      throw new UserError(noAnswer(stack, named, kept, error));
    }
    throw error;
  }
}

function noAnswer(stack: string, named: NamedBackend, kept: PersonsBackend | undefined, error: Error): string {
  const url = named.url ?? kept?.url;
  const said =
    error instanceof CommandError ? error.output.trim() || error.message : "what it says about you cannot be read";
  const refused =
    /must be set for login|(?:invalid|expired) access token|unauthori[sz]ed|\[40[13]\]|not logged in/i.test(said);
  const where = url ?? `that ${named.by} names`;
  const keeps = kept && kept.url === url ? `that stack ${stack} is kept in` : `named by ${named.by}`;
  return [
    refused
      ? `The backend ${where}, ${keeps}, lets nobody of this machine in. Log in: pulumi login ${url ?? ""}`
      : `The backend ${where}, ${keeps}, does not answer. See whether this machine reaches it (network, proxy, VPN)${kept ? "" : "; to keep the state in this project's folder instead, pulumi logout"}`,
    `Then run this again. Nothing was changed. pulumi said:`,
    ...said
      .split("\n")
      .slice(-5)
      .map((line) => `  ${line}`),
  ].join("\n");
}
