import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { KubernetesCluster } from "../../../../engines/kubernetes-cluster";
import { watchForMissingImages } from "../../../../deploy/images/missing";
import { UserError } from "../../../../errors";
import { rejection } from "../../../support/rejection";
import { temporaryDirectory } from "../../../support/temporary-directory";

describe("a watch for images that cannot be had", () => {
  const cluster = new KubernetesCluster({ context: "test" }, "ns");
  const images = [{ name: "ghost" as const, reference: "registry.test/ghost:6" }];
  const searchPath = process.env["PATH"];
  const now = Date.now;
  beforeEach(() => {
    // Half a minute between any two looks.
    let time = 0;
    Date.now = () => (time += 30_000);
  });
  afterEach(() => {
    process.env["PATH"] = searchPath;
    Date.now = now;
  });

  /** Puts a kubectl on PATH that answers so, the n-th time with the n-th answer and from then on with the last one. */
  const pods = (...answers: string[]) => {
    const bin = temporaryDirectory();
    fs.writeFileSync(path.join(bin, "calls"), "");
    answers.forEach((answer, index) => fs.writeFileSync(path.join(bin, `answer-${index + 1}`), answer));
    fs.writeFileSync(
      path.join(bin, "kubectl"),
      `#!/bin/sh\necho x >> ${bin}/calls\nn=$(wc -l < ${bin}/calls)\n[ $n -le ${answers.length} ] || n=${answers.length}\n. ${bin}/answer-$n\n`,
      { mode: 0o755 },
    );
    process.env["PATH"] = `${bin}:${searchPath ?? ""}`;
    return () => fs.readFileSync(path.join(bin, "calls"), "utf8").split("\n").length - 1;
  };
  const pod = (image: string, reason: string) => ({
    metadata: { name: `pod-of-${image}` },
    status: {
      containerStatuses: [{ name: "a", ready: false, restartCount: 0, image, state: { waiting: { reason } } }],
    },
  });
  const listing = (...items: object[]) => `echo '${JSON.stringify({ items })}'`;

  it("G6 tells the image and what to do, once it has been missing for a minute", async () => {
    pods("exit 1", listing(pod("registry.test/ghost:6", "ImagePullBackOff")));
    const error = await rejection(watchForMissingImages(cluster, images, new AbortController().signal, 1));
    expect(error).to.be.instanceOf(UserError);
    expect(error.message).to.contain("registry.test/ghost:6").and.contain("`images`");
  });

  it("minds neither other troubles nor images of an earlier deployment, and ends when it is told to", async () => {
    const calls = pods(
      listing(pod("registry.test/ghost:5", "ImagePullBackOff"), pod("registry.test/ghost:6", "CrashLoopBackOff")),
    );
    const over = new AbortController();
    const watching = watchForMissingImages(cluster, images, over.signal, 1);
    try {
      // The clock is the test's own here, so the attempts are counted.
      for (let attempt = 0; attempt < 2000 && calls() < 5; attempt += 1) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      expect(calls()).to.be.at.least(5);
    } finally {
      over.abort();
      await watching;
    }
  });
});
