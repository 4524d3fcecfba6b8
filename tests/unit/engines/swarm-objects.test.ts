import { expect } from "chai";
import { DockerEngine } from "../../../engines/docker-engine";
import { CommandError } from "../../../errors";
import { inspected, tasksOf } from "../../../engines/swarm-objects";
import { fakePrograms } from "../../support/fake-programs";
import { rejection } from "../../support/rejection";

describe("objects of a swarm that are listed and then looked at", () => {
  const engine = new DockerEngine("unix:///x.sock");

  it("A8 are those that are there still, where some have gone in between", async () => {
    fakePrograms({
      docker: `case "$*" in
        *"service ps"*) echo task1; echo 'no such service: two' >&2; exit 1 ;;
        *) printf '[\\n{"ID": "one"}\\n]\\n'; echo 'Error: No such object: two' >&2; exit 1 ;;
      esac`,
    });
    expect(await inspected(engine, "task", ["one", "two"])).to.deep.equal([{ ID: "one" }]);
    expect(await inspected(engine, "service", ["one", "two"])).to.deep.equal([{ ID: "one" }]);
    expect(await tasksOf(engine, ["one", "two"])).to.deep.equal(["task1"]);
  });

  it("A8 are not taken for gone where the engine fails after half of its answer", async () => {
    for (const said of [
      "Error response from daemon: context deadline exceeded",
      "Error: No such object: two\nrpc error: EOF",
      "",
    ]) {
      fakePrograms({ docker: `printf '[\\n{"ID": "one"}\\n]\\n'; printf '${said}' >&2; exit 1` });
      const error = await rejection(inspected(engine, "task", ["one", "two"]));
      expect(error, said).to.be.instanceOf(CommandError);
    }
  });
});
