import { expect } from "chai";
import { parseStackConfig } from "../../../../config/parse";
import type { KubernetesStackConfig, SwarmStackConfig } from "../../../../config/schema";
import { kubernetesSummary, swarmSummary } from "../../../../deploy/summary";
import { KubernetesCluster } from "../../../../engines/kubernetes-cluster";
import { container, manifestsOf, object, podSpecs, type PodSpec } from "../../../support/kubernetes";
import { contentOf, declared, ofKind, service } from "../../../support/swarm";

const password = /^p[A-Za-z0-9]{32}$/;

describe("J4 an inbox asks for a login unless it is told not to", () => {
  it("L1 on Kubernetes reads its passwords from Secrets; Ghost sees the one for sending alone", async () => {
    const manifests = await manifestsOf();
    const secret = (name: string) => {
      const { data } = object(manifests, "Secret", name) as unknown as { data: Record<string, string> };
      const text = (key: string) => Buffer.from(data[key] ?? "", "base64").toString();
      expect(text("password")).to.match(password);
      expect(text("htpasswd")).to.equal(`${text("username")}:${text("password")}\n`);
      return { username: text("username"), password: text("password") };
    };
    const [inbox, sender] = [secret("mailpit-inbox"), secret("mailpit-sender")];
    expect(inbox.username).to.equal("inbox");
    expect(inbox.password).to.not.equal(sender.password);

    const { mailpit: pod, "ghost-blog": ghost } = podSpecs(manifests);
    expect(environment(pod as PodSpec, "mailpit")).to.include({
      MP_UI_AUTH_FILE: "/run/secrets/mailpit/inbox",
      MP_SMTP_AUTH_FILE: "/run/secrets/mailpit/sender",
      MP_SMTP_AUTH_ALLOW_INSECURE: "true",
    });
    expect(environment(ghost as PodSpec, "ghost")).to.include({
      mail__options__auth__user: sender.username,
      mail__options__auth__pass_FILE: "/run/secrets/ghost-mail/password",
    });
    const mounted = ghost?.volumes.map(({ secret: volume }) => volume?.secretName).filter(Boolean);
    expect(mounted).to.deep.equal(["mysql-db-blog", "mailpit-sender"]);
    // Its migration reads the same settings, and Ghost refuses a file that is not there.
    expect(container(ghost as PodSpec, "database-migrate").volumeMounts.map(({ name }) => name)).to.include(
      "mail-password",
    );
  });

  it("L1 on Swarm reads its passwords from secrets; Ghost gets the one for sending alone", async () => {
    const { outputs, resources } = await declared();
    const secrets = Object.fromEntries(
      ofKind(resources, "Secret").map((resource) => [
        String(resource.inputs["name"]).replace(/-[0-9a-f]{10}$/, ""),
        contentOf(resource),
      ]),
    );
    expect(secrets["ghost-test_mailpit-inbox"]).to.match(/^inbox:p[A-Za-z0-9]{32}\n$/);
    expect(secrets["ghost-test_mailpit-sender"]).to.equal(`sender:${secrets["ghost-test_mailpit-sender-password"]}\n`);
    const targets = (name: string) => service(resources, name).container.secrets?.map(({ fileName }) => fileName);
    expect(targets("mailpit")).to.deep.equal(["/run/secrets/mailpit/inbox", "/run/secrets/mailpit/sender"]);
    expect(targets("ghost-blog")).to.deep.equal([
      "/run/secrets/ghost/database-password",
      "/run/secrets/ghost-mail/password",
    ]);
    expect(outputs).to.have.property("inboxLogin");
  });

  it("L1 without it nothing is asked, and npm start says so", async () => {
    const { outputs, resources } = await declared({ mailpit: { authentication: false } });
    expect(Object.keys(service(resources, "mailpit").container.env ?? {}).join()).to.not.contain("AUTH");
    expect(outputs).to.not.have.property("inboxLogin");
    const open = parseStackConfig({
      ...{ platform: "swarm", sites: { a: { url: "http://a:1" } } },
      mailpit: { authentication: false },
    }) as SwarmStackConfig;
    expect(swarmSummary("swarm", open, []).join("\n")).to.contain("whoever reaches it reads every mail");
  });

  it("L1 takes mail without a password where alerts go to it, which Alertmanager would not send; readers sign in", async () => {
    const { resources } = await declared({ monitoring: { alerts: { to: ["owner@example.com"] } } });
    const { env = {}, secrets } = service(resources, "mailpit").container;
    expect(env).to.include({ MP_UI_AUTH_FILE: "/run/secrets/mailpit/inbox" });
    expect(env).to.not.have.property("MP_SMTP_AUTH_FILE");
    expect(secrets?.map(({ fileName }) => fileName)).to.deep.equal(["/run/secrets/mailpit/inbox"]);
    expect(Object.keys(service(resources, "ghost-blog").container.env ?? {}).join()).to.not.contain("auth__");
  });

  it("L1 npm start says how to get the password", () => {
    const stack = (platform: object) => parseStackConfig({ ...platform, sites: { a: { url: "http://a:1" } } });
    const cluster = new KubernetesCluster({ context: "c" }, "ghost");
    const onKubernetes = stack({ platform: "kubernetes", kubernetes: { context: "c" } }) as KubernetesStackConfig;
    expect(kubernetesSummary("dev", onKubernetes, cluster).join("\n")).to.contain("npm run ops -- inbox --stack dev");
    const onSwarm = stack({ platform: "swarm" }) as SwarmStackConfig;
    expect(swarmSummary("swarm", onSwarm, []).join("\n")).to.contain("npm run ops -- inbox\n");
    const login = { username: "inbox", password: "the one" };
    expect(swarmSummary("swarm", onSwarm, [], { mailpit: login }), "on a terminal").to.include.members([
      "  user           inbox",
      "  password       the one",
    ]);
  });
});

function environment(pod: PodSpec, name: string): Record<string, string> {
  return Object.fromEntries(container(pod, name).env.map(({ name: key, value }) => [key, value]));
}
