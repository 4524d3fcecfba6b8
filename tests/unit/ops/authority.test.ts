import { X509Certificate } from "node:crypto";
import { expect } from "chai";
import { authoritiesOnSwarm, refuseUntrustedAuthority } from "../../../deploy/before/authorities-in-use";
import type { SwarmService } from "../../../deploy/before/services-in-use";
import type { RawConfig } from "../../../config/files/machine";
import { parseStackConfig } from "../../../config/parse";
import { UserError } from "../../../errors";
import { remainingDeployments, replaceAuthority } from "../../../ops/authority";
import { authoritiesFrom, authoritiesText, type Authorities } from "../../../platforms/authorities";
import { PasswordStore } from "../../../render/passwords";
import type { Stack } from "../../../home/stack";
import { manifestsOf, object } from "../../support/kubernetes";
import { rejection } from "../../support/rejection";
import { declared, ofKind, service } from "../../support/swarm";

const blog = { sites: { blog: { url: "http://localhost:2368" } } };
const stackOf = (raw: RawConfig) => parseStackConfig({ platform: "swarm", ...blog, ...raw }, "test");
const withAuthorities = (authorities: Authorities, topology = "single"): RawConfig => ({
  mysql: { topology, authorities: { ...authorities } },
});

/** What a replacement goes through. */
const all: Authorities[] = [{ generation: 1, alsoTrusted: 2 }, { generation: 2, alsoTrusted: 1 }, { generation: 2 }];
const [both, shown, done] = all as [Authorities, Authorities, Authorities];
const first: Authorities = { generation: 1 };

/** Who believes whom: what a client, or a member, has in its bundle. */
const believes = ({ alsoTrusted, generation }: Authorities, signer: number) =>
  [generation, alsoTrusted].includes(signer);

describe("npm run ops -- secrets rotate --authority", function () {
  this.timeout(30_000);

  it("S7 D4 goes through three deployments, and on from where it was", () => {
    expect(remainingDeployments(first, [first], false)).to.deep.equal(all);
    expect(remainingDeployments(both, [first], false)).to.deep.equal(all);
    expect(remainingDeployments(both, [both], true)).to.deep.equal(all);
    expect(remainingDeployments(shown, [both, shown], false)).to.deep.equal([shown, done]);
    expect(remainingDeployments(done, [shown], false)).to.deep.equal([done]);
    expect(remainingDeployments(done, [shown, done], false)).to.deep.equal([done]);
    // It was through: another one is wanted, or none.
    expect(remainingDeployments(done, [done], false).at(-1)).to.deep.equal({ generation: 3 });
    expect(remainingDeployments(done, [done], true)).to.deep.equal([done]);
  });

  /** A stack file, and what runs: servers and clients change one after the other, in any order. */
  class Simulated {
    file = first;
    parts = [first, first, first];

    constructor(private left: number) {}

    private step(): void {
      if (this.left === 0) {
        throw new Error("killed");
      }
      this.left -= 1;
    }

    run(resume: boolean): void {
      this.left = this.left < 0 ? -1 : this.left;
      for (const wanted of remainingDeployments(this.file, this.parts, resume)) {
        this.step();
        this.file = wanted;
        refuseUntrustedAuthority("test", stackOf(withAuthorities(wanted)), this.parts);
        for (const [index] of this.parts.entries()) {
          this.step();
          this.parts[index] = wanted;
          for (const server of this.parts) {
            for (const client of this.parts) {
              expect(
                believes(client, server.generation),
                `${authoritiesText(client)} ${authoritiesText(server)}`,
              ).to.equal(true);
            }
          }
        }
      }
    }

    again(): void {
      this.left = -1;
      this.run(true);
    }
  }

  for (let steps = 1; steps < 12; steps += 1) {
    it(`S7 D4 killed after ${steps} steps, everybody believes everybody, and run again it goes through`, () => {
      const stack = new Simulated(steps);
      expect(() => {
        stack.run(false);
      }).to.throw("killed");
      stack.again();
      expect(stack.file).to.deep.equal(done);
      expect(stack.parts).to.deep.equal([done, done, done]);
    });
  }

  it("S7 A3 refuses a stack file of which what runs believes nothing, and the other way round", () => {
    const refuse =
      (file: Authorities, ...running: Authorities[]) =>
      () => {
        refuseUntrustedAuthority("test", stackOf(withAuthorities(file)), running);
      };
    expect(refuse(first)).to.not.throw();
    expect(refuse(done)).to.not.throw();
    for (const [former, next] of [
      [first, both],
      [both, shown],
      [shown, done],
      [shown, both],
      [both, first],
    ] as const) {
      expect(refuse(next, former), authoritiesText(next)).to.not.throw();
    }
    expect(refuse(first, done)).to.throw(
      UserError,
      "mysql.authorities: is generation 1, and the database server of stack test runs with generation 2",
    );
    for (const [running, file] of [
      [first, done],
      [first, shown],
      [both, done],
      [shown, first],
    ] as const) {
      expect(refuse(file, running), authoritiesText(file)).to.throw(UserError, "secrets rotate --authority");
    }
    // One of several servers is enough.
    expect(refuse(done, shown, both)).to.throw(UserError, "runs with generation 1, alsoTrusted 2");
  });

  it("S7 A3 refuses generations that do not follow each other", () => {
    expect(() => stackOf(withAuthorities({ generation: 1, alsoTrusted: 3 }))).to.throw(
      UserError,
      "mysql.authorities.alsoTrusted",
    );
    expect(() => stackOf(withAuthorities({ generation: 2, alsoTrusted: 2 }))).to.throw(UserError, "alsoTrusted");
  });

  it("S7 D3 leaves the authority of somebody else's server to him", async () => {
    const external = { host: "db.example.com", adminPasswordFile: "/dev/null" };
    const { mysql, ...config } = stackOf({});
    const stack = { name: "test", config: { ...config, mysql: { ...mysql, external } } } as unknown as Stack;
    expect(String(await rejection(replaceAuthority(stack, { resume: false })))).to.contain(
      "whoever runs it replaces that",
    );
  });

  /** Certificates of a text, in PEM form. */
  const certificates = (text: string) =>
    (text.match(/-----BEGIN[^]*?END CERTIFICATE-----/g) ?? []).map((pem) => new X509Certificate(pem));
  const content = (data: unknown) => Buffer.from(String(data), "base64").toString();

  for (const topology of ["single", "replicated", "group"] as const) {
    it(`S7 D4 on Swarm, each deployment of topology ${topology} gives clients and servers what it is to`, async () => {
      const passwords = new PasswordStore();
      const found: { roots: string[]; signer: string; client: string; serverKey: string; said: Authorities[] }[] = [];
      for (const authorities of [first, ...all]) {
        const { resources } = await declared(withAuthorities(authorities, topology), passwords);
        const secret = (name: string) =>
          content(ofKind(resources, "Secret").find((one) => one.name.startsWith(name))?.inputs["data"]);
        const roots = certificates(secret("mysql-ca.crt-"));
        const [certificate] = certificates(secret("mysql-tls.crt-"));
        const ca = ofKind(resources, "ServiceConfig").find(({ name }) => name.startsWith("ghost-blog-mysql-ca.pem"));
        expect(content(ca?.inputs["data"])).to.equal(secret("mysql-ca.crt-"));
        const { env = {}, secrets = [] } = service(resources, "mysql").container;
        const container = {
          Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
          Secrets: secrets.map(({ fileName }) => ({ SecretName: "", File: { Name: fileName } })),
        };
        const running = { ID: "", Spec: { Name: "", TaskTemplate: { ContainerSpec: container } } } as SwarmService;
        found.push({
          roots: roots.map(({ subject }) => subject),
          signer: roots
            .filter(({ publicKey }) => certificate?.verify(publicKey))
            .map(({ subject }) => subject)
            .join(),
          client: ca?.name ?? "",
          serverKey: secret("mysql-tls.key-"),
          said: authoritiesOnSwarm({ services: [running], tasks: [] }),
        });
      }
      const [one, two] = ["CN=mysql authority", "CN=mysql authority 2"];
      expect(found.map(({ roots }) => roots)).to.deep.equal([[one], [one, two], [one, two], [two]]);
      expect(found.map(({ signer }) => signer)).to.deep.equal([one, one, two, two]);
      expect(found.map(({ said }) => said.map(authoritiesText))).to.deep.equal([["1"], ["1,2"], ["2,1"], ["2"]]);
      // Sites start anew for what they believe, and not for who signs; and the server's own key is another one, too.
      expect(found[1]?.client).to.equal(found[2]?.client);
      expect(found[0]?.serverKey).to.equal(found[1]?.serverKey).and.not.to.equal(found[2]?.serverKey);
    });

    it(`S7 D4 on Kubernetes, each deployment of topology ${topology} changes the Secret, and no server's pod`, async () => {
      const passwords = new PasswordStore();
      const pods = new Set<string>();
      const found: [roots: number, said: Authorities][] = [];
      for (const authorities of [first, ...all]) {
        const manifests = await manifestsOf(withAuthorities(authorities, topology), passwords);
        const { data = {}, metadata } = object(manifests, "Secret", "mysql-tls") as unknown as {
          data?: Record<string, string>;
          metadata: { annotations?: Record<string, string> };
        };
        found.push([
          certificates(content(data["ca.crt"])).length,
          authoritiesFrom(metadata.annotations?.["ghost-platform/authorities"]),
        ]);
        pods.add(JSON.stringify(object(manifests, "StatefulSet", "mysql")["spec"]));
      }
      expect(found.map(([roots, said]) => `${roots} ${authoritiesText(said)}`)).to.deep.equal([
        "1 1",
        "2 1,2",
        "2 2,1",
        "1 2",
      ]);
      expect(pods.size).to.equal(1);
    });
  }

  it("S7 D4 A2 another authority has resources of other names, and those of the former go with it", async () => {
    // The names that the program gives to resources of @pulumi/tls are those under which the rendered form keeps what they are.
    const keys = async (authorities: Authorities) => {
      const passwords = new PasswordStore();
      await declared(withAuthorities(authorities), passwords);
      return [...passwords.certificates.stored.keys()].map((name) => name.replace(/^ghost-mysql-/, "")).sort();
    };
    const parts = ["authority", "authority-key", "certificate", "certificate-key", "certificate-request"];
    const second = parts.map((part) => `${part}-2`);
    expect(await keys(first)).to.deep.equal(parts);
    expect(await keys(both)).to.deep.equal([...parts, "authority-2", "authority-key-2"].sort());
    expect(await keys(shown)).to.deep.equal([...second, "authority", "authority-key"].sort());
    expect(await keys(done)).to.deep.equal(second);
  });
});
