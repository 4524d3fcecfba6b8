import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import * as path from "node:path";
import { largestFile } from "../../config/app-files";
import { plainName } from "../../config/object-names";
import { UserError } from "../../errors";
import { versionName } from "../content-hash";
import { objectName, stackLabels, type SwarmStack } from "./stack";

/** A file that a service gets from the swarm, readable by everyone in its container. */
export interface ConfigFile {
  id: pulumi.Input<string>;
  name: pulumi.Input<string>;
  /** Absolute path in the container. */
  target: string;
}

/**
 * Files as configs of the swarm, which never change: each version is an object of its own, named after a hash of its content, and the old
 * one is deleted once nobody uses it. The engine keeps them where nothing can be executed, so a script is given to its interpreter.
 *
 * @param owner name of the component they belong to
 * @param files content by absolute path in the container
 */
export function configFiles(
  stack: Pick<SwarmStack, "name">,
  owner: string,
  files: Record<string, string | Uint8Array>,
  options: pulumi.CustomResourceOptions,
): ConfigFile[] {
  const versions = new Map<string, docker.ServiceConfig>();
  return Object.entries(files).map(([target, content]) => {
    const size = Buffer.byteLength(content);
    if (size > largestFile) {
      throw new UserError(
        `the config ${target} of ${owner} has ${Math.ceil(size / 1024)} KiB, and a swarm takes at most ${largestFile / 1024} KiB. Give the stack fewer sites; others may have a stack of their own`,
      );
    }
    const name = plainName(path.posix.basename(target));
    const version = versionName(`${owner}-${name}`, content);
    // The same file at two places is one config.
    const config =
      versions.get(version) ??
      new docker.ServiceConfig(
        version,
        {
          name: objectName(stack, version),
          labels: stackLabels(stack),
          data: Buffer.from(content).toString("base64"),
        },
        options,
      );
    versions.set(version, config);
    return { id: config.id, name: config.name, target };
  });
}
