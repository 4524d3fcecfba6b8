import type { GuardedPage, GuardedPlace, Login } from "../components/app";
import { clusterLogin } from "../deploy/guarded-login";
import { UserError } from "../errors";
import type { KubernetesStack, Stack, SwarmStack } from "../home/stack";
import { publishedHostOf, readTaskFile } from "./swarm/task-file";

/** Where a page of a stack is, and who may see it. The shape of `inbox --json`, `owner --json` and the like. */
export interface PageReport {
  stack: string;
  address: string;
  /** A command that has to run for the address to answer; absent where it answers by itself. */
  command?: string | undefined;
  /** Absent where no login is asked for. */
  login?: Login | undefined;
  /** Why none is. */
  open?: string | undefined;
}

/**
 * Finds a page that asks who somebody is, and reads its login from where the platform keeps it.
 * @throws UserError for a stack without the page, and where the login cannot be read
 */
export async function guardedPage(page: GuardedPage, stack: Stack): Promise<PageReport> {
  const place = page.of(stack.config, stack.name);
  if (typeof place === "string") {
    throw new UserError(place);
  }
  return pageReport(stack, place);
}

/**
 * Reads the login of a page from where the platform keeps it.
 *
 * @throws UserError where it cannot be read
 */
export async function pageReport(stack: Stack, place: GuardedPlace): Promise<PageReport> {
  const { open } = place;
  const found = stack.platform === "kubernetes" ? clusterAddress(stack, place) : await swarmAddress(stack, place);
  if (open !== undefined) {
    return { stack: stack.name, ...found, open };
  }
  const login = await (stack.platform === "kubernetes" ? loginOnCluster(stack, place) : loginOnSwarm(stack, place));
  return { stack: stack.name, ...found, login };
}

/** The same for a person. */
export function guardedPageLines({ title }: Pick<GuardedPage, "title">, report: PageReport): string[] {
  const { address, command, login, open } = report;
  const row = (name: string, value: string) => `${name.padEnd(title.length)}  ${value}`;
  return [
    row(title, address),
    ...(command === undefined ? [] : [row("  after", command)]),
    ...(login ? [row("  user", login.username), row("  password", login.password)] : []),
    ...(open === undefined ? [] : [`  ${open}`]),
  ];
}

function clusterAddress({ cluster }: KubernetesStack, { kubernetes }: GuardedPlace) {
  const { address, port, service } = declared(kubernetes);
  return address === undefined
    ? {
        address: `http://localhost:${port}/`,
        command: cluster.commandLine("port-forward", `service/${service}`, `${port}:${port}`),
      }
    : { address };
}

async function swarmAddress(stack: SwarmStack, { swarm }: GuardedPlace) {
  const { address, port, service } = declared(swarm);
  return { address: address ?? `http://${await publishedHostOf(stack, service)}:${port}/` };
}

async function loginOnCluster({ cluster, name }: KubernetesStack, { kubernetes }: GuardedPlace): Promise<Login> {
  const place = declared(kubernetes);
  const login = await clusterLogin(cluster, place);
  if (!login) {
    throw new UserError(
      `There is no Secret ${place.secret} in ${cluster.namespace}. Deploy the stack: npm start -- --stack ${name}`,
    );
  }
  return login;
}

async function loginOnSwarm(stack: SwarmStack, { swarm, what }: GuardedPlace): Promise<Login> {
  const { file, login, service } = declared(swarm);
  return login(await readTaskFile(stack, service, file, what));
}

function declared<Place>(place: Place | undefined): Place {
  if (place === undefined) {
    throw new Error("an app has a page on a platform on which it does not say where");
  }
  return place;
}
