import { expect } from "chai";
import type { GuardedPlace } from "../../../components/app";
import { ghost } from "../../../components/ghost/app";
import { mailpit } from "../../../components/mailpit/app";
import type { RawConfig } from "../../../config/files/machine";
import { secretsOfOthers } from "../../../config/kubernetes/secrets-of-others";
import { parseStackConfig } from "../../../config/parse";
import { refuseUnfitSecrets } from "../../../deploy/before/secrets-of-others";
import { clusterLogin } from "../../../deploy/guarded-login";
import { UserError } from "../../../errors";
import { rotatablePassword } from "../../../ops/secrets";
import { rotatedPasswords } from "../../../stacks/apps";
import { FakeCluster } from "../../support/fake-cluster";
import { manifestsOf, podSpecs } from "../../support/kubernetes";

describe("K1 logins of people in Secrets that are there", () => {
  const people: RawConfig = {
    mailpit: { existingSecret: { name: "inbox-logins" } },
    sites: {
      blog: { owner: { name: "Ada", email: "ada@example.com", existingSecret: { name: "ada", key: "first" } } },
    },
  };

  it("H1 the inbox and the site's owner have theirs, and what would be made for them is not", async () => {
    const manifests = await manifestsOf(people);
    const names = manifests.filter(({ kind }) => kind === "Secret").map(({ metadata }) => metadata.name);
    expect(names).to.include("mailpit-sender").and.not.include("mailpit-inbox").and.not.include("ghost-blog-owner");
    const { "ghost-blog": ghost, mailpit: inbox } = podSpecs(manifests);
    const sources = inbox?.volumes.find(({ name }) => name === "logins")?.projected.sources ?? [];
    expect(sources.map(({ secret }) => [secret.name, secret.items])).to.deep.equal([
      ["inbox-logins", [{ key: "htpasswd", path: "inbox" }]],
      ["mailpit-sender", [{ key: "htpasswd", path: "sender" }]],
    ]);
    expect(ghost?.volumes.find(({ name }) => name === "owner")?.secret).to.deep.include({
      secretName: "ada",
      items: [{ key: "first", path: "password" }],
    });
  });

  for (const [file, login] of [
    ["reader:a word\nother:b\n", { username: "reader", password: "a word" }],
    [
      "reader:$2y$05$abc",
      { username: "reader", password: "(hashed in Secret inbox-logins: whoever filled it knows it)" },
    ],
  ] as const) {
    it(`H1 E6 ops inbox and ops owner read them from there, as in ${file.slice(0, 9)}`, async () => {
      const config = parsed(people);
      const secret = (name: string, key: string, value: string) => ({
        ...{ apiVersion: "v1", kind: "Secret", metadata: { name } },
        data: { [key]: Buffer.from(value).toString("base64") },
      });
      const place = mailpit.guardedPage?.of(config, "dev") as GuardedPlace;
      const [owned] = ghost.owners?.(config) ?? [];
      const read = (one: ReturnType<typeof secret>, { kubernetes }: GuardedPlace) =>
        kubernetes && clusterLogin(new FakeCluster([one]), kubernetes);
      expect(await read(secret("inbox-logins", "htpasswd", file), place)).to.deep.equal(login);
      expect(owned?.login && (await read(secret("ada", "first", "a long phrase\n"), owned.login))).to.deep.equal({
        username: "ada@example.com",
        password: "a long phrase",
      });
    });
  }

  for (const [what, values, words] of [
    [
      "no user",
      { htpasswd: "word", first: "a long phrase" },
      "mailpit.existingSecret: what is in key htpasswd of Secret all",
    ],
    ["nothing", { htpasswd: "", first: "a long phrase" }, "it must have a user, a colon and a password a line"],
    [
      "a short password",
      { htpasswd: "a:b", first: "short" },
      "sites.blog.owner.existingSecret: the password in key first of Secret all: it must have 10",
    ],
    ["what is well", { htpasswd: "a:$2y$05$abc\nb:c\n", first: "a long phrase" }, undefined],
  ] as const) {
    it(`A3 of the inbox and the owner with ${what} are ${words === undefined ? "taken" : "refused"}`, async () => {
      const named = secretsOfOthers(parsed(people)).map((one) => ({ ...one, name: "all" }));
      const data = Object.fromEntries(
        Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
      );
      const cluster = new FakeCluster([
        { ...{ apiVersion: "v1", kind: "Secret", metadata: { name: "all" } }, ...{ data } },
      ]);
      const outcome = await refuseUnfitSecrets(cluster, "dev", named).then(() => undefined, String);
      expect(outcome === undefined ? undefined : words !== undefined && outcome.includes(words)).to.equal(
        words === undefined ? undefined : true,
      );
    });
  }

  it("S7 that of the inbox is not rotated here", () => {
    const inbox = { name: "dev", config: parsed(people) };
    expect(() => rotatablePassword(inbox, rotatedPasswords(inbox.config), "inbox")).to.throw(
      UserError,
      "key htpasswd of Secret inbox-logins (mailpit.existingSecret)",
    );
  });
});

function parsed(raw: RawConfig) {
  const sites = raw["sites"] as Record<string, object>;
  return parseStackConfig({
    platform: "kubernetes",
    kubernetes: { context: "c" },
    ...raw,
    sites: { blog: { url: "http://blog.test", ...sites["blog"] } },
  });
}
