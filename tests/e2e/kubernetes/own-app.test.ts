import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { projectDirectory } from "../../../home/project";
import type { Diagnosis } from "../../../ops/diagnose";
import { imageNames } from "../../../sandbox/images";
import type { Kubectl } from "../support/kubectl";
import { kubernetesPlace } from "../support/kubernetes-place";
import { succeeded, type Place } from "../support/place";
import { timed } from "../support/until";

/** Two starts of a stack more: `npm run e2e -- kubernetes --long`. Beside sites tests/e2e/kubernetes/backup.test.ts has such an app. */
const long = process.env["E2E_LONG"] ? describe : describe.skip;

long("a stack on Kubernetes of an app that is no part of this program, and nothing else", () => {
  const stack = "jotter";
  const stackFile = path.join(projectDirectory, `Pulumi.${stack}.yaml`);
  let place: Place;
  let kubectl: Kubectl;

  const names = (...kinds: string[]) => kubectl.run("get", kinds.join(), "-o", "name");
  const backup = (...args: string[]) => place.command("backup/main.ts", [...args, "--stack", stack]);
  const inside = (command: string) => kubectl.run("exec", "deployment/app-notes", "--", "sh", "-c", command);

  before(async () => {
    const apps = { notes: { module: "./tests/apps/notes/app.ts", settings: { image: imageNames.mailpit } } };
    fs.writeFileSync(
      stackFile,
      `config:\n  ghost-platform:platform: kubernetes\n  ghost-platform:apps: ${JSON.stringify(apps)}\n`,
    );
    ({ kubectl, place } = await kubernetesPlace(stack));
  });
  after(async () => {
    fs.rmSync(stackFile, { force: true });
    await kubectl.run("delete", "namespace", kubectl.namespace, "--ignore-not-found", "--timeout=120s");
  });

  it("A6 comes up without a database and an inbox, and the tools tell of it", async () => {
    succeeded(await timed("npm start", () => place.start()));
    expect((await names("deployments", "statefulsets")).trim()).to.equal("deployment.apps/app-notes");
    expect(succeeded(await place.ops("status")))
      .to.contain("app-notes")
      .and.contain("All is well.");
    expect(succeeded(await place.ops("metrics"))).to.contain("app-notes");
    await kubectl.run("scale", "deployment/app-notes", "--replicas=0");
    const { findings } = await place.opsJson<Diagnosis>("diagnose");
    expect(JSON.stringify(findings)).to.contain("app-notes");
    await kubectl.run("scale", "deployment/app-notes", "--replicas=1");
    await kubectl.run("rollout", "status", "deployment/app-notes", "--timeout=60s");
  });

  it("A6 B1 is saved, and restored into an empty namespace", async () => {
    await inside("printf 'buy ink' > /notes/one");
    succeeded(await timed("create", () => backup("create")));
    await kubectl.run("delete", "namespace", kubectl.namespace, "--timeout=120s");
    succeeded(await timed("restore", () => backup("restore", "--yes")));
    succeeded(await timed("npm start on what was restored", () => place.start()));
    expect(await inside("cat /notes/one")).to.equal("buy ink");
  });

  it("A6 A1 goes with the stack, which leaves nothing", async () => {
    succeeded(await place.destroy("--data"));
    const namespaces = await kubectl.run("get", "namespaces", "-o", "name");
    expect(namespaces).to.not.match(new RegExp(`^namespace/${kubectl.namespace}$`, "m"));
    expect(
      await kubectl.run("get", "persistentvolumes", "-o", "jsonpath={.items[*].spec.claimRef.name}"),
    ).to.not.contain("app-notes-data");
  });
});
