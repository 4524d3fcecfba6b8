import { expect } from "chai";
import { parseStackConfig } from "../../../config/parse";
import type { Stack } from "../../../home/stack";
import { ownerFindings, ownerReport } from "../../../ops/owner";
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

  it("is told by diagnose of a site that nobody owns, without calling the stack ill", () => {
    const site = { key: "sites.blog.owner", name: "blog", signIn: "https://blog.example.com/ghost/" };
    expect(ownerFindings("press", [])).to.deep.equal([]);
    const [finding] = ownerFindings("press", [site]);
    expect(finding).to.include({ scenario: "unclaimed-site", severity: "notice", object: "site blog" });
    expect(finding?.mend.join()).to.contain(site.signIn).and.contain(site.key).and.contain("Pulumi.press.yaml");
  });
});
