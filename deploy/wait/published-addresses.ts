import * as http from "node:http";
import * as https from "node:https";
import type { TLSSocket } from "node:tls";
import type { PublishedAddress } from "../../components/app";
import { hostAsked } from "../../components/health-request";
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
 * @param otherwise asked after each round in vain, with what each host answered: what it returns ends the wait, too. Default: goes on
 * @returns the host that answered
 * @throws UserError with the last answers, when none is well in time
 */
export async function answering<Other = never>(
  address: PublishedAddress,
  hosts: readonly string[],
  deadline: number,
  report: Report,
  otherwise?: (answers: readonly string[]) => Promise<Other | undefined>,
): Promise<string | Other> {
  for (;;) {
    interruption.throwIfInterrupted();
    const asked = await ask(address, hosts);
    if ("host" in asked) {
      return asked.host;
    }
    report(`${address.what}: ${asked.answers.join(", ")}`);
    const other = await otherwise?.(asked.answers);
    if (other !== undefined) {
      return other;
    }
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
  address: PublishedAddress,
  hosts: readonly string[],
): Promise<{ host: string } | { answers: string[] }> {
  const { path, statuses } = address.request;
  const answers: string[] = [];
  for (const host of hosts) {
    const status = await statusOf(host, address);
    if (statuses.length === 0 ? typeof status === "number" : statuses.includes(Number(status))) {
      return { host };
    }
    answers.push(`${host}:${address.port}${path}: ${status}`);
  }
  return { answers };
}

/** What is said of an address whose host has no certificate at the edge. */
export const noCertificate = "no certificate yet";

/**
 * The status of an answer, or why there is none. Whose certificate it is, nobody checks: a stack may have its own authority. One that has ended is no
 * answer.
 */
export function statusOf(
  host: string,
  address: Pick<PublishedAddress, "port" | "request" | "secure">,
): Promise<number | string> {
  const { port, request, secure } = address;
  const { headers, path } = request;
  return new Promise((resolve) => {
    const answered = (response: http.IncomingMessage) => {
      response.resume();
      resolve((secure && endedCertificate(response.socket as TLSSocket)) || (response.statusCode ?? "no status"));
      clearTimeout(limit);
    };
    const options = { host, port, path, headers, agent: false as const };
    const asked = secure
      ? https.get({ ...options, servername: hostAsked(request), rejectUnauthorized: false }, answered)
      : http.get(options, answered);
    const limit = setTimeout(() => asked.destroy(new Error("no answer")), requestLimitSeconds * 1000);
    asked.on("error", (error: NodeJS.ErrnoException) => {
      // What a server says by it that has no certificate for the host; some versions of Node.js have it in the code, others in the message.
      const isRefused = /alert.internal.error/i.test(`${error.code ?? ""} ${error.message}`);
      resolve(isRefused ? noCertificate : (error.code ?? error.message));
      clearTimeout(limit);
    });
  });
}

function endedCertificate(socket: TLSSocket): string | undefined {
  const { valid_to } = socket.getPeerCertificate();
  return new Date(valid_to) < new Date() ? `its certificate has ended on ${valid_to}` : undefined;
}
