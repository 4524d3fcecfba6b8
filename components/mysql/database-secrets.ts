import type * as pulumi from "@pulumi/pulumi";
import type { ServerCertificate } from "../../platforms/certificates";
import type { KubernetesChildren } from "../../platforms/kubernetes/children";
import { clientLabel } from "../../platforms/kubernetes/network/network-policy";
import type { SecretReference } from "../../platforms/kubernetes/files/secret-reference";
import type { DatabaseEndpoint, MetricsEndpoint, ServerAuthority } from "../endpoints";
import type { Credentials, GenerationOfPassword } from "./credentials";
import { databaseSecretRole, fileKey, secretKey } from "./password-names";
import { metricsOptionFile, metricsUser, type Databases } from "./users";
import { mysqlPort } from "./server-options";

/** A database server of any topology, to whoever only wants one of its databases. */
export interface DatabaseServer {
  /**
   * How to reach one of the databases, for reading and writing.
   *
   * @param key the key it has in `databases`
   * @throws RangeError for a key that is not there
   */
  endpoint(key: string): DatabaseEndpoint<SecretReference>;
  /** How to ask it for figures. Absent: nobody may. */
  readonly metrics?: MetricsEndpoint<SecretReference>;
}

/**
 * How a server is asked for figures, with a Secret of its own: who asks sees none of the server's passwords.
 *
 * @param source name of the Service that leads to the server that takes the writes
 */
export function metricsEndpoint(
  children: KubernetesChildren,
  { generation, userPasswords }: Pick<Credentials<"metrics", unknown>, "generation" | "userPasswords">,
  { authority, end }: Pick<ServerCertificate, "authority" | "end">,
  source: string,
  replicas?: MetricsEndpoint<SecretReference>["replicas"],
): MetricsEndpoint<SecretReference> {
  // Another password has another key, so that who asks is rolled out again.
  const key = fileKey("metrics.cnf", generation);
  const secret = children.make("secret", metricsUser, {
    metadata: children.metadata(metricsUser),
    stringData: { [key]: userPasswords.metrics.apply(metricsOptionFile) },
  });
  return {
    optionFile: { name: secret.metadata.name, key },
    authority,
    end,
    source,
    ...(replicas ? { replicas } : {}),
    clientLabels: clientLabel(children.objectName),
  };
}

/** A Secret for each database's passwords, named `<server>-db-<key>`, so that an app sees its own alone. */
export class DatabaseSecrets {
  /** Of those that are made. */
  private readonly names: Record<string, pulumi.Output<string>>;

  constructor(
    private readonly children: KubernetesChildren,
    private readonly databases: Databases,
    private readonly passwords: Record<string, GenerationOfPassword[]>,
    private readonly authority: ServerAuthority,
  ) {
    this.names = Object.fromEntries(
      Object.entries(passwords).flatMap(([key, generations]) => {
        if (databases[key]?.existingSecret) {
          return [];
        }
        const stringData = Object.fromEntries(
          generations.map(({ generation, password }) => [secretKey(generation), password]),
        );
        const role = databaseSecretRole(key);
        const made = children.make("secret", role, { metadata: children.metadata(role), stringData });
        return [[key, made.metadata.name]];
      }),
    );
  }

  /** See `DatabaseServer.endpoint`. */
  endpoint(host: pulumi.Input<string>, key: string): DatabaseEndpoint<SecretReference> {
    const database = this.databases[key];
    const name = this.names[key];
    const made = (this.passwords[key] ?? []).map(({ generation }) => ({
      name: name ?? "",
      key: secretKey(generation),
    }));
    const [password, ...formerPasswords] = database?.existingSecret ? [database.existingSecret] : made;
    if (!database || !password) {
      throw new RangeError(`there is no database "${key}"; there are: ${Object.keys(this.databases).join(", ")}`);
    }
    const { database: schema, username } = database;
    const clientLabels = clientLabel(this.children.objectName);
    const { authority } = this;
    return { host, port: mysqlPort, database: schema, username, password, formerPasswords, authority, clientLabels };
  }
}
