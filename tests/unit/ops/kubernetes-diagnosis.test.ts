import { expect } from "chai";
import { blockingContainer, type PodFacts, type StackFacts } from "../../../ops/kubernetes/facts";
import { diagnosis, podFindings } from "../../../ops/kubernetes/diagnosis";
import { handlerWords, hookFailures } from "../../../ops/kubernetes/hooks";
import type { Claim, ContainerCondition, Event, LabelledWorkload, Pod } from "../../../ops/kubernetes/objects";
import { containerReports, problems } from "../../../ops/kubernetes/status";
import { parsedEnd, type CertificateEnd } from "../../../ops/server-certificate";
import { parsedSpace } from "../../../ops/volume-space";

/** A pod of one app with an init container and a main container, in these states. */
function pod(
  app: string,
  init: ContainerCondition,
  main: ContainerCondition,
  more: { restarts?: number; lastState?: ContainerCondition; ready?: boolean; started?: boolean } = {},
): Pod {
  const { lastState = {}, ready = false, restarts = 0, started } = more;
  const initDone = init.terminated?.exitCode === 0;
  const status = (name: string, state: ContainerCondition, isCurrent: boolean) => ({
    name,
    image: "i:1",
    ready: name === "main" ? ready : initDone,
    restartCount: isCurrent ? restarts : 0,
    started,
    state,
    lastState: isCurrent ? lastState : {},
  });
  return {
    kind: "Pod",
    metadata: {
      name: `${app}-x`,
      labels: { "app.kubernetes.io/instance": app, "app.kubernetes.io/name": app.split("-")[0] ?? app },
    },
    spec: {
      nodeName: "node1",
      initContainers: [{ name: "init", image: "i:1" }],
      containers: [{ name: "main", image: "i:1", resources: { limits: { memory: "16Mi" } } }],
    },
    status: {
      phase: ready ? "Running" : "Pending",
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
      initContainerStatuses: [status("init", init, !initDone)],
      containerStatuses: [status("main", main, initDone)],
    },
  };
}

const done: ContainerCondition = { terminated: { exitCode: 0, reason: "Completed" } };
const waiting = (reason: string, message?: string): ContainerCondition => ({ waiting: { reason, message } });
const running: ContainerCondition = { running: { startedAt: "2026-01-01T00:00:00Z" } };
const ended = (exitCode: number, reason = "Error"): ContainerCondition => ({ terminated: { exitCode, reason } });

function event(reason: string, message: string, kind = "Pod", name = "ghost-blog-x"): Event {
  return { kind: "Event", metadata: { name: reason }, reason, message, involvedObject: { kind, name } };
}

const stack: StackFacts = {
  secretsOfOthers: [{ at: "sites.blog.database.existingSecret", name: "their-secret", key: "word", of: "site" }],
  claimsOfOthers: ["theirs"],
  stack: "dev",
  namespace: "ghost-dev",
  kubectl: (...args) => ["kubectl", ...args].join(" "),
  workloads: [],
  pods: [],
  events: [],
  door: { routes: [], certificates: [], unknown: [] },
};

const askedAt = Date.parse("2026-01-01T12:00:00Z");

function facts(of: Pod, more: Partial<PodFacts> = {}): PodFacts {
  return {
    pod: of,
    askedAt,
    blocking: blockingContainer(of),
    log: [],
    previousLog: [],
    events: [],
    claims: [],
    node: undefined,
    databaseReady: true,
    ...more,
  };
}

const claim: Claim = {
  kind: "PersistentVolumeClaim",
  metadata: { name: "content" },
  spec: { storageClassName: "fast" },
  status: { phase: "Pending" },
};

function unscheduled(message: string): Pod {
  const of = pod("ghost-blog", {}, {});
  return {
    ...of,
    spec: { ...of.spec, nodeName: undefined },
    status: { conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }] },
  };
}

function deleted(secondsAgo: number): Pod {
  const of = pod("ghost-blog", done, running);
  const deletionTimestamp = new Date(askedAt - secondsAgo * 1000).toISOString();
  return { ...of, metadata: { ...of.metadata, deletionTimestamp } };
}

describe("npm run ops -- diagnose on Kubernetes", () => {
  const table: [string, PodFacts, { scenario: string; severity?: string; says: RegExp; mend: RegExp }][] = [
    [
      "an init container that waits for the database's name",
      facts(pod("ghost-blog", running, waiting("PodInitializing")), {
        databaseReady: false,
        log: ["waiting for the name mysql to resolve (14 s of at most 300 s)"],
      }),
      { scenario: "waiting-for-database", severity: "waiting", says: /the name mysql to resolve/, mend: /npm start/ },
    ],
    [
      "an init container that has given up on the database",
      facts(pod("ghost-blog", waiting("CrashLoopBackOff"), {}, { restarts: 1, lastState: ended(1) }), {
        databaseReady: false,
        previousLog: [
          "GIVING UP after 300 s: still waiting for mysql to accept connections on port 3306. Is the server running? The next try follows by itself.",
        ],
      }),
      {
        scenario: "waiting-for-database",
        severity: "failure",
        says: /mysql to accept connections on port 3306, .*given up/,
        mend: /npm start/,
      },
    ],
    [
      "a database that does not know the password",
      facts(pod("ghost-blog", running, {}), {
        log: [
          "database-migrate: waiting for mysql:3306 to know user ghost_blog with this password (the server takes over) (4 s of at most 300 s)",
        ],
      }),
      {
        scenario: "database-refuses-login",
        severity: "failure",
        says: /older than the password/,
        mend: /rollout restart statefulset\/mysql/,
      },
    ],
    [
      "a database that is ready and cannot be reached",
      facts(pod("ghost-blog", running, {}), {
        log: ["waiting for mysql to accept connections on port 3306 (4 s of at most 300 s)"],
      }),
      { scenario: "database-unreachable", says: /although the database server is ready/, mend: /endpointslices/ },
    ],
    [
      "Ghost without its database",
      facts(pod("ghost-blog", done, running), {
        databaseReady: false,
        events: [event("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 500")],
      }),
      { scenario: "database-unreachable", severity: "waiting", says: /its database does not answer/, mend: /./ },
    ],
    [
      "an image whose registry cannot be reached",
      facts(pod("ghost-blog", waiting("ImagePullBackOff", "Back-off"), {}), {
        events: [
          event("Failed", "Failed to pull image: dial tcp: lookup registry: no such host"),
          event("Failed", "Error: ImagePullBackOff"),
        ],
      }),
      {
        scenario: "image-unavailable",
        severity: "failure",
        says: /cannot reach the registry of i:1/,
        mend: /images.*Pulumi.dev.yaml/,
      },
    ],
    [
      "an image that does not exist",
      facts(pod("ghost-blog", waiting("ErrImagePull", "i:1: not found"), {})),
      { scenario: "image-unavailable", says: /has no image i:1/, mend: /./ },
    ],
    [
      "too little CPU on the nodes",
      facts(unscheduled("0/1 nodes are available: 1 Insufficient cpu.")),
      {
        scenario: "unschedulable",
        severity: "failure",
        says: /No node has as much CPU or memory/,
        mend: /describe nodes/,
      },
    ],
    [
      "a cordoned node",
      facts(unscheduled("0/1 nodes are available: 1 node(s) were unschedulable.")),
      { scenario: "unschedulable", says: /cordoned/, mend: /get nodes/ },
    ],
    [
      "a claim whose storage class is not there",
      facts(unscheduled("pod has unbound immediate PersistentVolumeClaims"), {
        claims: [{ claim, events: [event("ProvisioningFailed", 'storageclass "fast" not found')] }],
      }),
      {
        scenario: "claim-pending",
        severity: "failure",
        says: /storage class fast, which the cluster does not have/,
        mend: /get storageclasses/,
      },
    ],
    [
      "a claim for which a volume is being made",
      facts(unscheduled(""), { claims: [{ claim, events: [event("ExternalProvisioning", "Waiting for a volume")] }] }),
      { scenario: "claim-pending", severity: "waiting", says: /No volume is bound/, mend: /./ },
    ],
    [
      "K1 a claim of somebody else's to which no volume is bound",
      facts(unscheduled(""), {
        claims: [
          {
            claim: { ...claim, metadata: { ...claim.metadata, name: "theirs" } },
            events: [event("FailedBinding", "x")],
          },
        ],
      }),
      { scenario: "claim-pending", severity: "failure", says: /No volume is bound/, mend: /^It is somebody else's/ },
    ],
    [
      "K1 a claim of somebody else's that is not there",
      facts(unscheduled('persistentvolumeclaim "theirs" not found')),
      { scenario: "unschedulable", says: /claim theirs is not there/, mend: /^It is somebody else's: have it made/ },
    ],
    [
      "a container that was killed for its memory",
      facts(pod("mysql", done, waiting("CrashLoopBackOff"), { restarts: 3, lastState: ended(137, "OOMKilled") })),
      {
        scenario: "out-of-memory",
        severity: "failure",
        says: /its limit, 16Mi/,
        mend: /Raise mysql.memory in Pulumi.dev.yaml/,
      },
    ],
    [
      "a site that was killed for its memory",
      facts(pod("ghost-blog", done, ended(137, "OOMKilled"))),
      { scenario: "out-of-memory", says: /memory/, mend: /Raise sites.blog.memory/ },
    ],
    [
      "a database server whose volume is root's",
      facts(pod("mysql", waiting("CrashLoopBackOff"), {}, { restarts: 2, lastState: ended(1) }), {
        previousLog: [
          "initialise: FAILED: user 999 may not write to /var/lib/mysql, which belongs to user 0, group 0, mode 755. Nothing was changed.",
          "initialise: Give it to that user where the volume stands: chown 999:999.",
        ],
      }),
      {
        scenario: "volume-not-writable",
        says: /ignores fsGroup/,
        mend: /Set mysql\.storage\.volumePermissions to true in Pulumi\.dev\.yaml, and kubernetes\.podSecurity to baseline/,
      },
    ],
    [
      "a site whose volume is root's",
      facts(pod("ghost-blog", waiting("CrashLoopBackOff"), {}, { restarts: 2, lastState: ended(1) }), {
        previousLog: [
          "database-migrate: FAILED: user 1000 may not write to /c, which belongs to user 0, group 0, mode 755",
        ],
      }),
      { scenario: "volume-not-writable", says: /another user's/, mend: /Set sites\.blog\.storage\.volumePermissions/ },
    ],
    [
      "an inbox whose volume is root's",
      facts(pod("mailpit", done, waiting("CrashLoopBackOff"), { restarts: 2, lastState: ended(1) }), {
        previousLog: ['level=error msg="[db] unable to open database file: out of memory (14)"'],
      }),
      { scenario: "volume-not-writable", says: /another user's/, mend: /Set mailpit\.storage\.volumePermissions/ },
    ],
    [
      "a container that ends again and again",
      facts(pod("mysql", done, waiting("CrashLoopBackOff"), { restarts: 2, lastState: ended(7) }), {
        previousLog: ["begin", "ERROR cannot open the file", "end"],
      }),
      {
        scenario: "crash-loop",
        severity: "failure",
        says: /ended 3 times, last with status 7/,
        mend: /logs mysql-x --container main --previous/,
      },
    ],
    [
      "a probe that fails",
      facts(pod("mailpit", done, running, { started: true }), {
        events: [event("Unhealthy", "Readiness probe failed: connection refused")],
      }),
      { scenario: "probe-failing", severity: "failure", says: /readiness probe/, mend: /logs mailpit-x/ },
    ],
    [
      "a start that takes its time",
      facts(pod("mysql", done, running, { started: false }), {
        events: [event("Unhealthy", "Startup probe failed: exit 1")],
      }),
      { scenario: "probe-failing", severity: "waiting", says: /is starting/, mend: /./ },
    ],
    [
      "a Secret that is not there",
      facts(pod("ghost-blog", done, waiting("CreateContainerConfigError", 'secret "a" not found'))),
      {
        scenario: "not-startable",
        severity: "failure",
        says: /environment comes from is not there/,
        mend: /npm start -- --stack dev/,
      },
    ],
    [
      "an image that runs as root",
      facts(
        pod(
          "ghost-blog",
          done,
          waiting("CreateContainerConfigError", "container has runAsNonRoot and image will run as root"),
        ),
      ),
      { scenario: "not-startable", says: /runs as root/, mend: /describe pod/ },
    ],
    [
      "K1 a Secret of somebody else's that is not there",
      facts(pod("ghost-blog", waiting("PodInitializing"), waiting("PodInitializing")), {
        events: [event("FailedMount", 'MountVolume.SetUp failed for volume "v" : secret "their-secret" not found')],
      }),
      {
        scenario: "secret-of-others-missing",
        severity: "failure",
        says: /from Secret their-secret, which is not there/,
        mend: /^Secret their-secret is filled by somebody else \(sites\.blog\.database\.existingSecret\): have it filled with word/,
      },
    ],
    [
      "K1 a key of such a Secret that is not there",
      facts(pod("ghost-blog", waiting("PodInitializing"), waiting("PodInitializing")), {
        events: [
          event("FailedMount", 'MountVolume.SetUp failed for volume "v" : references non-existent secret key: word'),
        ],
      }),
      { scenario: "secret-of-others-missing", says: /from key word of Secret their-secret/, mend: /have it filled/ },
    ],
    [
      "a ConfigMap that cannot be mounted",
      facts(pod("ghost-blog", waiting("PodInitializing"), waiting("PodInitializing")), {
        events: [event("FailedMount", 'MountVolume.SetUp failed for volume "v" : configmap "a" not found')],
      }),
      { scenario: "volume-unmounted", severity: "failure", says: /mounts the configmap a/, mend: /npm start/ },
    ],
    [
      "a postStart hook that fails",
      facts(pod("ghost-blog", done, waiting("CrashLoopBackOff"), { restarts: 1, lastState: ended(137) }), {
        events: [event("FailedPostStartHook", "PostStartHook failed")],
      }),
      { scenario: "hook-failed", severity: "failure", says: /postStart hook fails/, mend: /ops -- hooks/ },
    ],
    [
      "a pod that is just stopping",
      facts(deleted(-20)),
      { scenario: "stopping", severity: "waiting", says: /successor/, mend: /Wait/ },
    ],
    [
      "a pod that does not go",
      facts(deleted(300)),
      { scenario: "stuck-stopping", severity: "failure", says: /was to be gone 300 s ago/, mend: /get node node1/ },
    ],
    [
      "a pod that the node threw out",
      facts({ ...pod("ghost-blog", done, {}), status: { phase: "Failed", reason: "Evicted", message: "low on disk" } }),
      { scenario: "evicted", severity: "failure", says: /threw it out/, mend: /delete pod/ },
    ],
    [
      "a node that is gone",
      facts(pod("ghost-blog", done, running), {
        node: {
          kind: "Node",
          metadata: { name: "node1" },
          status: { conditions: [{ type: "Ready", status: "Unknown" }] },
        },
      }),
      { scenario: "node-lost", severity: "failure", says: /node1 is not ready/, mend: /describe node/ },
    ],
    [
      "an init container at work",
      facts(pod("mysql", running, {}), { log: ["initialising"] }),
      { scenario: "initialising", severity: "waiting", says: /works since/, mend: /--follow/ },
    ],
    [
      "something nobody has thought of",
      facts(pod("mailpit", done, waiting("Surprise", "what now"))),
      { scenario: "unknown", severity: "failure", says: /none of the known reasons/, mend: /describe pod/ },
    ],
  ];

  for (const [what, given, { mend, says, scenario, severity }] of table) {
    it(`G10 G11 explains ${what}`, () => {
      const found = podFindings(given, stack);
      expect(found.map((finding) => finding.scenario)).to.deep.equal([scenario]);
      expect(found[0]?.why).to.match(says);
      expect(found[0]?.mend.join("\n")).to.match(mend);
      if (severity) {
        expect(found[0]?.severity).to.equal(severity);
      }
    });
  }

  describe("K1 of a container that a person has added", () => {
    const added = (of: Pod): Pod => ({
      ...of,
      metadata: { ...of.metadata, annotations: { "ghost-platform/further-containers": "beside,init" } },
    });
    const mend = (given: PodFacts) => podFindings(given, stack).map((finding) => [finding.scenario, finding.mend[0]]);

    it("says what is to be done with it, and not with the app's own", () => {
      const killed = pod("ghost-blog", ended(137, "OOMKilled"), waiting("PodInitializing"));
      expect(mend(facts(added(killed)))).to.deep.equal([
        [
          "out-of-memory",
          "Raise the limit of container init under sites.blog.pod in Pulumi.dev.yaml, then npm start -- --stack dev",
        ],
      ]);
      const unknown = pod("mysql", waiting("ImagePullBackOff", "manifest unknown"), waiting("PodInitializing"));
      expect(mend(facts(added(unknown)))[0]?.[1]).to.match(/^Name an image .* for container init under mysql.pod in/);
    });

    it("takes nothing that it says for the app's own words", () => {
      const given = pod("ghost-blog", running, waiting("PodInitializing"));
      const log = ["waiting for mysql:3306 (2 s of at most 300)"];
      expect(mend(facts(given, { log, databaseReady: false }))[0]?.[0]).to.equal("waiting-for-database");
      expect(mend(facts(added(given), { log, databaseReady: false }))[0]?.[0]).to.equal("initialising");
    });
  });

  it("G10 finds nothing wrong with a pod that is ready, and mentions that it was killed before", () => {
    expect(podFindings(facts(pod("mysql", done, running, { ready: true })), stack)).to.deep.equal([]);
    const killed = pod("mysql", done, running, { ready: true, restarts: 1, lastState: ended(137, "OOMKilled") });
    expect(podFindings(facts(killed), stack)).to.have.nested.property("[0].severity", "notice");
  });

  it("G10 M5 names the full volume of a database server that is ready, and one that will be full", () => {
    const mysql = pod("mysql", done, running, { ready: true });
    const mounted: Pod = {
      ...mysql,
      spec: { ...mysql.spec, volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data-mysql-0" } }] },
    };
    const said = (free: number, size = 4 * 2 ** 30) => podFindings(facts(mounted, { space: { free, size } }), stack);
    expect(said(2 ** 30)).to.deep.equal([]);
    const [full] = said(0);
    expect(full).to.include({ severity: "failure", object: "pod mysql-x, claim data-mysql-0" });
    expect(full?.why).to.contain("volume is full: 0Mi of 4096Mi are free");
    expect(full?.mend[0]).to.contain("patch persistentvolumeclaim data-mysql-0");
    expect(said(100 * 2 ** 20)).to.have.nested.property("[0].severity", "notice");
    expect(said(50 * 2 ** 30, 2 ** 40), "a small part of a large disk").to.deep.equal([]);
  });

  it("G10 M5 names the full volume of a member that waits for room, and so is not ready", () => {
    const waits = pod("mysql", done, running, { ready: false });
    const mounted: Pod = {
      ...waits,
      spec: { ...waits.spec, volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data-mysql-0" } }] },
    };
    const found = podFindings(facts(mounted, { space: { free: 0, size: 2 ** 30 } }), stack);
    expect(found.map(({ scenario }) => scenario)).to.include("volume-full");
  });

  it("G10 D4 tells when the certificate of a database server ends soon, has ended, or may, for nobody knows", () => {
    const mysql = pod("mysql", done, running, { ready: true });
    const inDays = (days: number) => new Date(Date.now() + days * 24 * 3_600_000 + 60_000);
    const said = (certificateEnd: CertificateEnd) => podFindings(facts(mysql, { certificateEnd }), stack);
    expect(said(inDays(400))).to.deep.equal([]);
    const [soon] = said(inDays(30));
    expect(soon).to.include({ severity: "notice", object: "pod mysql-x" });
    expect(soon?.why).to.contain("in 30 days");
    expect(soon?.mend[0]).to.contain("npm start -- --stack");
    expect(said(inDays(-2))).to.have.nested.property("[0].severity", "failure");
    expect(said("unknown")[0]?.why).to.contain("nobody knows whether that is soon");
  });

  it("G10 D4 reads the end of a certificate as the server prints it", () => {
    expect(parsedEnd("Ssl_server_not_after\tNov 30 14:00:00 2029 GMT\n")).to.deep.equal(
      new Date("2029-11-30T14:00:00Z"),
    );
    for (const answer of ["", "Ssl_server_not_after\t\n", "Ssl_server_not_after\tsome day", "(whole answer)"]) {
      expect(parsedEnd(answer), answer).to.equal("unknown");
    }
  });

  it("G10 reads the room on a volume as df prints it", () => {
    const header = "Filesystem     1024-blocks    Used Available Capacity Mounted on";
    expect(
      parsedSpace(`${header}\ntmpfs              6144000 6143996         4     100% /var/lib/mysql\n`),
    ).to.deep.equal({
      free: 4096,
      size: 6_144_000 * 1024,
    });
    expect(parsedSpace("sh: df: not found")).to.equal(undefined);
  });

  const workload = (more: Partial<LabelledWorkload>): LabelledWorkload => ({
    kind: "Deployment",
    metadata: { name: "ghost-blog" },
    spec: { replicas: 1 },
    status: { replicas: 0 },
    ...more,
  });

  for (const [what, given, events, scenario] of [
    ["a stack that is not there", undefined, [], "not-deployed"],
    ["a workload that is scaled to 0", workload({ spec: { replicas: 0 } }), [], "scaled-to-zero"],
    [
      "a refusal by the Pod Security Standard, told by the Deployment",
      workload({
        status: {
          conditions: [{ type: "ReplicaFailure", status: "True", message: 'violates PodSecurity "restricted:latest"' }],
        },
      }),
      [],
      "pod-security-refusal",
    ],
    [
      "a refusal by the Pod Security Standard, told by the ReplicaSet's event",
      workload({}),
      [event("FailedCreate", 'violates PodSecurity "restricted:latest"', "ReplicaSet", "ghost-blog-5b7bc98c59")],
      "pod-security-refusal",
    ],
    [
      "a quota, told by the StatefulSet's event",
      workload({ kind: "StatefulSet", metadata: { name: "mysql" } }),
      [event("FailedCreate", "exceeded quota: small", "StatefulSet", "mysql")],
      "quota-exceeded",
    ],
  ] as const) {
    it(`G10 G11 explains ${what}`, () => {
      const found = diagnosis({ ...stack, workloads: given ? [given] : [], events: [...events] });
      expect(found.map((finding) => finding.scenario)).to.deep.equal([scenario]);
    });
  }

  it("D3 G11 explains a wait for a database server of somebody else's", () => {
    const ghost = facts(pod("ghost-blog", running, {}), {
      databaseReady: false,
      log: ["waiting for db.example.net to accept connections on port 3306 (4 s of at most 300 s)"],
    });
    const [found] = diagnosis({ ...stack, foreignDatabase: "db.example.net:3306", pods: [ghost] });
    expect(found).to.include({ scenario: "foreign-database", severity: "waiting" });
    expect(found?.mend[0]).to.contain("npm start");
  });

  it("G10 tells the failure before what waits for it", () => {
    const ghost = facts(pod("ghost-blog", running, {}), {
      databaseReady: false,
      log: ["waiting for mysql (1 s of at most 300 s)"],
    });
    const mysql = facts(pod("mysql", done, waiting("CrashLoopBackOff"), { lastState: ended(1) }));
    const found = diagnosis({ ...stack, pods: [ghost, mysql] });
    expect(found.map(({ scenario }) => scenario)).to.deep.equal(["crash-loop", "waiting-for-database"]);
    expect(found[1]?.mend).to.deep.equal(["Mend the database server first: see what is said here about it."]);
  });
});

describe("npm run ops -- status on Kubernetes", () => {
  it("G10 tells every container with its role, state and last exit", () => {
    const of = pod("mysql", done, running, {
      ready: true,
      started: true,
      restarts: 1,
      lastState: ended(137, "OOMKilled"),
    });
    const reports = containerReports([of]);
    expect(reports.map(({ container, ready, role, state }) => [container, role, state, ready])).to.deep.equal([
      ["init", "init", "done", true],
      ["main", "main", "running", true],
    ]);
    expect(reports[1]).to.deep.include({ restarts: 1, node: "node1", image: "i:1" });
    expect(reports[1]?.lastExit).to.deep.include({ code: 137, reason: "OOMKilled" });
  });

  it("G10 is not well while a pod is not ready", () => {
    const snapshot = { workloads: [], services: [], endpointSlices: [], ingresses: [] };
    const notReady = pod("mysql", done, running);
    expect(problems({ ...snapshot, pods: [pod("mysql", done, running, { ready: true })] })).to.deep.equal([]);
    expect(problems({ ...snapshot, pods: [notReady] })[0]).to.contain("pod mysql-x is not ready");
  });
});

describe("npm run ops -- hooks on Kubernetes", () => {
  it("G10 tells hooks that failed, and what a pod is told to do", () => {
    const events = [event("FailedPreStopHook", "exit 1"), event("Pulled", "image")];
    expect(hookFailures(events)).to.deep.equal([
      { pod: "ghost-blog-x", reason: "FailedPreStopHook", message: "exit 1", at: "" },
    ]);
    expect(
      [{ sleep: { seconds: 5 } }, { exec: { command: ["sh", "-c"] } }, { httpGet: {} }].map(handlerWords),
    ).to.deep.equal(["sleep 5 s", "exec sh", "httpGet"]);
  });
});
