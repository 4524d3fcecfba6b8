import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "../../../engines/process";
import { temporaryDirectory } from "../../support/temporary-directory";
import type { Place } from "./place";

/** A certificate that a server of the stack is not to be believed with, and its key; in PEM form. */
export interface Certificate {
  /** What its server itself takes for the authority. */
  authority: string;
  certificate: string;
  key: string;
}

/** Where a server finds its own. */
const own = "/run/secrets/mysql-tls";

/**
 * SQL that has a server show another certificate to whoever connects from now on, as another server in its place would.
 *
 * @param folder where its files are, in its container. Default: that of its own
 */
export function show(folder = own): string {
  return `SET GLOBAL ssl_ca = '${folder}/ca.crt', ssl_cert = '${folder}/tls.crt', ssl_key = '${folder}/tls.key'; ALTER INSTANCE RELOAD TLS`;
}

/** A program for bash that writes the files of a certificate to a folder. */
export function writing({ authority, certificate, key }: Certificate, folder: string): string {
  const file = (name: string, text: string) =>
    `base64 -d <<<${Buffer.from(text).toString("base64")} >${folder}/${name}`;
  return [
    "set -e",
    `mkdir -p ${folder}`,
    file("ca.crt", authority),
    file("tls.crt", certificate),
    file("tls.key", key),
  ].join("\n");
}

/**
 * Certificates of nobody in the stack: one of the right names by another authority, and one by the stack's authority, whose key this reads, of another name.
 *
 * @param names by which the server is asked for
 */
export async function strangers(
  place: Place,
  names: readonly string[],
): Promise<Record<"anotherAuthority" | "anotherName", Certificate>> {
  const folder = temporaryDirectory();
  const file = (name: string) => path.join(folder, name);
  const { certificate, key } = await authorityOf(place);
  fs.writeFileSync(file("own.crt"), certificate);
  fs.writeFileSync(file("own.key"), key, { mode: 0o600 });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await run("openssl", [
    ...["req", "-x509", ...newKey, "-days", "2", "-subj", "/CN=mysql authority"],
    ...["-keyout", file("other.key"), "-out", file("other.crt")],
  ]);
  const signed = async (authority: string, hosts: readonly string[]): Promise<Certificate> => {
    fs.writeFileSync(file("names"), `subjectAltName=${hosts.map((host) => `DNS:${host}`).join()}\n`);
    await run("openssl", [
      ...["req", "-new", ...newKey, "-subj", `/CN=${hosts[0]}`, "-keyout", file("tls.key"), "-out", file("tls.csr")],
    ]);
    await run("openssl", [
      ...["x509", "-req", "-days", "2", "-in", file("tls.csr"), "-extfile", file("names"), "-out", file("tls.crt")],
      ...["-CA", file(`${authority}.crt`), "-CAkey", file(`${authority}.key`), "-CAcreateserial"],
    ]);
    const text = (name: string) => fs.readFileSync(file(name), "utf8");
    return { authority: text(`${authority}.crt`), certificate: text("tls.crt"), key: text("tls.key") };
  };
  return { anotherAuthority: await signed("other", names), anotherName: await signed("own", ["elsewhere"]) };
}

/** The file in which a rendered stack keeps its certificates. */
function kept(place: Place): string {
  return path.join(place.home, "rendered", place.stack, "passwords.json");
}

type Kept = Record<string, { text?: string; validity?: { end: string } }>;

async function authorityOf(place: Place): Promise<{ certificate: string; key: string }> {
  if (fs.existsSync(kept(place))) {
    const all = JSON.parse(fs.readFileSync(kept(place), "utf8")) as Kept;
    return {
      certificate: all["ghost-mysql-authority"]?.text ?? "",
      key: all["ghost-mysql-authority-key"]?.text ?? "",
    };
  }
  const state = JSON.parse(await place.pulumi("stack", "export", "--show-secrets")) as {
    deployment: { resources: { urn: string; outputs?: Record<string, string | { plaintext: string }> }[] };
  };
  const output = (name: string, of: string) => {
    const found = state.deployment.resources.find(({ urn }) => urn.endsWith(`::${name}`))?.outputs?.[of] ?? "";
    return typeof found === "string" ? found : (JSON.parse(found.plaintext) as string);
  };
  return {
    certificate: output("ghost-mysql-authority", "certPem"),
    key: output("ghost-mysql-authority-key", "privateKeyPem"),
  };
}

/**
 * Has the certificate of the database server be due, so that the next deployment renews it.
 *
 * @returns whether it can be: only a rendered stack keeps its certificates in a file
 */
export function letEnd(place: Place): boolean {
  if (!fs.existsSync(kept(place))) {
    return false;
  }
  const all = JSON.parse(fs.readFileSync(kept(place), "utf8")) as Kept;
  const { validity } = all["ghost-mysql-certificate"] ?? {};
  if (validity) {
    validity.end = new Date(Date.now() + 24 * 3_600_000).toISOString();
  }
  fs.writeFileSync(kept(place), JSON.stringify(all));
  return true;
}
