import { certificateTroubles, type CertificateTrouble } from "../../components/edge/certificates";
import type { DockerEngine } from "../../engines/docker-engine";
import { objectName } from "../../platforms/swarm/stack";
import type { PublishedAddress } from "../../components/app";
import { hostAsked } from "../../components/health-request";
import { noCertificate } from "./published-addresses";

/** What the edge of a stack is called there. */
const edgeService = "edge";

/** Lines of the edge's log that are read: a try for one host is some ten of them. */
const logLines = "2000";

/** So long the edge may try in silence: an authority that is slow answers within it. */
const patienceSeconds = 120;

/** Why hosts behind the edge of a stack have no certificate, as far as it has found out. */
export async function readCertificateTroubles(docker: DockerEngine, stack: string): Promise<CertificateTrouble[]> {
  const { stderr, stdout } = await docker.docker(
    ["service", "logs", "--raw", "--tail", logLines, objectName({ name: stack }, edgeService)],
    { timeout: 60 },
  );
  return certificateTroubles(stdout + stderr);
}

/** Whether nothing but a certificate is missing where an address was asked. */
export function lacksCertificate(answers: readonly string[]): boolean {
  return answers.some((answer) => answer.endsWith(noCertificate));
}

/** The docker command that has the edge of a stack ask the authority at once. */
export function askAgain(stack: string): string[] {
  return ["service", "update", "--force", objectName({ name: stack }, edgeService)];
}

/**
 * What ends the wait for addresses whose hosts lack nothing but their certificates: the deployment has done its part, and only the authority can do the rest.
 * The edge asks it for all of them at once, so the time that one host was waited for counts for the others, too.
 *
 * @param now milliseconds of a clock
 * @returns for an address: given what its host answered, why there is no certificate; undefined where that is not what is missing, or while it may still come
 */
export function certificatePatience(docker: DockerEngine, stack: string, now: () => number = Date.now) {
  let since: number | undefined;
  return ({ request }: Pick<PublishedAddress, "request">) =>
    async (answers: readonly string[]): Promise<CertificateTrouble | undefined> => {
      if (!lacksCertificate(answers)) {
        return undefined;
      }
      since ??= now();
      const host = hostAsked(request);
      const told = (await readCertificateTroubles(docker, stack)).find((trouble) => trouble.host === host);
      return (
        told ??
        (now() - since > patienceSeconds * 1000
          ? { host, why: "The authority has not answered yet.", evidence: "" }
          : undefined)
      );
    };
}
