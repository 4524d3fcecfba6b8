import * as dns from "node:dns/promises";
import * as path from "node:path";
import { isMap, type RawConfig } from "../config/files/machine";
import { isSubdomain } from "../config/values/names";
import { configNamespace } from "../config/namespaces";
import { parseStackConfig } from "../config/parse";
import { readRawStackFile } from "../config/files/stack-file";
import { UserError } from "../errors";
import { isThere, writeContent } from "../files/files";
import { yamlText } from "../files/yaml-text";
import { schemaReference } from "../home/program";

/** A site with a public name, as `npm start` is asked for it. */
export interface PublicSite {
  /** Host name that readers use. */
  domain: string;
  /** Whom the authority of the certificates writes to, and who owns the site. */
  email: string;
}

/** The stack that a public site is, where nobody names one. */
export const publicStackName = "server";

/**
 * Writes the file of a stack with one site behind an edge. A file that is there already, and says the same of site and edge, is left as it is.
 *
 * @param directory the project's
 * @returns whether it was written
 * @throws UserError for a name or an address that cannot be, and for a file that says something else
 */
export function writePublicStack(directory: string, stack: string, { domain, email }: PublicSite): boolean {
  if (!isSubdomain(domain) || !domain.includes(".")) {
    throw new UserError(`--domain: must be a host name of the public DNS, such as blog.example.com (got "${domain}")`);
  }
  const config: RawConfig = {
    platform: "swarm",
    edge: { email },
    // Who comes first would own a site that nobody owns, and names of new certificates are published.
    sites: { blog: { url: `https://${domain}`, owner: { name: email.replace(/[@+].*$/s, ""), email } } },
    mailpit: { enabled: false },
  };
  mustBeAccepted(config, stack);
  const name = `Pulumi.${stack}.yaml`;
  const file = path.join(directory, name);
  if (isThere(file)) {
    mustSayTheSame(readRawStackFile(directory, stack, {}), name, { domain, email });
    return false;
  }
  const text = yamlText({
    config: Object.fromEntries(Object.entries(config).map(([key, value]) => [`${configNamespace}:${key}`, value])),
  });
  const heading = [
    `# yaml-language-server: $schema=${schemaReference()}`,
    "# A site with a public name, on the local Docker Engine in swarm mode, behind an edge that gets its certificate. Its owner has an account before",
    "# anybody can reach it. It sends no mail: name your SMTP server in mailRelay.",
  ];
  writeContent(file, `${heading.join("\n")}\n${text}`, 0o644);
  return true;
}

function mustBeAccepted(config: RawConfig, stack: string): void {
  try {
    parseStackConfig(config, stack);
  } catch (error) {
    throw error instanceof UserError
      ? new UserError(`Nothing was written, because the file would not do. ${error.message}`)
      : error;
  }
}

function mustSayTheSame(raw: RawConfig, name: string, { domain, email }: PublicSite): void {
  const { edge, sites } = raw;
  const urls = isMap(sites) ? Object.values(sites).map((site) => (isMap(site) ? site["url"] : undefined)) : [];
  const hasSite = urls.some((url) => typeof url === "string" && url.replace(/\/+$/, "") === `https://${domain}`);
  const mistakes = [
    ...(hasSite ? [] : [`it has no site with the url https://${domain}`]),
    ...(isMap(edge) && edge["email"] === email ? [] : [`its edge.email is not ${email}`]),
  ];
  if (mistakes.length > 0) {
    throw UserError.fromMistakes(
      `${name} is there already and says something else than --domain and --email. Change the file, or name another stack with --stack:`,
      mistakes,
    );
  }
}

/** What the public DNS has to say so that a name is reached, and what it says now. */
export async function dnsLines(domain: string): Promise<string[]> {
  const now = await dns.lookup(domain, { all: true }).then(
    (found) => `It leads to ${found.map(({ address }) => address).join(", ")} now.`,
    (error: unknown) =>
      (error as NodeJS.ErrnoException).code === "ENOTFOUND"
        ? "It has no address now, as seen from here."
        : `Where it leads now cannot be told from here (${(error as NodeJS.ErrnoException).code ?? String(error)}).`,
  );
  return [
    `${domain} must lead to this machine in the public DNS: an A record with its public address, and AAAA where it has IPv6. ${now}`,
    "The authority, and readers, must reach its ports 80 and 443 (TCP; for HTTP/3 443 over UDP, too).",
  ];
}
