import { expect } from "chai";
import { certificateLines } from "../../../deploy/certificate-lines";
import { certificatePatience } from "../../../deploy/wait/certificates";
import { DockerEngine } from "../../../engines/docker-engine";
import { noCertificate } from "../../../deploy/wait/published-addresses";

describe("E1 hosts without a certificate, at the end of a start", () => {
  const docker = new DockerEngine("unix:///run/some.sock");

  it("are told with their reason and what to do, and not at all where there are none", () => {
    expect(certificateLines("server", docker, [])).to.deep.equal([]);
    const troubles = [
      { host: "a.example.com", why: "It leads elsewhere.", evidence: "dns: nothing" },
      { host: "b.example.com", why: "Nobody has answered.", evidence: "" },
    ];
    const text = certificateLines("server", docker, troubles).join("\n");
    expect(text).to.contain("a.example.com: It leads elsewhere.\n    It says: dns: nothing\n  b.example.com: Nobody");
    expect(text).to.contain("docker --host unix:///run/some.sock service update --force ghost-server_edge");
  });

  const asked = (host: string) => ({ request: { path: "/", headers: { Host: host }, statuses: [200] } });
  const missing = [`127.0.0.1:443/: ${noCertificate}`];

  it("end no wait where something else is missing", async () => {
    const patience = certificatePatience(docker, "ghost-server");
    expect(await patience(asked("a.example.com"))(["127.0.0.1:443/: 503"])).to.equal(undefined);
  });

  it("are waited for two minutes in all, however many they are", async () => {
    const silent = new DockerEngine("unix:///run/some.sock");
    silent.docker = () => Promise.resolve({ stdout: "", stderr: "" });
    let now = 0;
    const patience = certificatePatience(silent, "ghost-server", () => now);
    const [first, second] = ["a.example.com", "b.example.com"].map((host) => patience(asked(host)));
    expect(await first?.(missing)).to.equal(undefined);
    now = 121_000;
    for (const [host, answer] of [
      ["a.example.com", await first?.(missing)],
      ["b.example.com", await second?.(missing)],
    ]) {
      expect(answer).to.deep.include({ host, why: "The authority has not answered yet." });
    }
  });
});
