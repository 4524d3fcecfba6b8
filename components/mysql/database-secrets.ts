import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { SecretReference } from "../../platforms/kubernetes/secret-reference";
import type { DatabaseEndpoint } from "../endpoints";
import { databaseSecretName, type Databases } from "./credentials";
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

/** A Secret for each database's password, named `<server>-<key>`, so that an app sees its own alone. */
export class DatabaseSecrets {
  private readonly names: Record<string, pulumi.Output<string>>;

  constructor(
    server: string,
    private readonly databases: Databases,
    passwords: Record<string, pulumi.Output<string>>,
    metadata: (name: string) => { name: string; namespace: pulumi.Input<string>; labels: Record<string, string> },
    options: pulumi.CustomResourceOptions,
  ) {
    this.names = Object.fromEntries(
      Object.entries(passwords).map(([key, password]) => [
        key,
        new k8s.core.v1.Secret(
          databaseSecretName(server, key),
          { metadata: metadata(databaseSecretName(server, key)), stringData: { password } },
          options,
        ).metadata.name,
      ]),
    );
  }

  /** See `DatabaseServer.endpoint`. */
  endpoint(host: pulumi.Input<string>, key: string): DatabaseEndpoint<SecretReference> {
    const database = this.databases[key];
    const secret = this.names[key];
    if (!database || !secret) {
      throw new RangeError(`there is no database "${key}"; there are: ${Object.keys(this.databases).join(", ")}`);
    }
    return { host, port: mysqlPort, ...database, password: { name: secret, key: "password" } };
  }
}
