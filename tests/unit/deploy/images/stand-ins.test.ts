import { expect } from "chai";
import { imageNames } from "../../../../sandbox/images";
import { outcomeOf } from "../../../../deploy/images/kubernetes";
import { DockerEngine } from "../../../../engines/docker-engine";
import { EnginePuller, mustNotBeRefused, type Sought } from "../../../../deploy/images/pull";
import type { Pod } from "../../../../deploy/wait/kubernetes-rollout";
import { mayStandIn, standInLines, standInsFor } from "../../../../deploy/images/stand-ins";
import { parseStackConfig } from "../../../../config/parse";
import { UserError } from "../../../../errors";
import { fakePrograms } from "../../../support/fake-programs";

const lookup = "dial tcp: lookup registry-1.docker.io: no such host";
const config = (url: string) => parseStackConfig({ platform: "swarm", sites: { blog: { url, port: 8080 } } });

describe("A3 an image", () => {
  const pull = async (script: string, ...references: string[]) => {
    const calls = fakePrograms({ docker: script });
    const puller = new EnginePuller(new DockerEngine("ssh://far.test"));
    const outcomes = [];
    for (const reference of references) {
      outcomes.push((await puller.pull(reference, () => undefined)).outcome);
    }
    return { outcomes, calls: calls() };
  };

  it("is asked for by the engine that will run it: it is there, it is refused, or nobody knows", async () => {
    const { calls, outcomes } = await pull("exit 0", "ghost:6");
    expect(outcomes).to.deep.equal(["there"]);
    expect(calls).to.deep.equal(["docker --host ssh://far.test pull ghost:6"]);
    const said: [string, string][] = [
      ["manifest for ghost:6 not found: manifest unknown: manifest unknown", "refused"],
      ["pull access denied for x, repository does not exist or may require docker login", "refused"],
      ["failed to resolve reference docker.io/library/x:1: docker.io/library/x:1: not found", "refused"],
      ["toomanyrequests: You have reached your pull rate limit", "refused"],
      [lookup, "unknown"],
      ["context deadline exceeded", "unknown"],
      ["proxyconnect tcp: Proxy Authentication Required", "unknown"],
      ["received unexpected HTTP status: 502 Bad Gateway", "unknown"],
      ["", "unknown"],
    ];
    for (const [message, outcome] of said) {
      expect((await pull(`echo '${message}' >&2; exit 1`, "ghost:6")).outcomes, message).to.deep.equal([outcome]);
    }
  });

  it("is asked for once of a registry that does not answer", async () => {
    const script = `case "$*" in *quay.io*) exit 0 ;; *) echo '${lookup}' >&2; exit 1 ;; esac`;
    const { calls, outcomes } = await pull(script, "a:1", "b:1", "quay.io/c:1");
    expect(outcomes).to.deep.equal(["unknown", "unknown", "there"]);
    expect(calls).to.have.length(2);
  });

  it("is told with its key where its registry refuses it", () => {
    const sought: Sought[] = [{ name: "ghost", reference: "ghost:0", outcome: "refused", said: "manifest unknown" }];
    expect(() => mustNotBeRefused(sought)).to.throw(UserError, "images.ghost: ghost:0: manifest unknown");
  });

  it("is what the kubelet says of it", () => {
    const pod = (state: object): Pod => ({
      kind: "Pod",
      metadata: { name: "p" },
      status: { containerStatuses: [{ name: "c", ready: false, restartCount: 0, image: "x", state }] },
    });
    const waiting = (reason: string, message = "") => outcomeOf(pod({ waiting: { reason, message } }), "c")?.outcome;
    expect(waiting("ContainerCreating")).to.equal(undefined);
    expect(outcomeOf(undefined, "c")).to.equal(undefined);
    expect(waiting("ErrImagePull", `failed to do request: ${lookup}`)).to.equal("unknown");
    expect(waiting("ErrImagePull", "docker.io/library/ghost:0: not found")).to.equal("refused");
    expect(waiting("RunContainerError", "no such program")).to.equal("there");
    expect(outcomeOf(pod({ terminated: { exitCode: 128 } }), "c")?.outcome).to.equal("there");
  });
});

describe("A3 images built here", () => {
  const lacking: Sought[] = [
    { name: "mailpit", reference: "docker.io/axllent/mailpit:v1.30.5", outcome: "unknown", said: lookup },
  ];

  it("stand in by themselves on this machine's own engine for localhost alone", () => {
    const hosts = ["unix:///var/run/docker.sock"];
    expect(mayStandIn(hosts, config("http://localhost:2368"))).to.equal(true);
    expect(mayStandIn(hosts, config("http://127.0.0.1:2368"))).to.equal(true);
    expect(mayStandIn(hosts, config("https://blog.example.com"))).to.equal(false);
    expect(mayStandIn(["ssh://root@far.test"], config("http://localhost:2368"))).to.equal(false);
    expect(mayStandIn([...hosts, "tcp://far.test:2376"], config("http://localhost:2368"))).to.equal(false);
  });

  it("E2 come to no stack that has another address beside that of its site", () => {
    const behindEdge = (more: object, pages: object = {}) => {
      const sites = { blog: { url: "https://blog.localhost", ...more } };
      return parseStackConfig({ platform: "swarm", edge: { email: "me@example.com" }, sites, ...pages });
    };
    const hosts = ["unix:///var/run/docker.sock"];
    expect(mayStandIn(hosts, behindEdge({ aliases: ["www.localhost"] }))).to.equal(true);
    expect(mayStandIn(hosts, behindEdge({ aliases: ["blog.example.com"] }))).to.equal(false);
    expect(mayStandIn(hosts, behindEdge({ adminUrl: "https://admin.example.com" }))).to.equal(false);
    expect(mayStandIn(hosts, behindEdge({}, { monitoring: { host: "watch.example.com" } }))).to.equal(false);
  });

  it("come to production only when they are asked for", () => {
    expect(() => standInsFor("prod", lacking, false, "The Docker Engine at ssh://far.test"))
      .to.throw(UserError, /^The Docker Engine at ssh:\/\/far\.test cannot get these images, and nobody knows why not/)
      .with.property("message")
      .that.contains(`images.mailpit: docker.io/axllent/mailpit:v1.30.5: ${lookup}`)
      .and.contains("--build-images");
    expect(standInsFor("prod", lacking, true, "It").map(({ name }) => name)).to.deep.equal(["mailpit"]);
  });

  it("E4 are not built of the makers' ActivityPub server, and a person is told what to do", () => {
    const reference = "ghcr.io/tryghost/activitypub:1.2.8";
    const server: Sought = { name: "activityPub", reference, outcome: "unknown", said: lookup };
    expect(() => standInsFor("prod", [server, ...lacking], true, "It"))
      .to.throw(UserError, /cannot be had here.*Set activityPub of the sites that say self to hosted or off/)
      .with.property("message")
      .that.contains(`images.activityPub: ${reference}`);
  });

  it("never stand in for an image of the person's own", () => {
    const own: Sought = { name: "ghost", reference: "registry.test/ghost:6", outcome: "unknown", said: lookup };
    expect(() => standInsFor("s", [own], true, "It")).to.throw(UserError, "images.ghost: registry.test/ghost:6");
  });

  it("are named at the end of each start, with whether the official ones can be had and how to go to them", () => {
    const standIns = [{ name: "mailpit" as const, real: "docker.io/axllent/mailpit:v1.30.5" }];
    const said = (reachable?: boolean) => standInLines("swarm", standIns, reachable).join("\n");
    expect(said()).to.contain("NOT Mailpit").and.contain("docker.io still does not answer").and.contain("machine.yaml");
    expect(said(true))
      .to.contain("can be had now")
      .and.contain("remove `images` of stack swarm")
      .and.contain("npm start -- --stack swarm");
    expect(standInLines("swarm", [], true)).to.deep.equal([]);
  });

  it("D1 tell that the official MySQL of an earlier line cannot read what they write", () => {
    const said = (real: string) => standInLines("press", [{ name: "mysql", real }], true).join("\n");
    const built = /mysql:(\d+\.\d+)(\.\d+)/.exec(imageNames.mysql) ?? [];
    expect(said("docker.io/library/mysql:8.4.11"))
      .to.contain(`MySQL 8.4 cannot read what ${built[1]} has written`)
      .and.contain(`name docker.io/library/mysql:${built[1]}${built[2]} in images.mysql`)
      .and.contain("npm run destroy -- --stack press --data");
    for (const readable of [
      `docker.io/library/mysql:${built[1]}.0`,
      "docker.io/library/mysql:99.1.0",
      "mysql@sha256:ab",
    ]) {
      expect(said(readable), readable).to.not.contain("cannot read");
    }
  });
});
