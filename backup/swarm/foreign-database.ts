import { Readable } from "node:stream";
import { rootCertificates } from "node:tls";
import { readExternalDatabase, siteNames } from "../../config/mysql/external-database";
import type { SwarmStackConfig } from "../../config/schema";
import type { DockerEngine } from "../../engines/docker-engine";
import type { RunInContainer } from "../contents/container";
import { runOn } from "../contents/pipe";
import type { SitePlace } from "../contents/site";

/** Where programs look for the option file of a server's client; see `clientOptionFiles` of the server. */
const directory = "/run/secrets/mysql";

/** Puts what it is given into files that only it reads, and runs the program. */
const withFiles = `set -euo pipefail
umask 077
IFS= read -r -d '' -N "$length" options
printf %s "$options" > ${directory}/root.cnf
printf %s "$authority" > ${directory}/ca.pem
exec "$@"`;

/**
 * The database server of a stack that is somebody else's, as the client of MySQL's image reaches it from a manager: with the certificate verified, and the login of the admin, or
 * that of the site's own database.
 */
export function foreignDatabase(
  engine: DockerEngine,
  config: SwarmStackConfig,
  external: NonNullable<SwarmStackConfig["mysql"]["external"]>,
  site: string,
): Pick<SitePlace, "inServer" | "server"> {
  const { admin, ca, passwords } = readExternalDatabase(external, config.sites, process.cwd());
  const brought = passwords[site];
  const login =
    brought === undefined ? admin : { user: siteNames(site, config.sites[site]?.database).username, password: brought };
  const options = optionFile(external, login ?? { user: "", password: "" });
  const inServer: RunInContainer = async ({ data, onLine, output, program, variables = {} }) => {
    const set = { ...variables, length: String(options.length), authority: ca ?? rootCertificates.join("\n") };
    const memory = ["--tmpfs", `${directory}:mode=1777`, "--tmpfs", "/tmp", "--tmpfs", "/var/lib/mysql"];
    const [name, ...all] = [
      ...["docker", "--host", engine.host, "run", "--rm", "--interactive", "--read-only", "--cap-drop", "ALL"],
      ...["--user", "mysql", ...memory, ...Object.entries(set).flatMap(([key, value]) => ["--env", `${key}=${value}`])],
      ...["--entrypoint", "bash", config.images.mysql, "-c", withFiles, "with-files", ...program],
    ] as const;
    await runOn([name, ...all], withBeginning(options, data), engine.environment, onLine, output);
  };
  const none = { name: "", driver: "local", options: {}, labels: {} };
  return {
    server: { kind: "mysql", image: config.images.mysql, target: "/var/lib/mysql", volume: none, node: "" },
    inServer,
  };
}

function optionFile({ host, port }: { host: string; port: number }, login: { user: string; password: string }): string {
  const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;
  return [
    "[client]",
    ...[`user=${quoted(login.user)}`, `password=${quoted(login.password)}`, `host=${host}`, `port=${port}`],
    ...["protocol=tcp", "ssl-mode=VERIFY_IDENTITY", `ssl-ca=${directory}/ca.pem`],
    // mysqldump knows it not.
    ...["[mysql]", "connect-timeout=10", ""],
  ].join("\n");
}

function withBeginning(beginning: string, data: Readable = Readable.from([])): Readable {
  const both = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from(beginning);
    for await (const chunk of data) {
      yield chunk as Buffer;
    }
  };
  return Readable.from(both(), { objectMode: false });
}
