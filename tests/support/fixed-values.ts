import { contentHash } from "../../platforms/content-hash";
import { CertificateStore } from "../../render/certificates";
import { PasswordStore } from "../../render/passwords";

/** Passwords, keys and certificates that follow from their names: what is made from them is the same at each run. Nobody could log in with any. */
export class FixedValues extends PasswordStore {
  override readonly certificates = new FixedCertificates(new Map());

  override get(name: string): string {
    return contentHash(name);
  }
}

class FixedCertificates extends CertificateStore {
  override made(type: string, name: string): Promise<Record<string, unknown>> {
    const text = `(${name})\n`;
    return Promise.resolve(
      type.endsWith("PrivateKey")
        ? { privateKeyPem: text }
        : { certPem: text, certRequestPem: text, validityEndTime: "2030-01-01T00:00:00Z" },
    );
  }
}
