import type * as pulumi from "@pulumi/pulumi";
import * as path from "node:path";
import { largestFile } from "../../config/files/app-files";
import { plainName } from "../../config/object-names";
import { UserError } from "../../errors";
import { contentHash, versionName } from "../content-hash";
import { mapped } from "../later";
import type { SwarmChildren } from "./children";
import { versionedName, versionOptions } from "./versions";

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
 * @param files content by absolute path in the container
 */
export function configFiles(
  children: SwarmChildren,
  files: Record<string, pulumi.Input<string> | Uint8Array>,
): ConfigFile[] {
  const versions = new Map<string, Omit<ConfigFile, "target">>();
  return Object.entries(files).map(([target, content]) => {
    const name = plainName(path.posix.basename(target));
    if (!(typeof content === "string" || content instanceof Uint8Array)) {
      // To the engine it is one object, whatever it holds: its name in the swarm tells the versions.
      return { ...configOf(children, name, name, content), target };
    }
    const size = Buffer.byteLength(content);
    if (size > largestFile) {
      throw new UserError(
        `the config ${target} of ${children.objectName} has ${Math.ceil(size / 1024)} KiB, and a swarm takes at most ${largestFile / 1024} KiB. Give the stack fewer sites; others may have a stack of their own`,
      );
    }
    const version = versionName(name, content);
    // The same file at two places is one config.
    const config = versions.get(version) ?? configOf(children, name, version, content);
    versions.set(version, config);
    return { ...config, target };
  });
}

function configOf(children: SwarmChildren, name: string, version: string, content: pulumi.Input<string> | Uint8Array) {
  const data =
    content instanceof Uint8Array
      ? Buffer.from(content).toString("base64")
      : mapped(content, "", (text) => Buffer.from(text).toString("base64"));
  const config = children.adjusted("config", version, { ...children.object(name), data }, versionOptions);
  const { args } = config;
  const own = mapped(args.data, "", (known) =>
    contentHash(known === data ? (content as string | Uint8Array) : Buffer.from(known, "base64")),
  );
  args.name = versionedName(args.name, own);
  const { id, name: fullName } = children.register(config);
  return { id, name: fullName };
}
