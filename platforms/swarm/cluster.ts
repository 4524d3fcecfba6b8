import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { sshOptions } from "./ssh";

/**
 * A provider that speaks to the named engine and no other.
 *
 * @param host engine of a manager: `unix:///…`, `ssh://user@host` or `tcp://host:port`
 * @param registries those whose logins on this machine (`docker login`) the nodes are given to pull with
 */
export function swarmProvider(
  name: string,
  host: string,
  registries: readonly string[] = [],
  options: pulumi.ResourceOptions = {},
): docker.Provider {
  const args = {
    host,
    ...(host.startsWith("ssh://") ? { sshOpts: sshOptions() } : {}),
    // With an address alone it reads the login from docker's own file, so none comes into the state.
    ...(registries.length > 0 ? { registryAuth: registries.map((address) => ({ address })) } : {}),
  };
  return new docker.Provider(name, args, options);
}

/** Host name under which ports published by the engine's node are reached from here. */
export function publishedHost(host: string): string {
  const { hostname, protocol } = new URL(host);
  return protocol === "unix:" ? "localhost" : hostname;
}
