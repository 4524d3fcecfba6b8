import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { parse } from "yaml";
import { parseStackConfig } from "../../../../config/parse";
import { UserError } from "../../../../errors";
import {
  applyPodPresets,
  presetTemplate,
  selects,
  type PodPreset,
} from "../../../../platforms/kubernetes/pods/pod-presets";
import { collect } from "../../../../render/collect";
import { container, manifestsOf, object, podSpecs, type PodSpec } from "../../../support/kubernetes";
import { rejection } from "../../../support/rejection";

/** What the lab's author wrote, and what the admission controller of Kubernetes 1.19 made of it. */
const before = parse(`
metadata:
  name: website
  labels: { app: website, role: frontend }
spec:
  containers:
    - name: website
      image: nginx
      ports:
        - containerPort: 80
`) as Template;
const allowDatabase = parse(`
name: allow-database
selector:
  matchLabels: { role: frontend }
env:
  - name: DB_PORT
    value: "6379"
  - name: duplicate_key
    value: FROM_ENV
  - name: expansion
    value: $(REPLACE_ME)
envFrom:
  - configMapRef: { name: etcd-env-config }
volumeMounts:
  - mountPath: /cache
    name: cache-volume
  - mountPath: /etc/app/config.json
    readOnly: true
    name: secret-volume
volumes:
  - name: cache-volume
    emptyDir: {}
  - name: secret-volume
    secret: { secretName: config-details }
`) as PodPreset;
const after = parse(`
metadata:
  name: website
  labels: { app: website, role: frontend }
  annotations: { ghost-platform/pod-preset-allow-database: hash }
spec:
  containers:
    - name: website
      image: nginx
      volumeMounts:
        - mountPath: /cache
          name: cache-volume
        - mountPath: /etc/app/config.json
          readOnly: true
          name: secret-volume
      ports:
        - containerPort: 80
      env:
        - name: DB_PORT
          value: "6379"
        - name: duplicate_key
          value: FROM_ENV
        - name: expansion
          value: $(REPLACE_ME)
      envFrom:
        - configMapRef: { name: etcd-env-config }
  volumes:
    - name: cache-volume
      emptyDir: {}
    - name: secret-volume
      secret: { secretName: config-details }
`) as Template;

interface Template {
  metadata: { name?: string; labels: Record<string, string>; annotations?: Record<string, string> };
  spec: k8s.types.output.core.v1.PodSpec;
}

const mark = "ghost-platform/pod-preset-allow-database";
const frontend = { role: "frontend" };
const pod = (spec: Partial<k8s.types.input.core.v1.PodSpec> = {}): k8s.types.input.core.v1.PodTemplateSpec => ({
  metadata: { labels: frontend },
  spec: { containers: [{ name: "web", image: "nginx" }], ...spec },
});

describe("pod presets", () => {
  it("P3 make of the lab's pod what PodPreset made of it", () => {
    const result = presetTemplate(before, [allowDatabase], "Pod website") as Template;
    const annotations = result.metadata.annotations ?? {};
    expect(annotations[mark]).to.match(/^[0-9a-f]{10}$/);
    expect({ ...result, metadata: { ...result.metadata, annotations: { [mark]: "hash" } } }).to.deep.equal(after);
  });

  it("P3 leave other pods alone, and those that want none", () => {
    const other = { ...before, metadata: { labels: { role: "backend" } } };
    expect(presetTemplate(other, [allowDatabase], "Pod other")).to.equal(other);
    const without = {
      ...before,
      metadata: { labels: frontend, annotations: { "ghost-platform/without-pod-presets": "true" } },
    };
    expect(presetTemplate(without, [allowDatabase], "Pod without")).to.equal(without);
  });

  it("P3 select as Kubernetes does", () => {
    const labels = { role: "frontend", tier: "web" };
    const expression = (key: string, operator: "In" | "NotIn" | "Exists" | "DoesNotExist", ...values: string[]) =>
      selects({ matchExpressions: [{ key, operator, values }] }, labels);
    expect(selects({}, labels)).to.equal(true);
    expect(selects({ matchLabels: { role: "frontend", tier: "db" } }, labels)).to.equal(false);
    expect([
      expression("tier", "In", "web", "db"),
      expression("tier", "In", "db"),
      expression("app", "In", "web"),
    ]).to.deep.equal([true, false, false]);
    expect([expression("tier", "NotIn", "web"), expression("app", "NotIn", "web")]).to.deep.equal([false, true]);
    expect([expression("tier", "Exists"), expression("app", "Exists")]).to.deep.equal([true, false]);
    expect([expression("tier", "DoesNotExist"), expression("app", "DoesNotExist")]).to.deep.equal([false, true]);
  });

  it("P3 keep what the pod has in the same form, and its init containers get the same", () => {
    const template = pod({
      initContainers: [{ name: "install" }],
      containers: [
        {
          name: "web",
          env: [
            { name: "DB_PORT", value: "6379" },
            { name: "OWN", value: "1" },
          ],
        },
      ],
      volumes: [{ name: "cache-volume", emptyDir: {} }],
    });
    const { spec } = presetTemplate(template, [allowDatabase], "Deployment web") as Template;
    expect(spec.volumes.map(({ name }) => name)).to.deep.equal(["cache-volume", "secret-volume"]);
    expect(spec.containers[0]?.env.map(({ name }) => name)).to.deep.equal([
      "DB_PORT",
      "OWN",
      "duplicate_key",
      "expansion",
    ]);
    expect(spec.initContainers[0]?.volumeMounts.map(({ mountPath }) => mountPath)).to.deep.equal([
      "/cache",
      "/etc/app/config.json",
    ]);
  });

  it("P3 refuse every conflict at once, with both sides, and without the values", () => {
    const other: PodPreset = {
      name: "tracing",
      selector: {},
      env: [{ name: "expansion", value: "s3cret" }],
      volumeMounts: [{ name: "traces", mountPath: "/traces" }],
    };
    const template = pod({
      containers: [
        {
          name: "web",
          env: [{ name: "DB_PORT", value: "5432" }],
          volumeMounts: [{ name: "own", mountPath: "/cache/" }],
        },
      ],
      volumes: [
        { name: "own", emptyDir: {} },
        { name: "cache-volume", emptyDir: { medium: "Memory" } },
      ],
    });
    const attempt = () => presetTemplate(template, [allowDatabase, other], "Deployment web");
    expect(attempt)
      .to.throw(UserError)
      .with.property("message")
      .that.equals(
        [
          "Pod presets cannot be applied to Deployment web:",
          "  - container web, env DB_PORT: the container itself and pod preset allow-database differ in it. Keep one of the two, or give one another name",
          "  - container web, env expansion: pod preset allow-database and pod preset tracing differ in it. Keep one of the two, or give one another name",
          "  - container web, mount path /cache: the container itself and pod preset allow-database differ in it. Keep one of the two, or give one another name",
          "  - volume cache-volume: the pod itself and pod preset allow-database differ in it. Keep one of the two, or give one another name",
          "  - pod preset tracing mounts volume traces, which neither the pod nor a preset has",
        ].join("\n"),
      );
  });
});

describe("pod presets of a program", () => {
  const unused = parseStackConfig({ platform: "swarm", sites: { none: { url: "http://localhost:1" } } });
  const declared = async (program: () => void) => {
    const { resources } = await collect(unused, "presets", undefined, () => {
      program();
      return {};
    });
    return resources;
  };
  const template = { metadata: { labels: frontend }, spec: { containers: [{ name: "web", image: "nginx" }] } };
  const selector = { matchLabels: frontend };

  it("P3 reach every kind that makes pods, also inside components", async () => {
    const resources = await declared(() => {
      applyPodPresets([allowDatabase]);
      const component = new pulumi.ComponentResource("test:index:Component", "component");
      const inside = { parent: component };
      new k8s.apps.v1.Deployment("deployment", { spec: { selector, template } }, inside);
      new k8s.apps.v1.StatefulSet("set", { spec: { selector, template, serviceName: "set" } }, inside);
      new k8s.apps.v1.DaemonSet("daemons", { spec: { selector, template } }, inside);
      new k8s.batch.v1.Job("job", { spec: { template } }, inside);
      new k8s.batch.v1.CronJob("cron", { spec: { schedule: "@daily", jobTemplate: { spec: { template } } } }, inside);
      new k8s.core.v1.Pod("pod", template, inside);
      new k8s.core.v1.ConfigMap("map", { metadata: { labels: frontend }, data: { a: "1" } }, inside);
    });
    const injected = resources.filter(({ inputs }) => JSON.stringify(inputs).includes('"name":"DB_PORT"'));
    expect(injected.map(({ name }) => name)).to.have.members(["deployment", "set", "daemons", "job", "cron", "pod"]);
    expect(injected.every(({ inputs }) => JSON.stringify(inputs).includes(mark))).to.equal(true);
  });

  it("P3 compare what is known only later, then", async () => {
    const later = <Value>(value: Value) => pulumi.output(Promise.resolve(value));
    const [deployment] = await declared(() => {
      applyPodPresets([allowDatabase]);
      const env = later([{ name: later("DB_PORT"), value: later("6379") }]);
      const labels = { role: later("frontend") };
      const containers = later([{ name: "web", env, volumeMounts: [later({ name: "data", mountPath: "/data" })] }]);
      new k8s.apps.v1.Deployment("web", {
        spec: later({
          selector,
          template: { metadata: { labels }, spec: { containers, volumes: [later({ name: "data" })] } },
        }),
      });
    });
    const inputs = deployment?.inputs as { spec: { template: Template } } | undefined;
    const { spec } = inputs?.spec.template ?? expect.fail("there is no Deployment");
    expect(spec.containers[0]?.env.map(({ name }) => name)).to.deep.equal(["DB_PORT", "duplicate_key", "expansion"]);
    expect(spec.volumes.map(({ name }) => name)).to.deep.equal(["data", "cache-volume", "secret-volume"]);

    const refused = await rejection(
      declared(() => {
        applyPodPresets([allowDatabase]);
        const containers = [{ name: "web", env: [{ name: "DB_PORT", value: later("5432") }] }];
        new k8s.apps.v1.Deployment("web", { spec: { selector, template: { ...template, spec: { containers } } } });
      }),
    );
    expect(refused.message).to.contain(
      "container web, env DB_PORT: the container itself and pod preset allow-database",
    );
  });

  it("P3 know the volumes that a StatefulSet makes", async () => {
    const data: PodPreset = { name: "data", selector: {}, volumeMounts: [{ name: "data", mountPath: "/data" }] };
    const set = (claims: string[]) =>
      declared(() => {
        applyPodPresets([data]);
        const volumeClaimTemplates = claims.map((name) => ({ metadata: { name } }));
        new k8s.apps.v1.StatefulSet("set", { spec: { selector, template, serviceName: "set", volumeClaimTemplates } });
      });
    expect(await set(["data"])).to.have.length(1);
    expect((await rejection(set(["logs"]))).message).to.contain("pod preset data mounts volume data, which neither");
  });
});

describe("pod presets of a stack", () => {
  const certificates = {
    name: "company-certificates",
    selector: { matchLabels: { "app.kubernetes.io/name": "ghost" } },
    env: [{ name: "NODE_EXTRA_CA_CERTS", value: "/certificates/ca.crt" }],
    volumes: [{ name: "certificates", configMap: { name: "company-certificates" } }],
    volumeMounts: [{ name: "certificates", mountPath: "/certificates", readOnly: true }],
  };

  it("P3 A4 stand in the pods that the stack renders", async () => {
    const manifests = await manifestsOf({ kubernetes: { podPresets: [certificates] } });
    const { "ghost-blog": ghost, mysql } = podSpecs(manifests);
    expect(container(ghost as PodSpec, "ghost").env).to.deep.include(certificates.env[0]);
    expect(container(ghost as PodSpec, "log-forwarder").volumeMounts).to.deep.include(certificates.volumeMounts[0]);
    expect(JSON.stringify(mysql)).to.not.contain("certificates");
    const { template } = object(manifests, "Deployment", "ghost-blog")["spec"] as { template: Template };
    expect(template.metadata.annotations).to.have.any.keys("ghost-platform/pod-preset-company-certificates");
  });

  it("P3 A3 are refused where they contradict a component", async () => {
    const preset = { ...certificates, env: [{ name: "url", value: "http://elsewhere.test" }] };
    const error = await rejection(manifestsOf({ kubernetes: { podPresets: [preset] } }));
    expect(error).to.be.instanceOf(UserError);
    expect(error.message).to.contain("Pod presets cannot be applied to Deployment ghost-blog");
    expect(error.message).to.contain(
      "container ghost, env url: the container itself and pod preset company-certificates differ in it",
    );
  });

  it("P3 A3 are refused with the key of each mistake", () => {
    const parsed = (...podPresets: unknown[]) =>
      parseStackConfig({
        platform: "kubernetes",
        kubernetes: { context: "test", podPresets },
        sites: { blog: { url: "http://blog.test" } },
      });
    const mistakes = (preset: object) => {
      try {
        parsed({ ...certificates, ...preset });
      } catch (error) {
        return (error as UserError).message;
      }
      throw new Error("accepted");
    };
    expect(mistakes({ envs: [] })).to.contain(
      "kubernetes.podPresets.0.envs: unknown key. Did you mean env? Allowed here: name, selector, env",
    );
    expect(mistakes({ env: [{ name: "A", value: 1 }] })).to.contain(
      "kubernetes.podPresets.0.env.0.value: must be text (got the number 1)",
    );
    expect(
      mistakes({ env: [{ name: "A", value: "1", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }] }),
    ).to.contain("value and valueFrom exclude each other");
    expect(mistakes({ envFrom: [{}] })).to.contain("must have one of configMapRef and secretRef");
    expect(() => parsed(certificates, certificates)).to.throw("two are named company-certificates");
  });
});
