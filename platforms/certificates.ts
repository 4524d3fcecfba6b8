import type * as pulumi from "@pulumi/pulumi";
import type * as tls from "@pulumi/tls";

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
  /** Root of the authority: what clients believe. */
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
 * An authority of a component, and a certificate from it. What it signs is this one certificate, so who shows one from it is this server.
 *
 * @param names DNS names by which clients ask for the server; it is known as this machine, too
 */
export function serverCertificate(
  children: CertificateMaker,
  names: readonly pulumi.Input<string>[],
): ServerCertificate {
  const authorityKey = children.make("key", "authority-key", algorithm).privateKeyPem;
  const authority = children.make("authority", "authority", {
    privateKeyPem: authorityKey,
    subject: { commonName: `${children.objectName} authority` },
    isCaCertificate: true,
    allowedUses: ["cert_signing"],
    validityPeriodHours: authorityHours.whole,
    earlyRenewalHours: authorityHours.last,
    setSubjectKeyId: true,
  });
  const key = children.make("key", "certificate-key", algorithm).privateKeyPem;
  const request = children.make("request", "certificate-request", {
    privateKeyPem: key,
    subject: { commonName: children.objectName },
    dnsNames: [...names, "localhost"],
    ipAddresses: ["127.0.0.1"],
  });
  const certificate = children.make("certificate", "certificate", {
    certRequestPem: request.certRequestPem,
    caPrivateKeyPem: authorityKey,
    caCertPem: authority.certPem,
    allowedUses: ["digital_signature", "server_auth"],
    validityPeriodHours: certificateHours.whole,
    earlyRenewalHours: certificateHours.last,
    setSubjectKeyId: true,
  });
  return {
    authority: authority.certPem,
    certificate: certificate.certPem,
    key,
    end: certificate.validityEndTime,
  };
}
