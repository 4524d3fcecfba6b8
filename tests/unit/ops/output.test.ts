import { expect } from "chai";
import { age, duration } from "../../../terminal/age";
import { bytes, shownBytes } from "../../../terminal/bytes";
import { tellingLine } from "../../../ops/finding";
import { coresBetween, kubeletSamples } from "../../../ops/kubernetes/kubelet-metrics";
import { quantity } from "../../../engines/kubernetes-quantity";
import { inOrder, prefixedLine } from "../../../ops/logs";
import { timedLine } from "../../../ops/log-source";
import { usageLines, usageProblems } from "../../../ops/metrics";
import { type ContainerUsage } from "../../../ops/usage";
import { exitWords } from "../../../ops/stack-status";
import { taskLine } from "../../../ops/swarm/logs";
import { grouped, table } from "../../../terminal/table";

describe("what npm run ops prints", () => {
  it("G10 tables have columns as wide as their longest cell, and no trailing blanks", () => {
    const lines = table(
      [{ title: "POD" }, { title: "RESTARTS", align: "right" }, { title: "NODE" }],
      grouped([
        ["mysql-0", "0", "a"],
        ["mysql-0", "12", ""],
        ["m", "1", "b"],
      ]),
    );
    expect(lines).to.deep.equal([
      "POD      RESTARTS  NODE",
      "mysql-0         0  a",
      "               12",
      "m               1  b",
    ]);
  });

  for (const [seconds, words] of [
    [0, "0s"],
    [59, "59s"],
    [60, "1m"],
    [430, "7m10s"],
    [3 * 3600 + 5 * 60, "3h5m"],
    [12 * 86400 + 3600, "12d"],
  ] as const) {
    it(`G10 ${seconds} seconds are ${words}`, () => {
      expect(duration(seconds)).to.equal(words);
    });
  }

  it("G10 an age that nobody knows is left out", () => {
    expect(age(undefined)).to.equal("");
    expect(age("2026-01-01T00:00:00Z", new Date("2026-01-01T00:01:05Z"))).to.equal("1m5s");
  });

  for (const [exit, words] of [
    [{ code: 0, reason: "Completed" }, "0"],
    [{ code: 137, reason: "OOMKilled" }, "OOMKilled (137, SIGKILL)"],
    [{ code: 1, reason: "Error" }, "Error (1)"],
    [{ reason: "No such image: a" }, "No such image: a"],
  ] as const) {
    it(`G10 an exit is told as ${words}`, () => {
      expect(exitWords(exit)).to.equal(words);
    });
  }

  it("G10 the telling line of a log is the last failure in it, else the last line", () => {
    expect(tellingLine(["begin", "ERROR cannot open the file", "    at open (fs.js:1)", "end"])).to.equal(
      "ERROR cannot open the file",
    );
    expect(tellingLine(["[2026] INFO failed over to b", "ready", ""])).to.equal("ready");
    expect(tellingLine([])).to.equal(undefined);
  });
});

describe("npm run ops -- logs", () => {
  const time = "2026-11-21T13:12:06.504205517Z";

  it("G10 a line loses its time and what would steer the terminal", () => {
    expect(timedLine(`${time} \u001b[31mred\u001b[39m`)).to.deep.equal({ time, line: "red" });
    expect(timedLine(`${time} `)).to.deep.equal({ time, line: "" });
    expect(timedLine("Error from server (NotFound)")).to.equal(undefined);
  });

  it("G10 lines of several containers come in order of time, after what wrote them", () => {
    const line = (second: number, pod: string) => ({
      time: `2026-11-21T13:12:0${second}.5Z`,
      pod,
      container: "c",
      line: "x",
    });
    const lines = inOrder([line(2, "b"), line(1, "a"), line(3, "a")]);
    expect(lines.map((entry) => prefixedLine(entry, (prefix) => prefix))).to.deep.equal([
      "a/c | x",
      "b/c | x",
      "a/c | x",
    ]);
  });

  it("G10 a line of a swarm's task is known by service and slot", () => {
    const text = `${time} ghost-swarm_mysql.1.wsin39rp4sqbsquzflonlo1dp@node3    | ready | now`;
    expect(taskLine(text, "ghost-swarm")).to.deep.equal({
      time,
      pod: "mysql.1",
      container: "mysql",
      line: "ready | now",
    });
    expect(taskLine("no such service", "ghost-swarm")).to.equal(undefined);
  });
});

describe("npm run ops -- metrics", () => {
  for (const [text, value] of [
    ["250m", 0.25],
    ["2", 2],
    ["1500000n", 0.0015],
    ["256Mi", 256 * 2 ** 20],
    ["1e3", 1000],
    ["0.5", 0.5],
    ["much", undefined],
    [undefined, undefined],
  ] as const) {
    it(`G10 the quantity ${text ?? "(none)"} is ${value ?? "no number"}`, () => {
      expect(quantity(text)).to.equal(value);
    });
  }

  it("G10 sizes as docker stats writes them are read", () => {
    expect(["473.6MiB", "1GiB", "5kB", "?"].map(bytes)).to.deep.equal([473.6 * 2 ** 20, 2 ** 30, 5000, undefined]);
    expect([512 * 2 ** 20, 20 * 2 ** 30].map(shownBytes)).to.deep.equal(["512Mi", "20Gi"]);
  });

  it("G10 cores are what two samples of the kubelet differ by", () => {
    const sample = (seconds: number, milliseconds: number) =>
      kubeletSamples(`# HELP container_cpu_usage_seconds_total x
container_cpu_usage_seconds_total{container="ghost",namespace="n",pod="p"} ${seconds} ${milliseconds}
container_memory_working_set_bytes{container="ghost",namespace="n",pod="p"} 1.37576448e+08 ${milliseconds}
node_cpu_usage_seconds_total 5661.2 ${milliseconds}`);
    const before = sample(9.5, 1000);
    expect(before.memoryBytes.get("n/p/ghost")?.value).to.equal(137576448);
    expect(coresBetween(before, sample(10, 3000), "n/p/ghost")).to.equal(0.25);
    expect(coresBetween(before, before, "n/p/ghost"), "the same sample twice").to.equal(undefined);
    expect(coresBetween(before, sample(0.1, 3000), "n/p/ghost"), "a new run of the container").to.equal(undefined);
  });

  it("G10 a container near its memory limit, and one that is not measured, are told", () => {
    const container = (name: string, used: number | undefined): ContainerUsage => ({
      app: name,
      pod: name,
      container: name,
      node: "node1",
      cpu: { used: 0.0114, request: 0.1 },
      memory: { used, request: 2 ** 28, limit: 2 ** 29 },
    });
    const usage = {
      stack: "dev",
      source: "kubelet" as const,
      containers: [container("a", 2 ** 29 * 0.95), container("b", undefined)],
    };
    expect(usageProblems(usage)).to.have.length(2);
    expect(usageProblems(usage)[0]).to.contain("a/a uses 95% of its memory limit");
    expect(usageLines(usage)[3]).to.match(/^a +a +11m +100m +- +- +486Mi +256Mi +512Mi +95% +node1$/);
    expect(usageProblems({ ...usage, containers: [container("a", 1)] })).to.deep.equal([]);
    expect(usageProblems({ ...usage, containers: [] })[0]).to.contain("No container of stack dev runs");
  });
});
