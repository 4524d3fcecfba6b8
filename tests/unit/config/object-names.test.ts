import { expect } from "chai";
import * as fc from "fast-check";
import { engineName, longestName, secretFileName, stackNameMistakes } from "../../../config/object-names";
import { ownerOf } from "../../../config/owner";
import { parseStackConfig } from "../../../config/parse";
import { UserError } from "../../../errors";
import { collect } from "../../../render/collect";
import { projectFile } from "../../support/kubernetes";
import { temporaryDirectory } from "../../support/temporary-directory";
import * as fs from "node:fs";
import * as path from "node:path";

const swarm = (raw: object, stack: string) => parseStackConfig({ platform: "swarm", ...raw }, stack);
const siteOf = (name: string, more: object = {}) => ({ [name]: { url: "http://localhost:2368", ...more } });

describe("names of a stack and of what it owns", () => {
  it("A3 a stack's name is one that every engine takes as it is, so no two become one", () => {
    for (const name of ["dev", "a", "my-stack", "a1--b", "x".repeat(57)]) {
      expect(stackNameMistakes(name), name).to.deep.equal([]);
    }
    for (const name of ["My.Stack", "my_stack", "my.stack", "MY-STACK", "-a", "a-", "1a", "", "x".repeat(58), "ä"]) {
      expect(() => swarm({ sites: siteOf("blog") }, name), name).to.throw(UserError, `the stack's name, "${name}"`);
    }
    const stackName = fc
      .stringMatching(/^[A-Za-z0-9_.-]{1,60}$/)
      .filter((name) => stackNameMistakes(name).length === 0);
    fc.assert(
      fc.property(stackName, stackName, (one, two) => {
        expect(engineName(one) === engineName(two)).to.equal(one === two);
        expect(engineName(one))
          .to.match(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)
          .and.have.length.at.most(longestName);
        expect(ownerOf("ghost-platform", one)).to.equal(one);
      }),
    );
  });

  it("A3 the mark of a stack of another project is none that a stack of this one has, and always a label", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9_.-]{1,100}$/),
        fc.stringMatching(/^[A-Za-z0-9_.-]{1,100}$/),
        (p, s) => {
          fc.pre(p !== "ghost-platform");
          const mark = ownerOf(p, s);
          expect(mark)
            .to.match(/^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/)
            .and.have.length.at.most(63);
          expect(stackNameMistakes(mark)).to.not.deep.equal([]);
        },
      ),
    );
    expect(ownerOf("web-app", "example-web-app")).to.equal("web-app.example-web-app");
    expect(ownerOf("_", "a".repeat(70))).to.not.equal(ownerOf("_", "a".repeat(71)));
  });

  it("A1 each stack has a namespace of its own unless it names one", () => {
    const namespace = (stack: string, kubernetes: object = {}) => {
      const config = parseStackConfig(
        { platform: "kubernetes", kubernetes: { context: "c", ...kubernetes }, sites: siteOf("blog") },
        stack,
      );
      return config.platform === "kubernetes" ? config.kubernetes.namespace : undefined;
    };
    expect(namespace("dev")).to.equal("ghost-dev");
    expect(namespace("prod")).to.equal("ghost-prod");
    expect(namespace("dev", { namespace: "press" })).to.equal("press");
    for (const file of ["Pulumi.dev.yaml", "Pulumi.prod.yaml"]) {
      expect(projectFile(file)).to.not.contain("namespace");
    }
  });

  /** The longest name that a stack's objects have, without the stack's. */
  const longest = async (raw: object) => {
    const { resources } = await collect(swarm(raw, "s"), "s");
    const names = resources
      .filter(({ type }) => type.startsWith("docker:"))
      .map(({ inputs }) => String(inputs["name"]));
    return Math.max(...names.map((name) => name.length)) - "ghost-s".length;
  };
  const site = "s".repeat(12);
  for (const [what, raw] of [
    ["a site", { sites: siteOf(site) }],
    ["a replicated server", { sites: siteOf("b"), mysql: { topology: "replicated" } }],
    ["an inbox with logins", { sites: siteOf("b"), mailpit: { authentication: true } }],
    ["a WordPress site", { wordpress: siteOf(site) }],
    ["a shop", { shop: {} }],
    ["monitoring", { sites: siteOf("b"), monitoring: { alerts: { to: ["a@b.test"] } } }],
  ] as [string, object][]) {
    it(`A3 what a swarm would refuse of ${what} is refused before, and nothing that it takes`, async () => {
      const room = 63 - "ghost-".length - (await longest(raw));
      expect(() => swarm(raw, "x".repeat(room))).to.not.throw();
      await collect(swarm(raw, "x".repeat(room)), "x".repeat(room));
      expect(() => swarm(raw, "x".repeat(room + 1))).to.throw(UserError, /a swarm takes 63 characters\. Take 1 off/);
    });
  }

  it("F8 a site's name and its stack's have 32 characters together with ghost- or wordpress- before them", () => {
    for (const [key, room] of Object.entries({ sites: 26, wordpress: 22 })) {
      const raw = { [key]: siteOf("s".repeat(16)) };
      expect(() => swarm(raw, "t".repeat(room - 16)), key).to.not.throw();
      expect(() => swarm(raw, "t".repeat(room - 15)), key).to.throw(UserError, "Take 1 off");
    }
  });

  it("A3 says whose name is too long: a site's, a file's or the stack's, and each that is", () => {
    const directory = temporaryDirectory();
    const file = path.join(directory, "f");
    fs.writeFileSync(file, "x");
    const target = `/run/${"k".repeat(60)}`;
    const raw = { sites: siteOf("a".repeat(24), { secrets: { [target]: { file } } }) };
    expect(() => swarm(raw, "team-blog-prod"))
      .to.throw(
        UserError,
        /sites\.a{24}: its config would be called ghost-team-blog-prod_ghost-a{24}-init-then\.sh and/,
      )
      .with.property("message")
      .that.matches(
        /sites\.a{24}\.secrets\.\/run\/k+: its secret would be.*Take \d+ off the file's name in the container/,
      );
  });

  it("A3 refuses two sites that would have one object, with both keys", () => {
    const url = (port: number) => ({ url: `http://localhost:${port}` });
    expect(() => swarm({ wordpress: { m: url(1), "m-front": url(2) } }, "s")).to.throw(
      UserError,
      "wordpress.m-front: its service wordpress-m-front is also one of wordpress.m. Rename one of the two",
    );
    const mesh = { endpointMode: "vip", publishMode: "ingress" };
    expect(() => swarm({ swarm: mesh, wordpress: { m: url(1), "m-front": url(2) } }, "s")).to.not.throw();
  });

  it("A3 files of one site have secrets of their own, whatever their paths", () => {
    const targets = ["/a/b/x", "/a-b/x", "/a+b/x", "/q/y", "/r/a b", "/r/a@b"];
    const names = targets.map((target) => secretFileName(target, targets));
    expect(new Set(names).size).to.equal(targets.length);
    expect(names[3]).to.equal("y");
    for (const name of names) {
      expect(name).to.match(/^[A-Za-z0-9_.-]+$/);
    }
  });
});
