import * as path from "node:path";
import { readScripts } from "../../platforms/scripts";
import { homeRequest } from "../health-request";
import { siteDatabase } from "../mysql/users";
import type { ImageUpgrade } from "../upgrade";
import { ghostPort } from "./settings";

const script = readScripts(path.join(__dirname, "scripts"), ["answers.js"])["answers.js"];

/** What of Ghost's own a person who reads, signs in or looks after it needs; below the site's path. */
const asked = ["", "ghost/", "ghost/api/admin/authentication/setup/", "ghost/api/admin/session/"];

/** A newer Ghost. */
export const ghostUpgrade: ImageUpgrade = {
  data: "is-migrated",
  judge([from = 0], [to = 0]) {
    if (to > from + 1) {
      return {
        refusal: `Ghost goes up one major version at a time: first to the newest Ghost ${from}, then to the newest of each that follows`,
      };
    }
    return to === from
      ? {}
      : {
          unknown: `Ghost ${to} takes over from the newest Ghost ${from} alone, and may ask for another MySQL. Its release notes say what it needs`,
        };
  },
  sites: ({ sites }) =>
    Object.entries(sites).map(([site, { database, url }]) => {
      const { headers, path: base } = homeRequest(url);
      const paths = asked.map((one) => `${base.replace(/\/$/, "")}/${one}`);
      const request = JSON.stringify({ port: ghostPort, headers, paths });
      return { site, database: siteDatabase(site, database).database, asks: ["node", "-e", script, "--", request] };
    }),
};
