import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { answering, publishedAddresses, type PublishedAddress } from "../../../cli/swarm-rollout";
import { parseStackConfig } from "../../../config/parse";
import type { SwarmStackConfig } from "../../../config/schema";

describe("waiting for a published address", () => {
  let server: http.Server;
  let port: number;
  const requests: http.IncomingMessage[] = [];
  const statuses: number[] = [];
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
    const host = await answering(
      { what: "site blog", url: "http://blog.test", port, status: 200 },
      ["127.0.0.1"],
      soon(),
      (text) => told.push(text),
    );
    expect(host).to.equal("127.0.0.1");
    expect(told.join()).to.contain("503").and.contain("500");
  });

  it("tries the hosts one after the other and says which answered", async () => {
    // Nothing listens on this address of the loopback network.
    const host = await answering(
      { what: "x", url: "http://x.test", port, status: 200 },
      ["127.0.0.9", "127.0.0.1"],
      soon(),
      () => undefined,
    );
    expect(host).to.equal("127.0.0.1");
  });

  it("asks as a reader's proxy does: by name, below the path, with TLS ended before", async () => {
    await answering(
      { what: "x", url: "https://blog.test/news", port, status: 200 },
      ["127.0.0.1"],
      soon(),
      () => undefined,
    );
    const [request] = requests;
    expect(request?.url).to.equal("/news/");
    expect(request?.headers).to.include({ host: "blog.test", "x-forwarded-proto": "https" });
  });

  it("gives up at the deadline, and says what answered last", async () => {
    statuses.push(503);
    const failure = await answering(
      { what: "site blog", url: "http://blog.test", port, status: 200 },
      ["127.0.0.1"],
      Date.now() - 1,
      () => undefined,
    ).then(String, String);
    expect(failure).to.contain("site blog does not answer").and.contain("503");
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

  it("L1 takes an inbox for up that asks for a login", async () => {
    const config = parseStackConfig({
      platform: "swarm",
      sites: { a: { url: "http://localhost:2368" } },
      mailpit: { authentication: true },
    }) as SwarmStackConfig;
    const inbox = publishedAddresses(config)[1] as PublishedAddress;
    statuses.push(401);
    expect(await answering({ ...inbox, port }, ["127.0.0.1"], soon(), () => undefined)).to.equal("127.0.0.1");
  });
});
