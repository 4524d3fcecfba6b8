import { expect } from "chai";
import { passwordsDiffer } from "../../../../deploy/rendered/other-passwords";
import type { Manifest } from "../../../../render/kubernetes";

describe("the passwords of a stack that runs", () => {
  const secret = (data: Record<string, string>, name = "mysql-db-blog"): Manifest => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name },
    data,
  });

  it("A5 are another checkout's when one of the same generation differs", () => {
    expect(passwordsDiffer([secret({ password: "b25l" })], [secret({ password: "dHdv" })])).to.equal(true);
    expect(
      passwordsDiffer([secret({ password: "b25l", "password-2": "dHdv" })], [secret({ "password-2": "dGhyZWU=" })]),
    ).to.equal(true);
  });

  it("A5 are this one's through a rotation, with a further site, and where nothing runs", () => {
    const present = secret({ password: "b25l" });
    expect(passwordsDiffer([secret({ password: "b25l", "password-2": "dHdv" })], [present])).to.equal(false);
    expect(passwordsDiffer([secret({ "password-2": "dHdv" })], [present])).to.equal(false);
    expect(passwordsDiffer([present, secret({ password: "dHdv" }, "mysql-db-news")], [present])).to.equal(false);
    expect(passwordsDiffer([present], [])).to.equal(false);
  });

  it("S7 are this one's while those of the server's own users are rotated", () => {
    const backup = (password: string) => secret({ password }, "mysql-backup");
    expect(passwordsDiffer([backup("b25l")], [backup("dHdv")])).to.equal(false);
  });

  it("S7 are this one's when a file changes that is no password of a database", () => {
    expect(
      passwordsDiffer([secret({ "users.sql": "b25l" }, "mysql")], [secret({ "users.sql": "dHdv" }, "mysql")]),
    ).to.equal(false);
  });
});
