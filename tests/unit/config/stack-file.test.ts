import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { writeMachineSettings } from "../../../config/files/machine";
import { stackSchema } from "../../../config/schema";
import { readStackFile, stackNames } from "../../../config/files/stack-file";
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
    write("a", `${smallest}  ghost-platform:retainData: "false"\n  pulumi:tags: { team: web }\nencryptionsalt: v1:x\n`);
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

  /** What a stack file is refused with. */
  const refusal = (text: string): string => {
    write("a", text);
    try {
      readStackFile(project, "a");
    } catch (error) {
      expect(error).to.be.instanceOf(UserError);
      return (error as UserError).message;
    }
    throw new Error("the stack file was accepted");
  };

  it("F9 takes no encrypted value, which would be plain text in a container, and says where a secret belongs", () => {
    const message = refusal(`${smallest}  ghost-platform:mysql: { options: { secure: v1:abc }, memory: 5 }\n`);
    expect(message).to.contain("has 2 mistakes");
    expect(message).to.contain("mysql.options: is encrypted (secure), and would be plain text");
    expect(message).to.contain("name the file in mailRelay.passwordFile; write");
    expect(message).not.to.contain("pulumi up");
    expect(message).to.contain("mysql.memory: must be a size");
  });

  it("F2 says which keys nobody reads, together with every other mistake, and what was meant", () => {
    const message = refusal(`${smallest}  ghost-plattform:retainData: false
  retainData: false
  ghost-platform:retaindata: false
  kubernetes:context: mine
  aws:region: eu-west-1
  ghost-platform:mysql.memory: 1Gi
`);
    expect(message.split("\n").slice(1)).to.have.members([
      "  - ghost-plattform:retainData: unknown prefix, so nobody reads it. Did you mean ghost-platform:retainData?",
      "  - retainData: has no prefix, so nobody reads it. Did you mean ghost-platform:retainData?",
      `  - retaindata: unknown key. Did you mean retainData? Allowed here: ${Object.keys(stackSchema.shape).join(", ")}`,
      "  - kubernetes:context: without effect, because this program makes its providers itself. Remove it, and use the keys under ghost-platform:kubernetes",
      "  - aws:region: unknown prefix, so nobody reads it. Keys of this program begin with ghost-platform:, Pulumi's own with pulumi:. Remove it",
      "  - mysql.memory: unknown key. Keys with dots are maps in the file; `pulumi config set --path 'ghost-platform:mysql.memory' VALUE` writes it so",
    ]);
  });

  it("F2 says which sections nobody reads", () => {
    expect(refusal("confg: {}\nenvironment: [shared]\n")).to.match(
      /- confg: unknown[^]*- environment: only the Pulumi CLI/,
    );
    for (const text of ["- 1\n", "config: [1]\n", "just text\n", "config: 5\n"]) {
      expect(refusal(text)).to.contain("must have a map `config`");
    }
  });

  it("A3 says where a file is not YAML", () => {
    write("a", "config: [");
    expect(() => readStackFile(project, "a")).to.throw(UserError, "Pulumi.a.yaml is not valid YAML");
  });
});
