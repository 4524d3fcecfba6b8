import { expect } from "chai";
import { provisioningSql } from "../../../components/mysql/users";
import { provisioningBytes } from "../../../config/checks/capacity";
import type { RawConfig } from "../../../config/files/machine";
import { parseStackConfig } from "../../../config/parse";
import { UserError } from "../../../errors";
import { contentOf, declared, ofKind, service } from "../../support/swarm";

const sites = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`s${index + 1}`, { url: `http://localhost:${3000 + index}` }]),
  );
const swarm = (raw: object = {}, count = 1) => ({ platform: "swarm", sites: sites(count), ...raw });
const cluster = { platform: "kubernetes", kubernetes: { context: "test" } };

/** The mistakes a configuration is refused with, a line each; none when it is taken. */
function mistakes(raw: unknown): string[] {
  try {
    parseStackConfig(raw);
    return [];
  } catch (error) {
    expect(error).to.be.instanceOf(UserError);
    return (error as UserError).message
      .split("\n")
      .slice(1)
      .map((line) => line.replace(/^ {2}- /, ""));
  }
}
const withOptions = (options: object, count = 1) => mistakes(swarm({ mysql: { options } }, count));

describe("the database server's options", () => {
  it("A3 M1 keeps a value on its line", () => {
    for (const value of ["0\nskip-grant-tables", "0\r\n[mysqld]", "0\rport=1", "a\u0001b", "a\u2028b", "a\tb"]) {
      const [mistake, ...more] = withOptions({ init_connect: value });
      expect(mistake).to.match(/^mysql\.options\.init_connect: must be one line/);
      expect(more).to.be.empty;
    }
    expect(withOptions({ init_connect: "x".repeat(5000) })[0]).to.contain("at most 2000 bytes (got 5000)");
    expect(withOptions({ init_connect: `SET @a = "#'\\;[mysqld]"` })).to.be.empty;
  });

  it("A3 M1 refuses what the program depends on, however it is written, with its key and reason", () => {
    for (const [name, words] of Object.entries({
      "gtid-mode": "depends on gtid_mode: always ON",
      loose_datadir: "depends on datadir",
      "loose-skip-bind-address": "depends on bind_address",
      skip_skip_name_resolve: "depends on skip_name_resolve",
      maximum_port: "depends on port",
      skip_grant_tables: "lets everybody in without a password",
      enable_skip_grant_tables: "lets everybody in",
      skip_networking: "keeps the sites out",
      super_read_only: "keeps the sites from writing",
      innodb_undo_directory: "would keep data outside the one directory",
      initialize: "is for who starts the server",
    })) {
      const [mistake = ""] = withOptions({ [name]: "ON" });
      expect(mistake, name)
        .to.match(new RegExp(`^mysql\\.options\\.${name}: `))
        .and.contain(words);
    }
    const set = { topology: "replicated", options: { skip_log_bin: true, slave_net_timeout: 60, server_id: 7 } };
    expect(mistakes(swarm({ mysql: set })).map((line) => line.split(":")[0])).to.deep.equal([
      "mysql.options.skip_log_bin",
      "mysql.options.slave_net_timeout",
      "mysql.options.server_id",
    ]);
  });

  it("A3 M1 takes what counts for new data for the whole set, and where the server can write", () => {
    expect(withOptions({ lower_case_table_names: 1, innodb_page_size: "32k", slow_query_log_file: "slow.log" })).to.be
      .empty;
    expect(withOptions({ lower_case_table_names: 2 })[0]).to.contain("must be 0 or 1 on Linux");
    expect(withOptions({ innodb_page_size: 5000 })[0]).to.contain("must be 4k, 8k, 16k, 32k or 64k");
    expect(withOptions({ log_error: "/var/log/mysql.log" })[0]).to.contain("below /var/lib/mysql/data and /tmp alone");
    const role = { topology: "replicated", replicaOptions: { collation_server: "utf8mb4_bin" } };
    expect(mistakes(swarm({ mysql: role }))[0]).to.match(
      /^mysql\.replicaOptions\.collation_server: .* Set it in mysql\.options$/,
    );
    expect(mistakes(swarm({ mysql: { sourceOptions: { long_query_time: 1 } } }))[0]).to.match(
      /^mysql\.sourceOptions: without effect/,
    );
  });

  it("A3 M1 knows a time zone from a word", () => {
    for (const zone of ["Europe/Berlin", "SYSTEM", "+02:00", "-03:30", "UTC"]) {
      expect(withOptions({ default_time_zone: zone }), zone).to.be.empty;
    }
    for (const zone of ["Europe/Nowhere", "+15:00", "berlin", "2"]) {
      expect(withOptions({ default_time_zone: zone })[0], zone).to.contain('an offset such as "+02:00", or a zone');
    }
  });
});

describe("the size of the database server", function () {
  this.timeout(60_000);

  const options = async (raw: RawConfig) => {
    const { resources } = await declared(raw);
    const [file] = ofKind(resources, "ServiceConfig").filter(({ name }) => name.startsWith("mysql-server.cnf"));
    const text = file ? contentOf(file) : "";
    const value = (name: string) => Number(new RegExp(`^${name}=(\\d+)$`, "m").exec(text)?.[1]);
    return {
      connections: value("max_connections"),
      tables: value("table_open_cache"),
      pool: value("innodb_buffer_pool_size") / 2 ** 20,
      memory: (service(resources, "mysql").resources.limits?.memoryBytes ?? 0) / 2 ** 20,
    };
  };

  it("M1 follows the number of sites and of what each may hold", async () => {
    // The smallest stack's own site is one more.
    expect(await options({})).to.deep.equal({ connections: 151, tables: 400, pool: 320, memory: 1024 });
    const twenty = await options({ sites: sites(19) });
    expect(twenty.connections).to.be.at.least(20 * 11 + 16);
    expect(twenty).to.deep.equal({ connections: 295, tables: 1160, pool: 352, memory: 1280 });
    const fifty = await options({ sites: sites(49) });
    expect(fifty.connections).to.be.at.least(50 * 11 + 16);
    expect(fifty.pool, "its memory grows, its buffer pool stays").to.be.at.least(320);
    // 370 MiB idle, 800 connections of 1.5, and a pool of 320.
    expect((await options({ mysql: { options: { max_connections: 800 } } })).memory).to.equal(1920);
    const magazine = { url: "http://localhost:2390", replicas: 8 };
    expect((await options({ wordpress: { magazine } })).connections).to.be.at.least(9 * 20 + 11 + 16);
  });

  it("M1 gives each Ghost the pool that is counted with, and MySQL's alert its four fifths", async () => {
    const { resources } = await declared({});
    expect(service(resources, "ghost-blog").container.env).to.include({ database__pool__max: "10" });
    const { connections } = await options({ sites: sites(19) });
    expect((20 * 11 + 16) / connections).to.be.at.most(0.8);
  });

  it("A3 M1 refuses fewer connections than the sites need, with the arithmetic", () => {
    expect(withOptions({ "max-connections": 200 }, 20)).to.deep.equal([
      "mysql.options.max-connections: must be a number of 236 or more (got 200): 20 sites × 11 + 16 of the server's own. Or remove the key: without it, it is 295",
    ]);
    expect(withOptions({ max_connections: 236 }, 20)).to.be.empty;
    expect(withOptions({ max_connections: "many" })[0]).to.contain("must be a number of 27 or more (got many)");
    expect(withOptions({ max_user_connections: 5 })[0]).to.contain("must be 0, or 11 or more (got 5), which sites.s1");
    expect(withOptions({ open_files_limit: 500 })[0]).to.contain("must be 961 or more");
    const magazine = { url: "http://localhost:2390" };
    expect(mistakes(swarm({ wordpress: { magazine }, mysql: { options: { max_connections: 60 } } }))[0]).to.contain(
      "sites.s1 11 + wordpress.magazine 80 + 16 of the server's own",
    );
  });

  it("A3 M1 refuses memory that the connections do not fit into, with the arithmetic", () => {
    expect(mistakes(swarm({ mysql: { memory: "256Mi" } }))[0]).to.match(/^mysql\.memory: must be 512Mi or more/);
    const [mistake = ""] = mistakes(swarm({ mysql: { memory: "1Gi" } }, 50));
    expect(mistake).to.match(/^mysql\.memory: must be 1600Mi or more \(got 1Gi\): 370Mi of an idle server, 64Mi /);
    expect(mistake).to.contain("for 566 connections and their tables (50 sites × 11 + 16 of the server's own)");
    expect(mistakes(swarm({ mysql: { memory: "1600Mi" } }, 50))).to.be.empty;
    const many = { memory: "1Gi", options: { max_connections: 2000 } };
    expect(mistakes(swarm({ mysql: many }))[0]).to.contain("for 2000 connections and their tables");
  });
});

describe("how many sites a stack has room for", () => {
  it("A3 says it for a swarm, whose networks have so many addresses", () => {
    expect(mistakes(swarm({}, 240))).to.be.empty;
    const [mistake = ""] = mistakes(swarm({}, 1000));
    expect(mistake).to.match(/^sites: 1000 are more than the 250 that fit beside the rest of this stack/);
    expect(mistakes(swarm({ swarm: { endpointMode: "vip" } }, 200))[0]).to.match(
      /^sites: 200 are more than the 1\d\d /,
    );
  });

  it("A3 says it for Kubernetes, where their users stand in one Secret", () => {
    expect(mistakes({ ...cluster, sites: sites(1000) })).to.be.empty;
    expect(mistakes({ ...cluster, sites: sites(1200) })[0]).to.match(/^sites: 1200 are more than the 1128 of a stack/);
    const rotated = { ...cluster, sites: sites(600), mysql: { passwordGeneration: 2 } };
    expect(mistakes(rotated)[0]).to.contain("more than the 564").and.contain("twice since mysql.passwordGeneration");
  });

  it("M1 counts no less for a site than its users and passwords take", () => {
    const password = "p".repeat(33);
    const name = `ghost_${"_".repeat(24)}`;
    const sql = (count: number) =>
      provisioningSql(
        { root: password, monitor: password, backup: password },
        Array.from({ length: count }, () => ({ database: name, username: name, password })),
      );
    expect(sql(2).length - sql(1).length).to.be.at.most(provisioningBytes);
  });
});

describe("versions that a tag tells", () => {
  const image = (name: string, reference: string) => mistakes(swarm({ images: { [name]: reference } }))[0];

  it("A3 refuses a Ghost that reads no password from a file, and a MySQL before 8.4", () => {
    for (const reference of [
      "docker.io/library/ghost:6.57.1",
      "ghost:5-alpine",
      `a.example/library/ghost:6.9@sha256:${"a".repeat(64)}`,
    ]) {
      expect(image("ghost", reference), reference).to.match(/^images\.ghost: must be version 6\.58\.0 or newer \(got /);
    }
    expect(image("mysql", "docker.io/library/mysql:8.0.43")).to.contain("must be version 8.4.0 or newer (got 8.0.43)");
  });

  it("A3 takes a tag that tells no version, which database-migrate looks at", () => {
    const digest = `docker.io/library/ghost@sha256:${"a".repeat(64)}`;
    for (const reference of [
      "ghost:6",
      "ghost:6.58",
      "ghost:latest",
      "a.example/team/ghost:1.2",
      digest,
      "ghost:7.0.0",
    ]) {
      expect(image("ghost", reference), reference).to.equal(undefined);
    }
  });
});
