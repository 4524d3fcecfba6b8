import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import type { RawConfig } from "../../../config/files/machine";
import { GhostClient } from "../support/ghost-client";
import { openFiles, processTexts } from "../support/plain-text";
import { succeeded, type Place } from "../support/place";
import { leak } from "../support/secrets";
import { SmtpRelay } from "../support/smtp-relay";
import { nothing, swarmPlace, type Engine } from "../support/swarm-place";
import { until } from "../support/until";

const long = process.env["E2E_LONG"] ? it : it.skip;

/** The mail of stack `swarm` goes to a server outside it. */
describe("a mail relay behind a stack on Docker Swarm", () => {
  const owner = { name: "Ada", email: "ada@example.com", password: "a long enough phrase 7", title: "Notes" };
  const stack = "ghost-swarm";
  const ghost = `${stack}_ghost-blog`;
  /** Of this machine on the engines' network. */
  const host = "10.99.0.254";
  const port = 10587;
  const [former, present] = ["first-password-of-the-relay", "second-password-of-the-relay"];
  let place: Place;
  let engine: Engine;
  let blog: GhostClient;
  let relay: SmtpRelay;
  let passwordFile: string;

  const setPassword = (password: string) => {
    fs.writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
    relay.password = password;
  };
  const configure = (blog: RawConfig) => {
    place.configure({
      mailpit: { enabled: false },
      mailRelay: { host, port, username: "postmaster", passwordFile },
      sites: { blog },
    });
  };
  /** Ghost answers with an error where it could not hand the mail over, and keeps the invitation. */
  const invite = (address: string) => blog.invite(address).catch(() => undefined);

  before(async () => {
    let address: string;
    ({ address, engine, place } = await swarmPlace("swarm"));
    relay = await SmtpRelay.start(host, port, "postmaster", place.home);
    passwordFile = path.join(place.home, "relay-password");
    setPassword(former);
    configure({});
    blog = new GhostClient(`http://${address}:2368`, "http://localhost:2368");
    succeeded(await place.start());
    await blog.answers("/ghost/", 30);
    await blog.setUp(owner);
  });
  after(async () => {
    await relay.stop();
  });

  it("L5 gets nothing while its certificate is not trusted", async () => {
    await invite("grace@example.com");
    await until("Ghost to ask", 30, () => Promise.resolve(relay.connections > 0));
    expect(relay.messages).to.deep.equal([]);
  });

  it("L5 gets the mail encrypted, from a user with a password", async () => {
    const trusted = "/etc/ghost-platform/relay.pem";
    configure({ settings: { NODE_EXTRA_CA_CERTS: trusted }, configs: { [trusted]: { file: relay.certificate } } });
    succeeded(await place.start());
    await blog.answers("/ghost/", 90);
    await invite("hedy@example.com");
    await until("the invitation", 30, () => Promise.resolve(relay.recipients.includes("hedy@example.com")));
    expect(relay.messages.at(-1)).to.include({ encrypted: true, user: "postmaster" });
  });

  long("L5 gets it after its password has changed, too", async () => {
    setPassword(present);
    succeeded(await place.start());
    await blog.answers("/ghost/", 90);
    await invite("joan@example.com");
    await until("the invitation", 30, () => Promise.resolve(relay.recipients.includes("joan@example.com")));
  });

  it("A5 its password stands nowhere in plain text", async () => {
    const { containers, secrets, services } = await engine.holdings(stack);
    const places: Record<string, string> = {
      services: await engine.docker("service", "inspect", ...(services ?? [])),
      containers: await engine.docker("inspect", ...(containers ?? [])),
      secrets: await engine.docker("secret", "inspect", ...(secrets ?? [])),
      log: await engine.log(ghost),
      ...processTexts(),
      ...openFiles(place.home),
    };
    expect(leak([former, present], places)).to.equal(undefined);
  });

  it("A1 destroy --data removes everything", async () => {
    succeeded(await place.destroy("--data"));
    expect(await engine.holdings(stack)).to.deep.equal(nothing);
  });
});
