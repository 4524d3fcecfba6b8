import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { DockerEngine } from "../../../../engines/docker-engine";
import { watchForRefusedTasks } from "../../../../deploy/wait/refused-tasks";
import { UserError } from "../../../../errors";
import { rejection } from "../../../support/rejection";
import { temporaryDirectory } from "../../../support/temporary-directory";

describe("a watch for tasks that no node takes", () => {
  const engine = new DockerEngine("unix:///test.sock");
  const searchPath = process.env["PATH"];
  const now = Date.now;
  let bin: string;
  beforeEach(() => {
    // Half a minute between any two looks.
    let time = 0;
    Date.now = () => (time += 30_000);
    bin = temporaryDirectory();
    const script = [
      `case "$*" in`,
      `  *"service ls"*"{{json .}}"*) echo x >>${bin}/looks; cat ${bin}/services ;;`,
      // Once the deployment goes on, the new service is one of the stack's.
      `  *"service ls"*) if [ -e ${bin}/looks ]; then echo ghost-test_mail; else cat ${bin}/before; fi ;;`,
      `  *"service ps"*) cat ${bin}/tasks ;;`,
      `  *"service rm"*) echo "$*" >>${bin}/removed ;;`,
      `esac`,
    ];
    fs.writeFileSync(path.join(bin, "docker"), `#!/bin/sh\n${script.join("\n")}\n`, { mode: 0o755 });
    process.env["PATH"] = `${bin}:${searchPath ?? ""}`;
  });
  afterEach(() => {
    process.env["PATH"] = searchPath;
    Date.now = now;
  });

  const write = (file: string, ...values: object[]) =>
    fs.writeFileSync(path.join(bin, file), values.map((value) => `${JSON.stringify(value)}\n`).join(""));
  const swarm = (before: string[], ...tasks: [state: string, error: string][]) => {
    fs.rmSync(path.join(bin, "looks"), { force: true });
    fs.writeFileSync(path.join(bin, "before"), before.join("\n"));
    write("services", { Name: "ghost-test_mail", Replicas: "0/1" });
    write("tasks", ...tasks.map(([state, Error]) => ({ CurrentState: `${state} 3 seconds ago`, Error })));
  };
  const looks = () => fs.readFileSync(path.join(bin, "looks"), "utf8").length / 2;
  const noImage = ["Rejected", '"No such image: a:1"'] as [string, string];

  it("S10 tells what the swarm says and takes the service away, once it has been so for a minute", async () => {
    swarm([], ["Preparing", ""], noImage, noImage, noImage, noImage);
    const error = await rejection(watchForRefusedTasks(engine, "ghost-test", new AbortController().signal, 1));
    expect(error).to.be.instanceOf(UserError);
    expect(error.message).to.contain('ghost-test_mail: "No such image: a:1"');
    expect(fs.readFileSync(path.join(bin, "removed"), "utf8")).to.contain("service rm ghost-test_mail");
    swarm([], ["Pending", '"no suitable node (scheduling constraints not satisfied on 2 nodes)"']);
    const unplaced = await rejection(watchForRefusedTasks(engine, "ghost-test", new AbortController().signal, 1));
    expect(unplaced.message).to.contain("no suitable node");
  });

  const left: [string, () => void][] = [
    ["a service that was there before", () => swarm(["ghost-test_mail"], noImage)],
    [
      "a service of which some tasks run",
      () => {
        swarm([], noImage);
        write("services", { Name: "ghost-test_mail", Replicas: "2/3" });
      },
    ],
    ["a task that runs and fails", () => swarm([], ["Failed", '"task: non-zero exit (1)"'])],
  ];
  for (const [what, prepare] of left) {
    it(`S10 leaves ${what} to the engine, and ends when it is told to`, async () => {
      prepare();
      const over = new AbortController();
      const watching = watchForRefusedTasks(engine, "ghost-test", over.signal, 1);
      // The clock is the test's own here, so the looks are counted.
      for (let tries = 0; tries < 400 && (!fs.existsSync(path.join(bin, "looks")) || looks() < 5); tries += 1) {
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      expect(looks()).to.be.at.least(5);
      over.abort();
      await watching;
      expect(fs.existsSync(path.join(bin, "removed"))).to.equal(false);
    });
  }
});
