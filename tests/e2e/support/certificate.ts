import * as path from "node:path";
import { run } from "../../../engines/process";

/** A certificate and its key, as files in PEM form. */
export interface Certificate {
  certificate: string;
  key: string;
}

/**
 * A new certificate for a server at an address, which only who is told trusts. It signs itself.
 *
 * @param directory where its files are made
 */
export async function certificateFor(address: string, directory: string): Promise<Certificate> {
  const [certificate, key] = [path.join(directory, "server.pem"), path.join(directory, "server.key")];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=server"];
  await run("openssl", [...request, "-addext", `subjectAltName=IP:${address}`, "-keyout", key, "-out", certificate]);
  return { certificate, key };
}
