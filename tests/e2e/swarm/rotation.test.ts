import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { refusesFormerAuthority, replacesAuthority, type CertifiedServer } from "../support/authority-replaced";
import { GhostClient } from "../support/ghost-client";
import { succeeded, type Place } from "../support/place";
import {
  goesOnWhereItWasStopped,
  keepStackFile,
  loginAs,
  oneGap,
  printPasswords,
  refusesFormerFile,
  rotatesUnderLoad,
  takesPresentAlone,
  type RotatedSite,
} from "../support/rotation";
import { passwordsIn } from "../support/secrets";
import { goesOnAfterRestarts, rotatesServer, staysRotated, type RotatedServer } from "../support/server-rotation";
import { SwarmMembers } from "../support/swarm-members";
import { nothing, swarmPlace, type Engine } from "../support/swarm-place";
import { timed, until } from "../support/until";

/** Rotations under load are tested with WordPress, which loses no request; Ghost's are long: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

/** The database password of a Ghost site is rotated, on a real engine, through the commands a person uses. */
for (const topology of ["single", "replicated"] as const) {
  long(`secrets rotate on Docker Swarm, with a ${topology} database`, () => {
    const stack = "ghost-swarm";
    const ghost = `${stack}_ghost-blog`;
    const mysql = `${stack}_mysql`;
    const servers = topology === "single" ? [mysql] : [mysql, `${mysql}-replica`];
    let place: Place;
    let engine: Engine;
    let blog: RotatedSite;

    keepStackFile("swarm");

    const inside = async (service: string, ...command: string[]) =>
      engine.docker("exec", (await engine.current(service)).id, ...command);

    before(async () => {
      let address: string;
      ({ address, engine, place } = await swarmPlace("swarm"));
      place.configure({
        mailpit: { enabled: false },
        mysql: { topology, memory: "768Mi", ...(topology === "replicated" ? { replicas: 2 } : {}) },
      });
      const client = new GhostClient(`http://${address}:2368`, "http://localhost:2368");
      blog = {
        place,
        name: "blog",
        ask: () => client.status("/"),
        passwords: async () => passwordsIn(await inside(ghost, ...printPasswords)),
        logins: (password) =>
          Promise.all(
            servers.map(async (server) => {
              const { id } = await engine.current(server);
              return engine
                .dockerWithInput(password, "exec", "--interactive", id, ...loginAs("ghost_blog"))
                .catch(String);
            }),
          ),
      };
    });

    after(async () => {
      succeeded(await place.destroy("--data"));
      expect(await engine.holdings(stack)).to.deep.equal(nothing);
    });

    it("S7 a Ghost site gets another password, and the former is refused", async () => {
      succeeded(await timed("npm start", () => place.start()));
      const server = await engine.current(mysql);
      await rotatesUnderLoad(blog);
      // The server itself was not touched.
      expect(await engine.current(mysql)).to.deep.equal(server);
    });

    it("S7 A3 a stack file from before the rotation is refused, and the site goes on", () => refusesFormerFile(blog));

    it("S7 a rotation costs its readers what a restart of Ghost costs", async () => {
      await oneGap("docker service update --force", blog, async () => {
        await engine.docker("service", "update", "--force", "--quiet", ghost);
      });
      await rotatesUnderLoad(blog);
    });

    it("S7 a restart of the database server undoes no rotation", async () => {
      const server = await engine.current(mysql);
      await engine.docker("rm", "--force", server.id);
      await engine.successor(mysql, server, 120);
      await until("the site to answer", 180, async () => (await blog.ask()) === 200);
      await takesPresentAlone(blog);
    });

    it("S7 a rotation that was stopped goes on where it was", () => goesOnWhereItWasStopped(blog));

    describe("of the server's authority", () => {
      let server: CertifiedServer;

      before(() => {
        server = {
          place,
          members: servers.map((_, ordinal) => ordinal),
          inside: (member, program) => inside(servers[member] ?? mysql, "bash", "-c", program),
          ask: blog.ask,
          isAwayMeanwhile: true,
        };
      });

      it("S7 D4 another takes the place of the former, though the command is killed half-way", async () => {
        await replacesAuthority(server);
      });

      it("S7 D4 A3 a stack file from before is refused", () => refusesFormerAuthority(server));
    });

    describe("of the server's own users", () => {
      let server: RotatedServer;

      before(() => {
        const set = new SwarmMembers([engine], stack);
        const container = async (member: string) => (await set.running(names.indexOf(member))).id;
        const names: [string, ...string[]] = topology === "single" ? ["mysql-0"] : ["mysql-0", "mysql-1"];
        server = {
          place,
          members: names,
          inside: async (member, ...command) => engine.docker("exec", await container(member), ...command),
          insideWithInput: async (text, member, ...command) =>
            engine.dockerWithInput(text, "exec", "--interactive", await container(member), ...command),
          restart: async (member) => {
            const former = await set.running(names.indexOf(member));
            await engine.docker("rm", "--force", former.id);
            await set.ready(names.indexOf(member), former);
          },
        };
      });

      it("S7 M6 they get other passwords, and the former are refused", () => rotatesServer(server));

      it("S7 M6 killed half-way and every member restarted, it goes on", () => goesOnAfterRestarts(server));

      it("S7 M6 a restart brings no former password back", () => staysRotated(server));
    });

    it("S7 S8 files are secrets and configs: a change is a new version", async () => {
      const secret = path.join(place.home, "smtp-password");
      const template = path.join(place.home, "redirects.json");
      fs.writeFileSync(template, '{"{{from}}": "/"}\n');
      for (const [word, from] of [
        ["first", "/old"],
        ["second", "/older"],
      ] as const) {
        fs.writeFileSync(secret, `the ${word} password\n`, { mode: 0o600 });
        place.configure({
          sites: {
            blog: {
              secrets: { "/run/secrets/smtp-password": { file: secret } },
              configs: { "/etc/ghost/redirects.json": { file: template, kind: "json", values: { from } } },
            },
          },
        });
        succeeded(await place.start());
        expect(await inside(ghost, "cat", "/run/secrets/smtp-password", "/etc/ghost/redirects.json")).to.equal(
          `the ${word} password\n{"${from}": "/"}`,
        );
      }
    });
  });
}
