import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "chai";
import { KubernetesCluster } from "../../../../engines/kubernetes-cluster";
import { applyManifests } from "../../../../deploy/rendered/kubernetes";
import { UserError } from "../../../../errors";
import type { Manifest } from "../../../../render/kubernetes";
import { rejection } from "../../../support/rejection";
import { temporaryDirectory } from "../../../support/temporary-directory";

const manifest = (kind: string, name: string, apiVersion = "v1"): Manifest => ({
  apiVersion,
  kind,
  metadata: { name },
});
const base = [manifest("Namespace", "ns"), manifest("PersistentVolumeClaim", "data"), manifest("Service", "mysql")];

describe("a rendered stack on Kubernetes", () => {
  const cluster = new KubernetesCluster({ context: "test" }, "ns");
  const searchPath = process.env["PATH"];
  let directory: string;
  beforeEach(() => {
    directory = temporaryDirectory();
    kubectl('case "$*" in *"get pods"*) ;; esac');
  });
  afterEach(() => {
    process.env["PATH"] = searchPath;
  });

  /** Puts a kubectl on PATH that writes down its arguments and then does this. */
  const kubectl = (script: string) => {
    const bin = path.join(directory, "bin");
    fs.mkdirSync(bin, { recursive: true });
    fs.writeFileSync(path.join(bin, "kubectl"), `#!/bin/sh\necho "$@" >> ${directory}/calls\ncase "$*" in *"--raw /apis") echo "{\\"groups\\":[]}"; exit ;; esac\n${script}\n`, {
      mode: 0o755,
    });
    process.env["PATH"] = `${bin}:${searchPath ?? ""}`;
  };
  const calls = () => fs.readFileSync(path.join(directory, "calls"), "utf8").trim().split("\n");
  const apply = (...manifests: Manifest[]) => applyManifests(cluster, "dev", manifests, directory, () => undefined);

  it("A4 is applied on the server, in the context and the namespace of the stack and no other", async () => {
    await apply(...base);
    expect(calls().filter((call) => call.includes(" apply "))).to.deep.equal([
      `--context test --namespace ns apply --server-side --filename ${directory}/manifests`,
    ]);
  });

  describe("with images to pull before a Deployment changes", () => {
    const images = (image: string) => ({ template: { spec: { containers: [{ image }] } } });
    const site = { ...manifest("Deployment", "site", "apps/v1"), spec: images("ghost:2") };
    const job = { ...manifest("Job", "site-images-1", "batch/v1"), spec: images("ghost:2") };
    job.metadata["annotations"] = { "ghost-platform/before-deployment": "site" };
    /** A cluster in which `site` runs with an image, and a Job ends like this. */
    const running = (image: string, condition: string) => {
      const live = JSON.stringify({ items: [{ metadata: { name: "site" }, spec: images(image) }] });
      const jobs = JSON.stringify({
        items: [{ metadata: { name: "site-images-1" }, status: { conditions: [{ type: condition, status: "True" }] } }],
      });
      kubectl(`case "$*" in
        *"ignore-not-found deployments"*) echo '${live}' ;;
        *"ignore-not-found jobs"*) echo '${jobs}' ;;
        *"--filename -") cat > ${directory}/first ;;
      esac`);
    };
    const applied = () => calls().filter((call) => call.includes(" apply "));

    it("G6 waits for them, and leaves no Job", async () => {
      running("ghost:1", "Complete");
      await apply(...base, job, site);
      const [before, all] = applied();
      expect(before).to.match(/apply --server-side --filename -$/);
      expect(fs.readFileSync(path.join(directory, "first"), "utf8")).to.contain('"site-images-1"');
      expect(all).to.match(/manifests$/);
      expect(calls().findLast((call) => call.includes("delete jobs"))).to.match(/ site-images-1$/);
    });

    it("G6 changes nothing where they cannot be had, and says so", async () => {
      running("ghost:1", "Failed");
      const error = await rejection(apply(...base, job, site));
      expect(error).to.be.instanceOf(UserError);
      expect(error.message).to.contain("Nothing was changed, and what ran before runs on");
      expect(applied()).to.have.length(1);
      expect(calls().at(-1)).to.match(/delete jobs .* site-images-1$/);
    });

    it("does not wait for a Job that somebody has deleted", async () => {
      running("ghost:1", "Complete");
      const script = fs.readFileSync(path.join(directory, "bin", "kubectl"), "utf8");
      fs.writeFileSync(
        path.join(directory, "bin", "kubectl"),
        script.replace("ignore-not-found jobs", "nobody asks this"),
      );
      expect((await rejection(apply(...base, job, site))).message).to.contain(
        "Job site-images-1: somebody has deleted it",
      );
    });

    it("asks for none that are there, nor for a first deployment", async () => {
      running("ghost:2", "Complete");
      await apply(...base, job, site);
      kubectl("");
      await apply(...base, job, site);
      expect(applied().every((call) => call.endsWith("/manifests"))).to.equal(true);
    });
  });

  it("A3 says who else has changed an object, and how to take it over", async () => {
    kubectl(
      'case "$*" in *" apply "*) echo "Apply failed with 1 conflict: conflict with \\"kubectl-edit\\"" >&2; exit 1 ;; esac',
    );
    const error = await rejection(apply(...base));
    expect(error).to.be.instanceOf(UserError);
    expect(error.message).to.contain("kubectl-edit").and.contain("--force-conflicts");
  });
});
