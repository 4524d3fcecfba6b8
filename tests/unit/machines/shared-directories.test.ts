import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { mountAt, mustBeShared, refused, sharedDirectories, type Found } from "../../../machines/shared-directories";
import type { RawConfig } from "../../../config/files/machine";
import { parseStackConfig } from "../../../config/parse";
import type { SwarmStackConfig } from "../../../config/schema";
import { UserError } from "../../../errors";
import { temporaryDirectory } from "../../support/temporary-directory";

describe("S12 a directory that every node mounts", () => {
  const device = "/mnt/shared/magazine";
  const driverOptions = { type: "none", o: "bind", device };
  const nodes = {
    m1: { host: "unix:///run/m1.sock", address: "10.0.0.1", role: "manager" },
    w1: { host: "ssh://w1", address: "10.0.0.2", role: "worker", labels: { web: "yes" } },
    w2: { host: "ssh://w2", address: "10.0.0.3", role: "worker", labels: { web: "yes" } },
  };
  const stack = (storage: object, swarm: object = { nodes, toleratedFailures: 0 }): RawConfig => ({
    platform: "swarm",
    swarm: { placement: ["node.hostname==m1"], ...swarm },
    wordpress: {
      magazine: { url: "http://localhost:8080", placement: ["node.labels.web==yes"], storage },
    },
  });
  const directories = (storage: object, swarm?: object) =>
    sharedDirectories(parseStackConfig(stack(storage, swarm)) as SwarmStackConfig);
  const [directory] = directories({ driverOptions, shared: true });
  const found = (node: string, over: Partial<Found> = {}): Found => ({
    node,
    state: "written",
    mounted: "fuse.glusterfs 10.0.0.1:/shared",
    reason: "",
    sees: ["w1", "w2"],
    ...over,
  });
  const refusal = (...answers: Found[]) => {
    try {
      mustBeShared(directory ? [{ directory, found: answers }] : []);
    } catch (error) {
      expect(error).to.be.instanceOf(UserError);
      return (error as UserError).message.split("\n").slice(1);
    }
    throw new Error("it was not refused");
  };

  it("is taken for storage that follows its tasks, once the stack file says so", () => {
    expect(() => parseStackConfig(stack({ driverOptions }))).to.throw(
      UserError,
      /wordpress\.magazine\.placement: a local volume cannot follow .*wordpress\.magazine\.storage\.shared/,
    );
    expect(directory).to.deep.include({
      key: "wordpress.magazine.storage",
      device,
      user: 33,
      hosts: { w1: "ssh://w1", w2: "ssh://w2" },
      others: false,
    });
    expect(directories({ driverOptions: { type: "nfs", o: "addr=10.0.0.9", device: ":/srv" } })).to.deep.equal([]);
  });

  it("is tried on the one engine of a swarm that names no nodes, and told where there are others", () => {
    const alone = directories({ driverOptions, shared: true }, {});
    expect(alone.map(({ hosts, others }) => [Object.keys(hosts), others])).to.deep.equal([[["this engine"], false]]);
    const [among] = directories({ driverOptions, shared: true }, { singleNode: false });
    expect(among?.hosts).to.deep.equal({});
    expect(mustBeShared(among ? [{ directory: among, found: [] }] : [])[0]).to.contain("cannot be tried from here");
  });

  for (const [what, storage, words] of [
    ["the word alone", { shared: true }, /storage\.shared: says that a directory/],
    ["the word for an export", { shared: true, driverOptions: { type: "nfs", o: "addr=h", device: ":/s" } }, /remove/],
    ["the word for a plugin", { shared: true, driver: "plug:1" }, /storage\.shared: says that a directory/],
    [
      "GlusterFS by the local driver, which no engine can mount",
      { driverOptions: { type: "glusterfs", o: "addr=h", device: "h:/shared" } },
      /storage\.driverOptions\.type: an engine cannot mount GlusterFS.*docs\/swarm-storage\.md/,
    ],
  ] as const) {
    it(`A3 is refused: ${what}`, () => {
      expect(() => parseStackConfig(stack(storage))).to.throw(UserError, words);
    });
  }

  it("A3 is no place for a database, and the key is not there", () => {
    const onShared = { ...stack({ driverOptions, shared: true }), mysql: { storage: { driverOptions, shared: true } } };
    expect(() => parseStackConfig(onShared)).to.throw(UserError, /mysql\.storage.*shared/);
  });

  it("A3 is refused for two apps, and for the three servers of the shop", () => {
    const site = (port: number, place: string) => ({
      url: `http://localhost:${port}`,
      storage: { driverOptions: { ...driverOptions, device: place }, shared: true },
    });
    const two = (place: string) => ({
      platform: "swarm",
      wordpress: { a: site(8080, device), b: site(8081, place) },
      mailpit: { enabled: false },
    });
    expect(() => parseStackConfig(two(`${device}/`))).to.throw(UserError, /wordpress\.b\.storage.*also that of wordpr/);
    parseStackConfig(two(`${device}-b`));
    const shop = { platform: "swarm", shop: { storage: { driverOptions } } };
    expect(() => parseStackConfig(shop)).to.throw(UserError, /shop\.storage\.driverOptions\.device: PostgreSQL/);
  });

  it("is deployed where each machine sees what the others wrote", () => {
    const tried = (...answers: Found[]) => mustBeShared(directory ? [{ directory, found: answers }] : []);
    expect(tried(found("w1"), found("w2"))).to.deep.equal([]);
    expect(
      tried(found("w1", { sees: ["w1"] }), found("w2", { state: "unknown", reason: "no such image" })),
    ).to.deep.equal([`wordpress.magazine.storage: ${device} could not be tried on w2 (no such image)`]);
  });

  it("A3 is refused where one machine has its own disk there", () => {
    const own = { mounted: "ext4 /dev/vda", sees: ["w2"] };
    expect(refusal(found("w1", { sees: ["w1"] }), found("w2", own))).to.deep.equal([
      `  - wordpress.magazine.storage.driverOptions.device: ${device} is not the same storage on the machines that may run it (w1 has fuse.glusterfs 10.0.0.1:/shared and sees what no other wrote; w2 has ext4 /dev/vda and sees what no other wrote). Mount the same storage there on each`,
    ]);
  });

  it("A3 is refused where it is not there, does not answer, or belongs to somebody else: all in one message", () => {
    expect(
      refusal(
        found("w1", { state: "missing" }),
        found("w2", { state: "denied" }),
        found("w3", { state: "broken", reason: "transport endpoint is not connected" }),
      ),
    ).to.deep.equal([
      `  - wordpress.magazine.storage.driverOptions.device: there is no ${device} on w1. Mount the storage there, or make the directory on it once`,
      `  - wordpress.magazine.storage.driverOptions.device: user 33 may not write to ${device} on w2 (fuse.glusterfs 10.0.0.1:/shared). On one machine, as root: chown 33:33 ${device}`,
      `  - wordpress.magazine.storage.driverOptions.device: ${device} does not answer on w3 (transport endpoint is not connected). Mount it anew there`,
    ]);
  });

  it("tells from docker's words why it could not be tried", () => {
    const mount = (words: string) =>
      `docker: Error response from daemon: invalid mount config for type "bind": ${words}.`;
    for (const [output, status, state] of [
      [mount(`bind source path does not exist: ${device}`), 125, "missing"],
      [mount(`stat ${device}: transport endpoint is not connected`), 125, "broken"],
      ["36 1 0:5 / /shared rw - ext4 /dev/vda rw\nsh: cannot create /shared/x: Permission denied", 2, "denied"],
      ["docker: Error response from daemon: pull access denied for wordpress", 125, "unknown"],
    ] as const) {
      expect(refused({ message: "", output, status }).state, output).to.equal(state);
    }
    const output =
      "Unable to find image 'x' locally\ndocker: no such image.\n\nRun 'docker run --help' for more information\n";
    expect(refused({ message: "", output, status: 125 }).reason).to.equal("docker: no such image.");
  });

  it("finds what is mounted at a place", () => {
    const lines = [
      "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw",
      "205 370 0:41 /magazine /shared rw,relatime master:3 - fuse.glusterfs 10.0.0.2:/shared rw,user_id=0",
    ];
    expect(mountAt("/shared", lines.join("\n"))).to.equal("fuse.glusterfs 10.0.0.2:/shared");
    expect(mountAt("/other", lines.join("\n"))).to.equal("");
  });

  it("is tried by files that are gone afterwards, those of a try that was killed, too", () => {
    const folder = temporaryDirectory();
    const script = fs
      .readFileSync(path.join(__dirname, "..", "..", "..", "machines", "scripts", "try-directory.sh"), "utf8")
      .replaceAll("/shared", folder);
    const act = (...args: string[]) => spawnSync("sh", ["-c", script, "sh", ...args], { encoding: "utf8" });
    fs.writeFileSync(path.join(folder, ".ghost-platform-try-old-w1"), "");
    expect(act("write", "new", "w1").stdout).to.match(/ - /);
    act("write", "new", "w2");
    expect(act("see", "new", "w1", "w2", "w3").stdout).to.equal("w1\nw2\n");
    expect(fs.readdirSync(folder)).to.have.length(2);
    act("clear", "new", "w1", "w2");
    expect(fs.readdirSync(folder)).to.deep.equal([]);
    expect(act("write", "new", "no/w1").status).to.not.equal(0);
  });
});
