import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { mustBeSafe } from "../../../../../config/backups/rclone-configuration";
import { Rclone } from "../../../../../backup/store/remote/rclone";
import { addressOf, isTarget, parseTarget } from "../../../../../config/backups/backup-target";
import { UserError } from "../../../../../errors";
import { fakePrograms } from "../../../../support/fake-programs";
import { rejection } from "../../../../support/rejection";
import { temporaryDirectory } from "../../../../support/temporary-directory";

describe("B2 a target", () => {
  it("is a remote and a path", () => {
    for (const [text, address] of [
      ["offsite:", "offsite:press"],
      ["offsite:bucket/ghost/", "offsite:bucket/ghost/press"],
      ["off-site.2:/srv/back ups", "off-site.2:/srv/back ups/press"],
    ] as const) {
      expect(addressOf(parseTarget(text), "press"), text).to.equal(address);
    }
  });

  it("is refused where credentials would be arguments, and where it is none", () => {
    for (const text of [":s3,access_key_id=a,secret_access_key=b:bucket", ":sftp:x", "offsite,pass=x:bucket"]) {
      expect(() => parseTarget(text), text).to.throw(UserError, "show the credentials");
      expect(isTarget(text), text).to.equal(false);
    }
    expect(() => parseTarget("/mnt/backups")).to.throw(UserError, "--directory");
    for (const text of ["offsite:a/../b", "offsite:..", "offsite:a:b", "offsite:a\nb", "-x:y", "offsite:a//b"]) {
      expect(() => parseTarget(text), JSON.stringify(text)).to.throw(UserError);
    }
  });

  describe("in rclone.conf", () => {
    const target = { remote: "offsite", path: "backups" };
    let file: string;
    const written = (text: string, mode = 0o600) => {
      fs.writeFileSync(file, text);
      fs.chmodSync(file, mode);
      return () => mustBeSafe(target, file);
    };
    beforeEach(() => {
      file = path.join(temporaryDirectory(), "rclone.conf");
    });

    it("is of a kind that this program knows, and safe", () => {
      for (const text of [
        "# mine\n[other]\ntype = crypt\n\n[offsite]\ntype=s3\nsecret_access_key = a = b\n",
        "[offsite]\ntype = sftp\nknown_hosts_file = /root/.ssh/known_hosts\n",
        "[offsite]\ntype = webdav\nurl = https://dav.example.com/x\n",
      ]) {
        written(text)();
      }
    });

    it("is refused in words, and without what is secret", () => {
      for (const [text, words] of [
        ["[offsite]\ntype = sftp\npass = hidden\n", "known_hosts_file is missing"],
        ["[offsite]\ntype = sftp\npass = hidden\nknown_hosts_file =\n", "known_hosts_file is missing"],
        ["[offsite]\ntype = webdav\npass = hidden\nurl = http://dav.example.com\n", "must begin with https://"],
        ["[offsite]\ntype = webdav\npass = hidden\nurl = http://localhost.example.com\n", "must begin with https://"],
        ["[offsite]\ntype = alias\nremote = hidden\n", 'type is "alias"'],
        ["[offsite]\npass = hidden\n", "type is missing"],
        ["[else]\ntype = s3\nsecret_access_key = hidden\n", "There are: else"],
        ["# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nhidden\n", "is encrypted"],
      ] as const) {
        expect(written(text), text).to.throw(UserError, words).with.property("message").that.does.not.contain("hidden");
      }
      written("[offsite]\ntype = s3\n");
      expect(() => mustBeSafe({ remote: "offsite", path: "" }, file)).to.throw(UserError, "names no bucket");
      expect(written("[offsite]\ntype = s3\n", 0o640)).to.throw(UserError, `chmod 600 ${file}`);
      fs.rmSync(file);
      expect(() => mustBeSafe(target, file)).to.throw(UserError, "RCLONE_CONFIG");
    });
  });

  it("needs an rclone that is new enough", async () => {
    const version = (text: string) => fakePrograms({ rclone: `echo "${text}"` });
    for (const text of ["rclone v1.60.1-DEV", "rclone v1.9.0", "something else"]) {
      version(text);
      expect((await rejection(Rclone.find())).message, text)
        .to.contain("too old")
        .and.contain("rclone.org/install");
    }
    version("rclone v1.75.2");
    await Rclone.find();
  });
});
