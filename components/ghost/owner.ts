import * as path from "node:path";
import { ghostOwnerSecretDirectory } from "../../config/container-paths";
import { scriptDirectory } from "../../platforms/scripts";
import { healthRequests } from "./health";
import { ghostPort, type SiteSettings } from "./settings";

/** Where the owner's first password is, as a file, for what makes the account. */
export const ownerPasswordFile = `${ghostOwnerSecretDirectory}/password`;

const planFile = `${scriptDirectory}/owner.json`;

/**
 * What makes the owner's account reads, as a file among the scripts: who that is, and how this site is asked. Nothing in it is secret. None for a site
 * whose first visitor becomes its owner.
 */
export function ownerFiles(
  site: Pick<SiteSettings, "adminUrl" | "owner" | "settings" | "url">,
): Record<string, string> {
  if (site.owner === undefined) {
    return {};
  }
  const { email, name, siteTitle = new URL(site.url).hostname } = site.owner;
  const { headers, path: asked } = healthRequests(site).serving;
  const plan = { name, email, blogTitle: siteTitle, path: asked, headers, passwordFile: ownerPasswordFile };
  return { [path.posix.basename(planFile)]: `${JSON.stringify(plan, undefined, 2)}\n` };
}

/** A command for inside a container of a site: asks its Ghost whether somebody owns it; see `OwnerQuestion`. */
export function ownerQuestion(site: Pick<SiteSettings, "adminUrl" | "settings" | "url">): string[] {
  const { headers, path: asked } = healthRequests(site).serving;
  return ["node", `${scriptDirectory}/owner.js`, String(ghostPort), asked, JSON.stringify(headers)];
}
