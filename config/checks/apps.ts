import { activityPubDatabase, selfServedSites } from "../own-activitypub";
import { shopPasswords } from "../generations";
import { imageVersionMistake } from "../values/image-version";
import { ownConnections } from "../own-apps";
import type { ParsedStack } from "../schema";

/** Which apps a stack has, and whose database password has which generation. */
export function appMistakes(config: ParsedStack, isUnknown: (key: string) => boolean): string[] {
  const { apps, images, secrets, shop, sites, wordpress } = config;
  const mistakes: string[] = [];
  for (const name of ["ghost", "mysql"] as const) {
    const wrong = imageVersionMistake(name, images[name]);
    if (wrong !== undefined) {
      mistakes.push(`images.${name}: ${wrong}`);
    }
  }
  const names = [...Object.keys(sites), ...Object.keys(wordpress)];
  if (
    names.length === 0 &&
    !shop &&
    Object.keys(apps).length === 0 &&
    !["sites", "wordpress", "shop", "apps"].some(isUnknown)
  ) {
    mistakes.push("sites: must have at least one site, unless the stack has wordpress, shop or apps");
  }
  for (const name of Object.keys(wordpress)) {
    if (name in sites) {
      mistakes.push(`wordpress.${name}: sites.${name} has the same name, and both need a database. Rename one`);
    }
  }
  const own = Object.keys(ownConnections(config));
  for (const name of own) {
    if (names.includes(name)) {
      mistakes.push(`apps.${name}: a site has the same name, and both need a database. Rename one`);
    }
  }
  const ofActivityPub = selfServedSites(config).length > 0 ? [activityPubDatabase] : [];
  for (const password of ofActivityPub) {
    if ([...names, ...own].includes(password)) {
      mistakes.push(
        `sites.${password}: the database of the ActivityPub server has this name. Rename the site or app, or set sites.<name>.activityPub to something else than self`,
      );
    }
  }
  const ofShop = shop ? Object.values(shopPasswords) : [];
  for (const password of ofShop) {
    if (names.includes(password)) {
      mistakes.push(`sites.${password}: a password of the shop has this name. Rename the site`);
    }
  }
  const rotated = [...names, ...own, ...ofActivityPub, ...ofShop];
  for (const name of Object.keys(secrets.generations)) {
    if (!rotated.includes(name) && ![`sites.${name}`, `wordpress.${name}`, `apps.${name}`, "shop"].some(isUnknown)) {
      mistakes.push(
        `secrets.generations.${name}: there is no site of this name, only ${rotated.join(", ") || "none at all"}. Remove the key`,
      );
    }
  }
  return mistakes;
}
