import { expect } from "chai";
import { parseStackConfig } from "../../../config/parse";
import type { KubernetesCluster } from "../../../engines/kubernetes-cluster";
import { CommandError } from "../../../errors";
import { inquiryFindings } from "../../../ops/inquiries";

const config = parseStackConfig({
  platform: "kubernetes",
  kubernetes: { context: "test" },
  edge: {},
  sites: { blog: { url: "https://blog.example.com" }, news: { url: "https://news.example.com", analytics: false } },
  analytics: {
    workspaceId: "123e4567-e89b-42d3-a456-426614174000",
    adminToken: { secretName: "tinybird", key: "admin" },
    trackerToken: { secretName: "tinybird", key: "tracker" },
  },
});

describe("E4 what diagnose asks inside containers", () => {
  /** @param answers what is printed, by the workload that is asked; undefined: it cannot be asked */
  const told = async (answers: Record<string, string | undefined>) => {
    const asked: string[][] = [];
    const kubectl = ([, workload = "", ...rest]: string[]) => {
      asked.push([workload, ...rest]);
      const answer = answers[workload];
      return answer === undefined
        ? Promise.reject(new CommandError("kubectl", 1, "no such pod"))
        : Promise.resolve({ stdout: `${answer}\n`, stderr: "" });
    };
    const cluster = { kubectl } as unknown as KubernetesCluster;
    const findings = await inquiryFindings({ platform: "kubernetes", config, cluster, name: "prod" } as never);
    return { asked, findings };
  };
  const well = { "deployment/ghost-blog": "carries", "deployment/edge": "Hello Ghost Traffic Analytics" };

  it("is nothing where pages carry the tracker and the proxy answers, as readers ask", async () => {
    const { asked, findings } = await told(well);
    expect(findings).to.deep.equal([]);
    expect(asked.map(([workload]) => workload)).to.deep.equal(["deployment/ghost-blog", "deployment/edge"]);
    expect(asked[1]).to.include.members(["Host: blog.example.com", "http://127.0.0.1:8080/.ghost/analytics/"]);
  });

  it("is a failure where nobody is counted, and a notice where that may be meant, each with what to do", async () => {
    const { findings } = await told({
      "deployment/ghost-blog": "absent",
      "deployment/edge": "wget: server returned 503",
    });
    expect(findings.map(({ evidence, scenario, severity }) => [scenario, severity, evidence])).to.deep.equal([
      ["analytics-switched-off", "notice", undefined],
      ["analytics-unreachable", "failure", "wget: server returned 503"],
    ]);
    expect(findings[1]?.mend).to.include("npm run ops -- logs analytics --since 10m --stack prod");
  });

  it("claims nothing of what cannot be asked: why that is, other findings say", async () => {
    expect((await told({})).findings).to.deep.equal([]);
  });
});
