import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { logFile } from "../../../components/ghost/settings";
import { run } from "../../../engines/process";
import { readText } from "../../../files/files";
import { projectDirectory } from "../../../home/project";
import { startActivityPub, startTinybird, type AnsweringServer } from "../support/answering-server";
import { analyticsKeys, testsOfAnalytics } from "../support/analytics";
import { describePage } from "../support/doc-page";
import { EdgeClient } from "../support/edge-client";
import { Pebble } from "../support/pebble";
import { succeeded, type Place } from "../support/place";
import { longestWait, readersDuring, type Answer } from "../support/readers";
import { nothing, swarmPlace, type Engine } from "../support/swarm-place";
import { timed, until } from "../support/until";
import { temporaryDirectory } from "../../support/temporary-directory";

/** A minute without Ghost. */
const long = process.env["E2E_LONG"] ? it : it.skip;

/** Stack `server`, as the page about https makes it: behind an edge, which asks a real ACME authority for its certificates. */
describe("an edge in front of a stack on Docker Swarm", () => {
  const name = "server";
  const stack = `ghost-${name}`;
  const ghost = `${stack}_ghost-blog`;
  const blog = "https://blog.example.com";
  /** This machine, as the engine's containers reach it. */
  const machine = "10.99.0.254";
  /** Another address of it, from which a CDN would come. */
  const proxy = "10.99.0.253";
  const stackFile = path.join(projectDirectory, `Pulumi.${name}.yaml`);
  /** What somebody has called so on this machine. */
  let own: string | undefined;
  let place: Place;
  let engine: Engine;
  let authority: Pebble;
  let reader: EdgeClient;
  let activityPub: AnsweringServer;
  let tinybird: AnsweringServer;

  before(async () => {
    const found = await swarmPlace(name, ["mysql", "ghost", "mailpit", "caddy", "trafficAnalytics", "pebble"]);
    ({ engine, place } = found);
    reader = new EdgeClient(found.address);
    await run("ip", ["address", "replace", `${proxy}/32`, "dev", "gp-engines"]);
    authority = await Pebble.make(engine, found.address, place.home);
    activityPub = await startActivityPub(machine);
    tinybird = await startTinybird(machine);
    own = readText(stackFile);
    fs.rmSync(stackFile, { force: true });
    place.configure({
      edge: { acme: { directory: authority.url, caFile: authority.caFile }, trustedProxies: [`${proxy}/32`] },
      sites: {
        blog: {
          aliases: ["www.example.com"],
          adminUrl: "https://admin.example.com",
          maxUpload: "1Mi",
          activityPub: activityPub.url,
          adminFrom: [`${machine}/32`],
        },
      },
      mailpit: { enabled: true, host: "mail.example.com" },
      analytics: analyticsKeys(tinybird, place.home),
    });
  });
  after(async () => {
    activityPub.stop();
    tinybird.stop();
    await authority.stop();
    await run("ip", ["address", "delete", `${proxy}/32`, "dev", "gp-engines"]);
    fs.rmSync(stackFile, { force: true });
    if (own !== undefined) {
      fs.writeFileSync(stackFile, own);
    }
  });

  // The authority is away until the page has told why there are no certificates.
  describePage("docs/https.md", {
    environment: () => ({ ...place.variables, DOCKER_HOST: engine.host }),
    replace: { "npm start -- --domain": "npm start -- --yes --timeout 600 --domain" },
    rows: {
      "A public site on a server": "E1",
      "When a host has no certificate": "E1",
      "Once it is mended": "E1",
    },
    prepare: { "Once it is mended": () => authority.start() },
    timeout: 600,
  });

  const typed = { environment: () => ({ ...place.variables, DOCKER_HOST: engine.host }) };
  // Its files come into the folder where it is typed.
  describePage("docs/analytics.md", {
    ...typed,
    sections: ["The datafiles"],
    rows: { "The datafiles": "E4" },
    folder: temporaryDirectory(),
  });
  describePage("docs/analytics.md", {
    ...typed,
    sections: ["Look whether it works"],
    rows: { "Look whether it works": "E4" },
  });

  describe("with an authority", () => {
    it("E1 gets certificates once the authority is there, and is well", async () => {
      reader.ca = await authority.root();
      const page = await until("a certificate", 60, () => reader.ask(`${blog}/`));
      expect(page.status).to.equal(200);
      expect(page.body).to.contain(`${blog}/`);
      await until("all to be well", 60, async () => (await place.ops("status")).status === 0);
    });

    it("E1 ends https with HTTP/2, leads there from http, and knows nobody else's names", async () => {
      const browser = reader.browser(blog);
      expect(await browser.status("/")).to.equal(200);
      browser.close();
      const { headers, status } = await reader.ask("http://blog.example.com/a/?b=c");
      expect({ status, location: headers.location }).to.deep.equal({ status: 308, location: `${blog}/a/?b=c` });
      expect((await reader.ask("http://other.example.com/")).status).to.equal(404);
      expect((await reader.ask("https://other.example.com/", { servername: "blog.example.com" })).status).to.equal(404);
    });

    it("E2 says what browsers need to know, and that HTTP/3 is at the published port", async () => {
      const { headers } = await reader.ask(`${blog}/`);
      expect(headers["strict-transport-security"]).to.match(/max-age=\d+/);
      expect(headers["x-content-type-options"]).to.equal("nosniff");
      expect(headers["alt-svc"]).to.match(/^h3=":443"/);
      expect(headers["server"]).to.equal(undefined);
      const packed = await reader.ask(`${blog}/`, { headers: { "Accept-Encoding": "gzip" } });
      expect(packed.headers["content-encoding"]).to.equal("gzip");
    });

    it("E2 leads from other hosts to the site, and has Ghost's admin at its own", async () => {
      for (const from of ["http://www.example.com", "https://www.example.com"]) {
        const { headers, status } = await reader.ask(`${from}/a/?b=c`);
        expect({ status, location: headers.location }, from).to.deep.equal({ status: 308, location: `${blog}/a/?b=c` });
      }
      expect((await reader.ask("https://admin.example.com/ghost/")).status).to.equal(200);
      expect((await reader.ask(`${blog}/ghost/`)).headers.location).to.match(/^https:\/\/admin\.example\.com\/ghost\//);
    });

    it("E6 belongs to the owner that the stack file names, before anybody has come", async () => {
      const setup = await reader.ask("https://admin.example.com/ghost/api/admin/authentication/setup/");
      expect(JSON.parse(setup.body)).to.deep.equal({ setup: [{ status: true }] });
    });

    it("E2 takes what is as large as the site may get, and refuses more", async () => {
      const send = async (bytes: number) => {
        const headers = { "Content-Type": "application/json" };
        return (
          await reader.ask("https://admin.example.com/ghost/api/admin/session/", {
            body: new Uint8Array(bytes),
            headers,
          })
        ).status;
      };
      expect(await send(2 ** 20 + 1)).to.equal(413);
      expect(await send(2 ** 20)).to.be.within(400, 412);
    });

    const logged = (page: string) =>
      until("Ghost to log it", 30, async () =>
        (await engine.docker("exec", (await engine.current(ghost)).id, "cat", logFile))
          .split("\n")
          .find((text) => text.includes(page)),
      );

    it("E2 tells Ghost the reader's own address, whatever the reader says", async () => {
      const page = `/real-address-${process.pid}/`;
      const forged = {
        "X-Forwarded-For": "203.0.113.66",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "evil.test",
      };
      // Ghost would lead a request that it takes for http to https.
      expect((await reader.ask(`${blog}${page}`, { headers: forged })).status).to.equal(404);
      const line = await logged(page);
      expect(line).to.contain(machine).and.not.contain("203.0.113.66").and.not.contain("evil.test");
    });

    it("E2 believes the proxies that the stack file names, as far as they have seen it themselves", async () => {
      const page = `/behind-a-cdn-${process.pid}/`;
      const [written, seen] = ["203.0.113.66", "198.51.100.7"];
      const headers = { "X-Forwarded-For": `${written}, ${seen}`, "X-Forwarded-Host": "evil.test" };
      expect((await reader.ask(`${blog}${page}`, { from: proxy, headers })).status).to.equal(404);
      const line = await logged(page);
      expect(line).to.contain(seen).and.not.contain(written).and.not.contain(proxy).and.not.contain("evil.test");
    });

    it("E4 hands what is asked in ActivityPub to its server, with the site's host, and nothing else", async () => {
      activityPub.sent.length = 0;
      for (const host of [blog, "https://admin.example.com"]) {
        for (const asked of ["/.ghost/activitypub/v1/site/", "/.well-known/webfinger?resource=acct:a@b"]) {
          expect(JSON.parse((await reader.ask(`${host}${asked}`)).body)).to.have.property("webhook_secret");
        }
      }
      await reader.ask(`${blog}/.well-known/change-password`);
      await reader.ask(`${blog}/activitypub/`);
      const sent = activityPub.sent.map(({ headers, path }) => ({
        path,
        host: headers.host,
        protocol: headers["x-forwarded-proto"],
      }));
      expect(sent).to.deep.equal(
        ["blog.example.com", "admin.example.com"].flatMap((host) => [
          { path: "/.ghost/activitypub/v1/site/", host, protocol: "https" },
          { path: "/.well-known/webfinger?resource=acct:a@b", host, protocol: "https" },
        ]),
      );
    });

    it("E4 is reached by the site itself at the site's own address, which leads nowhere in the DNS of this machine", async () => {
      const { id } = await engine.current(ghost);
      const script = `fetch("${blog}/.ghost/activitypub/v1/site/").then((answer) => answer.text()).then(console.log)`;
      const trusting = ["--env", "NODE_TLS_REJECT_UNAUTHORIZED=0", "--env", "NODE_NO_WARNINGS=1"];
      expect(JSON.parse(await engine.docker("exec", ...trusting, id, "node", "-e", script))).to.have.property(
        "webhook_secret",
      );
    });

    it("E6 has its admin for the networks that the stack file names, and the rest of the site for everybody", async () => {
      const { id } = await engine.current(ghost);
      // From inside the stack, which is none of those networks.
      const asked = async (address: string, method = "GET") => {
        const script = `fetch("${address}", { method: "${method}", redirect: "manual" }).then(({ status }) => console.log(status))`;
        const trusting = ["--env", "NODE_TLS_REJECT_UNAUTHORIZED=0", "--env", "NODE_NO_WARNINGS=1"];
        return Number(await engine.docker("exec", ...trusting, id, "node", "-e", script));
      };
      const admin = "https://admin.example.com/ghost/";
      const setup = "api/admin/authentication/setup/";
      for (const address of [
        admin,
        `${blog}/ghost`,
        `${blog}/GHOST/`,
        `${blog}//ghost/`,
        `${blog}/%67host/`,
        `${admin}api/admin/users/`,
      ]) {
        expect(await asked(address), address).to.equal(403);
      }
      expect(await asked(`${admin}${setup}`, "POST")).to.equal(403);
      expect(await asked(`${admin}${setup}`)).to.equal(200);
      expect(await asked(`${blog}/ghost/.well-known/jwks.json`)).to.be.oneOf([200, 301, 302]);
      expect(await asked(`${admin}api/content/posts/?key=0123456789abcdef0123456789`), "Ghost's own answer").to.equal(
        401,
      );
      expect(await asked(`${blog}/`)).to.equal(200);
      expect((await reader.ask(admin)).status, "from the named network").to.equal(200);
    });

    testsOfAnalytics(() => ({
      place,
      tinybird,
      url: blog,
      ask: (asked, sent) =>
        reader.ask(`${blog}${asked}`, sent && { headers: sent.headers, body: Buffer.from(sent.body) }),
      reader: { claims: "203.0.113.66", address: machine },
      objects: async () => {
        const filter = ["--filter", `label=com.docker.stack.namespace=${stack}`];
        const texts = ["service", "config", "secret"].map(async (kind) =>
          engine.docker(kind, "inspect", ...(await engine.lines(kind, "ls", "--quiet", ...filter))),
        );
        const containers = await engine.lines("ps", "--all", "--quiet", ...filter);
        return (await Promise.all([...texts, engine.docker("inspect", ...containers)])).join("\n");
      },
    }));

    it("E1 has the inbox at its host, with its login", async () => {
      const { password, username } = await place.inboxReader();
      const login = { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
      expect((await reader.ask("https://mail.example.com/api/v1/messages")).status).to.equal(401);
      expect((await reader.ask("https://mail.example.com/api/v1/messages", { headers: login })).status).to.equal(200);
      expect(succeeded(await place.ops("inbox"))).to.contain("https://mail.example.com/");
    });

    it("E1 publishes its own ports and nothing else's", async () => {
      const services = await engine.lines(
        "service",
        "ls",
        "--quiet",
        "--filter",
        `label=com.docker.stack.namespace=${stack}`,
      );
      const published = await engine.lines(
        ...[
          "service",
          "inspect",
          "--format",
          "{{range .Endpoint.Ports}}{{println .PublishedPort .Protocol .PublishMode}}{{end}}",
        ],
        ...services,
      );
      expect(published.sort()).to.deep.equal(["443 tcp host", "443 udp host", "80 tcp host"]);
      const { id } = await engine.current(`${stack}_edge`);
      const user = await engine.docker(
        "exec",
        id,
        "sh",
        "-c",
        "id -u; touch /etc/x 2>&1 || grep CapEff /proc/1/status",
      );
      expect(user)
        .to.match(/^65532\n/)
        .and.match(/Read-only file system[\s\S]*CapEff:\s+0000000000000000/);
    });

    it("E1 keeps its certificates through a restart: no new order", async () => {
      const { serial } = await reader.ask(`${blog}/`);
      const issued = await authority.issued();
      expect(issued).to.be.greaterThan(0);
      await timed("nobody at the ports while the edge is replaced", () => replaceEdge());
      expect((await reader.ask(`${blog}/`)).serial).to.equal(serial);
      expect(await authority.issued()).to.equal(issued);
    });

    it("E5 has readers wait while Ghost is started again: none of 50 a second sees an error", async () => {
      const answers = await readersMeanwhile(async () => {
        const former = await engine.current(ghost);
        await engine.docker("service", "update", "--force", "--detach", ghost);
        await engine.successor(ghost, former, 120);
      });
      expect(answers.filter(({ status }) => status !== "200")).to.deep.equal([]);
    });

    long("E5 has memory for everybody who comes while Ghost is away for longer, and answers each in time", async () => {
      const answers = await readersMeanwhile(async () => {
        await engine.docker("service", "scale", "--detach", `${ghost}=0`);
        await new Promise((resolve) => setTimeout(resolve, 60_000));
        await engine.docker("service", "scale", "--detach", `${ghost}=1`);
      });
      // On a busy machine Ghost's start takes what is left of the 90 seconds, and more: who came first is then told to come back.
      const inTime = ({ status, waited }: Answer) => status === "200" || (status === "503" && waited > 89);
      expect(answers.filter((answer) => !inTime(answer))).to.deep.equal([]);
    });

    it("A1 destroy --data removes everything", async () => {
      succeeded(await place.destroy("--data"));
      expect(await engine.holdings(stack)).to.deep.equal(nothing);
    });
  });

  /** What 50 readers a second are answered while something is done with Ghost, and until it is well again; the edge itself stays. */
  async function readersMeanwhile(change: () => Promise<void>): Promise<Answer[]> {
    const front = await engine.current(`${stack}_edge`);
    // The server takes 250 requests at once over a connection.
    const browsers = Array.from({ length: 20 }, () => reader.browser(blog));
    const ask = (number: number) =>
      browsers[number % browsers.length]?.status("/robots.txt") ?? Promise.reject(new Error("no browser"));
    const answers = await readersDuring(ask, async () => {
      await change();
      await until("Ghost to be well again", 180, async () => (await reader.ask(`${blog}/`)).status === 200);
    });
    browsers.forEach((browser) => browser.close());
    // Nobody would have noticed anything, had Ghost not been away.
    expect(longestWait(answers)).to.be.greaterThan(1);
    expect((await engine.current(`${stack}_edge`)).id).to.equal(front.id);
    return answers;
  }

  /** Has another task take the edge's place, and waits from the last answer of the one to the first of the other. */
  async function replaceEdge(): Promise<void> {
    const former = await engine.current(`${stack}_edge`);
    await engine.docker("service", "update", "--force", "--detach", `${stack}_edge`);
    await engine.successor(`${stack}_edge`, former, 60);
    await until("the edge to answer", 30, async () => (await reader.ask(`${blog}/`)).status === 200);
  }
});
