import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import type { RawConfig } from "../../../../config/files/machine";
import { parseStackConfig } from "../../../../config/parse";
import { PasswordStore } from "../../../../render/passwords";
import { container, manifestsOf, object, podSpecs, type PodSpec } from "../../../support/kubernetes";
import { contentOf, declared, ofKind, service } from "../../../support/swarm";
import { temporaryDirectory } from "../../../support/temporary-directory";

describe("a mail relay", () => {
  let passwordFile: string;
  beforeEach(() => {
    passwordFile = path.join(temporaryDirectory(), "relay-password");
    fs.writeFileSync(passwordFile, "open sesame\n");
  });

  const stack = (relay: RawConfig = {}): RawConfig => ({
    mailpit: { enabled: false },
    mailRelay: { host: "smtp.example.com", username: "postmaster", passwordFile, ...relay },
  });
  const mistakes = (raw: RawConfig): string => {
    try {
      parseStackConfig({ platform: "swarm", sites: { blog: { url: "http://localhost:2368" } }, ...raw });
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };
  const login = {
    mail__transport: "SMTP",
    mail__options__host: "smtp.example.com",
    mail__options__port: "587",
    mail__options__secure: "false",
    mail__options__requireTLS: "true",
    mail__options__auth__user: "postmaster",
    mail__options__auth__pass_FILE: "/run/secrets/ghost-mail/password",
  };

  it("on Kubernetes is reached with a password from a Secret", async () => {
    const manifests = await manifestsOf(stack());
    const { "ghost-blog": ghost } = podSpecs(manifests);
    const { env } = container(ghost as PodSpec, "ghost");
    expect(Object.fromEntries(env.map(({ name, value }) => [name, value]))).to.include(login);
    const name = ghost?.volumes.find((volume) => volume.name === "mail-password")?.secret.secretName ?? "";
    const { data } = object(manifests, "Secret", name) as unknown as { data: Record<string, string> };
    expect(Buffer.from(data["password"] ?? "", "base64").toString()).to.equal("open sesame");
  });

  it("on Swarm is reached with a password from a secret", async () => {
    const { resources } = await declared(stack());
    const { container: ghost } = service(resources, "ghost-blog");
    expect(ghost.env).to.include(login);
    const id = ghost.secrets?.find(({ fileName }) => fileName === login.mail__options__auth__pass_FILE)?.secretName;
    const secret = ofKind(resources, "Secret").find(({ inputs }) => inputs["name"] === id);
    expect(secret && contentOf(secret)).to.equal("open sesame");
  });

  it("with another password has another secret, which restarts Ghost; with the same, the same", async () => {
    const passwords = new PasswordStore();
    const secretOf = async () => {
      const { resources } = await declared(stack(), passwords);
      return service(resources, "ghost-blog").container.secrets?.at(-1)?.secretName;
    };
    const before = await secretOf();
    expect(await secretOf()).to.equal(before);
    fs.writeFileSync(passwordFile, "open poppy");
    expect(await secretOf()).to.not.equal(before);
  });

  it("is spoken to in TLS from the first byte where that is wanted, and without a login where it takes mail from anybody", async () => {
    const env = async (relay: RawConfig) => {
      const { resources } = await declared({ mailpit: { enabled: false }, mailRelay: { host: "10.0.0.9", ...relay } });
      return service(resources, "ghost-blog").container.env ?? {};
    };
    expect(await env({ encryption: "tls", port: 465 })).to.include({ mail__options__secure: "true" });
    const plain = await env({ encryption: "none", port: 25 });
    expect(plain).to.include({ mail__options__secure: "false", mail__options__port: "25" });
    expect(Object.keys(plain).join()).to.not.match(/requireTLS|auth__/);
  });

  it("A3 mistakes are told together, each with its key", () => {
    expect(mistakes(stack())).to.equal("");
    expect(mistakes({ ...stack({ encryption: "none" }), mailpit: {} }))
      .to.contain("mailpit.enabled: must be false with mailRelay")
      .and.contain("mailRelay.encryption: must be starttls or tls with a password");
    expect(mistakes(stack({ passwordFile: undefined }))).to.contain("mailRelay.passwordFile: missing");
    expect(mistakes(stack({ username: undefined }))).to.contain("mailRelay.username: missing");
    expect(mistakes(stack({ passwordFile: `${passwordFile}-gone` }))).to.contain("cannot be read (ENOENT)");
    fs.writeFileSync(passwordFile, "\n");
    expect(mistakes(stack())).to.contain("is empty");
    fs.writeFileSync(passwordFile, "open\nsesame\n");
    expect(mistakes(stack())).to.contain("has several lines").and.not.contain("sesame");
  });
});
