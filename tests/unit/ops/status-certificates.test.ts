import { expect } from "chai";
import type { KubernetesCluster } from "../../../engines/kubernetes-cluster";
import { shownCertificates } from "../../../ops/kubernetes/facts";
import type { Pod } from "../../../ops/kubernetes/objects";
import { certificateLines, serverCertificateFinding } from "../../../ops/server-certificate";
import type { StackStatus } from "../../../ops/stack-status";
import { statusLines } from "../../../ops/status";

const day = 24 * 3_600_000;
const inDays = (days: number) => new Date(Date.now() + days * day + 60_000);

describe("npm run ops -- status, of certificates of database servers", () => {
  const object = "pod mysql-0";

  for (const days of [-1, 0, 89, 90, 400]) {
    it(`D4 G10 tells what diagnose does of one that ends in ${days} days`, () => {
      const { notices, problems } = certificateLines([{ object, end: inDays(days) }], "prod");
      const finding = serverCertificateFinding(object, { end: inDays(days) }, "prod");
      const line = finding && `${object}: ${finding.why}`;
      expect(problems).to.deep.equal(days < 0 ? [line] : []);
      expect(notices).to.deep.equal(days >= 0 && days < 90 ? [line] : []);
    });
  }

  it("D4 G10 tells that nobody knows, and is well all the same", () => {
    const { notices, problems } = certificateLines([{ object, end: "unknown" }], "prod");
    expect(problems).to.deep.equal([]);
    const status: StackStatus = {
      ...{ stack: "prod", platform: "kubernetes", place: "here", well: true, containers: [], services: [] },
      backups: {} as StackStatus["backups"],
      ...{ notices, problems },
    };
    const lines = statusLines(status);
    expect(lines).to.include("To be seen to:").and.to.include("All is well.");
    expect(lines.join("\n")).to.contain("pod mysql-0: Its server does not say when its certificate ends");
    expect(statusLines({ ...status, notices: [] })).to.not.include("To be seen to:");
  });

  it("D4 G10 asks the servers that are ready", async () => {
    const asked: string[] = [];
    const cluster = {
      kubectl: (args: readonly string[]) => {
        asked.push(args[1] ?? "");
        return Promise.resolve({ stdout: "Ssl_server_not_after\tNov 30 14:00:00 2029 GMT\n", stderr: "" });
      },
    } as unknown as KubernetesCluster;
    const pod = (name: string, app: string, ready: boolean) =>
      ({
        metadata: { name, labels: { "app.kubernetes.io/name": app } },
        spec: { containers: [{ name: "mysql" }] },
        status: { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
      }) as unknown as Pod;
    const pods = [pod("mysql-0", "mysql", true), pod("mysql-1", "mysql", false), pod("ghost-blog", "ghost", true)];
    expect(await shownCertificates(cluster, pods)).to.deep.equal([
      { object: "pod mysql-0", end: new Date("2029-11-30T14:00:00Z") },
    ]);
    expect(asked).to.deep.equal(["mysql-0"]);
  });
});
