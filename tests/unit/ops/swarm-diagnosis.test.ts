import { expect } from "chai";
import type { VolumeSpace } from "../../../ops/volume-space";
import type { CertificateEnd } from "../../../ops/server-certificate";
import { certificateFindings, diagnosis, slotFinding, spaceFindings } from "../../../ops/swarm/diagnosis";
import type { ServiceFacts, SlotFacts, StackFacts } from "../../../ops/swarm/facts";
import { containerReports, problems, serviceReports } from "../../../ops/swarm/status";
import { slotsOf, type Service, type Task } from "../../../engines/swarm-tasks";

const service: Service = {
  ID: "s1",
  Spec: {
    Name: "ghost-swarm_ghost-blog",
    Mode: { Replicated: { Replicas: 1 } },
    EndpointSpec: { Mode: "dnsrr", Ports: [{ TargetPort: 2368, PublishedPort: 2368, PublishMode: "host" }] },
  },
};

interface TaskDetails {
  Err?: string;
  exit?: number;
  desired?: string;
  created?: string;
  driver?: string;
}

function task(State: string, more: TaskDetails = {}): Task {
  const isOver = ["failed", "rejected", "shutdown"].includes(State);
  return {
    ID: `t-${State}`,
    ServiceID: "s1",
    NodeID: "n1",
    Slot: 1,
    CreatedAt: more.created ?? "2026-01-01T00:00:00Z",
    DesiredState: more.desired ?? (isOver ? "shutdown" : "running"),
    Spec: {
      ContainerSpec: {
        Image: "i:1",
        Mounts: [{}, { VolumeOptions: { DriverConfig: { Name: more.driver ?? "local" } } }],
      },
      Resources: { Limits: { MemoryBytes: 16 * 2 ** 20 } },
    },
    Status: {
      Timestamp: "2026-01-01T00:00:01Z",
      State,
      Err: more.Err,
      ContainerStatus: more.exit === undefined ? {} : { ContainerID: "c", ExitCode: more.exit },
    },
  };
}

const stack: StackFacts = {
  stack: "swarm",
  swarmName: "ghost-swarm",
  docker: (...args) => ["docker", ...args].join(" "),
  services: [],
  wrongAnswers: [],
  certificateTroubles: [],
  nodes: [
    { ID: "n1", Description: { Hostname: "node1" }, Spec: { Availability: "active" }, Status: { State: "ready" } },
  ],
};

function slot(current: Task, earlier: Task[] = [], more: Partial<SlotFacts> = {}): SlotFacts {
  return {
    service,
    name: "1",
    app: "ghost-blog",
    current,
    earlier,
    present: { log: [] },
    previous: { log: [] },
    databaseReady: true,
    ...more,
  };
}

describe("npm run ops -- diagnose on Swarm", () => {
  const table: [string, SlotFacts, { scenario: string; severity?: string; says: RegExp; mend: RegExp }][] = [
    [
      "a placement that no node meets",
      slot(task("pending", { Err: "no suitable node (scheduling constraints not satisfied on 1 node)" })),
      { scenario: "no-suitable-node", severity: "failure", says: /placement constraints/, mend: /node ls/ },
    ],
    [
      "a volume plugin that no node has",
      slot(task("pending", { Err: "no suitable node (missing plugin on 2 nodes)", driver: "plug:1" })),
      { scenario: "missing-plugin", severity: "failure", says: /plug:1\./, mend: /docker plugin install/ },
    ],
    [
      "too little memory on the nodes",
      slot(task("pending", { Err: "no suitable node (insufficient resources on 1 node)" })),
      { scenario: "no-suitable-node", says: /as much memory or CPU/, mend: /./ },
    ],
    [
      "a port that another service holds",
      slot(task("pending", { Err: "no suitable node (host-mode port already in use on 1 node)" })),
      { scenario: "port-taken", severity: "failure", says: /port 2368/, mend: /sites.blog.port in Pulumi.swarm.yaml/ },
    ],
    [
      "a port that a program of the node holds",
      slot(task("ready"), [
        task("rejected", { Err: "driver failed programming external connectivity: bind: address already in use" }),
      ]),
      { scenario: "port-taken", says: /something else holds/, mend: /ss --listening/ },
    ],
    [
      "an image that the node cannot get",
      slot(task("preparing"), [task("rejected", { Err: "No such image: i:1" })]),
      { scenario: "image-rejected", severity: "failure", says: /could not pull/, mend: /pull i:1/ },
    ],
    [
      "a mount that the node refuses",
      slot(task("ready"), [
        task("rejected", { Err: 'invalid mount config for type "bind": bind source path does not exist: /x' }),
      ]),
      { scenario: "refused-by-node", severity: "failure", says: /refuses to make/, mend: /service ps/ },
    ],
    [
      "a task that was killed for its memory",
      slot(task("ready"), [task("failed", { Err: "task: non-zero exit (137)", exit: 137 })], {
        previous: { log: [], state: { OOMKilled: true } },
      }),
      { scenario: "out-of-memory", severity: "failure", says: /its limit, 16 MiB/, mend: /Raise sites.blog.memory/ },
    ],
    [
      "a task that was killed on another node",
      slot(task("ready"), [task("failed", { Err: "task: non-zero exit (137)", exit: 137 })]),
      { scenario: "out-of-memory", says: /most likely/, mend: /./ },
    ],
    [
      "a health check that fails",
      slot(
        task("ready"),
        [task("failed", { Err: "task: non-zero exit (137): dockerexec: unhealthy container", exit: 137 })],
        {
          previous: { log: [], state: { Health: { Log: [{ ExitCode: 1, Output: "status 500\n" }] } } },
        },
      ),
      {
        scenario: "unhealthy",
        severity: "failure",
        says: /health check failed again and again/,
        mend: /ops -- logs ghost-blog/,
      },
    ],
    [
      "a health check that fails at the start",
      slot(task("starting"), [], { present: { log: ["booting"], state: { Health: { FailingStreak: 2 } } } }),
      { scenario: "unhealthy", severity: "waiting", says: /failed 2 times so far/, mend: /./ },
    ],
    [
      "a task that waits for the database",
      slot(task("starting"), [], {
        databaseReady: false,
        present: {
          log: [
            "database-migrate: waiting for mysql:3306 to accept a login of ghost_blog (ENOTFOUND) (10 s of at most 300 s)",
          ],
        },
      }),
      {
        scenario: "waiting-for-database",
        severity: "waiting",
        says: /mysql:3306 to accept a login of ghost_blog \(ENOTFOUND\), and goes on/,
        mend: /npm start/,
      },
    ],
    [
      "a database that does not know the password",
      slot(task("starting"), [], {
        present: {
          log: [
            "database-migrate: waiting for mysql:3306 to know user ghost_blog with this password (10 s of at most 300 s)",
          ],
        },
      }),
      {
        scenario: "database-refuses-login",
        severity: "failure",
        says: /older than the password/,
        mend: /service update --force ghost-swarm_mysql/,
      },
    ],
    [
      "a task that ends again and again",
      slot(task("ready"), [task("failed", { Err: "task: non-zero exit (7)", exit: 7 })], {
        previous: { log: ["ERROR cannot open", "end"] },
      }),
      { scenario: "crash-loop", severity: "failure", says: /last with status 7/, mend: /ops -- logs ghost-blog/ },
    ],
    [
      "a task that is on its way",
      slot(task("preparing")),
      { scenario: "starting", severity: "waiting", says: /on its way \(preparing\)/, mend: /./ },
    ],
  ];

  for (const [what, given, { mend, says, scenario, severity }] of table) {
    it(`G10 G11 explains ${what}`, () => {
      const found = slotFinding(given, stack);
      expect(found?.scenario).to.equal(scenario);
      expect(found?.why).to.match(says);
      expect(found?.mend.join("\n")).to.match(mend);
      if (severity) {
        expect(found?.severity).to.equal(severity);
      }
    });
  }

  it("G10 G11 explains a node that is gone", () => {
    const down = { ...stack, nodes: [{ ID: "n1", Description: { Hostname: "node1" }, Status: { State: "down" } }] };
    expect(slotFinding(slot(task("starting")), down)).to.include({
      scenario: "node-down",
      why: "Its node node1 is down.",
    });
  });

  it("D3 G11 explains a wait for a database server of somebody else's, and what it refuses", () => {
    const elsewhere = { ...stack, foreignDatabase: "db.example.net:3306" };
    const waits = slot(task("starting"), [], {
      present: {
        log: ["database-migrate: waiting for db.example.net:3306 to accept a login (ETIMEDOUT) (4 s of at most 300 s)"],
      },
    });
    const makes = slot(task("starting"), [], {
      present: { log: ["databases: waiting: mysql.external.passwordFile: refused", "databases: sites.blog: another"] },
    });
    expect(slotFinding(waits, elsewhere)).to.include({ scenario: "foreign-database", severity: "waiting" });
    expect(slotFinding(makes, elsewhere)).to.include({ scenario: "foreign-database", severity: "failure" });
    expect(slotFinding(makes, elsewhere)?.evidence).to.equal("mysql.external.passwordFile: refused");
    const made = slot(task("starting"), [], { present: { log: ["databases: db:3306 has every database and user"] } });
    expect(slotFinding(made, elsewhere)?.scenario).to.not.equal("foreign-database");
  });

  it("G10 finds nothing wrong with a task that runs", () => {
    expect(slotFinding(slot(task("running"), [task("failed", { exit: 1 })]), stack)).to.equal(undefined);
  });

  it("G10 M5 names the full volume of a database server that runs", () => {
    const space = { free: 0, size: 2 ** 30 };
    const found = spaceFindings(slot(task("running"), [], { app: "mysql", present: { log: [], space } }), stack);
    expect(found).to.have.length(1);
    expect(found[0]).to.include({ severity: "failure", object: "task mysql.1" });
    expect(found[0]?.mend[0]).to.contain("disk of node1");
    expect(spaceFindings(slot(task("running")), stack)).to.deep.equal([]);
  });

  it("G10 D4 tells when the certificate of a database server ends soon, or that nobody knows", () => {
    const said = (certificateEnd?: CertificateEnd, space?: VolumeSpace) =>
      certificateFindings(
        slot(task("running"), [], { app: "mysql-1", present: { log: [], certificateEnd, space } }),
        stack,
      );
    expect(said(new Date(Date.now() + 10 * 24 * 3_600_000))[0]).to.include({
      severity: "notice",
      object: "task mysql-1.1",
    });
    expect(said("unknown")[0]?.scenario).to.equal("server-certificate-unknown");
    expect(said("unknown", { free: 0, size: 2 ** 30 }), "silent for want of room").to.deep.equal([]);
    expect(said(), "out of reach").to.deep.equal([]);
  });

  const facts = (more: Partial<ServiceFacts>): ServiceFacts => ({
    service,
    app: "ghost-blog",
    wanted: 1,
    slots: [],
    ...more,
  });
  const updated = (State: string) => ({ ...service, UpdateStatus: { State, Message: "update paused" } });
  for (const [what, given, scenario, severity] of [
    ["a stack that is not there", [], "not-deployed", "failure"],
    ["a service that is scaled to 0", [facts({ wanted: 0 })], "scaled-to-zero", "failure"],
    ["an update that was rolled back", [facts({ service: updated("rollback_completed") })], "rolled-back", "notice"],
    ["an update that was left where it was", [facts({ service: updated("paused") })], "update-paused", "failure"],
  ] as const) {
    it(`G10 G11 explains ${what}`, () => {
      const [found] = diagnosis({ ...stack, services: [...given] });
      expect(found).to.include({ scenario, severity });
    });
  }
});

describe("npm run ops -- status on Swarm", () => {
  const { nodes } = stack;

  it("G10 shows the task that should run, and how the one before ended", () => {
    const tasks = [
      task("starting", { created: "2026-01-01T00:00:03Z" }),
      task("failed", { Err: "task: non-zero exit (137): dockerexec: unhealthy container", exit: 137 }),
    ];
    const [slotOfTask] = slotsOf(service, tasks);
    expect(slotOfTask?.current.Status.State).to.equal("starting");
    const [report] = containerReports({ services: [service], tasks, nodes }, "ghost-swarm");
    expect(report).to.deep.include({
      pod: "ghost-blog.1",
      state: "starting",
      ready: false,
      restarts: 1,
      node: "node1",
    });
    expect(report?.lastExit).to.deep.include({ code: 137, reason: "unhealthy container" });
  });

  it("G10 is well when every service runs the tasks it wants", () => {
    const running = { services: [service], tasks: [task("running")], nodes };
    expect(problems(running, "ghost-swarm", [])).to.deep.equal([]);
    const rejected = { ...running, tasks: [task("rejected", { Err: "No such image: i:1" })] };
    expect(problems(rejected, "ghost-swarm", [])).to.deep.equal([
      "service ghost-blog: 0 of 1 tasks run (last error: No such image: i:1)",
    ]);
  });

  describe("E a site that runs and does not serve", () => {
    const answer = {
      ...{ what: "site blog", app: "ghost-blog", url: "http://localhost:2368", port: 2368 },
      request: { path: "/ghost/api/admin/authentication/setup/", headers: {}, statuses: [200] },
      answers: ["127.0.0.1:2368/ghost/api/admin/authentication/setup/: 500"],
    };
    const running = { service, app: "ghost-blog", wanted: 1, slots: [slot(task("running"))] };
    const mysql = (databaseReady: boolean): ServiceFacts => ({
      service: { ...service, ID: "s2" },
      app: "mysql",
      wanted: 1,
      slots: [{ ...slot(task("running"), [], { databaseReady }), app: "mysql" }],
    });

    it("is not well in status, which asks what npm start waits for", () => {
      const snapshot = { services: [service], tasks: [task("running")], nodes: stack.nodes };
      expect(problems(snapshot, "ghost-swarm", [answer])).to.deep.equal([
        "site blog does not answer as it should (127.0.0.1:2368/ghost/api/admin/authentication/setup/: 500)",
      ]);
    });

    it("is told by diagnose, with what it answered, and waits where its database is away", () => {
      const [finding] = diagnosis({ ...stack, services: [running, mysql(true)], wrongAnswers: [answer] });
      expect(finding).to.include({ scenario: "wrong-answer", severity: "failure", object: "service ghost-blog" });
      expect(finding?.evidence).to.contain("500");
      expect(finding?.mend.join()).to.contain("logs ghost-blog");
      const away = diagnosis({ ...stack, services: [running, mysql(false)], wrongAnswers: [answer] });
      expect(away.find(({ scenario }) => scenario === "wrong-answer")).to.include({ severity: "waiting" });
    });

    it("E1 is told of a host without a certificate: why, in the edge's words, and how to have it tried at once", () => {
      const request = { ...answer.request, headers: { Host: "blog.example.com" } };
      const answers = ["127.0.0.1:443/: ECONNREFUSED", "10.0.0.1:443/: no certificate yet"];
      const facts = { ...stack, services: [running], wrongAnswers: [{ ...answer, request, answers, secure: true }] };
      const [waits] = diagnosis(facts);
      expect(waits).to.include({ scenario: "no-certificate", severity: "waiting", object: "host blog.example.com" });
      const trouble = { host: "blog.example.com", why: "The name leads elsewhere.", evidence: "said so" };
      const [fails] = diagnosis({ ...facts, certificateTroubles: [{ ...trouble, host: "other" }, trouble] });
      expect(fails).to.include({ severity: "failure", evidence: "said so" });
      expect(fails?.why).to.contain("The name leads elsewhere.");
      expect(fails?.mend.join()).to.contain("service update --force ghost-swarm_edge");
    });
  });

  it("tells a port over UDP from the same over TCP in the list of services", () => {
    const Ports = ["tcp", "udp"].map((Protocol) => ({
      ...{ TargetPort: 443, PublishedPort: 443, PublishMode: "host" },
      Protocol,
    }));
    const edge = { ...service, Spec: { ...service.Spec, EndpointSpec: { Mode: "dnsrr", Ports } } };
    const [report] = serviceReports({ ...stack, services: [edge], tasks: [task("running")] }, "ghost-swarm");
    expect(report?.addresses).to.deep.equal(["node1:443", "node1:443/udp"]);
  });
});
