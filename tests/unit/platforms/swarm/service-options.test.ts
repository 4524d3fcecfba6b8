import { expect } from "chai";
import { parseStackConfig } from "../../../../config/parse";
import { UserError } from "../../../../errors";
import { composeStack } from "../../../../render/compose";
import { collect } from "../../../../render/collect";

const service = {
  labels: { "traefik.http.routers.blog.rule": "Host(`a.test`) && $HOME {{x}} ä" },
  containerLabels: { "example.com/team": "press" },
  logDriver: { name: "journald", options: { tag: "$blog" } },
  cpu: { limit: "1500m", reservation: "0.25" },
};

describe("K1 what is said of services", () => {
  const raw = (more: object = {}) => ({
    platform: "swarm",
    sites: { blog: { url: "http://localhost:2368", service } },
    ...more,
  });
  const services = async (more: object = {}) =>
    composeStack((await collect(parseStackConfig(raw(more)), "test")).resources).document.services;

  for (const topology of ["single", "replicated", "group"]) {
    it(`reaches those of every app, and no others, with a ${topology} database`, async () => {
      const all = await services({ mailpit: { service }, mysql: { topology, installed: false, service } });
      const said = Object.entries(all).filter(
        ([, one]) => (one["logging"] as { driver: string }).driver === "journald",
      );
      const members = {
        single: ["mysql"],
        replicated: ["mysql-replica", "mysql-source"],
        group: ["mysql", "mysql-2", "mysql-3"],
      };
      expect(said.map(([name]) => name).filter((name) => name.startsWith("mysql"))).to.have.length(
        members[topology as keyof typeof members].length,
      );
      expect(said.map(([name]) => name)).to.include.members(["ghost-blog", "mailpit"]);
      for (const [name, one] of said) {
        const { deploy, labels } = one as { deploy: { labels: object; resources: object }; labels: object };
        // A dollar sign that compose is to leave alone is written twice.
        expect(deploy.labels, name).to.include({
          "traefik.http.routers.blog.rule": "Host(`a.test`) && $$HOME {{x}} ä",
        });
        expect(labels, name).to.include(service.containerLabels);
        expect(one["logging"], name).to.deep.equal({ driver: "journald", options: { tag: "$$blog" } });
        expect(deploy.resources, name).to.deep.include({ reservations: { cpus: "0.25" } });
        expect(JSON.stringify(deploy.resources), name).to.contain('"cpus":"1.5"');
      }
    });
  }

  for (const [what, said, words] of [
    [
      "a label of the program's own",
      { labels: { "ghost-platform.stack": "x" } },
      "must not begin with ghost-platform.",
    ],
    [
      "a label of docker's own",
      { containerLabels: { "com.docker.swarm.task.id": "x" } },
      "must not begin with ghost-platform. or com.docker.",
    ],
    [
      "processor time that is none",
      { cpu: { limit: "0" } },
      "sites.blog.service.cpu.limit: must be an amount of processor time",
    ],
    [
      "less than is reserved",
      { cpu: { limit: "100m", reservation: "1" } },
      "sites.blog.service.cpu.reservation: 1 is more than the limit",
    ],
    [
      "a log driver that has no name",
      { logDriver: { name: "" } },
      "sites.blog.service.logDriver.name: must be the name of a log driver",
    ],
    [
      "a password among a driver's options",
      { logDriver: { name: "x", options: { "api-token": "abc" } } },
      "sites.blog.service.logDriver.options.api-token: is a secret by its name",
    ],
  ] as const) {
    it(`A3 is refused with ${what}`, () => {
      const sites = { blog: { url: "http://localhost:2368", service: said } };
      expect(() => parseStackConfig(raw({ sites }))).to.throw(UserError, words);
    });
  }

  it("A3 is refused on Kubernetes", () => {
    const kubernetes = { platform: "kubernetes", kubernetes: { context: "c" } };
    expect(() => parseStackConfig(raw(kubernetes))).to.throw(UserError, "sites.blog.service: only for platform swarm");
  });
});
