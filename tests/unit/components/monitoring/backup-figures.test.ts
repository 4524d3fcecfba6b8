import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as https from "node:https";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { expect } from "chai";
import { until } from "../../../e2e/support/until";
import { temporaryDirectory } from "../../../support/temporary-directory";

const script = path.join(__dirname, "../../../../components/monitoring/scripts/backup-figures.js");
const record = "/api/v1/namespaces/press/configmaps/ghost-platform-backups";
const cronJob = "/apis/batch/v1/namespaces/press/cronjobs/backup";

/** The program against an API server that answers as each test wants it. */
describe("K2 when backups were made, as a cluster knows it", () => {
  let server: https.Server;
  let program: ChildProcess;
  let port: number;
  /** By path; a number is a status without an object. */
  let objects: Record<string, object | number> = {};
  const tokens: (string | undefined)[] = [];

  before(async () => {
    const account = temporaryDirectory();
    const [key, certificate] = [path.join(account, "key.pem"), path.join(account, "ca.crt")];
    execFileSync(
      "openssl",
      [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"],
        ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        ...["-keyout", key, "-out", certificate],
      ],
      { stdio: "ignore" },
    );
    fs.writeFileSync(path.join(account, "token"), "who-it-is\n");
    const files = { key: fs.readFileSync(key), cert: fs.readFileSync(certificate) };
    server = https.createServer(files, ({ headers, url = "" }, response) => {
      tokens.push(headers.authorization);
      const answer = objects[url] ?? 404;
      response.statusCode = typeof answer === "number" ? answer : 200;
      response.end(typeof answer === "number" ? "{}" : JSON.stringify(answer));
    });
    await once(server.listen(0, "localhost"), "listening");
    const api = `https://localhost:${(server.address() as AddressInfo).port}`;
    port = 20_000 + (process.pid % 20_000);
    program = spawn(process.execPath, [script], {
      env: {
        ...{ ADDRESS: "127.0.0.1", PORT: String(port), API: api, ACCOUNT: account, NAMESPACE: "press" },
        ...{ RECORD: "ghost-platform-backups", RECORD_KEY: "backups.json", CRON_JOB: "backup" },
        ...{
          LAST_GOOD: "last_good",
          HAS_FAILED: "failed",
          LAST_VERIFIED: "last_verified",
          NOT_VERIFIED: "not_verified",
        },
      },
      stdio: "ignore",
    });
    await until("the program to answer", 10, async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).ok);
  });

  after(() => {
    program.kill();
    server.close();
  });

  const told = async (all: typeof objects) => {
    objects = all;
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    return response.ok ? response.text() : response.status;
  };
  const noted = (of: object) => ({ data: { "backups.json": JSON.stringify({ version: 1, ...of }) } });
  const moment = (hour: number) => `2026-01-02T0${hour}:00:00Z`;
  const at = (hour: number) => ({ at: moment(hour) });
  const seconds = (hour: number) => Date.parse(moment(hour)) / 1000;
  const cases: [what: string, record: object | number, cronJob: object | number, figures: string][] = [
    ["nothing yet", 404, 404, "failed 0\n"],
    ["one from outside", noted({ good: at(1) }), 404, `last_good ${seconds(1)}\nfailed 0\n`],
    [
      "one from outside, and one that failed since",
      noted({ good: at(1), failed: at(2) }),
      404,
      `last_good ${seconds(1)}\nfailed 1\n`,
    ],
    [
      "one of the cluster's own",
      404,
      { status: { lastScheduleTime: moment(1), lastSuccessfulTime: moment(2) } },
      `last_good ${seconds(2)}\nfailed 0\n`,
    ],
    [
      "one of the cluster's own that runs",
      404,
      { status: { active: [{}], lastScheduleTime: moment(3), lastSuccessfulTime: moment(2) } },
      `last_good ${seconds(2)}\nfailed 0\n`,
    ],
    [
      "one of the cluster's own that has failed",
      404,
      { status: { lastScheduleTime: moment(3), lastSuccessfulTime: moment(2) } },
      `last_good ${seconds(2)}\nfailed 1\n`,
    ],
    [
      "one that failed, and one from outside since",
      noted({ good: at(4) }),
      { status: { lastScheduleTime: moment(3) } },
      `last_good ${seconds(4)}\nfailed 0\n`,
    ],
  ];
  for (const [what, ofRecord, ofCronJob, figures] of cases) {
    it(`is told: ${what}`, async () => {
      expect(await told({ [record]: ofRecord, [cronJob]: ofCronJob })).to.equal(`${figures}not_verified 0\n`);
    });
  }

  it("B3 is told: when one was read back, and whether that has failed since", async () => {
    const readBack = async (of: object) =>
      String(await told({ [record]: noted({ good: at(1), ...of }), [cronJob]: 404 }));
    const good = `last_good ${seconds(1)}\nfailed 0\n`;
    expect(await readBack({ verified: at(2) })).to.equal(`${good}last_verified ${seconds(2)}\nnot_verified 0\n`);
    expect(await readBack({ verified: at(2), notVerified: at(3) })).to.equal(
      `${good}last_verified ${seconds(2)}\nnot_verified 1\n`,
    );
    expect(await readBack({ notVerified: at(3) })).to.equal(`${good}not_verified 1\n`);
  });

  it("is not told where the cluster does not say, or says what nobody wrote", async () => {
    expect(await told({ [record]: 403 })).to.equal(503);
    expect(await told({ [cronJob]: 500 })).to.equal(503);
    expect(await told({ [record]: { data: { "backups.json": "{" } } })).to.equal(503);
  });

  it("is asked with the token of the pod", () => {
    expect(new Set(tokens)).to.deep.equal(new Set(["Bearer who-it-is"]));
  });
});
