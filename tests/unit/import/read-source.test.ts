import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { UserError } from "../../../errors";
import { listContent, sampleImage } from "../../../import/content-folder";
import { readSource } from "../../../import/read-source";
import { temporaryDirectory } from "../../support/temporary-directory";

describe("B6 a source is found out by its folder", () => {
  let folder: string;
  const write = (name: string, text: string) => {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  };
  const cli = (over: object) =>
    write(
      "config.production.json",
      JSON.stringify({
        url: "https://notes.example.com",
        database: { client: "mysql", connection: { host: "db", user: "ghost", password: "s3cret", database: "prod" } },
        ...over,
      }),
    );
  const refusal = (dump?: string) => {
    try {
      readSource(folder, dump);
    } catch (error) {
      expect(error).to.be.instanceOf(UserError);
      return (error as Error).message;
    }
    throw new Error("it was taken");
  };

  beforeEach(() => {
    folder = temporaryDirectory();
    write("content/images/2026/a.png", "png");
  });

  it("as export has written it, with the dump in it, unless another is named", () => {
    expect(refusal()).to.contain("Name a dump");
    write("ghost.sql.gz", "");
    expect(readSource(folder, undefined).database).to.deep.equal({ dump: path.join(folder, "ghost.sql.gz") });
    expect(readSource(folder, "other.sql").database).to.deep.equal({ dump: "other.sql" });
  });

  it("of Ghost-CLI, with the login of its database and what is not taken, and no secret in it", () => {
    cli({
      mail: { transport: "SMTP", options: { host: "smtp.example.com", auth: { user: "a", pass: "hidden" } } },
      imageOptimization: { resize: false },
      process: "systemd",
    });
    const source = readSource(folder, undefined);
    expect(source.url).to.equal("https://notes.example.com");
    expect(source.content).to.equal(path.join(folder, "content"));
    expect(source.database).to.deep.equal({
      login: { host: "db", port: 3306, user: "ghost", password: "s3cret", database: "prod" },
    });
    expect(source.notes).to.have.length(2);
    expect(source.notes[0]).to.contain("smtp.example.com").and.to.contain("mailRelay");
    expect(source.notes[1]).to.match(/^imageOptimization of/);
    expect(source.notes.join()).to.not.contain("hidden");
  });

  it("of Ghost-CLI with a dump, which is taken in place of the login", () => {
    cli({});
    expect(readSource(folder, "a.sql").database).to.deep.equal({ dump: "a.sql" });
  });

  it("of ghost-docker, with its address and its folder of uploads", () => {
    write(
      ".env",
      [
        "# Ghost",
        "DOMAIN=notes.example.com",
        "DATABASE_PASSWORD='hidden'",
        'UPLOAD_LOCATION="./up"  ',
        "mail__options__host=smtp.example.com",
        "mail__options__auth__pass=hidden",
        "EMPTY=",
        "TINYBIRD_TOKEN=hidden # a comment",
      ].join("\r\n"),
    );
    write("up/images/a.png", "png");
    const source = readSource(folder, "a.sql");
    expect(source).to.deep.include({ url: "https://notes.example.com", content: path.join(folder, "up") });
    expect(source.notes.join("\n")).to.contain("smtp.example.com").and.to.contain("TINYBIRD_TOKEN of .env");
    expect(source.notes.join()).to.not.contain("hidden").and.to.not.contain("EMPTY");
  });

  it("of ghost-docker without a dump is refused with the command that makes one", () => {
    write(".env", "DOMAIN=notes.example.com\nUPLOAD_LOCATION=./content\n");
    expect(refusal()).to.contain("docker compose exec -T db").and.to.contain("--dump");
  });

  it("a content folder beside a dump; without one of them it is refused", () => {
    expect(readSource(folder, "a.sql").content).to.equal(path.join(folder, "content"));
    expect(refusal()).to.contain("--dump FILE.sql");
    fs.rmSync(path.join(folder, "content"), { recursive: true });
    expect(refusal("a.sql")).to.contain("no content/");
    folder = path.join(folder, "none");
    expect(refusal("a.sql")).to.contain("is no folder here");
  });

  it("all that cannot be taken is told together", () => {
    cli({
      database: { client: "sqlite3", connection: { filename: "x.db" } },
      storage: { active: "s3" },
      paths: { contentPath: "/nowhere/content" },
    });
    const message = refusal();
    for (const text of ["adapter s3", "SQLite", "/nowhere/content"]) {
      expect(message).to.contain(text);
    }
  });

  it("a configuration that is no JSON, or of another form, is named", () => {
    write("config.production.json", "{");
    expect(refusal("a.sql")).to.contain("config.production.json is not the JSON");
    cli({ url: 5 });
    expect(refusal("a.sql")).to.contain("(url)");
  });

  it("files come along, and neither what Ghost makes itself nor what links lead to", () => {
    write("content/images/size/w100/a.png", "png");
    write("content/images/README.md", "");
    write("content/data/ghost.db", "");
    write("content/data/redirects.yaml", "");
    write("content/logs/a.log", "");
    write("content/adapters/storage/s3/index.js", "");
    fs.mkdirSync(path.join(folder, "content/themes"));
    fs.symlinkSync("/etc/passwd", path.join(folder, "content/images/link.png"));
    fs.symlinkSync("/opt/casper", path.join(folder, "content/themes/casper"));
    const found = listContent(path.join(folder, "content"));
    expect(found.files.sort()).to.deep.equal(["data/redirects.yaml", "images/2026/a.png", "images/README.md"]);
    expect(found.images).to.equal(1);
    expect(sampleImage(found)).to.equal("images/2026/a.png");
    expect(found.notes).to.have.length(3);
    expect(found.notes.join("\n")).to.match(/images\/link\.png is a link[^]*themes\/casper[^]*adapters \(storage\)/);
  });
});
