import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { run } from "../../../engines/process";
import { CommandError } from "../../../errors";
import { DockerEngine, engineTrouble } from "../../../engines/docker-engine";
import { sshEnvironment, sshTrouble } from "../../../engines/ssh";

describe("S1 an engine over ssh", () => {
  const host = "ssh://ops@10.0.0.1:2222";
  const docker = (stderr: string) =>
    `error during connect: Get "http://docker.example.com/v1.41/info": command [ssh -l ops -p 2222 -- 10.0.0.1 docker system dial-stdio] has exited with exit status 255, please make sure the URL is valid, and Docker 18.09 or later is installed on the remote host: stderr=${stderr}`;
  const said: [string, string, string][] = [
    ["its key is not known", "Host key verification failed.\r\n", "once: ssh -p 2222 ops@10.0.0.1"],
    [
      "its key is another one",
      "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\nHost key verification failed.\r\n",
      'ssh-keygen -R "[10.0.0.1]:2222", then ssh -p 2222 ops@10.0.0.1',
    ],
    [
      "it takes no key",
      "ops@10.0.0.1: Permission denied (publickey).\r\n",
      "ops in with no key of this machine. Hand it over: ssh-copy-id -p 2222 ops@10.0.0.1",
    ],
    ["nobody listens", "ssh: connect to host 10.0.0.1 port 2222: Connection refused\r\n", "for ssh on port 2222 there"],
    [
      "it is away",
      "ssh: connect to host 10.0.0.1 port 2222: Connection timed out\r\n",
      "no ssh server answers on port 2222",
    ],
    ["it says nothing", "Connection timed out during banner exchange\r\n", "no ssh server answers on port 2222"],
    ["its name is unknown", "ssh: Could not resolve hostname 10.0.0.1: Name or service not known\r\n", "10.0.0.1"],
    ["it has no docker", "bash: line 1: docker: command not found\n", "no docker command for ops on it"],
    [
      "its user is not in the group",
      'permission denied while trying to connect to the docker API at unix:///var/run/docker.sock: Get "http": dial unix /var/run/docker.sock: connect: permission denied\n',
      "sudo usermod -aG docker ops",
    ],
    [
      "its engine does not run",
      "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n",
      "sudo systemctl start docker",
    ],
    ["its user may not be root", "sudo: a password is required\n", "NOPASSWD"],
  ];
  for (const [name, stderr, words] of said) {
    it(`says what to do where ${name}`, () => {
      expect(sshTrouble(host, docker(stderr))).to.contain(words);
      const { message } = engineTrouble(new DockerEngine(host), new CommandError("failed", 1, docker(stderr)));
      expect(message).to.contain(`The Docker Engine at ${host} does not answer`).and.to.contain(words);
    });
  }

  it("says nothing about what is not known, and about other hosts", () => {
    expect(sshTrouble(host, "kex_exchange_identification: banana")).to.equal(undefined);
    expect(sshTrouble("tcp://10.0.0.1:2375", "Connection refused")).to.equal(undefined);
  });

  it("asks nobody, gives up in time, and keeps its connection, whatever runs ssh", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-ssh-"));
    fs.writeFileSync(path.join(folder, "ssh"), '#!/bin/sh\necho "$PATH" "$@"\n', { mode: 0o755 });
    const before = process.env["PATH"];
    process.env["PATH"] = `${folder}:${before}`;
    try {
      const { stdout } = await run("ssh", ["ops@10.0.0.1", "true"], { env: sshEnvironment(host) });
      // The folder with our own ssh is not on the PATH of the one that it starts: that could go on for ever.
      expect(stdout.startsWith(`${folder}:`), stdout).to.equal(true);
      expect(stdout).to.contain("-o BatchMode=yes -o ConnectTimeout=6").and.to.contain("-o ControlPersist=60");
      expect(stdout.trim().endsWith("ops@10.0.0.1 true"), stdout).to.equal(true);
    } finally {
      process.env["PATH"] = before;
      fs.rmSync(folder, { recursive: true });
    }
    expect(sshEnvironment("unix:///var/run/docker.sock")).to.deep.equal({});
  });
});
