import { z } from "zod";
import { defaults } from "../defaults";
import { dnsLabel } from "../values/names";
import { placement, wholeNumber } from "./values";

const dockerHost = z
  .string()
  .regex(/^(unix|ssh|tcp):\/\/\S+$/, "must be unix:///…, ssh://user@host or tcp://host:port");

export const swarmNode = z.strictObject({
  host: dockerHost.describe("Docker Engine of the node."),
  address: z
    .string()
    .regex(/^[0-9A-Fa-f.:]+$/, "must be an IP address, for example 192.168.56.10")
    .optional()
    .describe("IP address at which the other nodes reach it. Default: the one in `host`."),
  role: z.enum(["manager", "worker"]).describe("Managers keep the state of the swarm; both run tasks."),
  labels: z
    .record(
      z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]*$/, "must be letters, digits, dots, hyphens or underscores"),
      z.string(),
    )
    .default({})
    .describe("Labels for placement constraints: `node.labels.storage==nfs`. Labels that others set are left alone."),
  availability: z
    .enum(["active", "pause", "drain"])
    .default("active")
    .describe("`pause` takes no new tasks, `drain` also gives its tasks to other nodes."),
  stop: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Command that stops its engine, run on the node. Default: `systemctl stop docker.socket docker.service` as root.",
    ),
  start: z
    .string()
    .min(1)
    .optional()
    .describe("Command that starts its engine again. Default: `systemctl start docker.service` as root."),
});

export const swarmSchema = z.strictObject({
  host: dockerHost
    .optional()
    .describe("Docker Engine of a manager. Default: the first manager of `nodes`, else unix:///var/run/docker.sock."),
  nodes: z
    .record(dnsLabel(63), swarmNode)
    .optional()
    .describe("Machines of the swarm by name; `npm run cluster` makes them one. Absent: the swarm is made by others."),
  toleratedFailures: wholeNumber(0, 3, "seven managers are the most that a swarm is made of")
    .optional()
    .describe("Managers that may fail at once. Default: 1 with three `nodes` or more, else 0."),
  autolock: z
    .boolean()
    .optional()
    .describe("Whether a manager that restarts must be unlocked with a key. Default: left as it is."),
  singleNode: z
    .boolean()
    .optional()
    .describe(
      "Whether the swarm has one node; with more, a local volume needs a placement that pins its service. Default: true, unless `nodes` has several.",
    ),
  endpointMode: z
    .enum(["dnsrr", "vip"])
    .default(defaults.swarm.endpointMode)
    .describe("How services find each other: DNS round robin, or a virtual IP (needs IPVS in the kernel)."),
  publishMode: z
    .enum(["host", "ingress"])
    .default(defaults.swarm.publishMode)
    .describe("Publish ports on the task's node, or on every node through the routing mesh (needs IPVS and `vip`)."),
  encryptBackend: z
    .boolean()
    .optional()
    .describe(
      "Encrypt the backend overlay network between nodes. Needs ESP with AES-GCM in their kernels, which `npm start` tries on each of `nodes`, and IP protocol 50 to pass between them. Default: false; a new stack on several `nodes` gets true in its file when all kernels carry it.",
    ),
  registryAuth: z
    .boolean()
    .default(false)
    .describe(
      "Hand this machine's logins (`docker login`) to the registries of the stack's images on to the nodes, which pull them with these.",
    ),
  placement: placement.default([]).describe("Placement constraints of every service that names none of its own."),
  updateOrder: z
    .enum(["stop-first", "start-first"])
    .default("stop-first")
    .describe("Order of an update. Ghost, MySQL and Mailpit own their data alone, so only stop-first is accepted."),
});
