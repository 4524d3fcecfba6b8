import { expect } from "chai";
import { memberServerOptions } from "../../../../components/mysql/replication/server-options";
import { optionFile, serverOptions, sized } from "../../../../components/mysql/server-options";
import { siteDatabases } from "../../../../components/mysql/users";
import { UserError } from "../../../../errors";

const limits = sized({ databases: siteDatabases({ blog: {} }) });

describe("the server's options as data", () => {
  it("M1 puts the program's after the stack's, and the stack's after the defaults", () => {
    const options = serverOptions({ ...limits, configured: [["mysql.options", { "max-connections": 300 }]] });
    const names = Object.keys(options);
    expect(options["max_connections"]).to.equal(300);
    expect(names.indexOf("datadir"), "scripts tell them apart by this").to.be.greaterThan(
      Math.max(
        ...["max_connections", "innodb_buffer_pool_size", "collation_server"].map((name) => names.indexOf(name)),
      ),
    );
    const member = Object.keys(memberServerOptions("replica", limits, { long_query_time: 2 }));
    expect(member.indexOf("super_read_only")).to.be.greaterThan(member.indexOf("datadir"));
    expect(member.indexOf("long_query_time")).to.be.lessThan(member.indexOf("datadir"));
  });

  it("M1 tells a program of its own all that is wrong at once", () => {
    const wrong = () =>
      serverOptions({
        ...limits,
        memory: "256Mi",
        configured: [["mysql.options", { skip_grant_tables: true, max_connections: 3, init_connect: "a\nb" }]],
      });
    expect(wrong).to.throw(UserError, /skip_grant_tables.*init_connect.*max_connections.*mysql\.memory/s);
  });

  it("M1 writes any value as one line that says the same", () => {
    const values = {
      a: true,
      b: false,
      c: 4096,
      d: "utf8mb4",
      e: "x # y",
      f: ' "q" ',
      g: "C:\\n\\s",
      h: "[mysqld]",
      i: "",
    };
    expect(optionFile(values).split("\n")).to.deep.equal([
      "[mysqld]",
      "a=ON",
      "b=OFF",
      "c=4096",
      "d=utf8mb4",
      'e="x # y"',
      'f=" \\"q\\" "',
      'g="C:\\\\n\\\\s"',
      'h="[mysqld]"',
      "i=",
      "",
    ]);
    expect(() => optionFile({ init_connect: "a\nskip-grant-tables" })).to.throw(UserError, "must be one line");
  });
});
