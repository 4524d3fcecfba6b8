import { z } from "zod";
import { defaults } from "../defaults";
import { appFiles } from "./app-files";
import { variableName } from "../values/names";
import { behindEdge, hosts, ownPort } from "./edge";
import { ingress } from "./ingress";
import { pod } from "./pod";
import { service } from "./service";
import { siteDatabase } from "./mysql-external";
import { only } from "./only";
import { owner } from "./owner";
import { route } from "./route";
import { secretSettings } from "./secret-settings";
import { claimKeys, sharedKey, volumeKeys } from "./storage";
import { memory, network, placement, port, quantity, siteMailFrom, siteUrl, wholeNumber } from "./values";

/** It stands in the edge's configuration, where other signs mean something. */
const serverAddress = z
  .string()
  .regex(
    /^https?:\/\/[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$/,
    "must be hosted, self, off, or the address of a server without a path, for example http://activitypub:8080",
  );

/** A Ghost site. */
export const site = z.strictObject({
  url: siteUrl("https://blog.example.com").describe(
    "Address readers use; Ghost makes every link from it. May have a path; `https` expects TLS in front of Ghost, on Swarm that of `edge`.",
  ),
  replicas: wholeNumber(
    1,
    1,
    "Ghost supports one running instance a site. Two would corrupt its caches and its scheduled jobs: put a cache in front of it, or give the instance more memory",
  )
    .default(1)
    .describe("Always 1: Ghost supports one running instance a site."),
  port: ownPort(port.optional().describe("Port published on the node. Default: the port in `url`.")),
  aliases: only("redirects", hosts),
  adminUrl: only(
    "frontDoor",
    siteUrl("https://admin.example.com")
      .optional()
      .describe("Address of Ghost's admin, where it has a host of its own. Without a path."),
  ),
  adminFrom: behindEdge(
    z
      .array(network)
      .default([])
      .describe(
        "Networks that reach Ghost's admin, as CIDR, such as that of a VPN; everybody else is refused there. Integrations that write through the admin API come from such a network, too. Default: it is open, behind its login.",
      ),
  ),
  activityPub: behindEdge(
    z
      .union([z.enum(["hosted", "self", "off"]), serverAddress])
      .optional()
      .describe(
        "Who speaks ActivityPub for the site, with which it is followed from Mastodon and the like, and which the Network page of its admin needs: `hosted`, the free service of Ghost's makers at ap.ghost.org; `self`, on Swarm, their server as a part of this stack (`activityPub`); `off`; or the address of a server of your own, such as `http://activitypub:8080`. Default: `hosted` for a site with https, a public name and no path, on Swarm where there is no `edge.acme.directory`, on Kubernetes with `ingress` or `route`; else `off`.",
      ),
  ),
  analytics: only(
    "analytics",
    z.boolean().default(true).describe("Whether the readers of the site are counted, in the workspace of the stack."),
  ),
  maxUpload: behindEdge(
    quantity("disk space", "1Mi", "a picture of a telephone has more")
      .default(defaults.ghost.maxUpload)
      .describe("The greatest request that the edge hands on to the site, such as a video that is uploaded."),
  ),
  memory: memory(
    defaults.ghost.memory,
    "Memory limit, 384Mi or more.",
    "384Mi",
    "below that an image upload gets Ghost killed",
  ),
  storage: z
    .strictObject({
      ...claimKeys(defaults.ghost.storage, "128Mi", "Ghost puts its themes there, and everything that is uploaded"),
      ...volumeKeys,
      ...sharedKey,
    })
    .prefault({})
    .describe("Where images, themes and files of the site are kept."),
  database: siteDatabase.optional(),
  ingress: ingress.optional(),
  route: route.optional(),
  placement: placement.optional(),
  logForwarder: only(
    "kubernetes",
    z
      .strictObject({
        enabled: z.boolean().default(true).describe("Whether the sidecar runs."),
        url: only(
          "logForwarder",
          z
            .string()
            .regex(
              /^((loki\+)?https?:\/\/[A-Za-z0-9.-]+(:[0-9]+)?(\/[^\s#]*)?|syslog\+(tcp|udp):\/\/[A-Za-z0-9.-]+(:[0-9]+)?)$/,
              "must be the address of a collector without credentials: http://vector.logs:8080/, loki+http://loki.logs:3100, syslog+tcp://HOST:514 or syslog+udp://HOST:514",
            )
            .optional()
            .describe(
              "Send the lines there, too: `http://` as JSON lines, `loki+http://` to Loki, `syslog+tcp://` or `syslog+udp://` as RFC 5424. Over TLS: `https://`, `loki+https://`.",
            ),
        ),
      })
      .optional()
      .describe("Sidecar that prints Ghost's access log as its own log. Default: on."),
  ),
  mailFrom: siteMailFrom,
  owner,
  pod,
  service,
  settings: z
    .record(variableName("privacy__useGravatar"), z.string())
    .default({})
    .describe(
      "More Ghost settings as environment variables (`__` nests keys). Keys this program sets are refused, and so are secrets, which are `secretSettings`.",
    ),
  secretSettings,
  ...appFiles,
});
