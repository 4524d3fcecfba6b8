/** Why a host has no certificate. */
export interface CertificateTrouble {
  host: string;
  /** In a sentence or two: what is wrong, and what to do. */
  why: string;
  /** What the authority, or the network before it, says. */
  evidence: string;
}

/** A line of Caddy's log, as far as it speaks of certificates. */
interface LogLine {
  /** Seconds since 1970. */
  ts?: number;
  msg?: string;
  identifier?: string;
  /** Of a failed order: why. */
  error?: string;
  challenge_type?: string;
  /** Of a failed challenge: the authority's own words. */
  problem?: { type?: string; detail?: string };
}

/**
 * What Caddy's log says of hosts that it has tried to get a certificate for, and has none. The last that it says of each counts.
 *
 * @param log lines of JSON, of one task after the other or mixed; others are passed over
 */
export function certificateTroubles(log: string): CertificateTrouble[] {
  const troubles = new Map<string, CertificateTrouble>();
  const failedChallenges = new Map<string, string>();
  const lines = log.split("\n").flatMap(parsed);
  lines.sort((left, right) => (left.ts ?? 0) - (right.ts ?? 0));
  for (const { challenge_type, error, identifier: host, msg, problem } of lines) {
    if (host === undefined) {
      continue;
    }
    switch (msg) {
      case "obtaining certificate":
      case "certificate obtained successfully":
        failedChallenges.delete(host);
        troubles.delete(host);
        break;
      case "challenge failed":
        // Over http the authority says most; the last try, over TLS, fails in the same way with fewer words.
        if (challenge_type === "http-01" || !failedChallenges.has(host)) {
          failedChallenges.set(host, `${problem?.type ?? ""} - ${problem?.detail ?? ""}`);
        }
        break;
      case "could not get certificate from issuer": {
        const evidence = failedChallenges.get(host) ?? error ?? "";
        troubles.set(host, { host, why: inWords(host, evidence), evidence });
        break;
      }
      default:
    }
  }
  return [...troubles.values()];
}

function parsed(line: string): LogLine[] {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? [value] : [];
  } catch {
    return [];
  }
}

/** By what the authority's errors are called (RFC 8555, RFC 8659), and by what is said where it is not reached at all; the first that fits. */
const words: readonly [sign: RegExp, why: (host: string) => string][] = [
  [
    /error:dns\b|NXDOMAIN|resolving URL|DNS problem/i,
    (host) =>
      `${host} has no address in the public DNS, or its name server did not answer. Make an A record, or AAAA, that leads to the machine of the edge.`,
  ],
  [
    /error:connection\b/,
    (host) =>
      `The authority found nobody at ${host}: the name leads elsewhere, or a firewall closes ports 80 and 443 of the machine.`,
  ],
  [
    /error:(unauthorized|incorrectResponse|tls)\b/,
    (host) =>
      `Somebody else answers at ${host}: the name leads to another machine. Point its A and AAAA records to the machine of the edge.`,
  ],
  [
    /error:rateLimited\b|HTTP 429/,
    () =>
      "The authority's limit is reached: it refuses for some hours, and says until when. For tries name its staging directory in edge.acme.directory.",
  ],
  [/error:caa\b/, (host) => `A CAA record of ${host} lets another authority alone issue certificates. Change it.`],
  [
    /externalAccountRequired|external account/i,
    () => "The authority knows its customers by account: name yours in edge.acme.externalAccount.",
  ],
  [/error:(rejectedIdentifier|unsupportedIdentifier)\b/, (host) => `The authority issues none for ${host}.`],
  [/error:invalidContact\b/, () => "The authority does not take the mail address in edge.email."],
  [
    /x509: |tls: failed to verify/,
    () =>
      "The authority's own certificate does not hold: name its root in edge.acme.caFile, and look at the clock of the machine.",
  ],
  [/urn:ietf:params:acme:error/, () => "The authority refuses."],
  [
    /dial tcp|no such host|connection refused|i\/o timeout|deadline exceeded|network is unreachable|EOF|HTTP 5\d\d/,
    () => "The authority does not answer: it is away, or the machine of the edge does not reach it.",
  ],
];

function inWords(host: string, evidence: string): string {
  const [, why] = words.find(([sign]) => sign.test(evidence)) ?? [];
  return why?.(host) ?? "There is no certificate.";
}
