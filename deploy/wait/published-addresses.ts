import * as http from "node:http";
import type { PublishedAddress } from "../../components/app";
import type { HealthRequest } from "../../components/health-request";
import type { SwarmStackConfig } from "../../config/schema";
import { UserError } from "../../errors";
import { appsOf } from "../../stacks/apps";
import { interruption } from "../../terminal/interruption";
import type { Report } from "../../terminal/progress";

/** A slow name server or a machine under load makes an answer take seconds. */
const requestLimitSeconds = 10;

/** What a stack publishes on its nodes. */
export function publishedAddresses(config: SwarmStackConfig): PublishedAddress[] {
  return appsOf(config).flatMap(({ published }) => published?.(config) ?? []);
}

/**
 * Waits until a published address is well.
 *
 * @param hosts the hosts to try
 * @param deadline when to give up, as `Date.now()` tells the time
 * @returns the host that answered
 * @throws UserError with the last answers, when none is well in time
 */
export async function answering(
  address: PublishedAddress,
  hosts: readonly string[],
  deadline: number,
  report: Report,
): Promise<string> {
  for (;;) {
    interruption.throwIfInterrupted();
    const asked = await ask(address, hosts);
    if ("host" in asked) {
      return asked.host;
    }
    report(`${address.what}: ${asked.answers.join(", ")}`);
    if (Date.now() > deadline) {
      throw UserError.fromMistakes(`The ${address.what} does not answer as it should:`, asked.answers);
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/**
 * Asks a published address once whether it is well.
 *
 * @param hosts the hosts to try, one after the other
 * @returns the first host at which it is, or what each of them answered
 */
export async function ask(
  { port, request }: PublishedAddress,
  hosts: readonly string[],
): Promise<{ host: string } | { answers: string[] }> {
  const answers: string[] = [];
  for (const host of hosts) {
    const status = await statusOf(host, port, request);
    if (request.statuses.includes(Number(status))) {
      return { host };
    }
    answers.push(`${host}:${port}${request.path}: ${status}`);
  }
  return { answers };
}

/** The status of an answer, or why there is none. */
export function statusOf(host: string, port: number, { headers, path }: HealthRequest): Promise<number | string> {
  return new Promise((resolve) => {
    const request = http.get({ host, port, path, headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? "no status");
      clearTimeout(limit);
    });
    const limit = setTimeout(() => request.destroy(new Error("no answer")), requestLimitSeconds * 1000);
    request.on("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.message);
      clearTimeout(limit);
    });
  });
}
