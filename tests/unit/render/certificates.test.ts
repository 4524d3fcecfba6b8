import { createPrivateKey, X509Certificate } from "node:crypto";
import * as path from "node:path";
import * as k8s from "@pulumi/kubernetes";
import { expect } from "chai";
import { KubernetesChildren } from "../../../platforms/kubernetes/children";
import { authorityHours, certificateHours, serverCertificate } from "../../../platforms/certificates";
import { collectProgram } from "../../../render/collect";
import { PasswordStore } from "../../../render/passwords";
import { refusePlainSecrets } from "../../../render/plain-secrets";
import { temporaryDirectory } from "../../support/temporary-directory";

const hour = 3_600_000;

/** A server's certificate, as a rendered stack has it. */
async function made(passwords: PasswordStore, names: readonly string[] = ["mysql", "mysql.press.svc"]) {
  const run = () => {
    const children = new KubernetesChildren("mysql", "mysql", { namespace: "press" }, {});
    const { end, ...texts } = serverCertificate(children, names);
    new k8s.core.v1.Secret("tls", { stringData: { ...texts, end } });
    return {};
  };
  const { resources } = await collectProgram({ project: "library", stack: "test", run }, passwords);
  refusePlainSecrets(resources);
  const { authority, certificate, end, key } = (resources[0]?.inputs["stringData"] ?? {}) as Record<string, string>;
  return {
    authority: new X509Certificate(authority ?? ""),
    certificate: new X509Certificate(certificate ?? ""),
    key: createPrivateKey(key ?? ""),
    end,
    texts: { authority, certificate, key },
  };
}

describe("certificates of a rendered stack", () => {
  it("D4 come from an authority of the stack's, name the server and nothing else, and can sign nothing", async () => {
    const { authority, certificate, end, key } = await made(new PasswordStore());
    expect(authority.ca).to.equal(true);
    expect(authority.verify(authority.publicKey)).to.equal(true);
    expect(certificate.ca).to.equal(false);
    expect(certificate.checkIssued(authority)).to.equal(true);
    expect(certificate.verify(authority.publicKey)).to.equal(true);
    expect(certificate.checkPrivateKey(key)).to.equal(true);
    expect(certificate.subjectAltName).to.equal("DNS:mysql, DNS:mysql.press.svc, DNS:localhost, IP Address:127.0.0.1");
    expect(certificate.keyUsage).to.deep.equal(["1.3.6.1.5.5.7.3.1"]);
    expect(new Date(certificate.validTo).getTime() / 1000).to.equal(Math.floor(new Date(end ?? "").getTime() / 1000));
  });

  it("D4 are kept in the private file from run to run, and made anew for other names, with the same key", async () => {
    const file = path.join(temporaryDirectory(), "passwords.json");
    const store = new PasswordStore(file);
    const first = await made(store);
    store.save();
    const again = await made(new PasswordStore(file));
    expect(again.texts).to.deep.equal(first.texts);
    const other = await made(new PasswordStore(file), ["mysql", "mysql-primary"]);
    expect(other.texts.authority).to.equal(first.texts.authority);
    expect(other.texts.key).to.equal(first.texts.key);
    expect(other.certificate.subjectAltName).to.contain("DNS:mysql-primary");
  });

  it("D4 are renewed in their last third, and believed by who knows the former authority", async () => {
    const file = path.join(temporaryDirectory(), "passwords.json");
    const begin = Date.now();
    const at = (hours: number) => new PasswordStore(file, () => new Date(begin + hours * hour));
    const run = async (hours: number) => {
      const store = at(hours);
      const found = await made(store);
      store.save();
      return found;
    };
    const first = await run(0);
    const last = certificateHours.whole - certificateHours.last;
    expect((await run(last - 1)).texts).to.deep.equal(first.texts);
    const renewed = await run(last + 1);
    expect(renewed.texts.authority).to.equal(first.texts.authority);
    expect(renewed.texts.certificate).not.to.equal(first.texts.certificate);
    expect(renewed.texts.key).to.equal(first.texts.key);

    const later = await run(authorityHours.whole - authorityHours.last + 1);
    expect(later.texts.authority).not.to.equal(first.texts.authority);
    expect(later.certificate.verify(first.authority.publicKey)).to.equal(true);
    expect(later.certificate.checkIssued(first.authority)).to.equal(true);
    expect(first.certificate.checkIssued(later.authority)).to.equal(true);
    expect(new Date(later.certificate.validTo)).to.be.below(new Date(later.authority.validTo));
  });

  it("D4 never outlive the authority that has signed them", () => {
    expect(authorityHours.last).to.be.above(certificateHours.whole);
  });
});
