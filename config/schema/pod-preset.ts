import { z } from "zod";
import { dataKey, dnsLabel, labelValue, objectName, qualifiedName } from "../values/names";

const name = objectName;
const optional = z.boolean().optional().describe("Whether pods start without it, too. Default: they wait for it.");

const key = (what: string) =>
  z.strictObject({
    name: name(what).describe(`Name of ${what} in the stack's namespace.`),
    key: dataKey.describe("Its key."),
    optional,
  });

const reference = (what: string) =>
  z.strictObject({ name: name(what).describe(`Name of ${what} in the stack's namespace.`), optional });

/** A variable of a container. */
export const variable = z
  .strictObject({
    name: z
      .string()
      .regex(/^[-._a-zA-Z][-._a-zA-Z0-9]*$/, "must be the name of a variable")
      .describe("Name of the variable."),
    value: z
      .string()
      .optional()
      .describe(
        "Its value, in plain text, as Kubernetes reads it: `$(NAME)` stands for another variable of the container, `$$(NAME)` for the text `$(NAME)`. A secret comes from `valueFrom`.",
      ),
    valueFrom: z
      .strictObject({
        secretKeyRef: key("a Secret").optional().describe("A key of a Secret."),
        configMapKeyRef: key("a ConfigMap").optional().describe("A key of a ConfigMap."),
        fieldRef: z
          .strictObject({
            fieldPath: z
              .string()
              .regex(
                /^(metadata\.(name|namespace|uid|(labels|annotations)\['[^']+'\])|spec\.(nodeName|serviceAccountName)|status\.(hostIPs?|podIPs?))$/,
                "must be a field of the pod such as metadata.name, metadata.labels['NAME'], spec.nodeName or status.podIP",
              )
              .describe("Such as `metadata.name`."),
          })
          .optional()
          .describe("A field of the pod."),
      })
      .refine(
        (source) => Object.keys(source).length === 1,
        "must have one of secretKeyRef, configMapKeyRef and fieldRef",
      )
      .optional()
      .describe("Where the value comes from."),
  })
  .refine(
    ({ value, valueFrom }) => value === undefined || valueFrom === undefined,
    "value and valueFrom exclude each other",
  );

/** Variables of a container, all keys of an object. */
export const variableSource = z
  .strictObject({
    prefix: z.string().min(1).optional().describe("Put before each name."),
    configMapRef: reference("a ConfigMap").optional().describe("A ConfigMap whose keys become variables."),
    secretRef: reference("a Secret").optional().describe("A Secret whose keys become variables."),
  })
  .refine(
    ({ configMapRef, secretRef }) => (configMapRef === undefined) !== (secretRef === undefined),
    "must have one of configMapRef and secretRef",
  );

/** Pods, by their labels. */
export const labelSelector = z.strictObject({
  matchLabels: z
    .record(qualifiedName("the key of a label"), labelValue)
    .optional()
    .describe("Labels that a pod must have."),
  matchExpressions: z
    .array(
      z
        .strictObject({
          key: qualifiedName("the key of a label").describe("A label."),
          operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]).describe("What must hold for it."),
          values: z.array(labelValue).optional().describe("For `In` and `NotIn`."),
        })
        .refine(
          ({ operator, values = [] }) => (operator === "In" || operator === "NotIn") === values.length > 0,
          "must have values with the operators In and NotIn, and none with Exists and DoesNotExist",
        ),
    )
    .optional()
    .describe("Conditions that a pod's labels must meet."),
});

/** A volume of a pod; where it comes from is as Kubernetes writes it. */
export const volume = z.looseObject({ name: dnsLabel(63).describe("Name of the volume.") });

/** @param whose documents the name */
export const volumeMount = (whose: string) =>
  z.strictObject({
    name: dnsLabel(63).describe(whose),
    mountPath: z
      .string()
      .regex(/^\/[^:\p{Cc}]*$/u, "must be an absolute path in the container, without a colon")
      .describe("Where the containers see it."),
    readOnly: z.boolean().optional().describe("Whether they may only read it."),
    subPath: z
      .string()
      .regex(/^(?!\/)(?!(.*\/)?\.\.(\/|$))./, 'must be a relative path without ".." in it')
      .optional()
      .describe("A part of the volume."),
  });

/** A preset as a stack file writes it. */
export const podPreset = z.strictObject({
  name: dnsLabel(40).describe(
    "Names it in messages and in the annotation `ghost-platform/pod-preset-<name>` of the pods.",
  ),
  selector: labelSelector.describe(
    "Pods that get it, by their labels; all that is named must hold. An empty selector takes every pod.",
  ),
  env: z.array(variable).optional().describe("Variables of every container."),
  envFrom: z
    .array(variableSource)
    .optional()
    .describe("ConfigMaps and Secrets whose keys become variables. A container's own variables win."),
  volumes: z.array(volume).optional().describe("Volumes of the pod, as Kubernetes writes them."),
  volumeMounts: z
    .array(volumeMount("Name of the volume: of this preset, or of the pod."))
    .optional()
    .describe("Where every container sees volumes."),
});
