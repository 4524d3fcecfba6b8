import * as http from "node:http";
import * as net from "node:net";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import type { PublishedAddress } from "../../../components/app";
import { answering, noCertificate, publishedAddresses, statusOf } from "../../../deploy/wait/published-addresses";
import { parseStackConfig } from "../../../config/parse";
import type { SwarmStackConfig } from "../../../config/schema";

describe("waiting for a published address", () => {
  let server: http.Server;
  let port: number;
  const requests: http.IncomingMessage[] = [];
  const statuses: number[] = [];
  const at = (more: Partial<PublishedAddress>): PublishedAddress => ({
    ...{ what: "x", app: "x", url: "http://x.test", port },
    request: { path: "/", headers: {}, statuses: [200] },
    ...more,
  });
  const soon = () => Date.now() + 10_000;
  beforeEach((done) => {
    requests.length = 0;
    statuses.length = 0;
    server = http.createServer((request, response) => {
      requests.push(request);
      response.writeHead(statuses.shift() ?? 200).end();
    });
    server.listen(0, "127.0.0.1", () => {
      port = (server.address() as AddressInfo).port;
      done();
    });
  });
  afterEach((done) => {
    server.close(done);
  });

  it("goes on through errors until there is a page, and tells what it sees", async () => {
    statuses.push(503, 500);
    const told: string[] = [];
    const host = await answering(at({ what: "site blog" }), ["127.0.0.1"], soon(), (text) => told.push(text));
    expect(host).to.equal("127.0.0.1");
    expect(told.join()).to.contain("503").and.contain("500");
  });

  it("tries the hosts one after the other and says which answered", async () => {
    // Nothing listens on this address of the loopback network.
    const host = await answering(at({}), ["127.0.0.9", "127.0.0.1"], soon(), () => undefined);
    expect(host).to.equal("127.0.0.1");
  });

  it("asks as it is told: path, and headers with the name of the site", async () => {
    const request = { path: "/news/health", headers: { Host: "blog.test", "X-Forwarded-Proto": "https" } };
    await answering(at({ request: { ...request, statuses: [200] } }), ["127.0.0.1"], soon(), () => undefined);
    const [asked] = requests;
    expect(asked?.url).to.equal("/news/health");
    expect(asked?.headers).to.include({ host: "blog.test", "x-forwarded-proto": "https" });
  });

  it("E1 knows a server that has no certificate for the host", async () => {
    // A TLS record: an alert, fatal, internal error.
    const refusing = net.createServer((socket) =>
      socket.once("data", () => socket.end(Buffer.from("15030300020250", "hex"))),
    );
    await new Promise<void>((resolve) => refusing.listen(0, "127.0.0.1", resolve));
    const { port: at } = refusing.address() as AddressInfo;
    const request = { path: "/", headers: { Host: "blog.test" }, statuses: [200] };
    try {
      expect(await statusOf("127.0.0.1", { port: at, secure: true, request })).to.equal(noCertificate);
    } finally {
      refusing.close();
    }
  });

  it("gives up at the deadline, and says what answered last", async () => {
    statuses.push(503);
    const failure = await answering(at({ what: "site blog" }), ["127.0.0.1"], Date.now() - 1, () => undefined).then(
      String,
      String,
    );
    expect(failure).to.contain("site blog does not answer as it should").and.contain("503");
  });

  it("covers every site and the inbox", () => {
    const config = parseStackConfig({
      platform: "swarm",
      sites: { a: { url: "http://localhost:2368" }, b: { url: "https://b.test", port: 8081 } },
    }) as SwarmStackConfig;
    expect(publishedAddresses(config).map(({ port: published }) => published)).to.deep.equal([2368, 8081, 8025]);
    const without = { ...config, mailpit: { ...config.mailpit, enabled: false } };
    expect(publishedAddresses(without)).to.have.length(2);
  });

  it("L1 asks an inbox for what needs no login", () => {
    const config = parseStackConfig({
      platform: "swarm",
      sites: { a: { url: "http://localhost:2368" } },
    }) as SwarmStackConfig;
    expect(publishedAddresses(config)[1]?.request).to.include({ path: "/readyz" });
  });
});
