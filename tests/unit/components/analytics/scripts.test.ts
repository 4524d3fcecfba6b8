import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { trackerInquiry } from "../../../../components/analytics/tracker";
import { temporaryDirectory } from "../../../support/temporary-directory";

const scripts = path.join(__dirname, "../../../../components/analytics/scripts");
const site = { url: "http://blog.test/news" };
const endpoint = "http://blog.test/news/.ghost/analytics/api/v1/page_hit";
const generator = '<meta name="generator" content="Ghost 6.65">';

describe("E4 the question whether a site's pages carry the tracker", () => {
  let server: http.Server;
  let page = { status: 200, body: "" };
  const asked: string[] = [];
  before(async () => {
    server = http.createServer(({ headers, url }, response) => {
      asked.push(`${headers.host} ${url}`);
      response.writeHead(page.status);
      response.end(page.body);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  after(() => server.close());

  const findings = async (
    shown: typeof page,
    environment: Record<string, string> = { tinybird__tracker__endpoint: endpoint },
  ) => {
    page = shown;
    const { command, judge } = trackerInquiry("blog", site);
    const [program = "", flag = "", script = "", , ...rest] = command;
    const args = [flag, script, String((server.address() as AddressInfo).port), ...rest];
    const { stdout } = await promisify(execFile)(program, args, { env: { PATH: process.env["PATH"], ...environment } });
    return judge(stdout.trim(), "server");
  };

  it("is answered by a page that does, asked for as readers ask", async () => {
    const body = `${generator}<script defer src="/public/ghost-stats.min.js" data-host="${endpoint}"></script>`;
    expect(await findings({ status: 200, body })).to.deep.equal([]);
    expect(asked.at(-1)).to.equal("blog.test /news");
  });

  it("tells web analytics that is switched off in Ghost, which may be meant, and what to do", async () => {
    const [found] = await findings({ status: 200, body: generator });
    expect(found).to.include({ scenario: "analytics-switched-off", isNotice: true });
    expect(found?.mend.join()).to.contain("Settings → Analytics").and.contain("Pulumi.server.yaml");
  });

  it("tells a theme without Ghost's own head, and a Ghost that was started without analytics", async () => {
    expect((await findings({ status: 200, body: "<p>mine</p>" })).map(({ scenario }) => scenario)).to.deep.equal([
      "analytics-without-tracker",
    ]);
    const [found] = await findings({ status: 200, body: generator }, {});
    expect(found).to.include({ scenario: "analytics-not-deployed", isNotice: false });
    expect(found?.mend).to.deep.equal(["npm start -- --stack server"]);
  });

  it("knows nothing of a page that is not shown, and says so", async () => {
    const [found] = await findings({ status: 302, body: "" });
    expect(found).to.include({ scenario: "analytics-unknown", isNotice: true, evidence: "the home page answers 302" });
    expect(trackerInquiry("blog", site).judge(undefined, "server")).to.deep.equal([]);
  });
});

describe("E4 what is loaded into the makers' proxy", () => {
  it("takes the token from its file, which the environment that the kernel shows has not, and ends when it is told to", async function () {
    this.timeout(30_000);
    const directory = temporaryDirectory();
    const token = path.join(directory, "tracker-token");
    fs.writeFileSync(token, "p.tracker\n");
    const program = path.join(directory, "server.js");
    fs.writeFileSync(program, "console.log(process.env.TINYBIRD_TRACKER_TOKEN); setInterval(() => {}, 1000);");
    const child = spawn(process.execPath, ["--require", path.join(scripts, "prepare.js"), program], {
      env: { TRACKER_TOKEN_FILE: token },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    expect(line.toString()).to.equal("p.tracker\n");
    expect(fs.readFileSync(`/proc/${child.pid}/environ`, "utf8"))
      .to.contain(token)
      .and.not.contain("p.tracker");
    child.kill("SIGTERM");
    expect(await once(child, "exit")).to.deep.equal([0, null]);
  });
});
