import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { writeMachineSettings } from "../../../config/machine";
import { readStackFile, stackNames } from "../../../config/stack-file";
import { UserError } from "../../../errors";

describe("a stack file read without the engine", () => {
  let project: string;
  const write = (stack: string, text: string) => fs.writeFileSync(path.join(project, `Pulumi.${stack}.yaml`), text);
  const smallest = `config:
  ghost-platform:platform: swarm
  ghost-platform:sites: { blog: { url: "http://localhost:2368" } }
`;

  beforeEach(() => (project = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-"))));
  afterEach(() => fs.rmSync(project, { recursive: true }));

  it("A3 takes booleans as Pulumi writes them back: quoted", () => {
    write("a", `${smallest}  ghost-platform:retainData: "false"\n  other-project:key: 1\nencryptionsalt: v1:x\n`);
    expect(readStackFile(project, "a").retainData).to.equal(false);
  });

  it("A3 puts this machine's settings over the file, key by key", () => {
    write("a", smallest);
    writeMachineSettings(project, "a", { images: { ghost: "local/ghost:1" } });
    writeMachineSettings(project, "a", { images: { mysql: "local/mysql:1" } });
    writeMachineSettings(project, "b", { images: { mysql: "local/mysql:2" } });
    expect(readStackFile(project, "a").images).to.include({ ghost: "local/ghost:1", mysql: "local/mysql:1" });
  });

  it("A3 says which stacks there are when one is not there", () => {
    write("a", smallest);
    write("b", smallest);
    expect(stackNames(project)).to.deep.equal(["a", "b"]);
    expect(() => readStackFile(project, "c")).to.throw(UserError, "Stacks here: a, b");
  });

  it("A3 says that an encrypted value needs the engine", () => {
    write("a", `${smallest}  ghost-platform:mysql: { options: { secure: v1:abc } }\n`);
    expect(() => readStackFile(project, "a")).to.throw(UserError, "ghost-platform:mysql is encrypted");
  });

  it("A3 says where a file is not YAML", () => {
    write("a", "config: [");
    expect(() => readStackFile(project, "a")).to.throw(UserError, "Pulumi.a.yaml is not valid YAML");
  });
});
