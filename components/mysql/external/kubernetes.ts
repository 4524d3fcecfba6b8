import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as path from "node:path";
import { KubernetesChildren, type KubernetesComponentArgs } from "../../../platforms/kubernetes/children";
import { givenSecret } from "../../../platforms/kubernetes/files/given-secret";
import { appLabels } from "../../../platforms/kubernetes/labels";
import { networkPolicyArgs, toNames, toServer } from "../../../platforms/kubernetes/network/network-policy";
import { configuration } from "../../../platforms/kubernetes/files/configuration";
import { forHelpers, podTemplate, type PodSettings } from "../../../platforms/kubernetes/pods/pod";
import { scriptMount, scriptVolume } from "../../../platforms/kubernetes/pods/pod-scripts";
import { execProbe } from "../../../platforms/kubernetes/pods/probes";
import type { SecretReference } from "../../../platforms/kubernetes/files/secret-reference";
import { restrictedContainer } from "../../../platforms/kubernetes/pods/security";
import { ownerOf } from "../../../config/owner";
import { scriptDirectory } from "../../../platforms/scripts";
import type { DatabaseEndpoint } from "../../endpoints";
import { ghostUser } from "../../ghost/settings";
import { clusterNetwork, type NetworkPolicyChoice } from "../../network-policy";
import { credentials } from "../credentials";
import { DatabaseSecrets, type DatabaseServer } from "../database-secrets";
import { otherTopologies } from "../topologies";
import { databaseSecretRole } from "../password-names";
import {
  adminPasswordFile,
  databasesScript,
  loginsName,
  plan,
  planFile,
  planFiles,
  secretDirectory,
  sorted,
  userPasswordFile,
  type ExternalDatabase,
  type ExternalServer,
} from "./settings";

export interface ExternalMySqlArgs extends KubernetesComponentArgs, NetworkPolicyChoice, ExternalServer {
  /** Ghost, whose client of MySQL makes the databases. */
  image: pulumi.Input<string>;
  /** Databases by a key of your own, each with the user that owns it. */
  databases: Record<string, ExternalDatabase>;
  /** What else is said of the pod that makes them. */
  pod?: PodSettings | undefined;
}

/**
 * Databases on a MySQL server that is somebody else's. With an admin's login a small pod makes them and their users, and makes them again where the
 * server has lost them; nobody talks to it, and no site has the admin's password. Databases that are brought along are taken as they are.
 */
export class ExternalMySql extends pulumi.ComponentResource implements DatabaseServer {
  /** Makes the databases. Absent: all of them are brought along. */
  readonly logins?: k8s.apps.v1.Deployment;
  /** Every child, by kind and name. */
  readonly nodes: KubernetesChildren["nodes"];
  /** Its figures are for those who run it. */
  readonly metrics?: undefined;
  private readonly made: DatabaseSecrets;
  private readonly brought: Record<string, SecretReference> = {};

  constructor(
    name: string,
    private readonly args: ExternalMySqlArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    // Passwords of a stack that goes from a server of its own to this one stay.
    const aliases = otherTopologies("kubernetes");
    super("ghost-platform:kubernetes:ExternalMySql", name, {}, pulumi.mergeOptions(opts, { aliases }));
    const children = new KubernetesChildren("mysql", name, args, { parent: this });
    const { brought, made } = sorted(args);
    for (const [key, password] of Object.entries(brought)) {
      this.brought[key] = givenSecret(children, databaseSecretRole(key), password);
    }
    const { databasePasswords } = credentials(children, made, [], () => ({}));
    this.made = new DatabaseSecrets(children, made, databasePasswords, { ca: args.ca });
    if (Object.keys(made).length > 0) {
      this.logins = this.makeLogins(children, made);
    }
    this.nodes = children.nodes;
    this.registerOutputs({ host: args.host });
  }

  endpoint(key: string): DatabaseEndpoint<SecretReference> {
    const { ca, host, port } = this.args;
    return { ...this.login(key), host, port, authority: { ca }, dropsIdle: true };
  }

  private login(key: string): Omit<DatabaseEndpoint<SecretReference>, "authority"> {
    const [database, password] = [this.args.databases[key], this.brought[key]];
    if (database && password) {
      const { host, port } = this.args;
      return { host, port, database: database.database, username: database.username, password };
    }
    // Nobody lets pods in by their labels there.
    const { clientLabels: _, ...own } = this.made.endpoint(this.args.host, key);
    return own;
  }

  private makeLogins(children: KubernetesChildren, made: Record<string, ExternalDatabase>): k8s.apps.v1.Deployment {
    const { admin, ca, host, image, namespace, networkPolicy = true, pod, port } = this.args;
    const name = loginsName(children.objectName);
    // Not the server's: whoever looks for one by its labels finds none.
    const metadata = { name, namespace, labels: appLabels("database-logins", name) };
    const owner = ownerOf(pulumi.getProject(), pulumi.getStack());
    const files = configuration(children, "logins", planFiles(plan(owner, this.args, made), ca));
    const password = givenSecret(children, "admin", admin?.password ?? "");
    const sources = [
      { ...password, file: adminPasswordFile },
      // A user is made with the first password, whichever is the present one: the site makes that known itself.
      ...Object.keys(made).map((key) => {
        const { formerPasswords = [], password: present } = this.made.endpoint(host, key);
        return { ...(formerPasswords.at(-1) ?? present), file: userPasswordFile(key) };
      }),
    ].map(({ file, key, name: secret }) => ({
      secret: { name: secret, items: [{ key, path: path.posix.basename(file) }] },
    }));
    const spec = {
      terminationGracePeriodSeconds: 5,
      containers: [
        {
          name: "logins",
          image,
          command: ["node", `${scriptDirectory}/${databasesScript}`, "keep", planFile],
          securityContext: restrictedContainer,
          volumeMounts: [
            scriptMount,
            { name: "passwords", mountPath: secretDirectory, readOnly: true },
            { name: "tmp", mountPath: "/tmp" },
          ],
          resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "128Mi" } },
          readinessProbe: execProbe(["test", "-e", "/tmp/made"], { period: 2 }),
        },
      ],
      volumes: [
        scriptVolume(files.name),
        { name: "passwords", projected: { defaultMode: 0o440, sources } },
        { name: "tmp", emptyDir: { sizeLimit: "1Mi" } },
      ],
    };
    const deployment = children.make("deployment", "logins", {
      metadata,
      spec: {
        replicas: 1,
        strategy: { type: "Recreate" },
        selector: { matchLabels: metadata.labels },
        template: podTemplate(metadata.labels, ghostUser, files.hash(), spec, forHelpers(pod)),
      },
    });
    if (networkPolicy !== false) {
      const { nameService } = clusterNetwork(networkPolicy);
      const connections = { takes: [], opens: [...toNames(nameService), ...toServer(host, [port])] };
      children.make("networkPolicy", "logins", networkPolicyArgs(metadata, metadata.labels, connections));
    }
    return deployment;
  }
}
