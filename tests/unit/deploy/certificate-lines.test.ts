import { expect } from "chai";
import { certificateLines } from "../../../deploy/certificate-lines";
import { certificateTrouble } from "../../../deploy/wait/certificates";
import { DockerEngine } from "../../../engines/docker-engine";

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

  it("end no wait where something else is missing", async () => {
    const request = { path: "/", headers: { Host: "a.example.com" }, statuses: [200] };
    const address = { what: "site a", app: "ghost-a", url: "https://a.example.com", port: 443, secure: true, request };
    expect(await certificateTrouble(docker, "ghost-server", address)(["127.0.0.1:443/: 503"])).to.equal(undefined);
  });
});
