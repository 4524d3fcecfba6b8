import * as http from "node:http";
import { expect } from "chai";
import { Members } from "../support/kubernetes-members";
import { kubernetesPlace } from "../support/kubernetes-place";
import { podWriter } from "../support/kubernetes-writer";
import type { Kubectl } from "../support/kubectl";
import { succeeded, type Place } from "../support/place";
import { underLoad as underLoadOf } from "../support/replicated-set";
import { SmallVolume } from "../support/small-volume";
import { timed, until } from "../support/until";
import { Writer } from "../support/writer";

/** Stack `prod` with two sites on a replicated set, through what takes long to try: `npm run e2e -- kubernetes --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

long("stack prod on replicated MySQL", () => {
  const sites = ["blog", "news"];
  const mysql = { topology: "replicated", memory: "768Mi", storage: { size: "4Gi" }, startOrder: "ordered", maxLag: 5 };
  let place: Place;
  let kubectl: Kubectl;
  let members: Members;
  let writer: Writer;
  const smallVolumes: SmallVolume[] = [];

  const underLoad = (what: string, work: () => Promise<void>, compared?: number[]) =>
    underLoadOf({ root: members.root, writer }, what, work, compared);
  const sitesAnswer = (seconds: number) =>
    Promise.all(
      sites.map(async (site) => {
        const url = await kubectl.serviceUrl(`ghost-${site}`, "http");
        await until(
          `site ${site} to answer`,
          seconds,
          async () => (await pageStatus(url, `${site}.example.com`)) === 200,
        );
      }),
    );
  const dated = (member: number) => kubectl.get<DatedPod>("pod", `mysql-${member}`);

  before(async () => {
    const tlsSite = (name: string) => ({
      url: `https://${name}.example.com`,
      storage: { size: "1Gi" },
      ingress: { tlsSecret: `${name}-tls` },
    });
    ({ kubectl, place } = await kubernetesPlace("prod", {
      kubernetes: { namespace: "repl-prod" },
      mysql,
      sites: { blog: tlsSite("blog"), news: tlsSite("news") },
    }));
    members = new Members(kubectl);
    writer = new Writer(podWriter(kubectl, "mysql-db-blog"), "ghost_blog");
  });

  after(async () => {
    await place.destroy("--data");
    for (const volume of smallVolumes) {
      await volume.remove();
    }
  });

  it("M4 comes up one member after the other, with both sites on it", async () => {
    succeeded(await timed("nothing → two sites on three members, in order", () => place.start()));
    await sitesAnswer(60);
    for (const member of [1, 2]) {
      const { status } = await dated(member - 1);
      const { metadata } = await dated(member);
      const serverStarted = status.containerStatuses[0]?.state.running?.startedAt ?? "";
      expect(Date.parse(metadata.creationTimestamp), `mysql-${member}`).to.be.at.least(Date.parse(serverStarted));
    }
  });

  it("M3 M7 the volume of a new replica is full: it says so, touches nothing, and goes on when there is room", async () => {
    const volume = new SmallVolume(kubectl, "data-mysql-3", 210);
    smallVolumes.push(volume);
    await volume.declare();
    await kubectl.run("scale", "statefulset/mysql", "--replicas=4");
    const message = await until(
      "the reason",
      180,
      async () =>
        /clone: FAILED: (no room|the volume is full).*/.exec(await members.log(3, "initialise").catch(() => ""))?.[0],
    );
    console.log(`        | ${message}`);
    expect((await members.readAddresses()).join()).to.equal("mysql-0,mysql-1,mysql-2");
    volume.resize(1000);
    await timed("room again → the new replica is ready", () => members.ready(3));
    await underLoad("with the fourth member", () => Promise.resolve(), [0, 1, 2, 3]);
    await kubectl.run("scale", "statefulset/mysql", "--replicas=3");
    await kubectl.run("wait", "--for=delete", "pod/mysql-3", "--timeout=90s");
  });
});

interface DatedPod {
  metadata: { creationTimestamp: string };
  status: { containerStatuses: { state: { running?: { startedAt: string } } }[] };
}

/** Status of a site's home page as the Ingress in front of it would ask. */
function pageStatus(url: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { host, "x-forwarded-proto": "https", connection: "close" };
    http
      .get(url, { headers, timeout: 15_000 }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
      .on("error", reject);
  });
}
