import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { readStackFile } from "../../../config/files/stack-file";
import { writePublicStack } from "../../../deploy/public-stack";
import { UserError } from "../../../errors";
import { temporaryDirectory } from "../../support/temporary-directory";

describe("E1 a stack with a public name", () => {
  let directory: string;
  const site = { domain: "blog.example.com", email: "me@example.com" };
  const file = () => path.join(directory, "Pulumi.server.yaml");
  const write = (more: Partial<typeof site> = {}) => writePublicStack(directory, "server", { ...site, ...more });
  beforeEach(() => {
    directory = temporaryDirectory();
  });

  it("is written once: a site with https behind an edge", () => {
    expect(write()).to.equal(true);
    const config = readStackFile(directory, "server", {});
    expect(config.sites["blog"]?.url).to.equal("https://blog.example.com");
    expect(config.edge?.email).to.equal("me@example.com");
    expect(config.sites["blog"]?.owner, "E6 nobody else comes first").to.deep.equal({
      name: "me",
      email: "me@example.com",
    });
    expect(fs.statSync(file()).mode & 0o777).to.equal(0o644);
    const text = fs.readFileSync(file(), "utf8");
    expect(write()).to.equal(false);
    expect(fs.readFileSync(file(), "utf8")).to.equal(text);
  });

  it("is left as somebody has made it, as long as it says the same", () => {
    write();
    const more = `${fs.readFileSync(file(), "utf8")}  ghost-platform:retainData: false\n`;
    fs.writeFileSync(file(), more);
    expect(write()).to.equal(false);
    expect(fs.readFileSync(file(), "utf8")).to.equal(more);
    expect(() => write({ domain: "other.example.com", email: "you@example.com" }))
      .to.throw(UserError, /Pulumi\.server\.yaml is there already/)
      .with.property("message")
      .that.matches(/https:\/\/other\.example\.com[\s\S]*you@example\.com/);
    expect(fs.readFileSync(file(), "utf8")).to.equal(more);
  });

  it("is refused, and nothing written, where its name or address cannot be", () => {
    for (const domain of [
      "blog",
      "Blog.Example.com",
      "https://blog.example.com",
      "blog.example.com/x",
      "blog.lan",
      "1.2.3.4",
    ]) {
      expect(() => write({ domain }), domain).to.throw(UserError);
    }
    expect(() => write({ email: "nobody" })).to.throw(UserError, /^Nothing was written[\s\S]*edge\.email/);
    expect(fs.existsSync(file())).to.equal(false);
  });
});
