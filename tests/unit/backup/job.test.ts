import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { makeBackup } from "../../../backup/job/make";
import type { JobFiles, JobPlan } from "../../../backup/job/plan";
import { writerText, type BackupKey } from "../../../backup/format/key";
import { verificationText } from "../../../backup/format/manifest";
import { signed } from "../../../backup/format/signature";
import { findBackup, readBackups, verificationFile } from "../../../backup/store/stack-folder";
import { verify } from "../../../backup/contents/trial";
import { rejection } from "../../support/rejection";
import { temporaryDirectory } from "../../support/temporary-directory";
import { newKey } from "./made-backup";

const dump = "CREATE TABLE posts (id INT);\n-- Dump completed on 2026-01-01\n";
const volume = (name: string) => ({ name, driver: "claim", options: { size: "1Gi" }, labels: {} });

/** What a cluster makes by itself, as its pod would, with the files of another folder. */
describe("B3 a backup that a cluster makes by itself", () => {
  let place: string;
  let key: BackupKey;
  let files: JobFiles;
  let content: string;

  beforeEach(async () => {
    place = temporaryDirectory();
    key = await newKey(place);
    const at = (name: string) => path.join(place, name);
    content = at("content");
    files = {
      plan: at("plan.json"),
      pack: path.resolve(__dirname, "../../../backup/kubernetes/scripts/pack.sh"),
      ...{ signingKey: at("signing-key"), names: at("names"), parts: at("parts") },
      ...{ manifest: at("manifest.signed"), id: at("id"), sums: at("sums") },
    };
    fs.mkdirSync(content);
    fs.writeFileSync(path.join(content, "picture.png"), "pixels");
    fs.writeFileSync(at("dump.sql"), dump);
    fs.writeFileSync(files.names, "20261127T033000Z-6/\nsomething else/\n");
    fs.writeFileSync(files.signingKey, writerText("dev", key));
    plan(key.recipient);
  });

  function plan(recipient: string, stack = "dev"): void {
    const common = { service: "app", image: "registry.test/app:1" };
    const written: JobPlan = {
      stack,
      recipient,
      parts: [
        {
          contents: { ...common, kind: "mysql", target: "/var/lib/mysql", volume: volume("data-mysql-0") },
          from: path.join(place, "dump.sql"),
        },
        {
          contents: {
            ...common,
            kind: "files",
            target: "/var/lib/ghost/content",
            volume: volume("ghost-blog-content"),
          },
          from: content,
        },
      ],
    };
    fs.writeFileSync(files.plan, JSON.stringify(written));
  }

  /** Puts it where the store would have it. Returns the folder of the stack. */
  async function made(): Promise<string> {
    const id = await makeBackup(files, "node1");
    const folder = path.join(place, "store", "dev");
    fs.cpSync(files.parts, path.join(folder, id), { recursive: true });
    fs.copyFileSync(files.manifest, path.join(folder, id, "manifest.signed"));
    return folder;
  }

  it("is proven and opened by the key, and comes after all that the store has", async () => {
    const folder = await made();
    const backup = await findBackup(folder, "dev", undefined, key);
    expect([backup.sequence, backup.proven, backup.verifiedAt]).to.deep.equal([7, true, undefined]);
    expect(backup.parts.map(({ file }) => file.replace(/-[0-9a-f]{8}\./, "-RUN."))).to.deep.equal([
      "1-data-mysql-0-RUN.sql.gz.age",
      "2-ghost-blog-content-RUN.tar.gz.age",
    ]);
    await verify(backup, backup.folder, key, undefined);
  });

  it("B4 says which transactions its dump holds, by the head of the dump and by nothing that is in it", async () => {
    const uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
    const state = `/* SET @@GLOBAL.GTID_PURGED='+${uuid}:1-9,\n${uuid.replace("3e", "4e")}:1-2';*/\n\n--\n-- Current Database: \`blog\`\n`;
    const lying = `INSERT INTO posts VALUES ('SET @@GLOBAL.GTID_PURGED=${uuid}:1-99');\n`;
    const gtids = async (head: string) => {
      fs.writeFileSync(path.join(place, "dump.sql"), `${head}${lying}${dump}`);
      const folder = await made();
      const { parts } = await findBackup(folder, "dev", undefined, key);
      fs.rmSync(folder, { recursive: true });
      const [part] = parts;
      return part?.kind === "mysql" ? part.gtids : "no database";
    };
    expect(await gtids(state)).to.equal(`${uuid}:1-9,${uuid.replace("3e", "4e")}:1-2`);
    expect(await gtids("--\n-- Current Database: `blog`\n")).to.equal(undefined);
  });

  it("of the same second as another one names its own parts, whichever manifest is the last", async () => {
    const first = await made();
    expect(await made()).to.equal(first);
    expect(fs.readdirSync(first).length).to.equal(1);
    const backup = await findBackup(first, "dev", undefined, key);
    expect(fs.readdirSync(backup.folder).length).to.equal(5);
    await verify(backup, backup.folder, key, undefined);
  });

  it("is not opened by what the cluster has", async () => {
    await made();
    expect(fs.readFileSync(files.signingKey, "utf8")).to.not.contain(key.identity);
    const thief = await newKey(place, "thief.txt");
    const { notProven } = await readBackups(path.join(place, "store", "dev"), "dev", thief);
    expect(notProven[0]?.why).to.contain("was signed with another key");
  });

  it("cannot be said by the cluster to be verified", async () => {
    const folder = await made();
    const { digest, folder: own } = await findBackup(folder, "dev", undefined, key);
    const note = path.join(own, verificationFile);
    fs.writeFileSync(note, signed(verificationText(digest, new Date()), key.writer));
    expect((await findBackup(folder, "dev", undefined, key)).verifiedAt).to.equal(undefined);
    fs.writeFileSync(note, signed(verificationText(digest, new Date()), key.signer));
    expect((await findBackup(folder, "dev", undefined, key)).verifiedAt).to.not.equal(undefined);
  });

  it("is none with a forged signature, a changed manifest, or for another stack", async () => {
    const folder = await made();
    const [id = ""] = fs.readdirSync(folder);
    const manifest = path.join(folder, id, "manifest.signed");
    const text = fs.readFileSync(manifest, "utf8");
    const forger = await newKey(place, "forger.txt");
    const forged = signed(text.slice(0, text.lastIndexOf("\n—")), forger.writer);
    for (const wrong of [forged, text.replace('"sequence": 7', '"sequence": 9')]) {
      fs.writeFileSync(manifest, wrong);
      expect((await readBackups(folder, "dev", key)).backups).to.deep.equal([]);
    }
    fs.writeFileSync(manifest, text);
    expect((await readBackups(folder, "prod", key)).notProven[0]?.why).to.contain("of stack dev, not of prod");
  });

  it("sealed for a wrong recipient is told by verify, before anything relies on it", async () => {
    const other = await newKey(place, "other.txt");
    plan(other.recipient);
    const backup = await findBackup(await made(), "dev", undefined, key);
    expect((await rejection(verify(backup, backup.folder, key, undefined))).message).to.contain("does not open");
  });

  it("is not made of half a dump, nor of a volume that cannot be read", async () => {
    fs.writeFileSync(path.join(place, "dump.sql"), dump.slice(0, 20));
    expect((await rejection(makeBackup(files, "node1"))).message).to.contain(
      "the dump of the databases ends in its middle",
    );
    expect(fs.existsSync(files.manifest)).to.equal(false);
    fs.writeFileSync(path.join(place, "dump.sql"), dump);
    fs.rmSync(content, { recursive: true });
    expect((await rejection(makeBackup(files, "node1"))).message).to.contain("status 2");
    expect(fs.existsSync(files.manifest)).to.equal(false);
  });

  it("does not follow a number that leaves no room for another", async () => {
    fs.writeFileSync(files.names, "20261127T033000Z-999999999/\n");
    expect((await rejection(makeBackup(files, "node1"))).message).to.contain("look who has written it");
  });
});
