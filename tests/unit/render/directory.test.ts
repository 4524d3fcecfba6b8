import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { UserError } from "../../../errors";
import { RenderedDirectory } from "../../../render/directory";
import { PasswordStore } from "../../../render/passwords";
import { temporaryDirectory } from "../../support/temporary-directory";

const request = { length: 32, special: false };
const mode = (file: string) => (fs.statSync(file).mode & 0o777).toString(8);

describe("the folder a stack is rendered to", () => {
  let location: string;
  beforeEach(() => {
    location = path.join(temporaryDirectory(), "out");
  });

  const write = (...paths: string[]) => {
    const directory = new RenderedDirectory(location, "dev");
    const passwords = directory.passwords();
    passwords.get("root", request);
    directory.write(
      paths.map((file) => ({ path: file, content: file, secret: file.includes("secret") })),
      passwords,
    );
    return passwords.get("root", request);
  };

  it("A4 holds the files, and the same passwords from run to run", () => {
    const first = write("manifests/01-a.yaml");
    expect(write("manifests/01-a.yaml")).to.equal(first);
    expect(fs.readFileSync(path.join(location, "manifests/01-a.yaml"), "utf8")).to.equal("manifests/01-a.yaml");
  });

  it("A5 can be read by its owner only, secrets and passwords above all", () => {
    write("manifests/01-a.yaml", "manifests/02-secret.yaml");
    expect(mode(location)).to.equal("700");
    expect(mode(path.join(location, "manifests/02-secret.yaml"))).to.equal("600");
    expect(mode(path.join(location, "passwords.json"))).to.equal("600");
  });

  it("loses the files that the program has no more, and what a killed run has left", () => {
    write("manifests/01-a.yaml", "old/b");
    fs.mkdirSync(path.join(location, ".new-killed"));
    write("manifests/02-c.yaml");
    expect(fs.readdirSync(location).sort()).to.deep.equal([".ghost-platform.json", "manifests", "passwords.json"]);
    expect(fs.readdirSync(path.join(location, "manifests"))).to.deep.equal(["02-c.yaml"]);
  });

  it("keeps what is not ours beside it", () => {
    write("manifests/01-a.yaml");
    fs.writeFileSync(path.join(location, "applied.json"), "[]");
    write("manifests/01-a.yaml");
    expect(fs.existsSync(path.join(location, "applied.json"))).to.equal(true);
  });

  it("A3 refuses a folder with other files, and one of another stack", () => {
    fs.mkdirSync(location);
    fs.writeFileSync(path.join(location, "thesis.tex"), "");
    expect(() => new RenderedDirectory(location, "dev")).to.throw(UserError, /did not make.*--out/);
    fs.rmSync(path.join(location, "thesis.tex"));
    write("manifests/01-a.yaml");
    expect(() => new RenderedDirectory(location, "prod")).to.throw(UserError, /holds stack dev.*stack prod/);
  });
});

describe("the passwords of a rendered stack", () => {
  it("are random, of the kind that is asked for, and made anew for another kind", () => {
    const store = new PasswordStore();
    const plain = store.get("a", request);
    expect(plain).to.match(/^[A-Za-z0-9]{32}$/);
    expect(store.get("a", request)).to.equal(plain);
    expect(store.get("b", request)).not.to.equal(plain);
    expect(store.get("a", { length: 40, special: false })).to.have.length(40);
  });

  it("A3 say what to do when their file is damaged", () => {
    const file = path.join(temporaryDirectory(), "passwords.json");
    fs.writeFileSync(file, "{");
    expect(() => new PasswordStore(file)).to.throw(
      UserError,
      /passwords\.json, .* is damaged: .*Put it back from a backup/,
    );
  });
});
