import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as readline from "node:readline";
import { step, type Report } from "../terminal/progress";
import { refuseForeignOnSwarm } from "../deploy/before/swarm-ownership";
import { deleteOwned, refuseDataOfOthers } from "../deploy/rendered/kubernetes";
import { composeDeployment, removeStack, removeVolumes } from "../deploy/rendered/swarm";
import { configNamespace } from "../config/namespaces";
import { ownerOf } from "../config/owner";
import { parseStackConfig } from "../config/parse";
import type { StackConfig, SwarmStackConfig } from "../config/schema";
import { UserError } from "../errors";
import { swarmStackName } from "../platforms/swarm/stack";
import { composeFileName } from "../render/compose";
import { manifestDirectory } from "../render/kubernetes";
import { renderStack } from "../render/stack";
import { answers } from "./answers";
import { clocked, measured, type Cost } from "./measured";
import { benchCluster, benchNamespace, benchStack, benchSwarm, type BenchCluster, type Wanted } from "./place";
import { circumstances, record } from "./report";
import { ratio, spread } from "./statistics";
import { needPulumi, Workspace } from "./workspace";

const introduction = `# From nothing to an answer, and back

\`npm run bench -- up\`: one site with MySQL and Mailpit, from an empty cluster until Ghost's home page answers 200, and back to nothing, data
included. \`pulumi up --skip-preview\` takes turns with the platform's own command on the rendered form of the same stack. "answers" is
from the command's start to the first 200, asked for ten times a second; "command" is until the command returns, which for the
platform's own commands says nothing about whether anything runs. "destroy" is until every object has gone: \`pulumi destroy
--skip-preview\`, against \`kubectl delete namespace\` or \`docker stack rm\` with the volumes. Images are on the node before. Each
cell is the least, the median and the most; the ratio is one of medians.`;

/** Seconds of one way there and back. */
interface Round {
  answers: number;
  command: number;
  cpu: number;
  destroy: number;
}

/** A way to deploy the stack and take it away again. */
interface Way {
  name: string;
  deploy: () => Promise<Cost>;
  destroy: () => Promise<unknown>;
}

/** Measures both platforms: the Pulumi engine against the platform's own command. */
export async function benchUp(
  platforms: readonly ("kubernetes" | "swarm")[],
  wanted: Wanted,
  rounds: number,
  note: readonly string[],
): Promise<void> {
  await needPulumi();
  for (const platform of platforms) {
    await (platform === "kubernetes" ? benchKubernetes : benchDockerSwarm)(wanted, rounds, note);
  }
}

async function benchKubernetes(wanted: Wanted, rounds: number, note: readonly string[]): Promise<void> {
  const place = await benchCluster(wanted);
  const { cluster } = place;
  const owner = ownerOf(configNamespace, benchStack);
  await refuseDataOfOthers(cluster, owner);
  const about = await circumstances(["pulumi"]);
  const stop = new AbortController();
  try {
    const base = await kubectlProxy(place, stop.signal);
    const site = `${base}/api/v1/namespaces/${benchNamespace}/services/ghost-blog:80/proxy/`;
    const flags = clusterFlags(place);
    await inScratch(place.config, async (workspace, rendered) => {
      const ways: Way[] = [
        pulumiWay(workspace),
        {
          name: "kubectl apply --server-side",
          deploy: () =>
            measured("kubectl", [
              ...flags,
              "apply",
              "--server-side",
              "--filename",
              path.join(rendered, manifestDirectory),
            ]),
          destroy: async () => {
            await refuseDataOfOthers(cluster, owner);
            await cluster.kubectl(["delete", "namespace", benchNamespace, "--timeout=300s"], { timeout: 320 });
            // What is in no namespace.
            await deleteOwned(cluster, owner, () => undefined);
          },
        },
      ];
      await compare("Kubernetes", site, ways, rounds, [...note], about);
    });
  } finally {
    stop.abort();
  }
}

async function benchDockerSwarm(wanted: Wanted, rounds: number, note: readonly string[]): Promise<void> {
  const { config, engine, url } = await benchSwarm(wanted);
  const about = await circumstances(["pulumi"]);
  const name = swarmStackName(benchStack);
  await refuseForeignOnSwarm(engine, name, []);
  const stack = parseStackConfig(config) as SwarmStackConfig;
  await inScratch(config, async (workspace, rendered) => {
    const ways: Way[] = [
      pulumiWay(workspace),
      {
        name: "docker stack deploy",
        deploy: () =>
          measured("docker", [
            "--host",
            engine.host,
            ...composeDeployment(stack, name, path.join(rendered, composeFileName)),
          ]),
        destroy: async () => {
          await removeStack(engine, name, () => undefined);
          await removeVolumes(engine, name);
        },
      },
    ];
    await compare("Swarm", url, ways, rounds, note, about);
  });
}

function pulumiWay(workspace: Workspace): Way {
  return {
    name: "pulumi up",
    deploy: () => workspace.pulumi("up", "--yes", "--skip-preview"),
    destroy: () => workspace.pulumi("destroy", "--yes", "--skip-preview"),
  };
}

/** Opens a workspace for the stack, and renders it; both are gone afterwards. */
async function inScratch(
  config: BenchCluster["config"],
  work: (workspace: Workspace, rendered: string) => Promise<void>,
): Promise<void> {
  const rendered = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-rendered-")), benchStack);
  const checked: StackConfig = parseStackConfig(config);
  const workspace = await Workspace.ofProgram(config);
  try {
    await renderStack(checked, benchStack, rendered);
    await work(workspace, rendered);
  } finally {
    await workspace.discard();
    fs.rmSync(path.dirname(rendered), { recursive: true, force: true });
  }
}

async function compare(
  platform: string,
  url: string,
  ways: readonly Way[],
  rounds: number,
  note: readonly string[],
  about: () => string[],
): Promise<void> {
  const results: Round[][] = ways.map(() => []);
  await step(`${platform}: up and destroy in turns, ${rounds} rounds`, async (report) => {
    for (let round = 1; round <= rounds; round += 1) {
      for (const [index, way] of ways.entries()) {
        results[index]?.push(await thereAndBack(way, url, (text) => report(`round ${round}, ${way.name}: ${text}`)));
      }
    }
  });
  const series = (index: number, figure: keyof Round) => (results[index] ?? []).map((round) => round[figure]);
  const figures = ["answers", "command", "cpu", "destroy"] as const;
  const compared = (figure: keyof Round) => ratio(series(0, figure), series(1, figure));
  record({
    page: "up",
    introduction,
    table: {
      header: [platform, "answers s", "command s", "CPU of the command s", "destroy s"],
      rows: [
        ...ways.map(({ name }, index) => [name, ...figures.map((figure) => spread(series(index, figure), 1))]),
        ["ratio", compared("answers"), "", "", compared("destroy")],
      ],
    },
    remarks: [`${rounds} ${rounds === 1 ? "round" : "rounds"}.`, ...about(), ...note],
  });
}

async function thereAndBack({ deploy, destroy }: Way, url: string, report: Report): Promise<Round> {
  report("up");
  let failed = false;
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  const deployment = deploy().catch((error: unknown) => {
    failed = true;
    throw error;
  });
  const both = Promise.all([deployment, answers(url, () => failed).then(seconds)]);
  const [cost, answered] = await both.catch(async (error: unknown) => {
    await destroy();
    throw error;
  });
  report("destroy");
  return { answers: answered, command: cost.wall, cpu: cost.cpu, destroy: await clocked(destroy) };
}

function clusterFlags({ address: { context, kubeconfig } }: BenchCluster): string[] {
  return [...(kubeconfig ? ["--kubeconfig", kubeconfig] : []), "--context", context];
}

/** Opens a way through the API server to the cluster's Services, and returns its address; closed by the signal. */
async function kubectlProxy(place: BenchCluster, signal: AbortSignal): Promise<string> {
  const child = spawn("kubectl", [...clusterFlags(place), "proxy", "--port=0"], {
    stdio: ["ignore", "pipe", "inherit"],
    signal,
  });
  child.on("error", () => undefined);
  for await (const line of readline.createInterface({ input: child.stdout })) {
    const [, host] = /^Starting to serve on (\S+)$/.exec(line) ?? [];
    if (host) {
      return `http://${host}`;
    }
  }
  throw new UserError("kubectl proxy ended before it served anything");
}
