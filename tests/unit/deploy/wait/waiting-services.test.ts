import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { DockerEngine } from "../../../../engines/docker-engine";
import { waitingServices } from "../../../../deploy/wait/waiting-services";
import { temporaryDirectory } from "../../../support/temporary-directory";

describe("a service that waits for its task", () => {
  const searchPath = process.env["PATH"];
  afterEach(() => (process.env["PATH"] = searchPath));

  /** @param tasks state, error and image of each, the newest first */
  async function told(...tasks: [state: string, error: string, image: string][]) {
    const bin = temporaryDirectory();
    const lines = tasks.map(([state, Error, Image]) =>
      JSON.stringify({ CurrentState: `${state} 3 seconds ago`, Error, Image }),
    );
    fs.writeFileSync(path.join(bin, "tasks"), `${lines.join("\n")}\n`);
    const service = '{"Name":"test_ghost","Replicas":"0/1"}';
    fs.writeFileSync(
      path.join(bin, "docker"),
      `#!/bin/sh\ncase "$*" in *"service ls"*) echo '${service}' ;; *"service ps"*) cat ${bin}/tasks ;; esac\n`,
      { mode: 0o755 },
    );
    process.env["PATH"] = `${bin}:${searchPath ?? ""}`;
    const [found] = await waitingServices(new DockerEngine("unix:///test.sock"), "test");
    return found?.error;
  }
  const failed = (image: string): [string, string, string] => ["Failed", "task: non-zero exit (1)", image];

  it("B7 fails over and over where the tasks of its image did", async () => {
    const earlier = Array.from({ length: 4 }, () => failed("ghost:2"));
    expect(await told(["Starting", "", "ghost:2"], ...earlier)).to.contain("non-zero exit");
  });

  it("B7 is not what the image before it was", async () => {
    const earlier = Array.from({ length: 4 }, () => failed("ghost:2"));
    expect(await told(["Starting", "", "ghost:1"], ...earlier)).to.equal("");
  });
});
