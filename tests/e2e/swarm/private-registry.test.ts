import { expect } from "chai";
import { run } from "../../../engines/process";
import { imageNames, loadIntoDocker } from "../../../sandbox/images";
import { swarmImages } from "../support/stack-images";
import { temporaryDirectory } from "../../support/temporary-directory";
import { GhostClient } from "../support/ghost-client";
import { joinedEngines, leaveSwarm, type JoinedEngine } from "../support/joined-engines";
import { Place, succeeded } from "../support/place";
import { Registry } from "../support/registry";
import { nothing } from "../support/swarm-place";
import { timed } from "../support/until";

/** Two machines of their own: `npm run e2e -- swarm --long`. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

/** An image that a registry gives to nobody without a login, for a task on a machine that has it not. */
long("images of a private registry on several nodes of a swarm", () => {
  const stack = "ghost-swarm";
  const home = temporaryDirectory();
  const login = { username: "ada", password: "a long enough phrase 7" };
  let machines: JoinedEngine[] = [];
  let manager: JoinedEngine;
  let worker: JoinedEngine;
  let registry: Registry;
  let image: string;
  /** Docker's own file about logins, and whom it trusts. */
  let environment: Record<string, string>;
  let place: Place;

  const configure = (registryAuth: boolean) =>
    place.configure({
      images: { ...swarmImages, mailpit: image },
      swarm: { host: manager.host, singleNode: false, placement: [`node.hostname==${manager.node}`], registryAuth },
      mailpit: { placement: [`node.hostname==${worker.node}`] },
    });
  const onManager = (args: string[], input?: string) =>
    run("docker", ["--host", manager.host, ...args], {
      env: environment,
      timeout: 120,
      ...(input === undefined ? {} : { input }),
    });
  const logIn = () =>
    onManager(["login", "--username", login.username, "--password-stdin", registry.host], login.password);

  before(async () => {
    registry = await Registry.start(login, home);
    environment = { DOCKER_CONFIG: home, SSL_CERT_FILE: registry.certificate };
    place = new Place("swarm", home, environment);
    [manager, worker] = machines = (await joinedEngines([8, 9])) as [JoinedEngine, JoinedEngine];
    await loadIntoDocker(manager.host, ["mysql", "ghost", "mailpit"]);
    image = `${registry.host}/mail/inbox:1`;
    await logIn();
    await onManager(["tag", imageNames.mailpit, image]);
    await onManager(["push", image]);
    await onManager(["image", "rm", image]);
    await onManager(["logout", registry.host]);
  });

  after(async () => {
    succeeded(await place.destroy("--data"));
    for (const machine of machines) {
      await leaveSwarm(machine);
      await machine.engine.docker("image", "rm", "--force", image).catch(() => undefined);
    }
    registry.stop();
  });

  it("S5 nobody is logged in: refused with the command that does it, and nothing is made", async () => {
    configure(true);
    const { output, status } = await place.start();
    expect(status).to.equal(1);
    expect(output).to.contain(`docker login ${registry.host}`);
    expect(await manager.engine.holdings(stack)).to.deep.equal(nothing);
  });

  it("S5 the nodes are not handed the login: said in words, with the key that does it", async () => {
    configure(false);
    await logIn();
    const { output, status } = await timed("npm start → which node has no image", () => place.start());
    expect(status).to.equal(1);
    expect(output).to.contain(`${stack}_mailpit`).and.to.contain("No such image");
    // Pulumi waits for a service that is there, so `npm start` takes it away again, and says itself why.
    const { output: diagnosis } = await place.ops("diagnose");
    expect(`${output}${diagnosis}`).to.contain("swarm.registryAuth: true");
  });

  it("S5 handed the login, a node pulls the image and goes on", async () => {
    configure(true);
    succeeded(await timed("npm start", () => place.start()));
    await new GhostClient(`http://${manager.address}:2368`, "http://localhost:2368").answers("/", 60);
    expect(await worker.engine.tasks(`${stack}_mailpit`)).to.have.length(1);
  });
});
