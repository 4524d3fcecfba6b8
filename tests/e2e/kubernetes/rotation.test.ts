import { expect } from "chai";
import { refusesFormerAuthority, replacesAuthority, type CertifiedServer } from "../support/authority-replaced";
import { GhostClient } from "../support/ghost-client";
import { Members } from "../support/kubernetes-members";
import { proxyInFront } from "../support/kubernetes-edge";
import { kubernetesPlace } from "../support/kubernetes-place";
import type { Kubectl } from "../support/kubectl";
import { succeeded, type Place } from "../support/place";
import { readersDuring } from "../support/readers";
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
import { timed, until } from "../support/until";

/** More rotations, and a replicated database: `npm run e2e -- kubernetes --long`. */
const isLong = Boolean(process.env["E2E_LONG"]);
const long = isLong ? it : it.skip;

/** The database password of a Ghost site is rotated, on a real node, through the commands a person uses. */
for (const topology of isLong ? (["single", "replicated"] as const) : (["single"] as const)) {
  describe(`secrets rotate on Kubernetes, with a ${topology} database`, () => {
    const members: [string, ...string[]] = topology === "single" ? ["mysql-0"] : ["mysql-0", "mysql-1"];
    let place: Place;
    let kubectl: Kubectl;
    let blog: RotatedSite;

    keepStackFile("dev");

    before(async () => {
      const settings = {
        kubernetes: { namespace: `rotation-${topology}` },
        mailpit: { enabled: false },
        ...(isLong ? { edge: { wait: "5m", memory: "512Mi" } } : {}),
        mysql: { topology, memory: "768Mi", ...(topology === "replicated" ? { replicas: 2 } : {}) },
      };
      ({ kubectl, place } = await kubernetesPlace("dev", settings, isLong ? ["caddy"] : []));
    });

    after(async () => {
      succeeded(await place.destroy("--data"));
    });

    it("S7 a Ghost site gets another password, and the former is refused", async () => {
      succeeded(await timed("npm start", () => place.start()));
      const client = new GhostClient(await kubectl.serviceUrl("ghost-blog", "http"), "http://localhost:2368");
      await client.answers("/", 60);
      blog = {
        place,
        name: "blog",
        ask: () => client.status("/"),
        passwords: async () =>
          passwordsIn(await kubectl.run("exec", "deploy/ghost-blog", "-c", "ghost", "--", ...printPasswords)),
        logins: (password) =>
          Promise.all(
            members.map((member) =>
              kubectl
                .runWithInput(password, "exec", "--stdin", member, "-c", "mysql", "--", ...loginAs("ghost_blog"))
                .catch(String),
            ),
          ),
      };
      await rotatesUnderLoad(blog);
    });

    it("S7 A3 a stack file from before the rotation is refused, and the site goes on", () => refusesFormerFile(blog));

    long("S7 E5 a rotation costs its readers what a restart of Ghost costs, and behind an edge nothing", async () => {
      await oneGap("kubectl rollout restart", blog, async () => {
        await kubectl.run("rollout", "restart", "deployment/ghost-blog");
        await kubectl.run("rollout", "status", "deployment/ghost-blog", "--timeout=180s");
      });
      const front = await proxyInFront({ kubectl, host: "localhost:2368" });
      const answers = await readersDuring(front.status, () => rotatesUnderLoad(blog));
      front.close();
      expect(answers.filter(({ status }) => status !== "200")).to.deep.equal([]);
    });

    long("S7 a restart of the database server undoes no rotation", async () => {
      await kubectl.run("delete", "pod", "mysql-0");
      await until("the site to answer", 180, async () => (await blog.ask()) === 200);
      await takesPresentAlone(blog);
    });

    long("S7 a rotation that was stopped goes on where it was", () => goesOnWhereItWasStopped(blog));

    long("S7 D4 another authority takes the place of the former, though the command is killed half-way", async () => {
      const server: CertifiedServer = {
        place,
        members: members.map((_, ordinal) => ordinal),
        inside: (member, program) => kubectl.run("exec", `mysql-${member}`, "-c", "mysql", "--", "bash", "-c", program),
        ask: blog.ask,
      };
      await replacesAuthority(server);
      await refusesFormerAuthority(server);
    });

    describe("of the server's own users", () => {
      let server: RotatedServer;

      before(() => {
        const set = new Members(kubectl);
        server = {
          place,
          members,
          inside: (member, ...command) => kubectl.run("exec", member, "-c", "mysql", "--", ...command),
          insideWithInput: (text, member, ...command) =>
            kubectl.runWithInput(text, "exec", "--stdin", member, "-c", "mysql", "--", ...command),
          restart: async (member) => {
            const ordinal = members.indexOf(member);
            const { metadata } = await set.pod(ordinal);
            await set.deletePod(ordinal);
            await set.ready(ordinal, metadata.uid);
          },
        };
      });

      long("S7 M6 they get other passwords, and the former are refused", () => rotatesServer(server));

      long("S7 M6 killed half-way and every member restarted, it goes on", () => goesOnAfterRestarts(server));

      long("S7 M6 a restart brings no former password back", () => staysRotated(server));

      if (topology === "replicated") {
        long("S7 M3 M6 a replica without data clones with the new password", async () => {
          const set = new Members(kubectl);
          const uid = await set.deleteData(1);
          await set.ready(1, uid);
          expect(await set.log(1, "initialise")).to.match(/clone: copied \d+ MiB/);
        });
      }
    });
  });
}
