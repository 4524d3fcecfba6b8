import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect } from "chai";
import { createTransport, type SendMailOptions } from "nodemailer";
import { Mailpit } from "../../../components/kubernetes";
import { parseStackConfig } from "../../../config/parse";
import { clusterProvider, stackNamespace } from "../../../platforms/kubernetes/cluster";
import { collect } from "../../../render/collect";
import { kubernetesManifests } from "../../../render/kubernetes";
import { imageNames } from "../../../sandbox/images";
import { kubernetesPlace } from "../support/kubernetes-place";
import { askInbox, messages, newestTo, type Reader } from "../support/inbox";
import type { Kubectl } from "../support/kubectl";
import { processOf } from "../support/pod-process";
import { timed, until } from "../support/until";

/** The lab's volume: a directory of the node that root made, given to Mailpit through a PersistentVolume of class `manual`. */
describe("Mailpit on a directory of the node", () => {
  const namespace = "mailpit-volume";
  const kubernetes = { context: "unused", namespace, podSecurity: "baseline" as const };
  let directory: string;
  let kubectl: Kubectl;
  let address: string;
  let reader: Reader;
  let sender: Reader;
  const letter = {
    from: "Clark Kent <super@man.org>",
    to: "Bruce Wayne <bat@man.org>",
    subject: "Pot de départ Wonder Woman",
    text: "Salut Bruce,\n\nJ'ai ouvert une cagnotte pour le départ de Diana.\nClark\n",
  };

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
          namespace: stackNamespace(kubernetes, false, { provider }).metadata.name,
          images: imageNames,
          authentication: true,
          storage: { size: "10Mi", hostPath: directory },
        },
        { provider },
      );
      return {};
    });
    await kubectl.apply(...kubernetesManifests(resources));
    await timed("applied → ready", () => until("the inbox", 120, () => kubectl.readyPod("mailpit")));
    address = await kubectl.serviceUrl("mailpit", "http");
    // The pod is ready; the node's Service addresses lead to it a moment later.
    await until("the Service to lead to the pod", 60, async () => (await askInbox(address, "/readyz")).ok);
    [reader, sender] = await Promise.all([loginOf("mailpit-inbox"), loginOf("mailpit-sender")]);
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

  it("L1 shows and takes mail for those alone who sign in, and is healthy for everybody", async () => {
    const statuses = async (login?: Reader) => (await askInbox(address, "/api/v1/messages", login)).status;
    expect(await statuses()).to.equal(401);
    expect(await statuses(sender)).to.equal(401);
    expect(await statuses(reader)).to.equal(200);
    expect((await askInbox(address, "/readyz")).status).to.equal(200);
    expect(await sent({ ...letter })).to.equal(530);
    expect(await sent({ ...letter, subject: "With the wrong password" }, reader)).to.equal(535);
    expect(await messages(address, reader)).to.deep.equal([]);
  });

  it("L2 mail survives the pod", async () => {
    expect(await sent(letter, sender)).to.equal("taken");
    const former = await until("the pod", 10, () => kubectl.pod("mailpit"));
    await kubectl.run("delete", "pod", former.metadata.name, "--grace-period=0", "--force", "--wait=false");
    await until("a new pod", 60, () => kubectl.readyPod("mailpit", former.metadata.name));
    await theMailIsThere();
  });

  it("L4 the process is killed: another container takes over in the same pod, with the mail", async () => {
    const former = await until("the pod", 10, () => kubectl.readyPod("mailpit"));
    const [before] = former.status.containerStatuses ?? [];
    const inMailpit = (script: string) =>
      kubectl.run("exec", former.metadata.name, "-c", "mailpit", "--", "sh", "-c", script).catch(String);
    // What is written outside a volume cannot be lost: nothing can be written there.
    expect(await inMailpit("mkdir /test")).to.contain("Read-only file system");
    await inMailpit("mkdir /tmp/test");
    process.kill(processOf(former.metadata.uid, "mailpit"), "SIGKILL");

    const after = await timed("killed → ready", () =>
      until("another container", 60, async () => {
        const pod = await kubectl.readyPod("mailpit");
        return pod?.status.containerStatuses?.[0]?.restartCount === 1 && pod;
      }),
    );
    const [status] = after.status.containerStatuses ?? [];
    expect(after.metadata.uid).to.equal(former.metadata.uid);
    expect(status?.containerID).to.not.equal(before?.containerID);
    expect(status?.lastState?.terminated).to.include({ exitCode: 137, containerID: before?.containerID });
    // An emptyDir lives as long as its pod.
    expect(await inMailpit("ls -d /tmp/test")).to.equal("/tmp/test");
    await theMailIsThere();
  });

  const theMailIsThere = async () => {
    const mail = await until("the mail", 30, () => newestTo(address, "bat@man.org", reader));
    expect(mail.Subject).to.equal("Pot de départ Wonder Woman");
    expect(mail.Text).to.contain("une cagnotte pour le départ de Diana");
  };

  /** What becomes of a mail: "taken", or the status with which it is refused. */
  const sent = async (mail: SendMailOptions, login?: Reader): Promise<unknown> => {
    const smtp = new URL(await kubectl.serviceUrl("mailpit", "smtp"));
    const auth = login && { user: login.username, pass: login.password };
    const transport = createTransport({
      host: smtp.hostname,
      port: Number(smtp.port),
      secure: false,
      ignoreTLS: true,
      ...(auth ? { auth } : {}),
    });
    return transport.sendMail(mail).then(
      () => "taken",
      (error: unknown) => (error as { responseCode?: number }).responseCode,
    );
  };

  const loginOf = async (secret: string): Promise<Reader> => {
    const { data } = await kubectl.get<{ data: Record<string, string> }>("secret", secret);
    const text = (key: string) => Buffer.from(data[key] ?? "", "base64").toString();
    return { username: text("username"), password: text("password") };
  };
});
