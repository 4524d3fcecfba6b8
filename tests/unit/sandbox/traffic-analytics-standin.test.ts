import { expect } from "chai";
import { bots, processed } from "../../../sandbox/images/traffic-analytics-standin/page-hit";

const site = "0f0f0f0f-0000-4000-8000-000000000001";
const headers = { "x-site-uuid": site, "user-agent": "Mozilla/5.0 Firefox/140.0" };
const hit = (over: object = {}) =>
  JSON.stringify({
    timestamp: "2026-11-30T18:00:00.000Z",
    action: "page_hit",
    version: "1",
    payload: {
      ...{ "user-agent": "Mozilla/5.0", locale: "en", location: null, pathname: "/", href: "https://blog.test/" },
      ...{
        site_uuid: site,
        post_uuid: "undefined",
        post_type: "null",
        member_uuid: "undefined",
        member_status: "free",
      },
    },
    ...over,
  });

describe("E4 the stand-in for the makers' proxy", () => {
  it("makes of a page hit what Tinybird is told: an id of the reader's day, and not his address", () => {
    const first = processed(hit(), headers, "203.0.113.9") as { session_id: string; site_uuid: string };
    expect(first).to.include({ site_uuid: site, action: "page_hit" });
    expect(JSON.stringify(first)).to.not.contain("203.0.113.9");
    const again = processed(hit(), headers, "203.0.113.9") as typeof first;
    const other = processed(hit(), headers, "203.0.113.10") as typeof first;
    expect(again.session_id).to.equal(first.session_id);
    expect(other.session_id).to.not.equal(first.session_id);
  });

  it("refuses what the makers' proxy refuses", () => {
    const refused = [
      processed(hit(), { "user-agent": "Mozilla/5.0" }, "203.0.113.9"),
      processed(hit({ action: "click" }), headers, "203.0.113.9"),
      processed(hit({ timestamp: "yesterday" }), headers, "203.0.113.9"),
      processed("no JSON", headers, "203.0.113.9"),
    ];
    expect(refused.map((one) => (one as string).split(" ", 1)[0])).to.deep.equal([
      "headers/x-site-uuid",
      "body/action",
      "body/timestamp",
      "body/",
    ]);
  });

  it("knows who is no reader", () => {
    expect(["curl/8.5", "Googlebot/2.1", "Wget/1.21"].every((name) => bots.test(name))).to.equal(true);
    expect(bots.test(headers["user-agent"])).to.equal(false);
  });
});
