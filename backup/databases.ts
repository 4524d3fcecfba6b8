import * as path from "node:path";
import { readScripts } from "../platforms/scripts";
import type { DatabaseKind } from "./manifest";

/** What is read of a service to tell what it keeps. */
export interface ServiceSpec {
  Name: string;
  Labels?: Record<string, string>;
  TaskTemplate: {
    ContainerSpec: {
      Image: string;
      Env?: string[];
      Mounts?: {
        Type: string;
        Source?: string;
        Target: string;
        VolumeOptions?: {
          Labels?: Record<string, string>;
          DriverConfig?: { Name?: string; Options?: Record<string, string> };
        };
      }[];
      Secrets?: { File?: { Name: string } }[];
    };
  };
}

/** A kind of database: how it is recognised, saved, and made again. */
interface Database {
  /** Whether a service is a server of this kind that keeps its data at a place in its container. */
  is: (service: ServiceSpec, target: string) => boolean;
  /** Whether a service only follows another one, and fills itself from there when it has no data: nothing of it is saved. */
  follows: (service: ServiceSpec) => boolean;
  /** The server's data directory, where the service names one. */
  data: (service: ServiceSpec) => string | undefined;
  /** Script that runs in the server's container and writes SQL. */
  dump: string;
  /** Script that runs in a container of the server's image and makes a data directory of that SQL. */
  load: string;
  /** Variables of the load script, given where the volume is mounted and the data directory that the service names. */
  settings: (target: string, data: string | undefined) => Record<string, string>;
}

const scripts = readScripts(path.join(__dirname, "scripts"), [
  "dump-mysql.sh",
  "load-mysql.sh",
  "dump-postgresql.sh",
  "load-postgresql.sh",
]);

/** Every kind that is known; another one is an entry here and two scripts. */
export const databases: Record<DatabaseKind, Database> = {
  mysql: {
    is: (service, target) => target === "/var/lib/mysql" && hasSecret(service, "/run/secrets/mysql/root.cnf"),
    follows: (service) => hasSecret(service, "/run/secrets/mysql/replica.sql"),
    data: () => undefined,
    dump: scripts["dump-mysql.sh"],
    load: scripts["load-mysql.sh"],
    settings: () => ({}),
  },
  postgresql: {
    is: (_, target) => target.startsWith("/var/lib/postgresql"),
    follows: () => false,
    data: ({ TaskTemplate }) => variable(TaskTemplate.ContainerSpec.Env ?? [], "PGDATA"),
    dump: scripts["dump-postgresql.sh"],
    load: scripts["load-postgresql.sh"],
    settings: (target, data) => ({
      volume: target,
      data: target.endsWith("/data") ? target : `${target}/data`,
      // Over the one that the image names.
      ...(data === undefined ? {} : { PGDATA: data }),
    }),
  },
};

function hasSecret({ TaskTemplate }: ServiceSpec, file: string): boolean {
  return (TaskTemplate.ContainerSpec.Secrets ?? []).some(({ File }) => File?.Name === file);
}

function variable(environment: readonly string[], name: string): string | undefined {
  return environment.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}
