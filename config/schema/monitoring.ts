import { z } from "zod";
import { defaults } from "../defaults";
import { hostName } from "../values/names";
import { ownPort } from "./edge";
import { only } from "./only";
import { volumeKeys } from "./storage";
import { duration, mailAddress, mailFrom, memory, placement, port, quantity } from "./values";

const slowWords = "must be a number of seconds above 0, and 10 at most: who answers no sooner is taken for away";

export const monitoring = z
  .strictObject({
    interval: duration
      .default(defaults.monitoring.interval)
      .describe("How often everything is asked, and the rules are looked at: 1s to 2m."),
    retention: duration.default(defaults.monitoring.retention).describe("How long Prometheus keeps what it measured."),
    maxSize: quantity("disk space", "256Mi", "what Prometheus has not yet put together takes about as much")
      .default(defaults.monitoring.maxSize)
      .describe("Space that this may take on its volume; the oldest goes first, before `retention` is over."),
    memory: memory(
      defaults.monitoring.memory,
      "Memory limit of Prometheus.",
      "128Mi",
      "Prometheus takes about 60 MB idle",
    ),
    storage: z
      .strictObject(volumeKeys)
      .prefault({})
      .describe("Where Prometheus keeps its figures, and Alertmanager what it was told not to tell."),
    placement: placement.optional(),
    dashboards: z.boolean().default(true).describe("Whether Grafana shows the figures, on `port`."),
    port: ownPort(only("dashboards", port.default(3000).describe("Port of Grafana published on the node."))),
    host: only(
      "edge",
      only(
        "dashboards",
        hostName("dashboards.example.com")
          .optional()
          .describe("Host name of Grafana behind `edge`, where it is reached by nothing else; with https."),
      ),
    ),
    alerts: z
      .strictObject({
        to: z
          .array(mailAddress)
          .min(1, "must name at least one mail address")
          .describe("Who gets a mail when something is wrong, and when it is over."),
        from: mailFrom
          .optional()
          .describe("Sender of these mails. Default: that of the first site, which the mail server knows."),
        after: duration
          .default(defaults.monitoring.alerts.after)
          .describe("How long something must be away before it is told. What is late or full is told more patiently."),
        slow: z
          .number(slowWords)
          .positive(slowWords)
          .max(10, slowWords)
          .default(defaults.monitoring.alerts.slow)
          .describe("Seconds that the home page of a site may take, as a mean of ten minutes."),
        every: duration
          .default(defaults.monitoring.alerts.every)
          .describe("Shortest time between two mails about the same kind of alert; its end is told with the next one."),
        repeat: duration
          .default(defaults.monitoring.alerts.repeat)
          .describe("After which time something is told again that is still wrong."),
      })
      .optional()
      .describe("Alerts by mail, through the inbox or `mailRelay`. Absent: they show on the dashboards only."),
  })
  .describe("Prometheus with rules for alerts, and dashboards. Absent: none.");
