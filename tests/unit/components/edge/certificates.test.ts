import { expect } from "chai";
import { certificateTroubles } from "../../../../components/edge/certificates";

/** Lines as Caddy 2.11 writes them. */
const line = (ts: number, msg: string, more: object = {}) =>
  JSON.stringify({ level: "error", ts, logger: "tls.obtain", msg, identifier: "blog.example.com", ...more });
const failed = (error: string, ts = 3) =>
  line(ts, "could not get certificate from issuer", { issuer: "acme.test-dir", error });
const challenge = (kind: string, type: string, detail: string) =>
  line(2, "challenge failed", {
    challenge_type: kind,
    problem: { type: `urn:ietf:params:acme:error:${type}`, title: "", detail },
  });

describe("E1 what the edge's log says of certificates", () => {
  it("is why each host has none, in words", () => {
    const said: Record<string, RegExp> = {
      'registering account [] with server: provisioning client: performing request: Get "https://10.0.0.1:14000/dir": dial tcp 10.0.0.1:14000: connect: connection refused':
        /does not answer/,
      'HTTP 400 urn:ietf:params:acme:error:rejectedIdentifier - Order included an identifier for which issuance is forbidden by policy: "blog.example.com"':
        /issues none for blog\.example\.com/,
      "HTTP 429 urn:ietf:params:acme:error:rateLimited - too many certificates already issued": /limit is reached/,
      "HTTP 403 urn:ietf:params:acme:error:externalAccountRequired - The request must include a value":
        /externalAccount/,
      'Get "https://acme.test/dir": tls: failed to verify certificate: x509: certificate signed by unknown authority':
        /edge\.acme\.caFile/,
      "HTTP 403 urn:ietf:params:acme:error:caa - CAA record for blog.example.com prevents issuance": /CAA record/,
      "something nobody has seen": /no certificate/,
    };
    for (const [error, words] of Object.entries(said)) {
      const [trouble] = certificateTroubles(failed(error));
      expect(trouble?.why, error).to.match(words);
      expect(trouble).to.include({ host: "blog.example.com", evidence: error });
    }
  });

  it("is what the authority saw over http, rather than what it says of its last try", () => {
    const log = [
      challenge("http-01", "connection", "203.0.113.9: Timeout during connect (likely firewall problem)"),
      challenge("tls-alpn-01", "malformed", "cannot negotiate ALPN protocol"),
      failed("HTTP 400 urn:ietf:params:acme:error:malformed - cannot negotiate ALPN protocol"),
    ].join("\n");
    const [trouble] = certificateTroubles(log);
    expect(trouble?.why).to.match(/found nobody at blog\.example\.com/);
    expect(trouble?.evidence).to.contain("likely firewall problem");
    const elsewhere = challenge("http-01", "unauthorized", "203.0.113.9: Invalid response: 404");
    expect(certificateTroubles([elsewhere, failed("x")].join("\n"))[0]?.why).to.match(/leads to another machine/);
    const nowhere = challenge("http-01", "dns", "DNS problem: NXDOMAIN looking up A for blog.example.com");
    expect(certificateTroubles([nowhere, failed("x")].join("\n"))[0]?.why).to.match(/no address in the public DNS/);
  });

  it("is over with a certificate and with a new try, in whatever order tasks' lines come", () => {
    const obtained = line(4, "certificate obtained successfully");
    expect(certificateTroubles([obtained, failed("x")].join("\n"))).to.deep.equal([]);
    expect(certificateTroubles([line(4, "obtaining certificate"), failed("x")].join("\n"))).to.deep.equal([]);
    expect(certificateTroubles([obtained, failed("x", 5)].join("\n"))).to.have.length(1);
  });

  it("is nothing where it is no log of that kind", () => {
    expect(certificateTroubles("not JSON\n\nnull\n42\n{}\n[]\n")).to.deep.equal([]);
  });
});
