import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { DockerEngine } from "../../engines/docker-engine";
import { step } from "../../terminal/progress";
import { servicesRunning } from "../../deploy/wait/swarm-rollout";
import { manager, readFacts } from "../../machines/carry-out";
import { clusterUp } from "../../machines/up";
import { stackLabel, swarmStackName } from "../../platforms/swarm/stack";
import type { BackupKey } from "../format/key";
import type { VolumePart } from "../format/manifest";
import type { Placing, RestorePlan } from "../platform";
import type { Backup } from "../store/stack-folder";
import type { SwarmJob } from "./place";
import { addressMistakes, pinsToOthers, placedOn, restoreTarget, unplaceable } from "./placement";
import { refuseUnfit } from "./restore-checks";
import { restoreSwarm, unmarkSwarm, type SwarmPart } from "./restore-state";
import { unmounted } from "./unmounted";
import { engineOf, volumeToFill } from "./volume";

/** Images may have to be pulled on every machine. */
const servicesLimitSeconds = 15 * 60;

/**
 * A restore on machines that are empty: when the volumes are filled, the swarm's state goes to one manager, of which a new swarm is made, and the
 * other machines join it.
 *
 * @throws UserError with all that forbids it
 */
export async function planOnSwarm(
  job: SwarmJob,
  backup: Backup,
  key: BackupKey,
  placing: Placing,
): Promise<RestorePlan> {
  const { config, stack } = job;
  const saved = backup.parts.filter((part): part is VolumePart => "volume" in part);
  const parts = saved.map((part) => ({ ...part, node: placedOn(placing.place, part.node) }));
  const state = backup.parts.find((part): part is SwarmPart => part.kind === "swarm");
  const nodes = job.cluster?.wanted.nodes ?? {};
  const target = state && restoreTarget(state, placing, nodes);
  const misplaced = [
    ...unplaceable(backup.parts, placing.place),
    ...(target === undefined ? [] : addressMistakes(state?.address, target, nodes)),
  ];
  const standing = await refuseUnfit(job, backup, parts, target, misplaced);
  const name = swarmStackName(stack);
  return {
    volumes: parts.map((part) =>
      volumeToFill(engineOf(job, part.node), name, part, standing.volumes.get(part) ?? { is: "absent" }),
    ),
    remarks: [
      target
        ? `  the swarm's state on ${target}; the other machines join it`
        : "  no state of the swarm: npm start deploys the stack on the data",
      ...(await unseen(job, parts)),
    ],
    run: standing.run,
    async complete(run, deployment, asOf) {
      if (state && target) {
        const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "ghost-platform-restore-"));
        try {
          const { unlockKey } = deployment ?? {};
          await restoreSwarm(job, state, backup.folder, key, target, run, standing.swarm, unlockKey, scratch);
        } finally {
          fs.rmSync(scratch, { recursive: true, force: true });
        }
      }
      const pinned = await servicesOf(job, state !== undefined);
      return pinned.length > 0
        ? [
            `The data of stack ${stack} are those of ${asOf}. Its services still name machines that are not here, and wait:`,
            ...pinned.map((line) => `  ${line}`),
            `  npm start -- --stack ${stack}   deploys what the stack file says now`,
          ]
        : [
            `Stack ${stack} is as it was at ${asOf}.`,
            `  npm run ops -- status --stack ${stack}`,
            ...(!state || config.swarm.singleNode
              ? [`  npm start -- --stack ${stack}   deploys what the stack file says now`]
              : []),
          ];
    },
    async forgetRun() {
      if (target !== undefined) {
        await unmarkSwarm(job, target);
      }
    },
    close: () => Promise.resolve(),
  };
}

/** Says which volumes no service would see, in lines. */
async function unseen({ config, stack }: SwarmJob, parts: readonly VolumePart[]): Promise<string[]> {
  const unused = await unmounted(config, stack, [...new Set(parts.map(({ volume }) => volume.name))]);
  return unused.length === 0
    ? []
    : [
        "",
        `No service of the stack file as it is here mounts ${unused.join(", ")}: what was saved there would not be seen after npm start.`,
        "Sites, driver and driverOptions have to be what they were when it was saved.",
      ];
}

/** Has all machines join, and waits for the services. Returns those that wait for machines that are not here. */
async function servicesOf({ cluster, stack }: SwarmJob, hasState: boolean): Promise<string[]> {
  if (!hasState || !cluster) {
    return [];
  }
  await clusterUp(cluster, true);
  const engine = manager(await readFacts(cluster), cluster.wanted);
  const pinned = await pinnedToNobody(engine, swarmStackName(stack), Object.keys(cluster.wanted.nodes));
  if (pinned.length === 0) {
    await step("Wait until every service runs", (report) =>
      servicesRunning(engine, swarmStackName(stack), Date.now() + servicesLimitSeconds * 1000, report),
    );
  }
  return pinned;
}

/** Services that are pinned to machines, by the names that those have in the configuration, of which none is there; in words. */
async function pinnedToNobody(engine: DockerEngine, name: string, nodes: readonly string[]): Promise<string[]> {
  const ids = await engine.lines(["service", "ls", "--quiet", "--filter", `label=${stackLabel}=${name}`]);
  if (ids.length === 0) {
    return [];
  }
  const { stdout } = await engine.docker(["service", "inspect", ...ids]);
  const services = JSON.parse(stdout) as {
    Spec: { Name: string; TaskTemplate: { Placement?: { Constraints?: string[] | null } } };
  }[];
  return services.flatMap(({ Spec: { Name, TaskTemplate } }) =>
    pinsToOthers(TaskTemplate.Placement?.Constraints ?? [], nodes).map((constraint) => `${Name}: ${constraint}`),
  );
}
