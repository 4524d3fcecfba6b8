import { CommandError } from "../errors";
import type { Finding } from "./finding";
import { isFull, type VolumeSpace } from "./volume-space";

/** When the certificate ends that a database server shows; `unknown` where the server runs and does not say. */
export type CertificateEnd = Date | "unknown";

/** Asks, inside a database server's container, for the end of the certificate that the server shows, which may be older than the file. */
const question = [
  ...["timeout", "10", "mysql", "--defaults-file=/run/secrets/mysql/root.cnf", "--connect-timeout=5", "-NBe"],
  "SHOW GLOBAL STATUS LIKE 'Ssl_server_not_after'",
];

/**
 * When the certificate ends that a database server shows.
 *
 * @param inContainer runs a command in the container, which runs, and returns what it prints
 */
export async function certificateEnd(
  inContainer: (command: readonly string[]) => Promise<string>,
): Promise<CertificateEnd> {
  try {
    return parsedEnd(await inContainer(question));
  } catch (error) {
    if (error instanceof CommandError) {
      return "unknown";
    }
    throw error;
  }
}

/** Reads what the server prints, for example `Ssl_server_not_after	Nov 30 14:00:00 2029 GMT`. */
export function parsedEnd(output: string): CertificateEnd {
  const [, text = ""] = /^Ssl_server_not_after\t(.+)$/m.exec(output) ?? [];
  const end = new Date(text);
  return Number.isNaN(end.getTime()) ? "unknown" : end;
}

const day = 24 * 3_600_000;
/** A deployment renews it in its last year: with less than this, nobody has deployed for long, or the server has not taken it up. */
const soonDays = 90;

/**
 * What is to be said about the certificate of a database server; nothing while it holds for long, nor where the server is silent for want of room, which is told
 * anyway.
 *
 * @param object what the server is, for example `pod mysql-0`
 */
export function serverCertificateFinding(
  object: string,
  { end, space }: { end: CertificateEnd; space?: VolumeSpace | undefined },
  stack: string,
): Finding | undefined {
  const mend = [`npm start -- --stack ${stack}   (any deployment in its last year renews it)`];
  if (end === "unknown") {
    if (space && isFull(space)) {
      return undefined;
    }
    return {
      scenario: "server-certificate-unknown",
      severity: "notice",
      object,
      why: "Its server does not say when its certificate ends, so nobody knows whether that is soon.",
      mend: [`npm run ops -- mysql status --stack ${stack}`],
    };
  }
  const days = Math.floor((end.getTime() - Date.now()) / day);
  const date = end.toISOString().slice(0, 10);
  if (days < 0) {
    return {
      scenario: "server-certificate-ended",
      severity: "failure",
      object,
      why: `The certificate that its server shows ended on ${date}: sites and other members refuse it.`,
      mend,
    };
  }
  return days < soonDays
    ? {
        scenario: "server-certificate-ends",
        severity: "notice",
        object,
        why: `The certificate that its server shows ends on ${date}, in ${days} days. Sites and other members refuse it from then on.`,
        mend,
      }
    : undefined;
}

/** A database server that runs, and when the certificate ends that it shows. */
export interface ShownCertificate {
  /** What the server is, for example `pod mysql-0`. */
  object: string;
  end: CertificateEnd;
}

/** What a status tells of certificates: the same that a diagnosis does, a line each. */
export function certificateLines(
  certificates: readonly ShownCertificate[],
  stack: string,
): { problems: string[]; notices: string[] } {
  const findings = certificates.flatMap(({ end, object }) => serverCertificateFinding(object, { end }, stack) ?? []);
  const lines = (isNotice: boolean) =>
    findings
      .filter(({ severity }) => (severity === "notice") === isNotice)
      .map(({ object, why }) => `${object}: ${why}`);
  return { problems: lines(false), notices: lines(true) };
}
