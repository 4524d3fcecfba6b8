import * as path from "node:path";
import { z } from "zod";
import { readOwnFile, type OwnFileKind } from "../../files/own-file";
import { UserError } from "../../errors";
import { isPackage } from "../../home/program";

/** What of a Pulumi.yaml is read here. */
export interface PulumiProject {
  name: string;
  main?: string | undefined;
  backend?: { url?: string | undefined } | undefined;
  [key: string]: unknown;
}

const kind: OwnFileKind<PulumiProject> = {
  what: "which makes its folder a Pulumi project",
  format: "yaml",
  schema: z.looseObject({
    name: z.string(),
    main: z.string().optional(),
    backend: z.object({ url: z.string().optional() }).optional(),
  }),
  remedy: isPackage
    ? "Write it anew: npx ghost-platform init"
    : "Put it back from the repository: git checkout -- Pulumi.yaml, in its folder",
};

/**
 * The Pulumi.yaml of a folder.
 *
 * @throws UserError where it is missing or damaged
 */
export function projectFile(directory: string): PulumiProject {
  const file = path.join(directory, "Pulumi.yaml");
  const project = readOwnFile(file, kind);
  if (!project) {
    throw new UserError(`${file} is missing. ${kind.remedy}`);
  }
  return project;
}
