import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import type { Diagnosis } from "../../../ops/diagnose";
import type { Finding } from "../../../ops/finding";
import type { Place } from "./place";
import { processTexts } from "./plain-text";
import type { AnsweringServer, Sent } from "./answering-server";
import { pageHit, trackerIn, userAgent } from "./tracker";

/** A site whose readers are counted, and its edge. */
export interface CountedSite {
  place: Place;
  tinybird: AnsweringServer;
  /** Address of the site. */
  url: string;
  /** Asks the edge for a path of the site, or posts something there. */
  ask: (
    path: string,
    sent?: { headers: Record<string, string>; body: string },
  ) => Promise<{ status: number; body: string }>;
  /** What a reader writes into `X-Forwarded-For` himself, and the address that he has. */
  reader: { claims: string; address: string };
  /** What everybody may read who may look at the stack's objects: its text. */
  objects: () => Promise<string>;
}

export const workspaceId = "123e4567-e89b-42d3-a456-426614174000";
export const tokens = { adminToken: "p.admin-token-of-tests-51c7", trackerToken: "p.tracker-token-of-tests-8e20" };

/** `analytics` of a stack file, with the tokens as files of a folder. */
export function analyticsKeys(tinybird: AnsweringServer, folder: string) {
  const files = Object.entries(tokens).map(([name, token]) => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, `${token}\n`, { mode: 0o600 });
    return [name, { file }];
  });
  return { endpoint: tinybird.url, workspaceId, ...(Object.fromEntries(files) as Record<string, { file: string }>) };
}

/** What a diagnosis says of web analytics. */
export async function analyticsFindings(place: Place): Promise<Finding[]> {
  const { findings } = await place.opsJson<Diagnosis>("diagnose");
  return findings.filter(({ object }) => object.includes("analytics"));
}

/** The tests of web analytics, of a stack that runs. */
export function testsOfAnalytics(counted: () => CountedSite): void {
  it("E4 a page of the real Ghost carries the tracker, whose page hit comes to Tinybird with the tracker's token, without cookies", async () => {
    const { ask, reader, tinybird, url } = counted();
    const { body: page } = await ask("/");
    const tracker = trackerIn(page) ?? {};
    expect(tracker).to.include({
      "data-host": `${url}/.ghost/analytics/api/v1/page_hit`,
      "data-datasource": "analytics_events",
    });
    expect(page).to.not.contain(tokens.trackerToken).and.not.contain(tokens.adminToken);
    const { body: script } = await ask(new URL(/src="([^"]*ghost-stats[^"]*)"/.exec(page)?.[1] ?? "", url).pathname);
    const { body, headers, url: target } = await pageHit(script, tracker, `${url}/`);
    const { pathname, search } = new URL(target);
    tinybird.sent.length = 0;
    const answer = await ask(pathname + search, {
      headers: {
        ...headers,
        "User-Agent": userAgent,
        Cookie: "ghost-members-ssr=of-a-member",
        Authorization: "Bearer of-the-reader",
        "X-Forwarded-For": reader.claims,
      },
      body,
    });
    expect(answer.status, answer.body).to.equal(202);
    expect(tinybird.sent).to.have.length(1);
    const [sent] = tinybird.sent as [Sent];
    expect(sent.path).to.equal("/v0/events?name=analytics_events");
    expect(sent.headers.authorization).to.equal(`Bearer ${tokens.trackerToken}`);
    // The makers' proxy hands on the headers of a request. A cookie says who it is; the address it needs itself.
    expect(sent.headers).to.not.have.property("cookie");
    expect(sent.headers["x-forwarded-for"]).to.equal(reader.address);
    expect(sent.body).to.not.contain(reader.address);
    const hit = JSON.parse(sent.body) as { site_uuid: string; session_id: string; payload: { pathname: string } };
    expect(hit.site_uuid).to.equal(tracker["tb_site_uuid"]);
    expect(hit.session_id).to.match(/^[0-9a-f]{64}$/);
    expect(hit.payload.pathname).to.equal("/");
  });

  it("E4 a body above 64 KB is refused before it reaches the proxy, and what is no page hit by that", async () => {
    const { ask, tinybird } = counted();
    tinybird.sent.length = 0;
    const headers = { "Content-Type": "application/json", "User-Agent": userAgent };
    const post = (body: string) => ask("/.ghost/analytics/api/v1/page_hit?name=analytics_events", { headers, body });
    const large = await post(JSON.stringify({ padding: "x".repeat(65 * 1024) }));
    expect(large.status).to.equal(413);
    expect(large.body).to.contain("larger than what this site takes");
    expect((await post("{}")).status).to.equal(400);
    expect(tinybird.sent).to.deep.equal([]);
  });

  it("E4 neither token stands in plain text in an object, a process or its environment, and diagnose finds nothing", async () => {
    const { objects, place } = counted();
    const text = await objects();
    const processes = Object.entries(processTexts());
    for (const token of Object.values(tokens)) {
      expect(text.includes(token), "in an object").to.equal(false);
      expect(processes.filter(([, words]) => words.includes(token)).map(([where]) => where)).to.deep.equal([]);
    }
    expect(await analyticsFindings(place)).to.deep.equal([]);
  });
}
