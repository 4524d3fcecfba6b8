import { expect } from "chai";
import { EdgeClient } from "../support/edge-client";
import { Pebble } from "../support/pebble";
import { succeeded, type Place } from "../support/place";
import { swarmPlace, type Engine } from "../support/swarm-place";
import { timed, until } from "../support/until";

/** Ten minutes to half an hour: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

/**
 * The edge looks every ten minutes, and renews when the authority suggests it, at the latest what has a third of its life left: of so many minutes that third
 * begins at 24, and what comes at 30 is six minutes before the end.
 */
const validMinutes = 36;

long("the certificates of an edge on Docker Swarm, over their whole life", () => {
  const blog = "https://blog.example.com";
  let place: Place;
  let engine: Engine;
  let authority: Pebble;
  let reader: EdgeClient;

  before(async () => {
    const found = await swarmPlace("swarm", ["mysql", "ghost", "caddy", "pebble"]);
    ({ engine, place } = found);
    reader = new EdgeClient(found.address);
    authority = await Pebble.make(engine, found.address, place.home, { validMinutes });
    place.configure({
      edge: { email: "me@example.com", acme: { directory: authority.url, caFile: authority.caFile } },
      sites: { blog: { url: blog } },
      mailpit: { enabled: false },
    });
    await authority.start();
    reader.ca = await authority.root();
  });
  after(async () => {
    await place.destroy("--data");
    await authority.stop();
  });

  it("E1 are renewed before they end, and no reader meets one that has ended", async function () {
    this.timeout((validMinutes + 20) * 60_000);
    succeeded(await timed("npm start", () => place.start()));
    const { serial } = await until("a certificate", 60, () => reader.ask(`${blog}/`));
    const front = await engine.current("ghost-swarm_edge");
    const ends = Date.now() + validMinutes * 60_000;
    const refused: string[] = [];
    await timed("a certificate → the next one", () =>
      until("another certificate", validMinutes * 60, async () => {
        const answer = await reader.ask(`${blog}/robots.txt`).catch((error: unknown) => String(error));
        if (typeof answer === "string" || answer.status !== 200) {
          refused.push(typeof answer === "string" ? answer : String(answer.status));
          return false;
        }
        return answer.serial !== serial;
      }),
    );
    expect(Date.now()).to.be.lessThan(ends);
    expect(refused).to.deep.equal([]);
    expect(await authority.issued()).to.equal(2);
    succeeded(await place.ops("status"));
    expect((await engine.current("ghost-swarm_edge")).id).to.equal(front.id);
  });
});
