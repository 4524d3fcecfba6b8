import { expect } from "chai";
import { succeeded, type Place } from "../support/place";
import { swarmPlace, type SwarmPlace } from "../support/swarm-place";

interface Service {
  Spec: {
    Labels: Record<string, string>;
    TaskTemplate: { Resources: object; LogDriver: object };
  };
}
interface Container {
  Config: { Labels: Record<string, string> };
  HostConfig: { NanoCpus: number; LogConfig: object };
}

/** A stack for a dozen words, which unit tests read in what is declared, too: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

/** What is said of services, asked of a real engine. */
long("K1 what is said of services, on a real swarm", () => {
  const odd = 'Host(`a.test`) && $HOME {{.Node.Hostname}} ä 日本 "q" \\ on: yes';
  const service = {
    labels: { "traefik.http.routers.inbox.rule": odd },
    containerLabels: { "example.com/odd": odd },
    logDriver: { name: "local", options: { "max-size": "1m" } },
    cpu: { limit: "500m", reservation: "10m" },
  };
  let place: Place;
  let engine: SwarmPlace["engine"];

  before(async () => {
    ({ engine, place } = await swarmPlace("swarm", ["mailpit", "ghost", "mysql"]));
    place.configure({ mailpit: { service }, mysql: { service: { cpu: { reservation: "20m" } } } });
    succeeded(await place.start());
  });
  after(async () => {
    succeeded(await place.destroy("--data"));
  });

  it("K1 it is so of the service and of its containers, letter for letter, and of no other", async () => {
    const inspected = async (name: string) => JSON.parse(await engine.docker("service", "inspect", name)) as [Service];
    const [{ Spec }] = await inspected("ghost-swarm_mailpit");
    expect(Spec.Labels).to.include(service.labels);
    expect(Spec.TaskTemplate.LogDriver).to.deep.equal({ Name: "local", Options: service.logDriver.options });
    expect(Spec.TaskTemplate.Resources).to.deep.equal({
      Limits: { NanoCPUs: 500_000_000, MemoryBytes: 128 * 2 ** 20 },
      Reservations: { NanoCPUs: 10_000_000 },
    });
    const id = await engine.docker(
      "ps",
      "--quiet",
      "--filter",
      "label=com.docker.swarm.service.name=ghost-swarm_mailpit",
    );
    const [container] = JSON.parse(await engine.docker("inspect", id)) as [Container];
    expect(container.Config.Labels).to.include(service.containerLabels);
    expect(container.HostConfig).to.deep.include({
      NanoCpus: 500_000_000,
      LogConfig: { Type: "local", Config: service.logDriver.options },
    });
    const [ghost] = await inspected("ghost-swarm_ghost-blog");
    expect(ghost.Spec.TaskTemplate.LogDriver).to.deep.include({ Name: "json-file" });
    expect(succeeded(await place.ops("logs", "mailpit"))).to.contain("mailpit");
  });
});
