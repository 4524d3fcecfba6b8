import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { run } from "../../../../engines/process";
import { CommandError } from "../../../../errors";
import { fakePrograms } from "../../../support/fake-programs";
import { temporaryDirectory } from "../../../support/temporary-directory";

const scripts = path.join(__dirname, "..", "..", "..", "..", "components", "backup", "scripts");

describe("B4 the scripts of an archive", () => {
  let work: string;
  const found = () => path.join(work, "found.signed");
  const script = (name: string, ...args: string[]) =>
    run("sh", [path.join(scripts, name), ...args], {
      env: { ...process.env, WORK: work, TARGET: "offsite:backups", STACK: "press" },
      timeout: 20,
    });
  /** A piece in the outbox. */
  const piece = (number: number) => {
    const id = `20261128T1400${String(number).padStart(2, "0")}Z-${number}-0123abcd`;
    fs.mkdirSync(path.join(work, "outbox"), { recursive: true });
    fs.writeFileSync(path.join(work, "outbox", `${id}.binlog.gz.age`), "sealed");
    fs.writeFileSync(path.join(work, "outbox", `${id}.signed`), "signed");
    return id;
  };

  beforeEach(() => {
    work = temporaryDirectory();
  });

  describe("that follows", () => {
    it("begins once the store was looked into since it began: what was found before counts for nothing", async () => {
      fs.writeFileSync(found(), "of another node's time");
      fakePrograms({ sleep: `[ ! -e ${found()} ] && echo new > ${found()}` });
      const { stdout } = await script("follow-archive.sh", "cat", found());
      expect(stdout).to.equal("new\n");
    });

    it("ends, and says whom to look at, where nobody looks", async () => {
      fakePrograms({ sleep: "exit 0" });
      let error: unknown;
      try {
        await script("follow-archive.sh", "echo", "begun");
      } catch (thrown) {
        error = thrown;
      }
      expect(error).to.be.instanceOf(CommandError);
      expect((error as CommandError).output)
        .to.contain("waiting until the service that sends has looked")
        .and.contain("nobody has looked into the store")
        .and.not.contain("begun");
    });
  });

  describe("that sends", () => {
    // Its pause ends it.
    const onePause = { sleep: "kill -TERM $PPID" };

    it("looks first where nobody has, then sends each piece before what is signed about it, in order", async () => {
      const [first, second] = [piece(9), piece(10)];
      const calls = fakePrograms({ ...onePause, rclone: '[ "$1" != lsf ] || exit 3' });
      await script("send-archive.sh");
      const sent = calls().filter((line) => line.startsWith("rclone"));
      expect(sent[0]).to.contain("lsf");
      expect(sent.filter((line) => line.includes("copyto")).map((line) => line.split(" ").at(-1))).to.deep.equal(
        [first, second].flatMap((id) => [
          `offsite:backups/press/binlog/${id}.binlog.gz.age`,
          `offsite:backups/press/binlog/${id}.signed`,
        ]),
      );
      expect(fs.readFileSync(found(), "utf8")).to.equal("");
      expect([fs.readdirSync(path.join(work, "outbox")), fs.existsSync(path.join(work, "sent"))]).to.deep.equal([
        [],
        true,
      ]);
    });

    it("keeps what the store does not take, says so, and does not say that it was sent", async () => {
      const id = piece(1);
      fs.writeFileSync(found(), "");
      fakePrograms({ ...onePause, rclone: "echo 'connection refused' >&2; exit 1" });
      const { stderr } = await script("send-archive.sh");
      expect(stderr).to.contain("NOT SENT: offsite:backups/press/binlog").and.contain("connection refused");
      expect(fs.readdirSync(path.join(work, "outbox"))).to.deep.equal([`${id}.binlog.gz.age`, `${id}.signed`]);
      expect(fs.existsSync(path.join(work, "sent"))).to.equal(false);
    });

    it("sends nothing where it cannot be known what the store has", async () => {
      piece(1);
      const calls = fakePrograms({ ...onePause, rclone: "echo 'access denied' >&2; exit 1" });
      const { stderr } = await script("send-archive.sh");
      expect(stderr).to.contain("NOT SENT");
      expect(calls().filter((line) => line.includes("copyto"))).to.deep.equal([]);
      expect(fs.existsSync(found())).to.equal(false);
    });
  });
});
