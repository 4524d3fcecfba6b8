import { platformOf } from "../backup/open";
import type { BackupPlatform } from "../backup/platform";
import { UserError } from "../errors";
import { siteDatabase } from "../components/mysql/users";
import { mustHaveOwnDatabases } from "../config/mysql/own-databases";
import { stackConfiguration } from "../home/stack-configuration";

/** A site of a stack into which another's data go, or whose own go out. */
export interface SiteJob {
  stack: string;
  platform: BackupPlatform;
  site: string;
  /** Its address in the stack file. */
  url: string;
  /** What its database and its user are called. */
  database: string;
  username: string;
}

/**
 * A site, by the stack file.
 *
 * @param context on Kubernetes: the cluster, where the person names it
 * @throws UserError for mistakes in the stack file, and a site that it does not name
 */
export function jobOf(stack: string, site: string, context: string | undefined): SiteJob {
  const config = stackConfiguration(stack);
  if (config.platform === "kubernetes") {
    mustHaveOwnDatabases(stack, config, "On Kubernetes an export");
  }
  const { sites } = config;
  const named = sites[site];
  if (!named) {
    throw new UserError(
      `Stack ${stack} has no site ${site}. Its sites: ${Object.keys(sites).join(", ") || "none"}. Another one is an entry under sites in Pulumi.${stack}.yaml and npm start`,
    );
  }
  return {
    stack,
    platform: platformOf(stack, context),
    site,
    url: named.url,
    ...siteDatabase(site, named.database),
  };
}
