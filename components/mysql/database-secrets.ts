import type * as pulumi from "@pulumi/pulumi";
import type { KubernetesChildren } from "../../platforms/kubernetes/children";
import { clientLabel } from "../../platforms/kubernetes/network/network-policy";
import type { SecretReference } from "../../platforms/kubernetes/files/secret-reference";
import type { DatabaseEndpoint, ServerAuthority } from "../endpoints";
import type { GenerationOfPassword } from "./credentials";
import { databaseSecretRole, secretKey } from "./password-names";
import type { Databases } from "./users";
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
}

/** A Secret for each database's passwords, named `<server>-db-<key>`, so that an app sees its own alone. */
export class DatabaseSecrets {
  private readonly names: Record<string, pulumi.Output<string>>;

  constructor(
    private readonly children: KubernetesChildren,
    private readonly databases: Databases,
    private readonly passwords: Record<string, GenerationOfPassword[]>,
    private readonly authority: ServerAuthority,
  ) {
    this.names = Object.fromEntries(
      Object.entries(passwords).map(([key, generations]) => {
        const stringData = Object.fromEntries(
          generations.map(({ generation, password }) => [secretKey(generation), password]),
        );
        const role = databaseSecretRole(key);
        return [key, children.make("secret", role, { metadata: children.metadata(role), stringData }).metadata.name];
      }),
    );
  }

  /** See `DatabaseServer.endpoint`. */
  endpoint(host: pulumi.Input<string>, key: string): DatabaseEndpoint<SecretReference> {
    const database = this.databases[key];
    const name = this.names[key];
    const [password, ...formerPasswords] = (this.passwords[key] ?? []).map(({ generation }) => ({
      name: name ?? "",
      key: secretKey(generation),
    }));
    if (!database || !password) {
      throw new RangeError(`there is no database "${key}"; there are: ${Object.keys(this.databases).join(", ")}`);
    }
    const { database: schema, username } = database;
    const clientLabels = clientLabel(this.children.objectName);
    const { authority } = this;
    return { host, port: mysqlPort, database: schema, username, password, formerPasswords, authority, clientLabels };
  }
}
