import * as docker from "@pulumi/docker";
import { sshOptions } from "./ssh";

/**
 * A provider that speaks to the named engine and no other.
 *
 * @param host engine of a manager: `unix:///…`, `ssh://user@host` or `tcp://host:port`
 */
export function swarmProvider(name: string, host: string): docker.Provider {
  return new docker.Provider(name, { host, ...(host.startsWith("ssh://") ? { sshOpts: sshOptions() } : {}) });
}

/** Host name under which ports published by the engine's node are reached from here. */
export function publishedHost(host: string): string {
  const { hostname, protocol } = new URL(host);
  return protocol === "unix:" ? "localhost" : hostname;
}
