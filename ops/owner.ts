import type { OwnedSite } from "../components/app";
import { UserError } from "../errors";
import type { Stack } from "../home/stack";
import { appsOf } from "../stacks/apps";
import type { Finding } from "./finding";
import { pageReport, type PageReport } from "./guarded-page";

/**
 * Where the owner of a site signs in, with the password that the account was made with.
 *
 * @param which the site's name. Default: the only one
 * @throws UserError where the stack has no such site, or names no owner of it
 */
export async function ownerReport(stack: Stack, which?: string): Promise<PageReport> {
  const sites = appsOf(stack.config).flatMap((app) => app.owners?.(stack.config) ?? []);
  const names = sites.map(({ name }) => name).join(", ") || "none";
  if (which === undefined && sites.length > 1) {
    throw new UserError(`Name one of the sites of stack ${stack.name}: ${names}`);
  }
  const site = sites.find(({ name }) => which === undefined || name === which);
  if (site === undefined) {
    throw new UserError(`Stack ${stack.name} has no site ${which ?? ""}. It has: ${names}`.replace(" .", "."));
  }
  if (site.login === undefined) {
    throw new UserError(
      `Pulumi.${stack.name}.yaml names no ${site.key}: whoever visits ${site.signIn} first owns the site. Name the owner before the site has one`,
    );
  }
  return pageReport(stack, site.login);
}

/** What a diagnosis says of sites that belong to whoever comes first. */
export function ownerFindings(
  stack: string,
  unclaimed: readonly Pick<OwnedSite, "key" | "name" | "signIn">[],
): Finding[] {
  return unclaimed.map(({ key, name, signIn }) => ({
    scenario: "unclaimed-site",
    severity: "notice",
    object: `site ${name}`,
    why: "Nobody owns it: whoever visits its admin first will.",
    mend: [
      `Visit ${signIn}, or name its owner in ${key} of Pulumi.${stack}.yaml and start it again: npm start -- --stack ${stack}`,
    ],
  }));
}
