import { z } from "zod";
import { appFiles } from "./app-files";
import { ingress } from "./ingress";
import { fileStorage } from "./storage";
import { mailFrom, memory, placement, port, siteUrl } from "./values";

/** A Ghost site. */
export const site = z.strictObject({
  url: siteUrl("https://blog.example.com").describe(
    "Address readers use; Ghost makes every link from it. May have a path; `https` expects TLS in front of Ghost.",
  ),
  replicas: z.number().default(1).describe("Always 1: Ghost supports one running instance a site."),
  port: port.optional().describe("Port published on the node. Default: the port in `url`. Swarm only."),
  memory: memory("512Mi", "Memory limit. Below 384Mi image uploads get Ghost killed."),
  storage: fileStorage("10Gi").describe("Where images, themes and files of the site are kept."),
  ingress: ingress.optional(),
  placement: placement.optional(),
  logForwarder: z
    .strictObject({
      enabled: z.boolean().default(true).describe("Whether the sidecar runs."),
      url: z
        .string()
        .regex(
          /^((loki\+)?https?:\/\/[A-Za-z0-9.-]+(:[0-9]+)?(\/[^\s#]*)?|syslog\+(tcp|udp):\/\/[A-Za-z0-9.-]+(:[0-9]+)?)$/,
          "must be the address of a collector without credentials: http://vector.logs:8080/, loki+http://loki.logs:3100, syslog+tcp://HOST:514 or syslog+udp://HOST:514",
        )
        .optional()
        .describe(
          "Send the lines there, too: `http://` as JSON lines, `loki+http://` to Loki, `syslog+tcp://` or `syslog+udp://` as RFC 5424. Over TLS: `https://`, `loki+https://`.",
        ),
    })
    .optional()
    .describe("Sidecar that prints Ghost's access log as its own log. Default: on. Kubernetes only."),
  mailFrom: mailFrom
    .optional()
    .describe(
      "Sender of the site's mail: an address, alone or as `Name <address>`. Default: noreply@ the host of `url`, without a leading `www.`.",
    ),
  settings: z
    .record(z.string().regex(/^[A-Za-z0-9_]+$/, "must be a Ghost setting such as privacy__useGravatar"), z.string())
    .default({})
    .describe("More Ghost settings as environment variables (`__` nests keys). Keys this program sets are refused."),
  ...appFiles,
});
