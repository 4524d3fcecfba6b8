import { expect } from "chai";
import { keptClaims, ownClaims } from "../../../../backup/kubernetes/kept";
import type { Workload } from "../../../../backup/kubernetes/objects";
import type { RawConfig } from "../../../../config/files/machine";
import { ownPods } from "../../../../config/kubernetes/own-pods";
import { parseStackConfig } from "../../../../config/parse";
import { UserError } from "../../../../errors";
import { podTemplate } from "../../../../platforms/kubernetes/pods/pod";
import { container, manifestsOf, object, podSpecs, type PodSpec } from "../../../support/kubernetes";

const odd = 'ä ß 日本 $(NOT) $$(NOT) $HOME {{x}} "q" \\ on: yes';
const image = "registry.test/tools/own:1.2";
const parts = {
  volumes: [
    { name: "further", emptyDir: { sizeLimit: "8Mi" } },
    { name: "cache", persistentVolumeClaim: { claimName: "their-cache" } },
  ],
  volumeMounts: [{ name: "further", mountPath: "/further", readOnly: true }],
  initContainers: [
    { name: "before", image, command: ["sh", "-c", odd], volumeMounts: [{ name: "further", mountPath: "/further" }] },
  ],
  containers: [
    {
      name: "beside",
      image,
      args: [odd],
      env: [
        { name: "GREETING", value: odd },
        { name: "API_TOKEN", valueFrom: { secretKeyRef: { name: "theirs", key: "token" } } },
      ],
      volumeMounts: [{ name: "cache", mountPath: "/cache" }],
      securityContext: { runAsUser: 4711 },
    },
  ],
};
const everywhere: RawConfig = {
  sites: { blog: { pod: parts } },
  mysql: { pod: parts },
  mailpit: { pod: parts },
};
const mains = { "ghost-blog": "ghost", mysql: "mysql", mailpit: "mailpit" };

describe("K1 what is added to a pod", () => {
  for (const topology of ["single", "replicated", "group"]) {
    it(`is in that of every app, behind what it has, with a ${topology} database`, async () => {
      const pods = podSpecs(await manifestsOf({ ...everywhere, mysql: { topology, pod: parts } }));
      for (const [name, main] of Object.entries(mains)) {
        const pod = pods[name] as PodSpec;
        expect(
          pod.containers.map((one) => one.name),
          name,
        ).to.deep.equal([main, "beside"]);
        expect(pod.initContainers?.at(-1)?.name, name).to.equal("before");
        expect(container(pod, main).volumeMounts, name).to.deep.include(parts.volumeMounts[0]);
        expect(pod.volumes, name).to.deep.include.members(parts.volumes);
        expect(container(pod, "beside").securityContext, name).to.deep.equal({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
          runAsUser: 4711,
        });
        // As it was written, whatever signs are in it.
        expect(container(pod, "before").command, name).to.deep.equal(["sh", "-c", odd]);
        expect(container(pod, "beside").env, name).to.deep.equal(parts.containers[0]?.env);
      }
      const helpers = Object.entries(pods).filter(([name]) => !(name in mains));
      expect(JSON.stringify(helpers)).to.not.contain('"beside"').and.not.contain('"further"');
    });
  }

  it("is nothing that gets its image before the pod is replaced: it may have no program `true`", async () => {
    const jobs = (await manifestsOf(everywhere)).filter(({ kind }) => kind === "Job");
    expect(JSON.stringify(jobs)).to.contain("/ghost:").and.not.contain(image);
  });

  it("B1 is no part of a backup: neither its claims nor its containers are taken for the app's", async () => {
    const manifests = await manifestsOf({
      sites: { blog: { pod: { ...parts, containers: [{ ...parts.containers[0], volumeMounts: both }] } } },
    });
    const workload = object(manifests, "Deployment", "ghost-blog") as unknown as Workload;
    const own = ownClaims(workload, "ghost-blog-x");
    expect(own.map(({ claim, container: { name } }) => `${claim} ${name}`)).to.deep.equal(["ghost-blog-content ghost"]);
    const pod = {
      kind: "Pod" as const,
      metadata: { name: "ghost-blog-x", labels: workload.spec.selector.matchLabels ?? {} },
      spec: { ...workload.spec.template.spec, nodeName: "node1" },
      status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
    };
    const claim = { kind: "PersistentVolumeClaim" as const, metadata: { name: "ghost-blog-content" }, spec: {} };
    const kept = keptClaims([workload], [pod], [claim]);
    expect([kept.missing, kept.unused, kept.claims.length]).to.deep.equal([[], [], 1]);
    // The person is told.
    expect(kept.added).to.deep.equal(["their-cache"]);
  });

  it("A5 keeps a namespace in which its claims are", async () => {
    const { metadata } = object(await manifestsOf(everywhere), "Namespace", "ghost-test");
    expect(metadata["annotations"]).to.deep.equal({ "ghost-platform/claims-of-others": "true" });
  });

  const own = (name: string) => ({
    sites: {
      blog: { owner: { name: "A", email: "a@example.com" }, secretSettings: { a__b: { secretName: "s", key: "k" } } },
    },
    mysql: { topology: name },
    kubernetes: { podSecurity: "baseline" },
    mailRelay: undefined,
  });
  for (const topology of ["single", "replicated", "group"]) {
    it(`A3 is compared with all that the pods of a stack with a ${topology} database have`, async () => {
      const permissions = { storage: { volumePermissions: true } };
      const raw = own(topology);
      const pods = podSpecs(
        await manifestsOf({
          ...raw,
          sites: { blog: { ...raw.sites.blog, ...permissions, logForwarder: { url: "http://logs.test" } } },
          mysql: { ...raw.mysql, ...permissions, existingSecret: { name: "theirs", keys: { root: "root" } } },
          mailpit: permissions,
        }),
      );
      for (const [app, name] of [
        ["ghost", "ghost-blog"],
        ["mysql", "mysql"],
        ["mailpit", "mailpit"],
      ] as const) {
        const pod = pods[name] as PodSpec;
        const known = ownPods[app];
        const all = [...(pod.initContainers ?? []), ...pod.containers];
        expect(known.containers, name).to.include.members(all.map((one) => one.name));
        expect([...known.shared, ...known.volumes], name).to.include.members(pod.volumes.map((volume) => volume.name));
        expect(known.mountPaths, name).to.include.members(
          pod.containers[0]?.volumeMounts.map((mount) => mount.mountPath) ?? [],
        );
        const ports = pod.containers.flatMap((one) => one.ports ?? []);
        expect(known.ports, name).to.include.members(ports.map(({ containerPort }) => containerPort));
        expect(known.portNames, name).to.include.members(ports.map((port) => port.name));
      }
    });
  }

  it("A3 is refused by a component in the same way, for programs of somebody else's", () => {
    const spec = {
      containers: [{ name: "main", volumeMounts: [{ name: "a", mountPath: "/a" }] }],
      volumes: [{ name: "a" }],
    };
    const template = () =>
      podTemplate({}, 1, "", spec, {
        containers: [{ name: "main" }],
        initContainers: [{ name: "x" }, { name: "x" }],
        volumes: [{ name: "a" }],
        volumeMounts: [{ name: "a", mountPath: "/a" }],
      });
    for (const line of [
      "pod.containers: main is",
      "pod.containers: x is",
      "pod.volumes: a is",
      "pod.volumeMounts: /a is",
    ]) {
      expect(template).to.throw(UserError, line);
    }
  });

  const one = (more: object) => ({ containers: [{ name: "beside", image, ...more }] });
  const at = "sites.blog.pod";
  for (const [what, pod, words] of [
    [
      "the app's own name",
      one({ name: "ghost" }),
      `${at}.containers.0.name: ghost is a container of the program's own`,
    ],
    [
      "one name twice",
      { ...one({}), initContainers: [{ name: "beside", image }] },
      `${at}.containers.0.name: another one is called beside`,
    ],
    [
      "a volume of the program's own",
      { volumes: [{ name: "content", emptyDir: {} }] },
      `${at}.volumes.0.name: content is a volume`,
    ],
    [
      "an image without a tag",
      one({ image: "own" }),
      `${at}.containers.0.image: must name an image with a tag or a digest`,
    ],
    [
      "a secret in plain text",
      one({ env: [{ name: "SMTP_PASSWORD", value: "hunter2" }] }),
      `${at}.containers.0.env.0: is a secret by its name`,
    ],
    [
      "a volume that is not there",
      one({ volumeMounts: [{ name: "nothing", mountPath: "/x" }] }),
      `${at}.containers.0.volumeMounts.0.name: there is no nothing among ${at}.volumes`,
    ],
    [
      "a volume with secrets of the program's own",
      one({ volumeMounts: [{ name: "database-password", mountPath: "/x" }] }),
      "of the pod's own there are content, ghost-logs, tmp",
    ],
    [
      "a place of the app's",
      { volumes: [{ name: "x", emptyDir: {} }], volumeMounts: [{ name: "x", mountPath: "/var/log/ghost/" }] },
      `${at}.volumeMounts.0.mountPath: the app has files of its own at /var/log/ghost/`,
    ],
    [
      "the app's port",
      one({ ports: [{ containerPort: 2368 }] }),
      `${at}.containers.0.ports.0.containerPort: the app listens at 2368`,
    ],
    [
      "a right that the namespace does not admit",
      one({ securityContext: { runAsUser: 0 } }),
      `${at}.containers.0.securityContext.runAsUser: refused by the standard restricted`,
    ],
    ["a key that Kubernetes does not have", one({ comand: ["x"] }), `${at}.containers.0.comand: unknown key`],
    [
      "a directory of a node",
      { volumes: [{ name: "x", hostPath: { path: "/srv/x" } }] },
      `${at}.volumes.0.hostPath: refused by the standard restricted`,
    ],
    [
      "more asked for than there may be",
      one({ resources: { requests: { memory: "2Gi" }, limits: { memory: "1Gi" } } }),
      `${at}.containers.0.resources.requests.memory: 2Gi is more than the limit (1Gi)`,
    ],
    [
      "a probe of what ends before it is asked",
      { initContainers: [{ name: "x", image, livenessProbe: { exec: { command: ["true"] } } }] },
      `${at}.initContainers.0: must have no probes and no lifecycle without restartPolicy Always`,
    ],
    [
      "the claim of another app of the stack",
      { volumes: [{ name: "x", persistentVolumeClaim: { claimName: "mailpit-mail" } }] },
      `${at}.volumes.0.persistentVolumeClaim.claimName: mailpit-mail is what this program calls`,
    ],
  ] as const) {
    it(`A3 is refused with ${what}`, () => {
      const raw = {
        platform: "kubernetes",
        kubernetes: { context: "c" },
        sites: { blog: { url: "http://a.test", pod } },
      };
      expect(() => parseStackConfig(raw)).to.throw(UserError, words);
    });
  }
});

const both = [
  { name: "cache", mountPath: "/cache" },
  { name: "content", mountPath: "/content" },
];
