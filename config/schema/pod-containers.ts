import { z } from "zod";
import { isSecretName, isHarmless } from "../values/credentials";
import { dnsLabel } from "../values/names";
import { variable, variableSource, volume, volumeMount } from "./pod-preset";
import { cpu, image, noneTwice, port, quantity, wholeNumber } from "./values";

/** Further containers and volumes of a pod, in Kubernetes' own words. */

/** @param whose documents the name */
const mounts = (whose: string) =>
  z
    .array(volumeMount(whose))
    .refine((all) => noneTwice(all.map(({ mountPath }) => mountPath)), "must have no mountPath twice")
    .optional();

const portName = /^(?=.*[a-z])[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/;

const words = (what: string) => z.array(z.string()).min(1, "must have at least one word").optional().describe(what);

const portOrName = z.union([port, z.string().regex(portName)], {
  error: "must be a port from 1 to 65535, or the name of one of the container's",
});

const request = z.strictObject({
  path: z
    .string()
    .regex(/^\/\S*$/, "must begin with / and have no spaces")
    .optional()
    .describe("Default: /."),
  port: portOrName.describe("Port of the container, or its name."),
  scheme: z.enum(["HTTP", "HTTPS"]).optional().describe("Default: HTTP."),
});

const command = z.strictObject({
  command: z.array(z.string()).min(1, "must have a program").describe("The program, and its arguments."),
});

const actions = {
  exec: command.optional().describe("A program that is run in the container."),
  httpGet: request.optional().describe("A request that is sent to the container."),
};

const oneOf = (keys: readonly string[]) =>
  [(given: object) => keys.filter((key) => key in given).length === 1, `must have one of ${keys.join(", ")}`] as const;

const probe = z
  .strictObject({
    ...actions,
    tcpSocket: z
      .strictObject({ port: portOrName.describe("The port.") })
      .optional()
      .describe("A connection."),
    initialDelaySeconds: wholeNumber(0, 3600, "seconds").optional().describe("Before the first try. Default: 0."),
    periodSeconds: wholeNumber(1, 3600, "seconds").optional().describe("Between two tries. Default: 10."),
    timeoutSeconds: wholeNumber(1, 3600, "seconds").optional().describe("That a try may take. Default: 1."),
    failureThreshold: wholeNumber(1, 1000).optional().describe("Failed tries in a row until the verdict. Default: 3."),
    successThreshold: wholeNumber(1, 1000).optional().describe("Good tries until it is well again. Default: 1."),
  })
  .refine(...oneOf(["exec", "httpGet", "tcpSocket"]))
  .optional();

const hook = z
  .strictObject({
    ...actions,
    sleep: z
      .strictObject({ seconds: wholeNumber(1, 25, "seconds, less than the pod has to end").describe("How long.") })
      .optional()
      .describe("A pause."),
  })
  .refine(...oneOf(["exec", "httpGet", "sleep"]))
  .optional();

const amounts = z.strictObject({
  cpu: cpu.optional().describe("Processor time."),
  memory: quantity("memory", "1Mi", "a container takes that").optional().describe("Memory."),
  "ephemeral-storage": quantity("disk space", "1Mi", "a container takes that")
    .optional()
    .describe("Disk space of the node, logs included."),
});

const capability = z.string().regex(/^[A-Z_]+$/, "must be a capability such as NET_BIND_SERVICE, without CAP_, or ALL");
const user = wholeNumber(0, 2_147_483_647, "the number of a user or group");

const securityContext = z.strictObject({
  runAsUser: user.optional().describe("Default: that of the pod."),
  runAsGroup: user.optional().describe("Default: that of the pod."),
  runAsNonRoot: z.boolean().optional().describe("Default: true, as the pod has it."),
  readOnlyRootFilesystem: z.boolean().optional().describe("Default: true."),
  allowPrivilegeEscalation: z.boolean().optional().describe("Default: false."),
  privileged: z.boolean().optional().describe("Default: false."),
  capabilities: z
    .strictObject({
      add: z.array(capability).optional().describe("What it may beside those that are left."),
      drop: z.array(capability).optional().describe("What it may not."),
    })
    .optional()
    .describe("Default: none; all are dropped."),
});

const fields = {
  name: dnsLabel(63).describe("Its name, by which the tools show it. None of the program's own."),
  image: image.describe(
    "Its image, with a tag or a digest; `pod.imagePullSecrets` holds for it, too. `images pin` leaves it alone.",
  ),
  imagePullPolicy: z
    .enum(["Always", "IfNotPresent", "Never"])
    .optional()
    .describe("Default: Always for the tag latest, else IfNotPresent."),
  command: words(
    "Program in place of the image's entry point; `$(NAME)` stands for a variable of the container, `$$(NAME)` for the text.",
  ),
  args: words("Its arguments; the same holds."),
  workingDir: z.string().regex(/^\//, "must be an absolute path").optional().describe("Folder where it runs."),
  env: z
    .array(
      variable.refine(
        ({ name, value }) => value === undefined || !isSecretName(name) || isHarmless(value),
        "is a secret by its name, and a value is read by everybody who may look at the pod. Name a Secret: valueFrom.secretKeyRef",
      ),
    )
    .refine((items) => noneTwice(items.map(({ name }) => name)), "must have no name twice")
    .optional()
    .describe("Its variables."),
  envFrom: z.array(variableSource).optional().describe("ConfigMaps and Secrets whose keys become variables."),
  ports: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(portName, "must be up to 15 lower-case letters, digits and hyphens")
          .optional()
          .describe("Its name."),
        containerPort: port.describe("Where it listens; nothing of the program's own may."),
        protocol: z.enum(["TCP", "UDP", "SCTP"]).optional().describe("Default: TCP."),
      }),
    )
    .optional()
    .describe(
      "Where it listens. With network policies nobody but the pod itself reaches it, unless a policy of yours says so.",
    ),
  volumeMounts: mounts(
    "Name of the volume: of `pod.volumes`, or one of the program's own that hold no secret.",
  ).describe("Where it sees volumes."),
  resources: z
    .strictObject({
      requests: amounts.optional().describe("What a node must have left for it."),
      limits: amounts.optional().describe("What it gets at most."),
    })
    .optional()
    .describe("What it asks for, and gets at most."),
  securityContext: securityContext
    .optional()
    .describe(
      "What it may. What it does not say is as the standard `restricted` wants it, with a root file system that is read-only.",
    ),
};

const watched = {
  livenessProbe: probe.describe("It is started anew where this fails."),
  readinessProbe: probe.describe("The pod is not ready while this fails."),
  startupProbe: probe.describe("The others begin once this is well."),
  lifecycle: z
    .strictObject({ postStart: hook.describe("Beside its start."), preStop: hook.describe("Before its stop.") })
    .optional()
    .describe("Its hooks."),
};

/** Further containers and volumes of an app's own pod. */
export const furtherParts = {
  volumes: z
    .array(volume)
    .refine((items) => noneTwice(items.map(({ name }) => name)), "must have no name twice")
    .optional()
    .describe("Further volumes, as Kubernetes writes them. What is on a claim among them is in no backup."),
  volumeMounts: mounts("Name of the volume, one of `pod.volumes`.").describe(
    "Where the app's own container sees them.",
  ),
  initContainers: z
    .array(
      z
        .strictObject({
          ...fields,
          ...watched,
          restartPolicy: z
            .enum(["Always"])
            .optional()
            .describe("Always makes it a sidecar, which starts before the app and ends after it."),
        })
        .refine(
          (one) => one.restartPolicy === "Always" || Object.keys(watched).every((key) => !(key in one)),
          "must have no probes and no lifecycle without restartPolicy Always",
        ),
    )
    .optional()
    .describe("Further init containers. They run after the program's own, and before the app."),
  containers: z
    .array(z.strictObject({ ...fields, ...watched }))
    .optional()
    .describe("Further containers beside the app's own."),
};
