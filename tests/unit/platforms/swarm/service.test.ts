import { expect } from "chai";
import { UserError } from "../../../../errors";
import { serviceArgs, type ServiceSettings } from "../../../../platforms/swarm/service";
import type { SwarmStack } from "../../../../platforms/swarm/stack";

const stack: SwarmStack = { name: "shop", networks: { frontend: "front", backend: "back" } };
const web: ServiceSettings = {
  image: "web:1",
  user: 1000,
  memory: "64Mi",
  networks: ["frontend"],
  mounts: [],
  healthcheck: { command: ["true"], interval: "5s", timeout: "5s", retries: 3, startPeriod: "1m" },
  ports: { 80: 8080 },
};

describe("a service on Swarm", () => {
  it("S5 refuses to start the new task first while the old one holds a port of the node", () => {
    expect(() => serviceArgs(stack, "web", { ...web, updateOrder: "start-first" })).to.throw(
      UserError,
      /service web: start-first .* \(80\).*Use stop-first, or publish mode ingress/,
    );
  });

  it("S5 starts the new task first where nothing is in its way", () => {
    const order = (settings: ServiceSettings, over: Partial<SwarmStack> = {}) =>
      serviceArgs({ ...stack, ...over }, "web", settings).updateConfig;
    const startFirst = { ...web, updateOrder: "start-first" as const };
    expect(order(startFirst, { publishMode: "ingress", endpointMode: "vip" })).to.include({ order: "start-first" });
    expect(order({ ...startFirst, ports: {} })).to.include({ order: "start-first" });
  });
});
