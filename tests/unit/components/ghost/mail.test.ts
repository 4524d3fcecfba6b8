import { expect } from "chai";
import { KubernetesCluster } from "../../../../engines/kubernetes-cluster";
import { kubernetesSummary, swarmSummary } from "../../../../deploy/summary";
import type { RawConfig } from "../../../../config/files/machine";
import { parseStackConfig } from "../../../../config/parse";
import type { KubernetesStackConfig, SwarmStackConfig } from "../../../../config/schema";
import { container, manifestsOf, podSpecs, type PodSpec } from "../../../support/kubernetes";
import { declared, service } from "../../../support/swarm";

const site = { url: "https://www.example.com", port: 8080 };
const none = { mailpit: { enabled: false } };
const relay = (more: object = {}) => ({ ...none, mailRelay: { host: "smtp.example.com", ...more } });

describe("the mail of a Ghost site", function () {
  this.timeout(30_000);
  const environment = async (raw: RawConfig) =>
    service((await declared({ sites: { blog: site }, ...raw })).resources, "ghost-blog").container.env ?? {};
  const verification = "security__staffDeviceVerification";

  it("H1 that goes nowhere locks no staff out: Ghost asks for no code that it cannot send", async () => {
    expect(await environment(none)).to.include({ [verification]: "false" });
    const pod = podSpecs(await manifestsOf(none))["ghost-blog"] as PodSpec;
    expect(container(pod, "ghost").env).to.deep.include({ name: verification, value: "false" });
    for (const raw of [{}, relay()]) {
      expect(await environment(raw)).to.not.have.property(verification);
    }
  });

  it("H1 that the site's own settings send is none of this program's business, nor is what they say of the code", async () => {
    const own = { sites: { blog: { ...site, settings: { mail__transport: "Mailgun" } } } };
    expect(await environment({ ...none, ...own })).to.not.have.property(verification);
    const asked = { sites: { blog: { ...site, settings: { [verification]: "true" } } } };
    expect(await environment({ ...none, ...asked })).to.include({ [verification]: "true" });
  });

  it("H1 that goes nowhere is told by npm start, with what does not work and what to do", () => {
    const swarm = (raw: object) => {
      const config = parseStackConfig({ platform: "swarm", sites: { blog: site }, ...raw }) as SwarmStackConfig;
      return swarmSummary("press", config, []).join("\n");
    };
    expect(swarm(none))
      .to.contain("goes nowhere: invitations, forgotten passwords and sign-in links of members do not work")
      .and.contain("Staff sign in with the password alone")
      .and.contain("mailRelay of Pulumi.press.yaml");
    expect(swarm({})).to.not.contain("nowhere");
    expect(swarm(relay())).to.not.contain("nowhere");
    const wordpress = swarm({ ...none, sites: {}, wordpress: { mag: { url: "http://localhost:8080" } } });
    expect(wordpress).to.contain("goes nowhere").and.not.contain("Staff");
    const kubernetes = parseStackConfig({
      ...{ platform: "kubernetes", kubernetes: { context: "c" }, sites: { blog: { url: site.url } }, ...none },
    }) as KubernetesStackConfig;
    const cluster = new KubernetesCluster({ context: "c" }, "ghost");
    expect(kubernetesSummary("prod", kubernetes, cluster).join("\n")).to.contain("goes nowhere");
  });

  it("H3 is not encrypted where it is not to be, whatever the server offers", async () => {
    expect(await environment(relay({ encryption: "none", port: 25 }))).to.include({
      mail__options__ignoreTLS: "true",
      mail__options__secure: "false",
    });
    expect(await environment({}), "the inbox").to.include({ mail__options__ignoreTLS: "true" });
    for (const [encryption, port] of [
      ["starttls", 587],
      ["tls", 465],
    ]) {
      expect(await environment(relay({ encryption, port }))).to.not.have.property("mail__options__ignoreTLS");
    }
  });

  it("H10 is from the site's domain, or from whom it is said to be, with a name or without", async () => {
    expect(await environment({})).to.include({ mail__from: "noreply@example.com" });
    const named = { sites: { blog: { ...site, mailFrom: "Notes, and more <me@example.com>" } } };
    expect(await environment(named)).to.include({ mail__from: '"Notes, and more" <me@example.com>' });
  });
});
