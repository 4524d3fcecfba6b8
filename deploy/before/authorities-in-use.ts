import type { SwarmContainer } from "../../components/app";
import { runsDatabaseServer } from "../../config/apps";
import { keyFile } from "../../config/mysql/server-options";
import type { StackConfig } from "../../config/schema";
import type { KubernetesCluster } from "../../engines/kubernetes-cluster";
import { UserError } from "../../errors";
import {
  authoritiesAnnotation,
  authoritiesFrom,
  authoritiesVariable,
  type Authorities,
} from "../../platforms/authorities";
import type { ServicesInUse } from "./services-in-use";

/** The Secret with the certificate of a stack's database server. */
export const certificateSecret = "mysql-tls";

/** The authorities of the database server that a cluster has: one entry, none where it has no such server. */
export async function authoritiesOnCluster(cluster: KubernetesCluster): Promise<Authorities[]> {
  const [found] = await cluster.lines([
    ...["get", "secret", certificateSecret, "--ignore-not-found"],
    ...["--output", `jsonpath={.metadata.name}{" "}{.metadata.annotations.${authoritiesAnnotation}}`],
  ]);
  return found === undefined ? [] : [authoritiesFrom(found.trim().split(" ")[1])];
}

/** Those that the servers of a swarm have, as services say and the tasks that still run: several entries while one of them is replaced. */
export function authoritiesOnSwarm({ services, tasks }: ServicesInUse): Authorities[] {
  const containers = [...services.map(({ Spec }) => Spec.TaskTemplate), ...tasks.map(({ Spec }) => Spec)]
    .map(({ ContainerSpec = {} }) => ContainerSpec)
    .filter(showsCertificate);
  const texts = containers.map(({ Env = [] }) =>
    Env.find((line) => line.startsWith(`${authoritiesVariable}=`))?.slice(authoritiesVariable.length + 1),
  );
  return [...new Set(texts)].map(authoritiesFrom);
}

function showsCertificate({ Secrets = [] }: SwarmContainer): boolean {
  return Secrets.some(({ File }) => File?.Name === keyFile);
}

/**
 * Refuses a deployment in which sites would not believe the server, or those that still run would not believe it afterwards: a stack file from before an authority
 * was replaced, or one whose authority somebody has changed in one step.
 *
 * @param running what runs; nothing is refused where nothing does
 * @throws UserError with what the file may say
 */
export function refuseUntrustedAuthority(stack: string, config: StackConfig, running: readonly Authorities[]): void {
  const { authorities } = config.mysql;
  const wrong = runsDatabaseServer(config)
    ? running.find(({ alsoTrusted, generation }) => {
        const [now, then] = [
          [generation, alsoTrusted],
          [authorities.generation, authorities.alsoTrusted],
        ];
        return !now.includes(authorities.generation) || !then.includes(generation);
      })
    : undefined;
  if (wrong) {
    throw new UserError(
      `mysql.authorities: is ${inWords(authorities)}, and the database server of stack ${stack} runs with ${inWords(wrong)}: what runs and what would come do not believe each other. Nothing was changed. Take the file that says ${inWords(wrong)}; another authority comes step by step: npm run ops -- secrets rotate --authority --stack ${stack}`,
    );
  }
}

function inWords(authorities: Authorities): string {
  const { alsoTrusted, generation } = authorities;
  return alsoTrusted === undefined
    ? `generation ${generation}`
    : `generation ${generation}, alsoTrusted ${alsoTrusted}`;
}
