import { wordpressSecretDirectory } from "../../config/container-paths";
import { scriptDirectory } from "../../platforms/scripts";
import type { WordPressSettings } from "./settings";

/** Where the owner's first password is, as a file. */
export const ownerPasswordFile = `${wordpressSecretDirectory}/owner-password`;

/** What installs the site reads: who owns it. Nothing in it is secret. */
export const ownerPlanFile = `${scriptDirectory}/owner.json`;

/** The content of that file; undefined for a site whose first visitor becomes its administrator. */
export function ownerPlan({ owner, url }: Pick<WordPressSettings, "owner" | "url">): string | undefined {
  if (owner === undefined) {
    return undefined;
  }
  const { email, name, siteTitle: title = new URL(url).hostname } = owner;
  return `${JSON.stringify({ email, name, title, passwordFile: ownerPasswordFile }, undefined, 2)}\n`;
}

/** A command for inside a container of a site; see `OwnerQuestion`. */
export const ownerQuestion = ["php", `${scriptDirectory}/owner.php`, "ask"] as const;
