import type * as pulumi from "@pulumi/pulumi";
import type * as tls from "@pulumi/tls";
import { firstAuthority, type Authorities } from "./authorities";

/** Children of a component on any platform, as far as certificates are concerned. */
export interface CertificateMaker {
  readonly objectName: string;
  make: ((kind: "key", role: string, args: tls.PrivateKeyArgs) => tls.PrivateKey) &
    ((kind: "authority", role: string, args: tls.SelfSignedCertArgs) => tls.SelfSignedCert) &
    ((kind: "request", role: string, args: tls.CertRequestArgs) => tls.CertRequest) &
    ((kind: "certificate", role: string, args: tls.LocallySignedCertArgs) => tls.LocallySignedCert);
}

/** What a server shows, and by what its clients know it. Each is a text in PEM form. */
export interface ServerCertificate {
  /** What clients believe: the root of the authority, or two of them while one takes the place of another. */
  authority: pulumi.Output<string>;
  certificate: pulumi.Output<string>;
  /** Of the certificate; secret. */
  key: pulumi.Output<string>;
  /** When the certificate ends, as RFC 3339 has it. */
  end: pulumi.Output<string>;
}

const year = 365 * 24;

/** Hours that a certificate is valid, of which a deployment in the last third renews it. */
export const certificateHours = { whole: 3 * year, last: year };
/**
 * The same of an authority. It is renewed with its key and its name: who believes the former certificate believes the new one, and the other way round. No
 * certificate outlives the authority that it is from.
 */
export const authorityHours = { whole: 12 * year, last: 4 * year };

/** What a certificate's key is, and so whose signatures it makes. */
const algorithm = { algorithm: "ECDSA", ecdsaCurve: "P256" };

/**
 * An authority of a component, and a certificate from it. What it signs is this one certificate, so who shows one from it is this server. Another generation
 * of it shares nothing with the former: keys and names are others, of its certificate, too.
 *
 * @param names DNS names by which clients ask for the server; it is known as this machine, too
 */
export function serverCertificate(
  children: CertificateMaker,
  names: readonly pulumi.Input<string>[],
  { alsoTrusted, generation }: Authorities = firstAuthority,
): ServerCertificate {
  const authority = serverAuthority(children, generation);
  const { of } = authority;
  const key = children.make("key", of("certificate-key"), algorithm).privateKeyPem;
  const request = children.make("request", of("certificate-request"), {
    privateKeyPem: key,
    subject: { commonName: children.objectName },
    dnsNames: [...names, "localhost"],
    ipAddresses: ["127.0.0.1"],
  });
  const certificate = children.make("certificate", of("certificate"), {
    certRequestPem: request.certRequestPem,
    caPrivateKeyPem: authority.key,
    caCertPem: authority.root,
    allowedUses: ["digital_signature", "server_auth"],
    validityPeriodHours: certificateHours.whole,
    earlyRenewalHours: certificateHours.last,
    setSubjectKeyId: true,
  });
  return {
    authority: alsoTrusted === undefined ? authority.root : bundle(children, authority, alsoTrusted),
    certificate: certificate.certPem,
    key,
    end: certificate.validityEndTime,
  };
}

interface ServerAuthority {
  generation: number;
  key: pulumi.Output<string>;
  root: pulumi.Output<string>;
  /** What a part of this generation is called. */
  of: (role: string) => string;
}

function serverAuthority(children: CertificateMaker, generation: number): ServerAuthority {
  const of = (role: string) => (generation === 1 ? role : `${role}-${generation}`);
  const key = children.make("key", of("authority-key"), algorithm).privateKeyPem;
  const commonName = `${children.objectName} authority`;
  const { certPem: root } = children.make("authority", of("authority"), {
    privateKeyPem: key,
    // Two of one name would be told apart by their keys alone, which not every client does.
    subject: { commonName: generation === 1 ? commonName : `${commonName} ${generation}` },
    isCaCertificate: true,
    allowedUses: ["cert_signing"],
    validityPeriodHours: authorityHours.whole,
    earlyRenewalHours: authorityHours.last,
    setSubjectKeyId: true,
  });
  return { generation, key, root, of };
}

/** Both roots as one text, in the same order whichever signs: which of them does is nothing that clients have to start anew for. */
function bundle(children: CertificateMaker, present: ServerAuthority, alsoTrusted: number): pulumi.Output<string> {
  const other = serverAuthority(children, alsoTrusted);
  const [former, later] = alsoTrusted < present.generation ? [other, present] : [present, other];
  return former.root.apply((first) => later.root.apply((second) => first + second));
}
