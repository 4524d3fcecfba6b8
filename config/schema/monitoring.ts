import { z } from "zod";
import { defaults } from "../defaults";
import { dnsLabel, hostName, labelValue, qualifiedName } from "../values/names";
import { ownPort } from "./edge";
import { ingress } from "./ingress";
import { only } from "./only";
import { podPlacement } from "./pod";
import { route } from "./route";
import { claimKeys, volumeKeys } from "./storage";
import { duration, mailAddress, mailFrom, memory, placement, port, quantity } from "./values";

const slowWords = "must be a number of seconds above 0, and 10 at most: who answers no sooner is taken for away";

const labels = z.record(qualifiedName("the key of a label"), labelValue);

const operator = z
  .strictObject({
    namespace: dnsLabel(63).describe(
      "Namespace of the Prometheus that asks. Nobody else reaches what it asks through, where the network carries policies out.",
    ),
    labels: labels
      .default({})
      .describe(
        "Labels of the objects, by which that Prometheus takes them; for kube-prometheus-stack `release` with the name of its release.",
      ),
    dashboardLabels: labels
      .default({ grafana_dashboard: "1" })
      .describe("Labels of the ConfigMaps with dashboards, by which Grafana takes them."),
    datasource: z
      .string()
      .regex(
        /^[A-Za-z0-9_-]{1,40}$/,
        "must be the uid of a data source: up to 40 letters, digits, hyphens, underscores",
      )
      .default(defaults.monitoring.datasource)
      .describe("Uid of that Prometheus among Grafana's data sources."),
  })
  .describe(
    "Have the cluster's own Prometheus watch the stack: ServiceMonitor, Probe and PrometheusRule for the Prometheus operator, and dashboards as ConfigMaps. Absent: the stack has a Prometheus of its own.",
  );

/** What the cluster's own does, where it watches. */
const own = <Schema extends z.ZodType>(schema: Schema): Schema => only("ownPrometheus", schema);

export const monitoring = z
  .strictObject({
    interval: duration
      .default(defaults.monitoring.interval)
      .describe("How often everything is asked, and the rules are looked at: 1s to 2m."),
    operator: only("kubernetes", operator.optional()),
    retention: own(
      duration.default(defaults.monitoring.retention).describe("How long Prometheus keeps what it measured."),
    ),
    maxSize: own(
      quantity("disk space", "256Mi", "what Prometheus has not yet put together takes about as much")
        .default(defaults.monitoring.maxSize)
        .describe("Space that this may take on its volume; the oldest goes first, before `retention` is over."),
    ),
    memory: own(
      memory(defaults.monitoring.memory, "Memory limit of Prometheus.", "128Mi", "Prometheus takes about 60 MB idle"),
    ),
    storage: own(
      z
        .strictObject({
          ...claimKeys(defaults.monitoring.storage, "512Mi", "Prometheus keeps what it measured there"),
          ...volumeKeys,
        })
        .prefault({})
        .describe("Where Prometheus keeps its figures, and Alertmanager what it was told not to tell."),
    ),
    placement: placement.optional(),
    pod: podPlacement,
    dashboards: z.boolean().default(true).describe("Whether Grafana shows the figures."),
    port: ownPort(only("dashboards", port.default(3000).describe("Port of Grafana published on the node."))),
    host: own(
      only(
        "edgeOrIngress",
        only(
          "dashboards",
          hostName("dashboards.example.com")
            .optional()
            .describe(
              "Host name of Grafana: of its `ingress` or `route`, or on Swarm behind `edge`, where it is reached by nothing else; with https.",
            ),
        ),
      ),
    ),
    ingress: own(only("dashboards", ingress.optional())),
    route: own(only("dashboards", route.optional())),
    alerts: own(
      z
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
            .describe(
              "How long something must be away before it is told. What is late or full is told more patiently.",
            ),
          slow: z
            .number(slowWords)
            .positive(slowWords)
            .max(10, slowWords)
            .default(defaults.monitoring.alerts.slow)
            .describe("Seconds that the home page of a site may take, as a mean of ten minutes."),
          every: duration
            .default(defaults.monitoring.alerts.every)
            .describe(
              "Shortest time between two mails about the same kind of alert; its end is told with the next one.",
            ),
          repeat: duration
            .default(defaults.monitoring.alerts.repeat)
            .describe("After which time something is told again that is still wrong."),
        })
        .optional()
        .describe("Alerts by mail, through the inbox or `mailRelay`. Absent: they show on the dashboards only."),
    ),
  })
  .describe("Prometheus with rules for alerts, and dashboards. Absent: none.");
