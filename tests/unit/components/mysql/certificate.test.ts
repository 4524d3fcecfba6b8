import { X509Certificate } from "node:crypto";
import { expect } from "chai";
import { memberNames } from "../../../../components/mysql/certificate";
import type { RawConfig } from "../../../../config/files/machine";
import type { DeclaredResource } from "../../../../render/collect";
import { manifestsOf } from "../../../support/kubernetes";
import { declared, ofKind, service } from "../../../support/swarm";

const topologies = ["single", "replicated", "group"] as const;
const ofTopology = (topology: string): RawConfig => ({ mysql: { topology } });

/** The certificate in the Secret of a server on Kubernetes. */
async function onKubernetes(topology: string): Promise<X509Certificate> {
  const secret = (await manifestsOf(ofTopology(topology))).find(({ metadata }) => metadata["name"] === "mysql-tls");
  const data = (secret as { data?: Record<string, string> } | undefined)?.data ?? {};
  return new X509Certificate(Buffer.from(data["tls.crt"] ?? "", "base64"));
}

/** The one among the secrets of a swarm. */
async function onSwarm(topology: string): Promise<X509Certificate> {
  const { resources } = await declared(ofTopology(topology));
  return new X509Certificate(contentOf(ofKind(resources, "Secret"), "mysql-tls.crt-"));
}

function contentOf(objects: readonly DeclaredResource[], name: string): string {
  const found = objects.find((candidate) => candidate.name.startsWith(name));
  return Buffer.from(String(found?.inputs["data"]), "base64").toString();
}

describe("D4 the certificate of a database server", () => {
  const namespace = "ghost-test";
  const named = (certificate: X509Certificate, name: string) => certificate.checkHost(name) !== undefined;

  for (const topology of topologies) {
    it(`names, on Kubernetes, all by which clients of topology ${topology} ask`, async () => {
      const certificate = await onKubernetes(topology);
      const writer = { single: "mysql", replicated: "mysql-source", group: "mysql-primary" }[topology];
      const members = topology === "single" ? [] : memberNames("mysql").map((member) => `${member}.mysql`);
      for (const host of [writer, "mysql", ...(topology === "replicated" ? ["mysql-read"] : []), ...members]) {
        for (const name of [
          host,
          `${host}.${namespace}`,
          `${host}.${namespace}.svc`,
          `${host}.${namespace}.svc.cluster.local`,
        ]) {
          expect(named(certificate, name), name).to.equal(true);
        }
      }
      expect(named(certificate, "localhost")).to.equal(true);
      expect(certificate.checkIP("127.0.0.1")).to.equal("127.0.0.1");
      expect(named(certificate, "mysql.other.svc")).to.equal(false);
    });

    it(`names, on Swarm, all by which clients of topology ${topology} ask`, async () => {
      const certificate = await onSwarm(topology);
      const names = {
        single: ["mysql"],
        replicated: ["mysql", "mysql-source", "mysql-replica", "mysql-read"],
        group: ["mysql-primary", ...memberNames("mysql")],
      }[topology];
      for (const name of [...names, "localhost"]) {
        expect(named(certificate, name), name).to.equal(true);
      }
      expect(named(certificate, "mailpit")).to.equal(false);
    });
  }

  it("is where its server reads it, its key for its user alone, and no part of what restarts a pod", async () => {
    const { resources } = await declared(ofTopology("replicated"));
    for (const name of ["mysql", "mysql-replica"]) {
      const files = (service(resources, name).container.secrets ?? []).filter(({ fileName }) =>
        fileName.startsWith("/run/secrets/mysql-tls/"),
      );
      expect(files.map(({ fileName }) => fileName.slice(23))).to.deep.equal(["ca.crt", "tls.crt", "tls.key"]);
      expect(files.map(({ fileMode, fileUid }) => ({ fileMode, fileUid }))).to.deep.equal(
        files.map(() => ({ fileMode: 0o400, fileUid: "999" })),
      );
    }
    const template = async () => {
      const set = (await manifestsOf(ofTopology("group"))).find(({ kind }) => kind === "StatefulSet");
      return JSON.stringify((set as { spec?: unknown } | undefined)?.spec);
    };
    // Of another authority each.
    expect(await template()).to.equal(await template());
  });

  it("is verified by Ghost, by the authority that it gets, and by name", async () => {
    const { resources } = await declared({});
    const { env, configs } = service(resources, "ghost-blog").container;
    expect(env).to.include({
      database__connection__ssl__rejectUnauthorized: "true",
      database__connection__ssl__verifyIdentity: "true",
      database__connection__ssl__ca_FILE: "/scripts/mysql-ca.pem",
    });
    // That is for a server behind something that drops idle connections.
    expect(env).not.to.have.property("database__pool__min");
    expect(configs?.map(({ fileName }) => fileName)).to.include("/scripts/mysql-ca.pem");
    const authority = new X509Certificate(contentOf(ofKind(resources, "ServiceConfig"), "ghost-blog-mysql-ca.pem"));
    const certificate = new X509Certificate(contentOf(ofKind(resources, "Secret"), "mysql-tls.crt-"));
    expect(certificate.verify(authority.publicKey)).to.equal(true);
  });
});
