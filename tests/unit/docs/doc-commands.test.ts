import { expect } from "chai";
import { docSections, missingLine } from "../../e2e/support/doc-commands";
import { Terminal } from "../../e2e/support/terminal";

const page = `# A lab

\`\`\`sh
not run
\`\`\`

## Look at \`it\`

\`\`\`console
$ kubectl get pods
NAME   READY
blog   2/2

$ false   # exit status 1
\`\`\`

\`\`\`console
npm start -- \\
  --stack dev
# a remark
cat <<'EOF2'
text
EOF2
\`\`\`
`;

describe("the commands of a page", () => {
  it("are read in order, with what they print and how they end", () => {
    expect(docSections(page)).to.deep.equal([
      {
        title: "Look at it",
        commands: [
          { line: 10, command: "kubectl get pods", expected: ["NAME   READY", "blog   2/2"], status: 0 },
          { line: 14, command: "false   # exit status 1", expected: [], status: 1 },
          { line: 18, command: "npm start -- \\\n  --stack dev", expected: [], status: 0 },
          { line: 21, command: "cat <<'EOF2'\ntext\nEOF2", expected: [], status: 0 },
        ],
      },
    ]);
  });

  it("may print other ages, names, times and sizes than the page shows, and no other words", () => {
    const printed = [
      "NAME                         READY   STATUS    RESTARTS      AGE",
      "mailpit-84c8b858bf-7rbpq     1/1     Running   1 (12s ago)   3m31s",
      "a line that the page leaves out",
      "the database at 10.96.0.7:3306 accepts connections after 12 s, 26 % of 134Mi",
    ].join("\n");
    const missing = (...expected: string[]) => missingLine(expected, printed);
    expect(missing("NAME READY STATUS RESTARTS AGE", "mailpit-5c76b9bb6c-hc7s8 1/1 Running 1 (4s ago) 3m")).to.equal(
      undefined,
    );
    expect(missing("the database at 10.96.1.1:3306 accepts connections after 0 s, 30 % of 2Gi")).to.equal(undefined);
    expect(missing("the database … after …")).to.equal(undefined);
    expect(missing("mailpit-5c76b9bb6c-hc7s8 1/1 Running 0 3m")).to.contain("Running 0");
    expect(missing("mailpit-5c76b9bb6c-hc7s8 0/1 Running 1 (4s ago) 3m")).to.contain("0/1");
    expect(missing("the database …", "NAME …")).to.equal("NAME …");
  });

  it("share a shell: what one sets or starts is there for the next, and ends with it", async () => {
    const terminal = new Terminal({ cwd: __dirname, env: process.env });
    try {
      await terminal.type("name=world; sleep 60 & cat", 5);
      expect(await terminal.type('echo "hello $name"; jobs -p | wc -l; false', 5)).to.deep.equal({
        status: 1,
        output: "hello world\n1\n",
      });
      const error = await terminal.type("echo begun; sleep 60", 0.3).catch(String);
      expect(error).to.contain("sleep 60").and.to.contain("did not end within 0.3 s").and.to.contain("begun");
    } finally {
      terminal.close();
    }
  });
});
