import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { inContainer, outputOfContainer, untilMark } from "../../../../backup/kubernetes/exec";
import { KubernetesCluster } from "../../../../engines/kubernetes-cluster";
import { UserError } from "../../../../errors";
import { fakePrograms } from "../../../support/fake-programs";
import { rejection } from "../../../support/rejection";

describe("B1 what a container sends", () => {
  const passed = (chunks: readonly string[], ended: Promise<void> = Promise.resolve()) =>
    text(Readable.from(chunks.map((chunk) => Buffer.from(chunk))).pipe(untilMark("END", ended, "It")));

  it("is all that comes before the mark, however it is cut", async () => {
    for (const chunks of [["dataEND"], ["da", "taE", "ND"], ["d", "a", "t", "a", "E", "N", "D"], ["dataEN", "D"]]) {
      expect(await passed(chunks)).to.equal("data");
    }
    expect(await passed(["dENData", "END"])).to.equal("dENData");
    expect(await passed(["END"])).to.equal("");
  });

  it("fails where it breaks off, though the program that brought it ended well", async () => {
    for (const chunks of [["data"], ["dataEN"], [""], []]) {
      const failure = await rejection(passed(chunks));
      expect(failure).to.be.instanceOf(UserError);
      expect(failure.message).to.contain("broke off before its end");
    }
  });

  it("fails with what the program said, where that failed", async () => {
    expect((await rejection(passed(["da"], Promise.reject(new Error("no such table"))))).message).to.equal(
      "no such table",
    );
  });

  it("is what kubectl brings of it, and fails with kubectl", async () => {
    const container = { cluster: new KubernetesCluster({ context: "c" }, "ns"), pod: "p", container: "x" };
    // What is behind the two dashes runs here.
    const calls = fakePrograms({ kubectl: 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"' });
    const { ended, stream } = outputOfContainer(container, ["sh", "-c", 'printf "%s" "$what"'], {
      what: "words of it",
    });
    expect(await text(stream)).to.equal("words of it");
    await ended;
    expect(calls().join()).to.contain(
      "kubectl --context c --namespace ns exec p --container x -- env what=words of it",
    );
    const failing = outputOfContainer(container, ["sh", "-c", "echo half; echo why >&2; exit 3"]);
    expect((await rejection(text(failing.stream))).message).to.match(/ended with status 3:\nwhy/);
  });

  it("B6 does not pass for whole in a file either", async () => {
    const container = { cluster: new KubernetesCluster({ context: "c" }, "ns"), pod: "p", container: "x" };
    const file = () => {
      const written = new PassThrough();
      return { output: written, content: text(written).catch(() => "") };
    };
    fakePrograms({ kubectl: 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"' });
    const work = { program: ["sh", "-c", "printf whole"], as: "server" } as const;
    const { content, output } = file();
    await inContainer(() => Promise.resolve(container))({ ...work, output });
    expect(await content).to.equal("whole");
    // The connection breaks, and kubectl takes it for the end.
    fakePrograms({ kubectl: "printf half" });
    const failure = await rejection(inContainer(() => Promise.resolve(container))({ ...work, output: file().output }));
    expect(failure.message).to.contain("broke off before its end");
  });
});
