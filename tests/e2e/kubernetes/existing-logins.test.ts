import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { GhostClient } from "../support/ghost-client";
import { askInbox, type Reader } from "../support/inbox";
import type { Kubectl } from "../support/kubectl";
import { kubernetesPlace } from "../support/kubernetes-place";
import { succeeded, type Place } from "../support/place";
import { timed, until } from "../support/until";

const describeLong = process.env["E2E_LONG"] ? describe : describe.skip;

/** Logins of people, from the same kind of Secrets. */
describeLong("K1 H1 E6 logins of the inbox and of a site's owner from Secrets that are there", () => {
  let place: Place;
  let kubectl: Kubectl;
  const email = "ada@example.com";
  const reader = { username: "reader", password: randomBytes(12).toString("hex") };
  const first = `first-${randomBytes(12).toString("hex")}`;

  const secret = (name: string, key: string, value: string) =>
    kubectl.apply({
      ...{ apiVersion: "v1", kind: "Secret", metadata: { name, namespace: kubectl.namespace } },
      stringData: { [key]: value },
    });
  const asked = async (login: Reader) =>
    (await askInbox(await kubectl.serviceUrl("mailpit", "http"), "/api/v1/messages", login)).status;

  before(async () => {
    ({ kubectl, place } = await kubernetesPlace("dev", {
      kubernetes: { namespace: "secrets-people" },
      mailpit: { existingSecret: { name: "inbox-logins" } },
      sites: { blog: { owner: { name: "Ada", email, existingSecret: { name: "ada", key: "first" } } } },
    }));
  });
  after(async () => {
    await kubectl.run("delete", "namespace", kubectl.namespace, "--ignore-not-found", "--timeout=120s");
  });

  it("are asked for, and told by npm run ops", async () => {
    await kubectl.run("create", "namespace", kubectl.namespace);
    await kubectl.run("label", "namespace", kubectl.namespace, "ghost-platform/stack=dev");
    await secret("ada", "first", first);
    const { output, status } = await place.start();
    expect([status, output.includes("mailpit.existingSecret: there is no Secret inbox-logins")], output).to.deep.equal([
      1,
      true,
    ]);
    await secret("inbox-logins", "htpasswd", `${reader.username}:${reader.password}\n`);
    succeeded(await timed("npm start", () => place.start()));
    expect([await asked(reader), await asked({ ...reader, password: "wrong" })]).to.deep.equal([200, 401]);
    expect(await place.inboxReader()).to.deep.equal(reader);
    expect(succeeded(await place.ops("owner")))
      .to.contain(email)
      .and.contain(first);
    const blog = new GhostClient(await kubectl.serviceUrl("ghost-blog", "http"), "http://localhost:2368");
    await blog.answers("/", 120);
    await blog.signIn(email, first);
  });

  it("S7 that of the inbox is changed by changing the Secret and starting the pod again", async () => {
    expect((await place.ops("secrets rotate", "inbox")).output).to.contain("key htpasswd of Secret inbox-logins");
    const next = { username: "other", password: randomBytes(12).toString("hex") };
    await secret("inbox-logins", "htpasswd", `${next.username}:${next.password}\n`);
    await kubectl.removePods("app.kubernetes.io/name=mailpit");
    await kubectl.run("rollout", "status", "deployment/mailpit", "--timeout=120s");
    await until("the inbox to take the new login", 60, async () => (await asked(next)) === 200);
    expect(await asked(reader)).to.equal(401);
    const output = succeeded(await place.destroy("--data"));
    expect(output).to.contain(`Namespace ${kubectl.namespace} stays`);
    expect((await kubectl.run("get", "all,secrets", "--output", "name")).split("\n")).to.have.members([
      "secret/ada",
      "secret/inbox-logins",
    ]);
  });
});
