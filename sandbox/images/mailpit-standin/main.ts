/*
 * A stand-in for Mailpit, for machines that reach no image registry: same ports, settings, health paths and message API as far as this
 * project uses them. It is no mail server for any other purpose.
 */
import http from "node:http";
import type net from "node:net";
import { Logins } from "./logins";
import { Mailbox } from "./mailbox";
import { readSettings, SettingsError, usage, type Address, type Settings } from "./settings";
import { smtpServer } from "./smtp";
import { version, webServer } from "./web";

async function serve(settings: Settings): Promise<void> {
  const mailbox = await Mailbox.open(settings.database, settings.maxMessages);
  const statistics = { accepted: 0, acceptedSize: 0, rejected: 0 };
  const [smtpLogins, webLogins] = [settings.smtpLogins, settings.webLogins].map((file) => file && Logins.read(file));
  const smtp = smtpServer(mailbox, statistics, smtpLogins || undefined);
  const web = webServer(mailbox, statistics, webLogins || undefined);
  // A connection that breaks is the client's affair.
  smtp.on("error", (error) => console.log(`SMTP: ${error.message}`));

  const stop = (signal: string) => {
    console.log(`${signal}: stopping`);
    web.close();
    web.closeAllConnections();
    smtp.close(() => {
      mailbox.close().then(
        () => process.exit(0),
        (error: unknown) => fail(error),
      );
    });
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);

  await listening(smtp.server, () => smtp.listen(settings.smtp.port, settings.smtp.host));
  await listening(web, () => web.listen(settings.web.port, settings.web.host));
  console.log(`Mailpit ${version}: ${mailbox.list().length} messages in ${mailbox.path ?? "memory"}`);
  console.log(`SMTP on ${written(smtp.server.address())}, web and API on http://${written(web.address())}`);
}

function listening(server: net.Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", reject);
    listen();
  });
}

function written(address: string | net.AddressInfo | null): string {
  return address !== null && typeof address === "object"
    ? `${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`
    : String(address);
}

/** Asks the one that runs in the same container. */
function checkReadiness({ host, port }: Address): void {
  const local = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  http
    .get({ host: local, port, path: "/readyz", timeout: 5000 }, (response) => {
      response.resume();
      process.exitCode = response.statusCode === 200 ? 0 : 1;
    })
    .on("timeout", () => fail(new Error(`no answer from ${local}:${port} within 5 s`)))
    .on("error", fail);
}

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

const [command, ...rest] = process.argv.slice(2);
try {
  if (command === "--help" || command === "-h") {
    console.log(usage);
  } else if (command === "version") {
    console.log(version);
  } else if (command === "readyz") {
    checkReadiness(readSettings(rest, process.env).web);
  } else {
    serve(readSettings(process.argv.slice(2), process.env)).catch(fail);
  }
} catch (error) {
  if (!(error instanceof SettingsError)) {
    throw error;
  }
  fail(error);
}
