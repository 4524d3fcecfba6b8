import type * as pulumi from "@pulumi/pulumi";
import type { ServerCertificate } from "../../platforms/certificates";
import type { SwarmChildren } from "../../platforms/swarm/children";
import { versionedSecret, type SwarmSecretReference } from "../../platforms/swarm/secrets";
import type { BinaryLogEndpoint, DatabaseEndpoint, MetricsEndpoint, ServerAuthority } from "../endpoints";
import type { Credentials, GenerationOfPassword } from "./credentials";
import { databaseSecretRole, secretTemplate } from "./password-names";
import { archiveUser, metricsOptionFile, type Databases } from "./users";
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
  readonly metrics?: MetricsEndpoint<SwarmSecretReference>;
  /** How its binary log is followed. Absent: nobody may. */
  readonly binaryLog?: BinaryLogEndpoint<SwarmSecretReference>;
}

/** With what figures are asked for. */
export function metricsAccess(
  children: SwarmChildren,
  { generation, userPasswords }: Pick<Credentials<"metrics", unknown>, "generation" | "userPasswords">,
  { authority, end }: Pick<ServerCertificate, "authority" | "end">,
): Pick<MetricsEndpoint<SwarmSecretReference>, "authority" | "end" | "optionFile"> {
  const content = userPasswords.metrics.apply(metricsOptionFile);
  const template = metricsOptionFile(secretTemplate(generation));
  return { optionFile: versionedSecret(children, "metrics", { content, template }), authority, end };
}

/** With what the binary log is followed. @param host DNS name of the server that takes the writes */
export function binaryLogAccess(
  children: SwarmChildren,
  { generation, userPasswords }: Pick<Credentials<"archive", unknown>, "generation" | "userPasswords">,
  { authority }: Pick<ServerCertificate, "authority">,
  host: string,
): BinaryLogEndpoint<SwarmSecretReference> {
  const password = versionedSecret(children, archiveUser, {
    content: userPasswords.archive,
    template: secretTemplate(generation),
  });
  return { host, user: archiveUser, password, authority };
}

/** A secret for each database's passwords, so that an app sees its own alone. */
export class DatabaseSecrets {
  /** Those of each database, the present one first. */
  private readonly secrets: Record<string, SwarmSecretReference[]>;

  constructor(
    children: SwarmChildren,
    private readonly databases: Databases,
    passwords: Record<string, GenerationOfPassword[]>,
    private readonly authority: ServerAuthority,
  ) {
    this.secrets = Object.fromEntries(
      Object.entries(passwords).map(([key, generations]) => [
        key,
        generations.map(({ generation, password: content }) =>
          versionedSecret(children, databaseSecretRole(key), { content, template: secretTemplate(generation) }),
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
    const { authority } = this;
    return { host, port: mysqlPort, database: schema, username, password, formerPasswords, authority };
  }
}
