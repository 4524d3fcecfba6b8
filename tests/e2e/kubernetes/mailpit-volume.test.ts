import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { createTransport } from "nodemailer";
import { Mailpit } from "../../../components/kubernetes";
import { parseStackConfig } from "../../../config/parse";
import { clusterProvider, stackNamespace } from "../../../platforms/kubernetes/cluster";
import { collect } from "../../../render/collect";
import { kubernetesManifests } from "../../../render/kubernetes";
import { imageNames } from "../../../sandbox/images";
import { kubernetesPlace } from "../support/kubernetes-place";
import { newestTo } from "../support/inbox";
import type { Kubectl } from "../support/kubectl";
import { timed, until } from "../support/until";

/** The lab's volume: a directory of the node that root made, given to Mailpit through a PersistentVolume of class `manual`. */
describe("Mailpit on a directory of the node", () => {
  const namespace = "mailpit-volume";
  const kubernetes = { context: "unused", namespace, podSecurity: "baseline" as const };
  let directory: string;
  let kubectl: Kubectl;
  let address: string;

  before(async () => {
    ({ kubectl } = await kubernetesPlace("dev"));
    kubectl = kubectl.within(namespace);
    directory = fs.mkdtempSync(path.join(os.tmpdir(), "pv-mailpit-"));
    fs.chmodSync(directory, 0o755);
    const config = parseStackConfig({
      platform: "kubernetes",
      kubernetes,
      sites: { unused: { url: "http://unused.test" } },
    });
    const { resources } = await collect(config, "mailpit-volume", undefined, () => {
      const provider = clusterProvider("cluster", kubernetes);
      new Mailpit(
        "mailpit",
        {
          namespace: stackNamespace(kubernetes, false, provider).metadata.name,
          images: imageNames,
          storage: { size: "10Mi", hostPath: directory },
        },
        { provider },
      );
      return {};
    });
    await kubectl.apply(...kubernetesManifests(resources));
    await timed("applied → ready", () => until("the inbox", 120, () => kubectl.readyPod("mailpit")));
    address = await kubectl.serviceUrl("mailpit", "http");
  });

  after(async () => {
    await kubectl.run("delete", "namespace", namespace);
    await kubectl.run("delete", "persistentvolume", `${namespace}-mailpit-mail`);
    fs.rmSync(directory, { recursive: true });
  });

  it("L3 runs as user 1000 on a root-owned directory, which an init container handed over", async () => {
    expect(fs.statSync(directory).uid).to.equal(1000);
    const pod = await until("the pod", 10, () => kubectl.pod("mailpit"));
    const status = await kubectl.run("exec", pod.metadata.name, "-c", "mailpit", "--", "/mailpit", "readyz").then(
      () => "ready",
      (error: unknown) => String(error),
    );
    expect(status).to.equal("ready");
    const files = fs.readdirSync(directory);
    expect(files.length).to.be.greaterThan(0);
    for (const file of files) {
      expect(fs.statSync(path.join(directory, file)).uid, file).to.equal(1000);
    }
  });

  it("L2 L4 mail survives the pod, and a process that is killed", async () => {
    const smtp = new URL(await kubectl.serviceUrl("mailpit", "smtp"));
    const transport = createTransport({ host: smtp.hostname, port: Number(smtp.port), secure: false, ignoreTLS: true });
    await transport.sendMail({
      from: "Clark Kent <super@man.org>",
      to: "Bruce Wayne <bat@man.org>",
      subject: "Pot de départ Wonder Woman",
      text: "Salut Bruce,\n\nJ'ai ouvert une cagnotte pour le départ de Diana.\nClark\n",
    });
    const former = await until("the pod", 10, () => kubectl.pod("mailpit"));
    await kubectl.run("delete", "pod", former.metadata.name, "--grace-period=0", "--force", "--wait=false");
    await until("a new pod", 60, () => kubectl.readyPod("mailpit", former.metadata.name));
    const mail = await until("the mail", 30, () => newestTo(address, "bat@man.org"));
    expect(mail.Subject).to.equal("Pot de départ Wonder Woman");
    expect(mail.Text).to.contain("une cagnotte pour le départ de Diana");
  });
});
