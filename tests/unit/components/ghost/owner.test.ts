import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { ownerFiles } from "../../../../components/ghost/owner";
import { parseStackConfig } from "../../../../config/parse";
import { temporaryDirectory } from "../../../support/temporary-directory";

const script = path.join(__dirname, "../../../../components/ghost/scripts/owner.js");

/** Stands in for the image's entry point, and Ghost behind it: boots, says whether there is an owner, and takes one. */
const ghost = `#!/usr/bin/env node
const http = require("node:http");
const { boots = true, claimed = false, post = 201 } = JSON.parse(process.env.SCENARIO);
const note = (text) => require("node:fs").appendFileSync(process.env.NOTES, text + "\\n");
note(["started", process.env.server__host, ...process.argv.slice(2)].join(" "));
if (process.env.maintenance__enabled === "true") { note("in maintenance"); }
if (!boots) { console.log("cannot boot"); process.exit(2); }
process.on("SIGTERM", () => { note("stopped"); process.exit(0); });
let asked = 0;
const server = http.createServer((request, response) => {
  let body = "";
  request.on("data", (chunk) => (body += chunk));
  request.on("end", () => {
    const answer = (status, value) => response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
    if ((asked += 1) === 1) return answer(503, {});
    if (request.method === "GET") return answer(200, { setup: [{ status: claimed }] });
    note([request.url, request.headers.host, request.headers["x-forwarded-proto"], body].join(" "));
    answer(post, post === 201 ? { users: [] } : { errors: [{ message: "Validation error", context: "the reason" }] });
  });
});
setTimeout(() => server.listen(Number(process.env.server__port), process.env.server__host), 300);
`;

/** Calls what is part of database-migrate, with a database that says who there is. */
const caller = `
const { ensureOwner } = require(process.env.SCRIPT);
const { owners } = JSON.parse(process.env.SCENARIO);
const connection = { query: async () => [owners.map((status) => ({ status }))] };
ensureOwner(connection, process.env.INSTALL, (text) => console.log(text), () => undefined).catch((error) => { console.log("THROWN " + error.message); process.exitCode = 1; });
`;

interface Scenario {
  /** Status of each user with the role. */
  owners: string[];
  /** What the stack file says; `false` for nothing. */
  plan?: boolean;
  boots?: boolean;
  /** What Ghost says of it. */
  claimed?: boolean;
  /** How Ghost answers to the owner that it is given. */
  post?: number;
}

describe("the owner of a site", () => {
  async function run({ plan = true, ...scenario }: Scenario) {
    const directory = temporaryDirectory();
    const write = (file: string, text: string) => fs.writeFileSync(path.join(directory, file), text, { mode: 0o755 });
    const site = { url: "https://example.com/notes", adminUrl: "https://admin.example.com" };
    const owner = { name: "Jane O'Doe", email: "jane@example.com" };
    const [text = ""] = Object.values(ownerFiles({ ...site, owner }));
    write("docker-entrypoint.sh", ghost);
    write("owner.js", fs.readFileSync(script, "utf8"));
    write("password", "p123\n");
    if (plan) {
      write("owner.json", JSON.stringify({ ...JSON.parse(text), passwordFile: path.join(directory, "password") }));
    }
    write("notes", "");
    const child = spawn(process.execPath, ["-e", caller], {
      env: {
        PATH: `${directory}:${process.env["PATH"] ?? ""}`,
        NOTES: path.join(directory, "notes"),
        SCRIPT: path.join(directory, "owner.js"),
        INSTALL: directory,
        SCENARIO: JSON.stringify(scenario),
        WAIT_SECONDS: "10",
        maintenance__enabled: "true",
      },
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { output, status, did: fs.readFileSync(path.join(directory, "notes"), "utf8").trim().split("\n") };
  }

  it("E6 is made by Ghost's own API, on the loopback address, and Ghost is stopped again", async () => {
    const { did, output, status } = await run({ owners: ["inactive"] });
    expect(status, output).to.equal(0);
    const body = { name: "Jane O'Doe", email: "jane@example.com", password: "p123", blogTitle: "example.com" };
    expect(did).to.deep.equal([
      "started 127.0.0.1 node current/index.js",
      `/notes/ghost/api/admin/authentication/setup/ admin.example.com https ${JSON.stringify({ setup: [body] })}`,
      "stopped",
    ]);
    expect(output).to.contain("jane@example.com owns this site now").and.not.contain("p123");
  });

  it("E6 a site that has an owner keeps it, whatever its state, and one without the key is left to its first visitor", async () => {
    for (const scenario of [
      { owners: ["active"] },
      { owners: ["locked"] },
      { owners: ["inactive", "active"] },
      { owners: ["inactive"], plan: false },
    ]) {
      const { did, output, status } = await run(scenario);
      expect(status, output).to.equal(0);
      expect(did, "Ghost was not even started").to.deep.equal([""]);
    }
  });

  it("E6 ends in words where the account cannot be made: a site that nobody owns is not opened", async () => {
    const wrong: [scenario: Scenario, words: string][] = [
      [{ owners: [] }, "no user with the role Owner"],
      [{ owners: ["inactive"], boots: false }, "Ghost ended while it was started"],
      [
        { owners: ["inactive"], claimed: true },
        "Ghost says that the site has an owner, and its database that it has none",
      ],
      [{ owners: ["inactive"], post: 422 }, "status 422: Validation error the reason"],
    ];
    for (const [scenario, words] of wrong) {
      const { output, status } = await run(scenario);
      expect(status, words).to.equal(1);
      expect(output).to.contain(words);
    }
  });

  it("E6 is refused in words where Ghost would not take the account", () => {
    const mistakes = (owner: object) => {
      try {
        parseStackConfig({ platform: "swarm", sites: { blog: { url: "http://localhost:1", owner } } });
      } catch (error) {
        return (error as Error).message;
      }
      return "";
    };
    const jane = { name: "Jane", email: "jane@example.com" };
    expect(mistakes({ ...jane, siteTitle: "Jane’s Notes — “daily” ✎" })).to.equal("");
    const wrong: [owner: object, words: RegExp][] = [
      [{ name: "Jane" }, /sites\.blog\.owner\.email/],
      [{ ...jane, email: "jane@localhost" }, /sites\.blog\.owner\.email: must be a mail address at a public host/],
      [{ ...jane, email: "Jane <jane@example.com>" }, /owner\.email: must be a mail address/],
      [{ ...jane, name: " " }, /owner\.name: must be a name in one line/],
      [{ ...jane, name: "Jane\nDoe" }, /owner\.name: must be a name in one line/],
      [{ ...jane, siteTitle: "x".repeat(151) }, /owner\.siteTitle: must have 150 characters at most/],
      [{ ...jane, password: "secret" }, /owner/],
    ];
    for (const [owner, words] of wrong) {
      expect(mistakes(owner), JSON.stringify(owner)).to.match(words);
    }
  });
});
