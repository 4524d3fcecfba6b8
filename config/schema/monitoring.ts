import { z } from "zod";
import { storageKeys } from "./storage";
import { duration, mailAddress, mailFrom, memory, placement, port, quantity } from "./values";

export const monitoring = z
  .strictObject({
    interval: duration.default("30s").describe("How often everything is asked, and the rules are looked at: 1s to 2m."),
    retention: duration.default("15d").describe("How long Prometheus keeps what it measured."),
    maxSize: quantity("disk space")
      .default("4Gi")
      .describe("Space that this may take on its volume; the oldest goes first, before `retention` is over."),
    memory: memory("512Mi", "Memory limit of Prometheus."),
    storage: z
      .strictObject({
        driver: storageKeys.driver,
        driverOptions: storageKeys.driverOptions,
        copyFromImage: storageKeys.copyFromImage,
      })
      .prefault({})
      .describe("Where Prometheus keeps its figures, and Alertmanager what it was told not to tell."),
    placement: placement.optional(),
    dashboards: z.boolean().default(true).describe("Whether Grafana shows the figures, on `port`."),
    port: port.default(3000).describe("Port of Grafana published on the node."),
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
          .default("2m")
          .describe("How long something must be away before it is told. What is late or full is told more patiently."),
        slow: z
          .number()
          .positive("must be more than 0 seconds")
          .default(2)
          .describe("Seconds that the home page of a site may take, as a mean of ten minutes."),
        every: duration
          .default("5m")
          .describe("Shortest time between two mails about the same kind of alert; its end is told with the next one."),
        repeat: duration.default("12h").describe("After which time something is told again that is still wrong."),
      })
      .optional()
      .describe("Alerts by mail, through the inbox or `mailRelay`. Absent: they show on the dashboards only."),
  })
  .describe("Prometheus with rules for alerts, and dashboards. Swarm only; absent: none.");
