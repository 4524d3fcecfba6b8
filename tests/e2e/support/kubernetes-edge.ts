import * as http from "node:http";
import { expect } from "chai";
import { logFile } from "../../../components/ghost/settings";
import type { StackStatus } from "../../../ops/stack-status";
import type { AnsweringServer } from "./answering-server";
import type { Kubectl, Pod } from "./kubectl";
import type { Place } from "./place";
import { longestWait, readersDuring } from "./readers";
import { until } from "./until";

/** A site behind an edge on a real node. */
export interface SiteBehindEdge {
  place: Place;
  kubectl: Kubectl;
  /** Host and port of its address. */
  host: string;
  /** Its name. */
  site: string;
  /** Speaks ActivityPub for it. */
  activityPub: AnsweringServer;
}

/** Who asks an edge as an Ingress controller does: the one half over connections that are kept, the other each over its own. */
export class ProxyInFront {
  private readonly kept = new http.Agent({ keepAlive: true });

  /** @param base where the edge's Service is reached from here */
  constructor(
    private readonly base: string,
    private readonly host: string,
  ) {}

  /** Status of a page, for the reader with this number. */
  readonly status = async (number: number): Promise<number> =>
    (await this.ask("/robots.txt", { agent: number % 2 === 0 ? this.kept : false })).status;

  /** Asks for a page, or sends something there. */
  ask(path: string, options: http.RequestOptions = {}, sent?: string): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      const headers = { Host: this.host, ...(options.headers as http.OutgoingHttpHeaders | undefined) };
      const request = http.request(`${this.base}${path}`, { agent: false, ...options, headers }, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (part: string) => (body += part));
        response.on("error", reject);
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      });
      request.setTimeout(400_000, () => request.destroy(new Error("no answer")));
      request.on("error", reject);
      request.end(sent);
    });
  }

  close(): void {
    this.kept.destroy();
  }
}

/** @throws Error where the stack has no edge */
export async function proxyInFront({ host, kubectl }: Pick<SiteBehindEdge, "host" | "kubectl">): Promise<ProxyInFront> {
  return new ProxyInFront(await kubectl.serviceUrl("edge", "http"), host);
}

/** The tests of an edge between who publishes a site and its Ghost, of a stack that runs; the site is well before and after. */
export function testsOfEdge(behind: () => SiteBehindEdge): void {
  const readyPod = (otherThan?: string): Promise<Pod> => {
    const { kubectl, site } = behind();
    return until("a ready pod", 300, () => kubectl.readyPod(`ghost-${site}`, otherThan));
  };
  const isWell = (front: ProxyInFront) =>
    until("Ghost to be well", 120, async () => (await front.ask("/")).status === 200);
  const inFront = (test: (front: ProxyInFront) => Promise<void>) => async () => {
    const front = await proxyInFront(behind());
    try {
      await isWell(front);
      await test(front);
    } finally {
      front.close();
    }
  };

  it(
    "E2 an edge tells Ghost the reader's own address, and not what he has written there himself",
    inFront(async (front) => {
      const page = `/real-address-${process.pid}/`;
      const headers = { "X-Forwarded-For": "203.0.113.66, 198.51.100.7", "X-Forwarded-Host": "evil.test" };
      expect((await front.ask(page, { headers })).status).to.equal(404);
      const { metadata } = await readyPod();
      const line = await until("Ghost to log it", 30, async () =>
        (await behind().kubectl.run("exec", metadata.name, "-c", "ghost", "--", "cat", logFile))
          .split("\n")
          .find((text) => text.includes(page)),
      );
      expect(line).to.contain("198.51.100.7").and.not.contain("203.0.113.66").and.not.contain("evil.test");
    }),
  );

  it(
    "E4 an edge hands what is asked in ActivityPub to its server, and the rest to Ghost",
    inFront(async (front) => {
      const { activityPub, host } = behind();
      activityPub.sent.length = 0;
      const asked = [
        ...["/.ghost/activitypub/v1/site/", "/.well-known/webfinger?resource=acct:a@b", "/.well-known/nodeinfo"],
      ];
      for (const path of asked) {
        expect(JSON.parse((await front.ask(path)).body), path).to.have.property("webhook_secret");
      }
      expect((await front.ask("/activitypub/")).status).to.equal(404);
      expect((await front.ask("/ghost/")).status).to.equal(200);
      const { hostname } = new URL(`http://${host}`);
      expect(activityPub.sent.map(({ headers, path }) => [path, headers.host])).to.deep.equal(
        asked.map((path) => [path, hostname]),
      );
    }),
  );

  it(
    "E5 Ghost's pod is killed and comes again: none of 50 readers a second sees an error, and no POST is sent twice",
    inFront(async (front) => {
      const { kubectl } = behind();
      const { metadata } = await readyPod();
      const posts: Promise<number>[] = [];
      const sending = setInterval(() => {
        const post = front.ask(`/post-${posts.length}-/`, { method: "POST" });
        posts.push(post.then(({ status }) => status).catch(() => 0));
      }, 100);
      try {
        const answers = await readersDuring(front.status, async () => {
          await kubectl.run("delete", "pod", metadata.name, "--grace-period=0", "--force");
          // Not until it is ready: it has all who have waited to answer first.
          await until("another Ghost", 300, async () => {
            const next = await kubectl.pod(`ghost-${behind().site}`);
            return (
              next &&
              next.metadata.name !== metadata.name &&
              (await kubectl.run("logs", next.metadata.name, "-c", "ghost")).includes("Ghost booted")
            );
          });
          await isWell(front);
        });
        expect(answers.filter(({ status }) => status !== "200")).to.deep.equal([]);
        // Nobody would have noticed anything, had Ghost not been away.
        expect(longestWait(answers)).to.be.greaterThan(1);
      } finally {
        clearInterval(sending);
      }
      const statuses = await Promise.all(posts);
      const kinds = [...new Set(statuses)].map((kind) => `${statuses.filter((one) => one === kind).length} × ${kind}`);
      console.log(`      ⏱ ${posts.length} POSTs: ${kinds.join(", ")}`);
      const log = await kubectl.run("logs", (await readyPod()).metadata.name, "-c", "log-forwarder");
      const had = posts.map((_post, number) => log.split(`"url":"/post-${number}-/"`).length - 1);
      expect(had.filter((times) => times > 1)).to.deep.equal([]);
      expect(had).to.include(1);
    }),
  );

  it(
    "E5 an edge is itself replaced, one pod after the other, and no reader sees that",
    inFront(async (front) => {
      const { kubectl } = behind();
      const pods = async () =>
        (await kubectl.run("get", "pods", "-l", "app.kubernetes.io/name=edge", "-o", "name")).split("\n");
      const former = await pods();
      expect(former).to.have.length(2);
      const answers = await readersDuring(front.status, async () => {
        await kubectl.run("rollout", "restart", "deployment/edge");
        await kubectl.run("rollout", "status", "deployment/edge", "--timeout=120s");
        await until("the former pods to be gone", 120, async () =>
          (await pods()).every((name) => !former.includes(name)),
        );
      });
      expect(answers.filter(({ status }) => status !== "200")).to.deep.equal([]);
      const { services } = await behind().place.opsJson<StackStatus>("status");
      expect(services.find(({ name }) => name === "edge")?.ready).to.equal(2);
    }),
  );
}
