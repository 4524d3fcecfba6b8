import { z } from "zod";
import { isQualifiedName, labelValue, objectName, qualifiedName } from "../values/names";
import { only } from "./only";
import { furtherParts } from "./pod-containers";
import { labelSelector } from "./pod-preset";
import { cpu, noneTwice, quantity, wholeNumber } from "./values";

const labelKey = qualifiedName("the key of a label");

/** What this program says of its pods itself, and finds them by. */
const own = /^(app\.kubernetes\.io|ghost-platform)\//;

const ofOthers = (what: string) =>
  z
    .string()
    .refine(isQualifiedName, {
      error: `must be ${what} such as example.com/name: up to 63 letters, digits, hyphens, underscores and dots, with a domain and a slash before them or not`,
      abort: true,
    })
    .refine(
      (key) => !own.test(key),
      "must not be of app.kubernetes.io/ or ghost-platform/: those are this program's own",
    );

const requirement = z
  .strictObject({
    key: labelKey.describe("A label of a node."),
    operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]).describe("What must hold for it."),
    values: z.array(labelValue).optional().describe("For all operators but `Exists` and `DoesNotExist`."),
  })
  .refine(
    ({ operator, values = [] }) =>
      operator === "Exists" || operator === "DoesNotExist"
        ? values.length === 0
        : operator === "Gt" || operator === "Lt"
          ? values.length === 1 && /^\d{1,18}$/.test(values[0] ?? "")
          : values.length > 0,
    "must have values with the operators In and NotIn, one whole number from 0 on with Gt and Lt, and none with Exists and DoesNotExist",
  );

const field = z.strictObject({
  key: z.literal("metadata.name", "must be metadata.name").describe("A field of a node: its name."),
  operator: z.enum(["In", "NotIn"]).describe("Whether it is that."),
  values: z.array(objectName("a node")).length(1, "must have one name").describe("The name of one node."),
});

const nodes = z
  .strictObject({
    matchExpressions: z
      .array(requirement)
      .optional()
      .describe("Conditions on labels of the node, all of which must hold."),
    matchFields: z.array(field).optional().describe("Conditions on fields of the node."),
  })
  .refine(
    ({ matchExpressions = [], matchFields = [] }) => matchExpressions.length + matchFields.length > 0,
    "must have matchExpressions or matchFields: a term without either matches no node",
  );

const weight = wholeNumber(1, 100, "from a hint to a strong wish").describe("How much it counts.");

const otherPods = z.strictObject({
  labelSelector: labelSelector.optional().describe("The other pods. Absent: none."),
  topologyKey: labelKey.describe(
    "Label of the nodes that says what counts as one place: `kubernetes.io/hostname`, `topology.kubernetes.io/zone`.",
  ),
});

const pods = z
  .strictObject({
    requiredDuringSchedulingIgnoredDuringExecution: z.array(otherPods).optional().describe("What must hold."),
    preferredDuringSchedulingIgnoredDuringExecution: z
      .array(z.strictObject({ weight, podAffinityTerm: otherPods.describe("The other pods.") }))
      .optional()
      .describe("What is better, if it can be had."),
  })
  .optional();

const placement = {
  labels: z.record(ofOthers("the key of a label"), labelValue).optional().describe("Labels beside the program's own."),
  annotations: z
    .record(ofOthers("the key of an annotation"), z.string())
    .optional()
    .describe("Annotations beside the program's own."),
  nodeSelector: z.record(labelKey, labelValue).optional().describe("Labels that a node must have."),
  tolerations: z
    .array(
      z
        .strictObject({
          key: labelKey.optional().describe("The taint. Absent: every taint, with the operator Exists."),
          operator: z.enum(["Equal", "Exists"]).optional().describe("Default: Equal."),
          value: labelValue.optional().describe("The taint's value."),
          effect: z
            .enum(["NoSchedule", "PreferNoSchedule", "NoExecute"])
            .optional()
            .describe("The taint's effect. Absent: each."),
          tolerationSeconds: wholeNumber(0, 31_536_000, "seconds, up to a year")
            .optional()
            .describe("How long a taint NoExecute is borne. Absent: for ever."),
        })
        .refine(
          ({ key, operator }) => key !== undefined || operator === "Exists",
          "must have a key, or the operator Exists, which then bears every taint",
        )
        .refine(
          ({ operator, value }) => operator !== "Exists" || value === undefined,
          "must have no value with the operator Exists",
        )
        .refine(
          ({ effect, tolerationSeconds }) => tolerationSeconds === undefined || effect === "NoExecute",
          "must have the effect NoExecute with tolerationSeconds",
        ),
    )
    .optional()
    .describe("Taints of nodes on which the pods may run all the same."),
  affinity: z
    .strictObject({
      nodeAffinity: z
        .strictObject({
          requiredDuringSchedulingIgnoredDuringExecution: z
            .strictObject({
              nodeSelectorTerms: z.array(nodes).min(1, "must have a term").describe("Of these one must hold."),
            })
            .optional()
            .describe("What must hold."),
          preferredDuringSchedulingIgnoredDuringExecution: z
            .array(z.strictObject({ weight, preference: nodes.describe("The nodes.") }))
            .optional()
            .describe("What is better, if it can be had."),
        })
        .optional()
        .describe("On which nodes."),
      podAffinity: pods.describe("Near which other pods of the namespace."),
      podAntiAffinity: pods.describe("Away from which other pods of the namespace."),
    })
    .optional()
    .describe("Where the pods may run, or had better."),
  topologySpreadConstraints: z
    .array(
      z.strictObject({
        maxSkew: wholeNumber(1, 100, "pods by which two places may differ").describe("How uneven it may be."),
        topologyKey: labelKey.describe("Label of the nodes that says what counts as one place."),
        whenUnsatisfiable: z.enum(["DoNotSchedule", "ScheduleAnyway"]).describe("What happens where it cannot be."),
        labelSelector: labelSelector.optional().describe("Pods that are counted. Default: the app's own."),
      }),
    )
    .refine(
      (constraints) => noneTwice(constraints.map((one) => `${one.topologyKey} ${one.whenUnsatisfiable}`)),
      "must have one entry at most for a topologyKey and a whenUnsatisfiable",
    )
    .optional()
    .describe("How the pods spread over places; for a replicated database."),
  imagePullSecrets: z
    .array(objectName("a Secret"))
    .refine(noneTwice, "must have no Secret twice")
    .optional()
    .describe("Secrets of the namespace with logins to registries. The namespace has to have them before."),
  serviceAccountName: objectName("a ServiceAccount")
    .optional()
    .describe("ServiceAccount of the namespace. Its token is not mounted. Default: the namespace's own."),
  resources: z
    .strictObject({
      requests: z
        .strictObject({
          cpu: cpu.optional().describe("Processor time that a node must have left."),
          memory: quantity("memory", "1Mi", "it is what the node must have left")
            .optional()
            .describe("Memory that a node must have left."),
        })
        .optional()
        .describe("What a node must have left for the app's container."),
      limits: z
        .strictObject({ cpu: cpu.optional().describe("Processor time that it gets at most. Default: no limit.") })
        .optional()
        .describe("What the container gets at most. Its memory is `memory` beside `pod`."),
    })
    .optional()
    .describe("Of the app's own container."),
};

const described = <Shape extends z.core.$ZodShape>(shape: Shape) =>
  only(
    "kubernetes",
    z.strictObject(shape).optional().describe("What else is said of the pods, in Kubernetes' own words."),
  );

/** What a person says of the pods of an app, in Kubernetes' own words: where they run, and what they are called. */
export const podPlacement = described(placement);

/** The same, and what is added to the app's own pod. */
export const pod = described({ ...placement, ...furtherParts });
