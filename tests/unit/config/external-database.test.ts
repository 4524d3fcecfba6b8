import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { parseStackConfig } from "../../../config/parse";
import { UserError } from "../../../errors";
import { temporaryDirectory } from "../../support/temporary-directory";

/** The mistakes of a stack on a server of somebody else's, a line each; none when it is taken. */
function mistakes(external: object, raw: { mysql?: object; sites?: object } & Record<string, unknown> = {}): string[] {
  const { mysql, sites = { blog: { url: "http://localhost:2368" } }, ...more } = raw;
  try {
    parseStackConfig({
      platform: "swarm",
      sites,
      ...more,
      mysql: { external: { host: "db.example.net", ...external }, ...mysql },
    });
    return [];
  } catch (error) {
    expect(error).to.be.instanceOf(UserError);
    return (error as UserError).message
      .split("\n")
      .slice(1)
      .map((line) => line.replace(/^ {2}- /, ""));
  }
}

describe("a database server of somebody else's in a stack file", () => {
  const folder = temporaryDirectory();
  const file = (name: string, content: string) => {
    fs.writeFileSync(path.join(folder, name), content);
    return path.join(folder, name);
  };
  const passwordFile = file("password", "secret\n");
  const admin = { user: "dba", passwordFile };
  const keysOf = (lines: readonly string[]) => lines.map((line) => line.split(":")[0]);

  it("D3 is a host with an admin, or with a database of each site", () => {
    expect(mistakes(admin)).to.deep.equal([]);
    const database = { name: "press", user: "press", passwordFile };
    expect(mistakes({}, { sites: { blog: { url: "http://localhost:2368", database } } })).to.deep.equal([]);
  });

  it("D3 is no address, for whose name nobody has a certificate", () => {
    for (const host of ["10.0.0.7", "::1", "db_1", ""]) {
      expect(mistakes({ host, ...admin })[0], host).to.match(/^mysql\.external\.host: must be a host name/);
    }
  });

  it("D3 A3 refuses together what is missing, cannot be read, or names the same twice", () => {
    const sites = {
      blog: { url: "http://localhost:2368", database: { name: "press" } },
      news: { url: "http://localhost:2369", database: { name: "press", passwordFile: path.join(folder, "none") } },
    };
    expect(keysOf(mistakes({ user: "dba", caFile: file("ca.pem", "no certificate") }, { sites }))).to.have.members([
      "mysql.external.caFile",
      "mysql.external.passwordFile",
      "sites.news.database.passwordFile",
      "sites.news.database.name",
    ]);
    expect(keysOf(mistakes({}))).to.deep.equal(["sites.blog.database.passwordFile"]);
  });

  it("D3 A3 refuses together what is said of a server of the stack's own, and who cannot verify one", () => {
    const mysql = { topology: "replicated", memory: "2Gi", options: { max_connections: 9 }, storage: {} };
    const wordpress = { magazine: { url: "http://localhost:2400" } };
    expect(keysOf(mistakes(admin, { mysql, wordpress }))).to.have.members([
      "mysql.topology",
      "mysql.memory",
      "mysql.options",
      "mysql.storage",
      "wordpress.magazine",
    ]);
  });

  it("D3 A3 a site's database has no effect on a server of the stack's own", () => {
    const sites = { blog: { url: "http://localhost:2368", database: { name: "press" } } };
    expect(() => parseStackConfig({ platform: "swarm", sites })).to.throw(
      UserError,
      /sites\.blog\.database\.name: without effect/,
    );
  });
});
