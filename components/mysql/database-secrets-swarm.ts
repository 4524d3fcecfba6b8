import type * as pulumi from "@pulumi/pulumi";
import { versionedSecret, type SwarmSecretReference } from "../../platforms/swarm/secrets";
import type { SwarmStack } from "../../platforms/swarm/stack";
import type { DatabaseEndpoint } from "../endpoints";
import type { Credentials, GenerationOfPassword } from "./credentials";
import { type Databases, metricsOptionFile } from "./users";
import { databaseSecretName, secretTemplate } from "./password-names";
import { mysqlPort } from "./server-options";

/** A database server of any topology on Swarm, to whoever only wants one of its databases. */
export interface DatabaseServer {
  /**
   * How to reach one of the databases, for reading and writing.
   *
   * @param key the key it has in `databases`
   * @throws RangeError for a key that is not there
   */
  endpoint(key: string): DatabaseEndpoint<SwarmSecretReference>;
  /** How to ask it for figures. Absent: nobody may. */
  readonly metrics?: MetricsEndpoint;
}

/** Where figures of a database server come from, and as whom one asks. */
export interface MetricsEndpoint {
  /** Option file of the one who asks; see `metricsOptionFile`. */
  optionFile: SwarmSecretReference;
  /** DNS name of the server that takes the writes, on the backend network. */
  source: string;
  /** Those that follow it. Absent: none. */
  replicas?: {
    /** DNS name that resolves to each of them that is well. */
    host: string;
    count: number;
    /** Seconds after which one is too late to be read. */
    maxLag: number;
  };
}

/** The secret with which figures are asked for. */
export function metricsSecret(
  stack: SwarmStack,
  server: string,
  { generation, userPasswords }: Pick<Credentials<"metrics", unknown>, "generation" | "userPasswords">,
  options: pulumi.CustomResourceOptions,
): SwarmSecretReference {
  return versionedSecret(
    stack,
    `${server}-metrics`,
    {
      content: userPasswords.metrics.apply(metricsOptionFile),
      template: metricsOptionFile(secretTemplate(generation)),
    },
    options,
  );
}

/** A secret for each database's passwords, so that an app sees its own alone. */
export class DatabaseSecrets {
  /** Those of each database, the present one first. */
  private readonly secrets: Record<string, SwarmSecretReference[]>;

  constructor(
    stack: SwarmStack,
    server: string,
    private readonly databases: Databases,
    passwords: Record<string, GenerationOfPassword[]>,
    options: pulumi.CustomResourceOptions,
  ) {
    this.secrets = Object.fromEntries(
      Object.entries(passwords).map(([key, generations]) => [
        key,
        generations.map(({ generation, password: content }) =>
          versionedSecret(
            stack,
            databaseSecretName(server, key),
            { content, template: secretTemplate(generation) },
            options,
          ),
        ),
      ]),
    );
  }

  /** See `DatabaseServer.endpoint`. */
  endpoint(host: pulumi.Input<string>, key: string): DatabaseEndpoint<SwarmSecretReference> {
    const database = this.databases[key];
    const [password, ...formerPasswords] = this.secrets[key] ?? [];
    if (!database || !password) {
      throw new RangeError(`there is no database "${key}"; there are: ${Object.keys(this.databases).join(", ")}`);
    }
    const { database: schema, username } = database;
    return { host, port: mysqlPort, database: schema, username, password, formerPasswords };
  }
}
