import * as path from "node:path";
import { sshOptions } from "../platforms/swarm/ssh";

/** Has nothing but an ssh that adds our options. */
const folder = path.join(__dirname, "ssh");

/** Variables with which the docker command reaches an engine over ssh by our options; none for another engine. */
export function sshEnvironment(host: string): Record<string, string> {
  if (!host.startsWith("ssh://")) {
    return {};
  }
  const own = process.env["PATH"] ?? "";
  return {
    PATH: `${folder}${path.delimiter}${own}`,
    GHOST_PLATFORM_PATH: own,
    GHOST_PLATFORM_SSH_OPTIONS: sshOptions().join(" "),
  };
}

/** The destination of an `ssh://` host as a person types it. */
function typed({ hostname, port, username }: URL): { destination: string; ssh: string; user: string } {
  const destination = username === "" ? hostname : `${username}@${hostname}`;
  const flag = port === "" ? "" : `-p ${port} `;
  return { destination, ssh: `ssh ${flag}${destination}`, user: username === "" ? "this user" : username };
}

/** What ssh, the far shell and the docker command over there say, and what it means; the first that fits counts. */
const causes: [said: RegExp, meaning: (host: URL) => string][] = [
  [
    /HOST IDENTIFICATION HAS CHANGED/,
    (host) =>
      `its host key is not the one that this machine knows: it was installed anew, or another machine answers in its place. If it was: ssh-keygen -R ${knownAs(host)}, then ${typed(host).ssh}`,
  ],
  [
    /Host key verification failed/,
    (host) => `this machine does not know its host key. Compare and accept it once: ${typed(host).ssh}`,
  ],
  [
    /Permission denied \(|Too many authentication failures/,
    (host) => {
      const { destination, user } = typed(host);
      const flag = host.port === "" ? "" : `-p ${host.port} `;
      return `ssh lets ${user} in with no key of this machine. Hand it over: ssh-copy-id ${flag}${destination}; one with a passphrase must be in an agent: ssh-add`;
    },
  ],
  [/Could not resolve hostname/, ({ hostname }) => `nobody knows the name ${hostname}`],
  [
    /Connection refused/,
    ({ port }) => `nothing listens for ssh on port ${port || "22"} there. Start its ssh server, or name another port`,
  ],
  [
    /(?:Connection|Operation) timed out|No route to host|Network is unreachable|banner exchange/i,
    ({ port }) =>
      `no ssh server answers on port ${port || "22"} there. Look whether the machine runs, and at the network between`,
  ],
  [
    /docker: (?:command )?not found|docker: No such file|unknown command: docker/i,
    (host) => `there is no docker command for ${typed(host).user} on it. Install Docker Engine there`,
  ],
  [
    /permission denied while trying to connect to the docker|dial unix \S+: connect: permission denied/i,
    (host) =>
      `${typed(host).user} may not use its engine: ${typed(host).ssh} sudo usermod -aG docker ${typed(host).user}. It holds from the next connection on, a minute later`,
  ],
  [
    /Cannot connect to the Docker daemon/i,
    (host) => `ssh works, and its Docker Engine does not run. ${typed(host).ssh} sudo systemctl start docker`,
  ],
  [
    /sudo: (?:a password is required|a terminal is required|command not found)|not (?:in the sudoers|allowed to)/i,
    (host) =>
      `${typed(host).user} cannot become root there without a password (sudo -n). Name root in its host, or let that user: NOPASSWD in a file of /etc/sudoers.d`,
  ],
  [/was ended after (\d+) s/, (host) => `ssh hangs: ${typed(host).ssh} docker version, and see where it stops`],
];

/** The name under which ssh keeps a host's key. */
function knownAs({ hostname, port }: URL): string {
  return port === "" ? hostname : `"[${hostname}]:${port}"`;
}

/**
 * Why an engine does not answer over ssh, and what to do.
 *
 * @param said everything that the docker command wrote, or its error
 * @returns undefined for another kind of host, and for what is not known here
 */
export function sshTrouble(host: string, said: string): string | undefined {
  return host.startsWith("ssh://") ? causes.find(([pattern]) => pattern.test(said))?.[1](new URL(host)) : undefined;
}
