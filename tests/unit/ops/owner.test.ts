import { expect } from "chai";
import { parseStackConfig } from "../../../config/parse";
import type { Stack } from "../../../home/stack";
import { ownerReport } from "../../../ops/owner";
import { rejection } from "../../support/rejection";

describe("E6 where the owner of a site signs in", () => {
  const refused = async (sites: object, which?: string) => {
    const config = parseStackConfig({ platform: "swarm", sites });
    return (await rejection(ownerReport({ name: "press", platform: "swarm", config } as unknown as Stack, which)))
      .message;
  };

  it("is asked of one site, and told why there is nothing to tell", async () => {
    const site = { url: "http://example.com:8080/notes", owner: { name: "Jane", email: "jane@example.com" } };
    const other = { url: "http://example.com:8081" };
    expect(await refused({ blog: site, other })).to.equal("Name one of the sites of stack press: blog, other");
    expect(await refused({ blog: site }, "log")).to.equal("Stack press has no site log. It has: blog");
    expect(await refused({ other })).to.contain(
      "names no sites.other.owner: whoever visits http://example.com:8081/ghost/ first owns the site",
    );
  });
});
