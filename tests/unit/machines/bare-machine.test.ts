import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { signsOfOthers } from "../../../machines/bare-machine";
import { temporaryDirectory } from "../../support/temporary-directory";

describe("J7 a machine", () => {
  const machine = (files: Record<string, string>) => {
    const root = temporaryDirectory();
    for (const [name, text] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      fs.writeFileSync(path.join(root, name), text);
    }
    return root;
  };
  const system =
    "root:x:0:0::/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\nnobody:x:65534:65534::/:/usr/sbin/nologin\n";
  const heading = "  sl  local_address rem_address   st";

  it("is bare with the accounts of the system, ssh, and what listens on its loopback", () => {
    const tcp = [
      heading,
      "0: 00000000:0016 00000000:0000 0A",
      "1: 0100007F:1F90 00000000:0000 0A",
      "2: 0A00000A:1F90 0100000A:9999 01",
    ];
    const tcp6 = [
      heading,
      `0: ${"0".repeat(32)}:0016 ${"0".repeat(32)}:0000 0A`,
      "1: 00000000000000000000000001000000:0277 0:0 0A",
    ];
    const root = machine({
      "etc/passwd": `${system}build:x:1001:1001::/:/usr/sbin/nologin\n`,
      "proc/1/status": "Name:\tinit\nUid:\t0\t0\t0\t0\n",
      "proc/net/tcp": tcp.join("\n"),
      "proc/net/tcp6": tcp6.join("\n"),
    });
    expect(signsOfOthers(root)).to.deep.equal([]);
    expect(signsOfOthers(machine({}))).to.deep.equal([]);
  });

  it("is used by others where people have accounts or run programs, and where it serves something", () => {
    const root = machine({
      "etc/passwd": `${system}anna:x:1000:1000::/home/anna:/bin/bash\n`,
      "proc/77/status": "Name:\tapplication\nUid:\t1234\t1234\t1234\t1234\n",
      "proc/net/tcp": `${heading}\n0: 00000000:0050 00000000:0000 0A\n`,
    });
    expect(signsOfOthers(root)).to.deep.equal([
      "it has the account anna",
      "a program of user 1234 runs (application)",
      "it serves something on port 80",
    ]);
  });
});
