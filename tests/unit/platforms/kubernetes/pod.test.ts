import { expect } from "chai";
import type { RawConfig } from "../../../../config/files/machine";
import { parseStackConfig } from "../../../../config/parse";
import { UserError } from "../../../../errors";
import { container, manifestsOf, object, podSpecs } from "../../../support/kubernetes";

const own = {
  labels: { "example.com/team": "press" },
  annotations: { "example.com/on-call": "ada & bob" },
  nodeSelector: { disk: "ssd" },
  tolerations: [{ key: "dedicated", operator: "Equal", value: "press", effect: "NoSchedule" }],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: "kubernetes.io/arch", operator: "In", values: ["amd64"] }] }],
      },
    },
  },
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule" },
  ],
  imagePullSecrets: ["registry"],
  serviceAccountName: "press",
  resources: { requests: { cpu: "250m", memory: "300Mi" }, limits: { cpu: "2" } },
};
const sites = (pod: object) => ({ blog: { url: "http://blog.test", pod } });
const parsed = (raw: RawConfig) =>
  parseStackConfig({ platform: "kubernetes", kubernetes: { context: "c" }, sites: sites({}), ...raw });

describe("K1 what is said of pods", () => {
  for (const topology of ["single", "replicated", "group"]) {
    it(`reaches those of every app, with a ${topology} database`, async () => {
      const manifests = await manifestsOf({
        mysql: { topology, pod: own },
        mailpit: { memory: "512Mi", pod: own },
        sites: sites(own),
      });
      for (const [kind, name, main] of [
        ["StatefulSet", "mysql", "mysql"],
        ["Deployment", "mailpit", "mailpit"],
        ["Deployment", "ghost-blog", "ghost"],
      ] as const) {
        const { spec } = object(manifests, kind, name) as unknown as {
          spec: { selector: { matchLabels: object }; template: { metadata: { labels: object; annotations: object } } };
        };
        expect(spec.template.metadata.labels, name).to.include({ ...own.labels, "app.kubernetes.io/instance": name });
        expect(spec.template.metadata.annotations, name).to.include(own.annotations);
        expect(spec.selector.matchLabels, name).to.not.have.any.keys(Object.keys(own.labels));
        const pod = podSpecs(manifests)[name];
        expect(pod, name).to.deep.include({
          nodeSelector: own.nodeSelector,
          tolerations: own.tolerations,
          affinity: own.affinity,
          imagePullSecrets: [{ name: "registry" }],
          serviceAccountName: "press",
          automountServiceAccountToken: false,
        });
        expect(pod?.topologySpreadConstraints[0]).to.deep.include({
          topologyKey: "topology.kubernetes.io/zone",
          labelSelector: {
            matchLabels: { "app.kubernetes.io/name": name.replace("-blog", ""), "app.kubernetes.io/instance": name },
          },
        });
        const { limits, requests } = container(pod as NonNullable<typeof pod>, main).resources;
        expect(requests, name).to.deep.equal(own.resources.requests);
        expect(limits?.["cpu"], name).to.equal("2");
      }
    });
  }

  it("holds for what gets an image before its pod is replaced, too", async () => {
    const manifests = await manifestsOf({ sites: sites(own) });
    const job = manifests.find(({ kind }) => kind === "Job") as unknown as { spec: { template: { spec: object } } };
    expect(job.spec.template.spec).to.deep.include({
      nodeSelector: own.nodeSelector,
      tolerations: own.tolerations,
      imagePullSecrets: [{ name: "registry" }],
      serviceAccountName: "press",
    });
  });

  it("leaves the members of a set on several nodes where there are some, unless it says otherwise", async () => {
    const { mysql } = podSpecs(await manifestsOf({ mysql: { topology: "replicated" } }));
    expect(mysql?.topologySpreadConstraints).to.deep.equal([
      {
        maxSkew: 1,
        topologyKey: "kubernetes.io/hostname",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: {
          matchLabels: { "app.kubernetes.io/name": "mysql", "app.kubernetes.io/instance": "mysql" },
        },
      },
    ]);
  });

  it("asks for no more than a container may have, whichever was said", async () => {
    const limits = { cpu: "10m" };
    const { mailpit } = podSpecs(await manifestsOf({ mailpit: { memory: "32Mi", pod: { resources: { limits } } } }));
    expect(container(mailpit as NonNullable<typeof mailpit>, "mailpit").resources).to.deep.equal({
      requests: { cpu: "10m", memory: "32Mi" },
      limits: { cpu: "10m", memory: "32Mi" },
    });
  });

  const pod = "sites.blog.pod";
  for (const [what, said, words] of [
    [
      "a label of the program's own",
      { labels: { "app.kubernetes.io/name": "x" } },
      `${pod}.labels.app.kubernetes.io/name: bad name: it must not be of app.kubernetes.io/`,
    ],
    [
      "an annotation of the program's own",
      { annotations: { "ghost-platform/configuration": "x" } },
      `${pod}.annotations.ghost-platform/configuration`,
    ],
    [
      "a toleration of every taint that nobody meant",
      { tolerations: [{ effect: "NoSchedule" }] },
      `${pod}.tolerations.0: must have a key, or the operator Exists`,
    ],
    [
      "a value that no operator reads",
      { tolerations: [{ key: "a", operator: "Exists", value: "b" }] },
      "must have no value with the operator Exists",
    ],
    [
      "a time for an effect that has none",
      { tolerations: [{ key: "a", effect: "NoSchedule", tolerationSeconds: 5 }] },
      "the effect NoExecute",
    ],
    [
      "a term that matches no node",
      { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{}] } } } },
      "a term without either matches no node",
    ],
    [
      "a number that no label can be",
      {
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 1, preference: { matchExpressions: [{ key: "cores", operator: "Lt", values: ["-1"] }] } },
            ],
          },
        },
      },
      "preference.matchExpressions.0.values.0: must be the value of a label",
    ],
    ["a Secret twice", { imagePullSecrets: ["a", "a"] }, `${pod}.imagePullSecrets: must have no Secret twice`],
    [
      "one place twice",
      { topologySpreadConstraints: [0, 1].map(() => own.topologySpreadConstraints[0]) },
      `${pod}.topologySpreadConstraints: must have one entry at most for a topologyKey`,
    ],
    [
      "a memory limit in two places",
      { resources: { limits: { memory: "1Gi" } } },
      `${pod}.resources.limits.memory: unknown key`,
    ],
    [
      "more memory asked for than there may be",
      { resources: { requests: { memory: "1Gi" } } },
      `${pod}.resources.requests.memory: 1Gi is more than the limit, sites.blog.memory (512Mi)`,
    ],
    [
      "more processor time asked for than there may be",
      { resources: { requests: { cpu: "1.5" }, limits: { cpu: "500m" } } },
      `${pod}.resources.requests.cpu: 1.5 is more than the limit, ${pod}.resources.limits.cpu (500m)`,
    ],
    [
      "no processor time at all",
      { resources: { limits: { cpu: "0" } } },
      `${pod}.resources.limits.cpu: must be an amount of processor time`,
    ],
  ] as const) {
    it(`A3 is refused for ${what}`, () => {
      expect(() => parsed({ sites: sites(said) })).to.throw(UserError, words);
    });
  }

  it("A3 is refused on Swarm", () => {
    const swarm = {
      platform: "swarm",
      kubernetes: undefined,
      sites: { blog: { url: "http://localhost:2368", pod: {} } },
    };
    expect(() => parsed(swarm)).to.throw(UserError, "sites.blog.pod: only for platform kubernetes");
  });
});
