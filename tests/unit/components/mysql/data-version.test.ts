import { expect } from "chai";
import { acceptVariable } from "../../../../components/mysql/server-options";
import { Container, type Failure, type World } from "../../../support/mysql-world";
import { container, manifestsOf, podSpecs } from "../../../support/kubernetes";
import { declared, service } from "../../../support/swarm";

const replica: World = {
  member: "mysql-2",
  names: { "mysql-2": ["10.0.0.3"], mysql: ["10.0.0.1", "10.0.0.3"] },
  servers: { "mysql-0.mysql": "0 no u:1-9" },
  set: { members: "2" },
  own: "u:1-5",
  source: "u:1-9;",
};

describe("D1 the line of MySQL that data are of", function () {
  this.timeout(30_000);
  let server: Container;
  before(() => (server = new Container()));
  after(() => server.remove());

  const served = "serve, join";

  /** What a server of 9.7.4 does with data of another version. */
  const start = (version: string, accept?: string, more: Partial<World> = {}, failure?: Failure) =>
    server.run(
      ["start-member.sh"],
      {
        ...replica,
        version,
        volume: { data: "old" },
        environment: accept === undefined ? {} : { [acceptVariable]: accept },
        ...more,
      },
      failure,
    );

  for (const version of ["9.7.4", "9.7.0", "9.7.12"]) {
    it(`${version} is served: within a line either way works`, async () => {
      expect((await start(version)).changed).to.equal(served);
    });
  }

  for (const version of ["8.4.11", "8.0.44", "9.6.0"]) {
    it(`${version} goes there when that is said, and never unasked`, async () => {
      const { changed, output, status } = await start(version);
      expect([changed, status]).to.deep.equal(["", 1]);
      expect(output)
        .to.contain(`REFUSED: these data are of MySQL ${version}, and 9.7.4 would take them over for good`)
        .and.contain('set mysql.acceptUpgrade to "9.7"')
        .and.contain(`image of MySQL ${version.replace(/\.\d+$/, "")} in images.mysql`);
      expect((await start(version, "8.4")).changed, "what is accepted is another line").to.equal("");
      const accepted = await start(version, "9.7");
      expect(accepted.changed).to.equal(served);
      expect(accepted.output).to.contain("go to 9.7.4 for good, as mysql.acceptUpgrade says");
    });
  }

  for (const version of ["9.8.0", "10.2.1", "26.7.0"]) {
    it(`${version} is refused, whatever is accepted: this server cannot read it`, async () => {
      for (const accept of [undefined, "9.7", version.replace(/\.\d+$/, "")]) {
        const { changed, output } = await start(version, accept);
        expect(changed).to.equal("");
        expect(output).to.contain(`REFUSED: these data are of MySQL ${version}, and 9.7.4 cannot read them`);
      }
    });
  }

  it("is what the server itself has noted last, over what was noted when the data were made", async () => {
    const history =
      '{"file_format":"1","upgrade_history":[{"date":"2025-01-01 00:00:00","version":"8.4.3","initialize":true},{"date":"2026-01-01 00:00:00","version":"9.7.1-2","maturity":"LTS"}]}';
    const world = { files: { "data/mysql_upgrade_history": history } };
    expect((await start("8.4.3", undefined, world)).changed).to.equal(served);
    const half = { files: { "data/mysql_upgrade_history": history.slice(0, 90) } };
    expect((await start("9.7.4", undefined, half)).output).to.contain("these data are of MySQL 8.4.3");
  });

  it("is asked for where nobody has noted it, and where the server does not say its own", async () => {
    const { changed, output } = await start("");
    expect(changed).to.equal("");
    expect(output).to.match(/REFUSED: nobody knows which MySQL \S+\/data is of, and this is 9\.7\.4/);
    expect((await start("", "9.7")).changed).to.equal(served);
    for (const how of ["fails", "hangs"] as const) {
      const silent = await start("9.7.4", undefined, {}, { question: "version", how });
      // Who waits for the server to join may have asked meanwhile; in truth nobody answers.
      expect(silent.changed, how).to.not.contain("serve");
    }
  });

  it("is accepted by a key, on both platforms, by a single server and by members", async () => {
    for (const topology of ["single", "replicated"]) {
      const mysql = { topology, acceptUpgrade: "9.7" };
      const pod = podSpecs(await manifestsOf({ mysql }))["mysql"];
      const variables = container(pod as NonNullable<typeof pod>, "mysql").env;
      expect(variables).to.deep.include({ name: acceptVariable, value: "9.7" });
      const { env } = service((await declared({ mysql })).resources, "mysql").container;
      expect(env).to.include({ [acceptVariable]: "9.7" });
    }
  });
});

describe("D2 data that were in a group", function () {
  this.timeout(30_000);
  let server: Container;
  before(() => (server = new Container()));
  after(() => server.remove());

  /** A replica with a file in its data directory. */
  const start = (file: string) =>
    server.run(["start-member.sh"], { ...replica, volume: { data: "old" }, files: { [`data/${file}`]: "" } });

  it("are served by no server that is in none, and the way out is told", async () => {
    const { changed, output, status } = await start("relay-bin-group_replication_applier.000001");
    expect([changed, status]).to.deep.equal(["", 1]);
    expect(output)
      .to.contain("REFUSED: these data were in a group")
      .and.contain("Nothing was changed")
      .and.contain("Set mysql.topology to group again");
  });

  it("are told from those of a replica", async () => {
    expect((await start("relay-bin.000001")).changed).to.equal("serve, join");
  });
});
