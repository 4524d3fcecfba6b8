import * as crypto from "node:crypto";
import type { KeyUsageFlags } from "@peculiar/x509";
import { z } from "zod";

/** A key, a request or a certificate as it is kept. */
export const storedText = z.strictObject({
  /** A hash of the arguments it was made from. */
  from: z.string(),
  /** In PEM form. */
  text: z.string().min(1),
  /** Of a certificate: from when and until when it holds, as RFC 3339 has it. */
  validity: z.strictObject({ start: z.string(), end: z.string() }).optional(),
});
export type StoredText = z.output<typeof storedText>;

/** Arguments of @pulumi/tls's resources, as far as this program gives them. */
interface Inputs {
  privateKeyPem?: string;
  subject?: { commonName?: string };
  dnsNames?: string[];
  ipAddresses?: string[];
  certRequestPem?: string;
  caPrivateKeyPem?: string;
  caCertPem?: string;
  validityPeriodHours?: number;
  earlyRenewalHours?: number;
  isCaCertificate?: boolean;
  allowedUses?: string[];
}

const hour = 3_600_000;

/**
 * What @pulumi/tls makes, for a program that is rendered: keys, requests and certificates by name, the same from run to run; a certificate until
 * its last `earlyRenewalHours`.
 */
export class CertificateStore {
  /** @param stored by name */
  constructor(
    readonly stored: Map<string, StoredText>,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /**
   * What a resource is after it was made.
   *
   * @param type token of its class
   * @returns undefined for a class that is none of these
   */
  async made(type: string, name: string, inputs: Inputs): Promise<Record<string, unknown> | undefined> {
    switch (type) {
      case "tls:index/privateKey:PrivateKey":
        return { privateKeyPem: (await this.kept(name, inputs, () => ({ text: newKey(inputs) }))).text };
      case "tls:index/certRequest:CertRequest":
        return { certRequestPem: (await this.kept(name, inputs, async () => ({ text: await request(inputs) }))).text };
      case "tls:index/selfSignedCert:SelfSignedCert":
      case "tls:index/locallySignedCert:LocallySignedCert": {
        const { text, validity } = await this.kept(name, inputs, () => certificate(inputs, this.now()));
        return { certPem: text, validityStartTime: validity?.start, validityEndTime: validity?.end };
      }
      default:
        return undefined;
    }
  }

  private async kept(
    name: string,
    inputs: Inputs,
    make: () => Omit<StoredText, "from"> | Promise<Omit<StoredText, "from">>,
  ): Promise<StoredText> {
    const from = crypto.createHash("sha256").update(JSON.stringify(inputs)).digest("hex");
    const known = this.stored.get(name);
    if (known?.from === from && !this.isDue(known, inputs)) {
      return known;
    }
    const made = { from, ...(await make()) };
    this.stored.set(name, made);
    return made;
  }

  private isDue({ validity }: StoredText, { earlyRenewalHours = 0 }: Inputs): boolean {
    return (
      validity !== undefined && this.now().getTime() >= new Date(validity.end).getTime() - earlyRenewalHours * hour
    );
  }
}

const signature = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

function newKey(inputs: Inputs): string {
  const { algorithm, ecdsaCurve } = inputs as Record<string, unknown>;
  if (algorithm !== "ECDSA" || ecdsaCurve !== "P256") {
    throw new Error("a rendered stack has keys of ECDSA with curve P256 alone");
  }
  const { privateKey } = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ format: "pem", type: "sec1" }).toString();
}

/** Loaded where something is to be signed, which most runs have not. */
async function x509() {
  await import("reflect-metadata");
  const library = await import("@peculiar/x509");
  library.cryptoProvider.set(crypto.webcrypto);
  return library;
}

/** Both halves of a key, as the library has them. */
async function keyPair(pem = ""): Promise<crypto.webcrypto.CryptoKeyPair> {
  const privateKey = crypto.createPrivateKey(pem);
  const half = (format: "pkcs8" | "spki", key: Buffer, use: "sign" | "verify") =>
    crypto.webcrypto.subtle.importKey(format, key, signature, true, [use]);
  return {
    privateKey: await half("pkcs8", privateKey.export({ format: "der", type: "pkcs8" }), "sign"),
    publicKey: await half("spki", crypto.createPublicKey(privateKey).export({ format: "der", type: "spki" }), "verify"),
  };
}

async function request({ dnsNames = [], ipAddresses = [], privateKeyPem, subject }: Inputs): Promise<string> {
  const library = await x509();
  const names = [
    ...dnsNames.map((value) => ({ type: "dns" as const, value })),
    ...ipAddresses.map((value) => ({ type: "ip" as const, value })),
  ];
  const made = await library.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [subject?.commonName ?? ""] }],
    keys: await keyPair(privateKeyPem),
    signingAlgorithm: signature,
    extensions: [new library.SubjectAlternativeNameExtension(names)],
  });
  return pem(made);
}

async function certificate(inputs: Inputs, now: Date): Promise<Omit<StoredText, "from">> {
  const { caCertPem, caPrivateKeyPem, certRequestPem, isCaCertificate = false, validityPeriodHours = 0 } = inputs;
  const library = await x509();
  const issuerKeys = await keyPair(caPrivateKeyPem ?? inputs.privateKeyPem);
  const asked = certRequestPem === undefined ? undefined : new library.Pkcs10CertificateRequest(certRequestPem);
  const publicKey = asked?.publicKey ?? issuerKeys.publicKey;
  const subject = asked?.subjectName ?? new library.Name([{ CN: [inputs.subject?.commonName ?? ""] }]);
  const names = asked?.extensions.find((extension) => extension instanceof library.SubjectAlternativeNameExtension);
  const validity = { notBefore: now, notAfter: new Date(now.getTime() + validityPeriodHours * hour) };
  const made = await library.X509CertificateGenerator.create({
    // Positive, and of no zero at its beginning.
    serialNumber: `4${crypto.randomBytes(16).toString("hex").slice(1)}`,
    subject: subject.toString(),
    issuer: caCertPem === undefined ? subject.toString() : new library.X509Certificate(caCertPem).subject,
    ...validity,
    signingAlgorithm: signature,
    publicKey,
    signingKey: issuerKeys.privateKey,
    extensions: [
      new library.BasicConstraintsExtension(isCaCertificate, undefined, true),
      ...usages(library, inputs.allowedUses ?? []),
      await library.SubjectKeyIdentifierExtension.create(publicKey),
      ...(asked ? [await library.AuthorityKeyIdentifierExtension.create(issuerKeys.publicKey)] : []),
      ...(names ? [names] : []),
    ],
  });
  return {
    text: pem(made),
    validity: { start: validity.notBefore.toISOString(), end: validity.notAfter.toISOString() },
  };
}

function usages(library: Awaited<ReturnType<typeof x509>>, allowedUses: readonly string[]) {
  const flags: Record<string, KeyUsageFlags> = {
    cert_signing: library.KeyUsageFlags.keyCertSign,
    digital_signature: library.KeyUsageFlags.digitalSignature,
  };
  const purposes: Record<string, string> = { server_auth: library.ExtendedKeyUsage.serverAuth };
  const unknown = allowedUses.find((use) => !(use in flags) && !(use in purposes));
  const [usage, another] = allowedUses.flatMap((use) => flags[use] ?? []);
  if (unknown !== undefined || usage === undefined || another !== undefined) {
    throw new Error(`a rendered stack has no certificates for ${allowedUses.join(", ")}`);
  }
  const purpose = allowedUses.flatMap((use) => purposes[use] ?? []);
  return [
    new library.KeyUsagesExtension(usage, true),
    ...(purpose.length > 0 ? [new library.ExtendedKeyUsageExtension(purpose)] : []),
  ];
}

/** As @pulumi/tls has it, with a line break at its end. */
function pem(made: { toString(format: "pem"): string }): string {
  return `${made.toString("pem").trim()}\n`;
}
