import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { describePage } from "../support/doc-page";
import { kubernetesPlace } from "../support/kubernetes-place";
import type { Place } from "../support/place";

/** Ports that nobody else's stack on this machine is likely to have. */
const ports = { "2368:80": "23680:80", "localhost:2368/?": "localhost:23680/?" };
const mailPorts = { "1025:1025": "11025:1025", "8025:8025": "18025:8025", "localhost:1025": "localhost:11025" };

/** The labs, typed from the pages that walk through them. */
describe("the labs on Kubernetes", () => {
  let place: Place;
  const environment = () => place.variables;

  describe("Ghost", () => {
    const namespace = "lab-ghost";
    before(async () => {
      ({ place } = await kubernetesPlace("dev", { kubernetes: { namespace }, mailpit: { enabled: false } }));
    });
    after(() => place.destroy("--data"));

    describePage("docs/labs/ghost.md", {
      environment,
      replace: { "my-cluster": "ghost-platform-sandbox", "ghost-dev": namespace, ...ports },
      rows: {
        "Test 1: init containers": "G1 G2 G11",
        "Scenario 1: an init container fails": "G1 G10 G11",
        "Test 2: hooks": "G4 G5 G10",
        "Test 3: the sidecar": "G3",
        "Test 4: probes": "G6",
        "Priority, resources, security": "G7 G8",
        Environment: "G9",
        "Scenario 2: the sidecar takes too much": "G3 G11",
        "Scenario 3: the hooks do not run": "G4 G5 G11",
        "Clean up": "G11",
      },
    });
  });

  describe("Mailpit", () => {
    const namespace = "lab-mailpit";
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), "pv-mailpit-"));
    before(async () => {
      fs.chmodSync(directory, 0o755);
      ({ place } = await kubernetesPlace("dev", {
        kubernetes: { namespace, podSecurity: "baseline" },
        mailpit: { storage: { size: "10Mi", hostPath: directory } },
      }));
    });
    after(async () => {
      await place.destroy("--data");
      fs.rmSync(directory, { recursive: true });
    });

    describePage("docs/labs/mailpit.md", {
      environment,
      replace: {
        "my-cluster": "ghost-platform-sandbox",
        "ghost-dev": namespace,
        ...mailPorts,
        "localhost:8025": "localhost:18025",
        "/tmp/email.txt": path.join(directory, "..", `${namespace}-email.txt`),
      },
      rows: {
        "The volume and its claim": "L2",
        "Security, and why the init container": "L3",
        "A mail": "L1",
        "The process is killed": "L4",
        "The pod is deleted": "L2 L4",
      },
    });
  });
});
