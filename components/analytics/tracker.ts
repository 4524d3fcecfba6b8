import * as path from "node:path";
import { trackerEndpoint } from "../../config/analytics";
import type { SiteConfig } from "../../config/schema";
import { readScripts } from "../../platforms/scripts";
import type { Inquiry, Trouble } from "../app";
import { ghostPort } from "../ghost/settings";
import { homeRequest } from "../health-request";

/** Whether the home page of a site carries the script that sends its page hits, asked in the site's own container. */
export function trackerInquiry(name: string, site: Pick<SiteConfig, "url">): Inquiry {
  const { headers, path: asked } = homeRequest(site.url);
  const script = readScripts(path.join(__dirname, "scripts"), ["look.js"])["look.js"];
  return {
    app: `ghost-${name}`,
    container: "ghost",
    command: ["node", "-e", script, String(ghostPort), asked, JSON.stringify(headers), trackerEndpoint(site)],
    judge: (answer, stack) => (answer === undefined ? [] : judge(name, site, stack, answer)),
  };
}

function judge(name: string, { url }: Pick<SiteConfig, "url">, stack: string, answer: string): Trouble[] {
  const [word = "", ...seen] = answer.split(" ");
  const about = { object: `web analytics of site ${name}`, isNotice: false };
  switch (word) {
    case "carries":
      return [];
    case "absent":
      return [
        {
          ...about,
          // Its owner may want it so.
          isNotice: true,
          scenario: "analytics-switched-off",
          why: "Its pages have no tracker, so no reader is counted: web analytics is switched off in Ghost.",
          mend: [
            `Switch it on in Ghost's admin, Settings → Analytics, or set sites.${name}.analytics to false in Pulumi.${stack}.yaml`,
          ],
        },
      ];
    case "themeless":
      return [
        {
          ...about,
          scenario: "analytics-without-tracker",
          why: "Its home page has nothing of what Ghost puts into pages, the tracker among it: the theme has no {{ghost_head}}, or the page is somebody else's.",
          mend: [`Look at the source of ${url}, and put {{ghost_head}} before </head> in default.hbs of the theme`],
        },
      ];
    case "unconfigured":
      return [
        {
          ...about,
          scenario: "analytics-not-deployed",
          why: "The Ghost that runs was started without web analytics, or with another address.",
          mend: [`npm start -- --stack ${stack}`],
        },
      ];
    default:
      return [
        {
          ...about,
          isNotice: true,
          scenario: "analytics-unknown",
          why: "Whether its pages have the tracker is not known: a private site, or one that is just being started, shows no home page.",
          evidence: seen.join(" ") || answer,
          mend: [],
        },
      ];
  }
}
