import { expect } from "chai";
import { databases } from "../../../../backup/contents/databases";
import { volumesOf, type ServiceSpec } from "../../../../backup/swarm/sources";

describe("S9 what of a service is in a backup", () => {
  type ContainerSpec = ServiceSpec["TaskTemplate"]["ContainerSpec"];
  const service = (mounts: Record<string, string>, over: Partial<ContainerSpec> = {}): ServiceSpec => ({
    Name: "press_app",
    TaskTemplate: {
      ContainerSpec: {
        Image: "app:1",
        Mounts: Object.entries(mounts).map(([Source, Target]) => ({ Type: "volume", Source, Target })),
        ...over,
      },
    },
  });
  const secrets = (...names: string[]) => ({ Secrets: names.map((Name) => ({ File: { Name } })) });
  const kinds = (spec: ServiceSpec, slot = 1) =>
    volumesOf(spec, "press", slot).map(({ kind, volume }) => `${volume.name}: ${kind}`);

  it("is its files, and not what is temporary", () => {
    const spec = service({
      press_content: "/content",
      "press_mysql-tmp": "/tmp",
      "press_app-tmp-0a1b2c3d4e": "/var/tmp",
    });
    expect(kinds(spec)).to.deep.equal(["press_content: files"]);
    expect(volumesOf(spec, "press", 1)[0]?.volume.labels).to.deep.equal({
      "com.docker.stack.namespace": "press",
      "ghost-platform.stack": "press",
    });
  });

  it("is a database where it is a server of a known kind", () => {
    const mysql = service({ "press_mysql-data": "/var/lib/mysql" }, secrets("/run/secrets/mysql/root.cnf"));
    expect(kinds(mysql)).to.deep.equal(["press_mysql-data: mysql"]);
    // Somebody else's server, of whose users nothing is known here.
    expect(kinds(service({ data: "/var/lib/mysql" }))).to.deep.equal(["data: files"]);
  });

  it("is made again where the service looks for it, whatever the image says", () => {
    const spec = service(
      { data: "/var/lib/postgresql/data" },
      { Env: ["POSTGRES_USER=shop", "PGDATA=/var/lib/postgresql/data/pgdata"] },
    );
    const [part] = volumesOf(spec, "press", 1);
    expect(part).to.deep.include({ kind: "postgresql", data: "/var/lib/postgresql/data/pgdata" });
    expect(
      databases.postgresql.settings("/var/lib/postgresql/data", "/var/lib/postgresql/data/pgdata"),
    ).to.deep.include({
      volume: "/var/lib/postgresql/data",
      PGDATA: "/var/lib/postgresql/data/pgdata",
    });
    expect(databases.postgresql.settings("/var/lib/postgresql/data", undefined)).to.not.have.property("PGDATA");
  });

  it("is nothing of a replica, which copies its source again", () => {
    const replica = service(
      { "press_mysql-replica-data-{{.Task.Slot}}": "/var/lib/mysql" },
      secrets("/run/secrets/mysql/root.cnf", "/run/secrets/mysql/replica.sql"),
    );
    expect(volumesOf(replica, "press", 2)).to.deep.equal([]);
  });

  it("names the volume of each task", () => {
    expect(kinds(service({ "press_files-{{.Task.Slot}}": "/files" }), 3)).to.deep.equal(["press_files-3: files"]);
  });
});
