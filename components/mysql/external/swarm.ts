import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { SwarmChildren, type SwarmComponentArgs } from "../../../platforms/swarm/children";
import { configFiles } from "../../../platforms/swarm/configs";
import { secretOfContent, type SecretFile, type SwarmSecretReference } from "../../../platforms/swarm/secrets";
import { memoryMount, serviceArgs } from "../../../platforms/swarm/service";
import { scriptDirectory } from "../../../platforms/scripts";
import type { DatabaseEndpoint } from "../../endpoints";
import { ghostUser } from "../../ghost/settings";
import { credentials } from "../credentials";
import { DatabaseSecrets, type DatabaseServer } from "../database-secrets-swarm";
import { databaseSecretRole } from "../password-names";
import { otherTopologies } from "../topologies";
import {
  adminPasswordFile,
  databasesScript,
  loginsName,
  plan,
  planFile,
  planFiles,
  sorted,
  userPasswordFile,
  type ExternalDatabase,
  type ExternalServer,
} from "./settings";

export interface ExternalMySqlArgs extends SwarmComponentArgs, ExternalServer {
  /** Ghost, whose client of MySQL makes the databases. */
  image: pulumi.Input<string>;
  /** Databases by a key of your own, each with the user that owns it. */
  databases: Record<string, ExternalDatabase>;
  /** Placement constraints. Default: the stack's. */
  placement?: string[] | undefined;
}

/**
 * Databases on a MySQL server that is somebody else's. With an admin's login a small service makes them and their users, and makes them again where the
 * server has lost them; nobody talks to it, and no site has the admin's password. Databases that are brought along are taken as they are.
 */
export class ExternalMySql extends pulumi.ComponentResource implements DatabaseServer {
  /** Makes the databases. Absent: all of them are brought along. */
  readonly logins?: docker.Service;
  /** Every child, by kind and name. */
  readonly nodes: SwarmChildren["nodes"];
  /** Its figures are for those who run it. */
  readonly metrics?: undefined;
  private readonly made: DatabaseSecrets;
  private readonly brought: Record<string, SwarmSecretReference> = {};

  constructor(
    name: string,
    private readonly args: ExternalMySqlArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    // Passwords of a stack that goes from a server of its own to this one stay.
    const aliases = otherTopologies("swarm");
    super("ghost-platform:swarm:ExternalMySql", name, {}, pulumi.mergeOptions(opts, { aliases }));
    const children = new SwarmChildren(name, args, { parent: this });
    const { brought, made } = sorted(args);
    for (const [key, password] of Object.entries(brought)) {
      this.brought[key] = secretOfContent(children, databaseSecretRole(key), password);
    }
    const { databasePasswords } = credentials(children, made, [], () => ({}));
    this.made = new DatabaseSecrets(children, made, databasePasswords, { ca: args.ca });
    if (Object.keys(made).length > 0) {
      this.logins = this.makeLogins(children, made);
    }
    this.nodes = children.nodes;
    this.registerOutputs({ host: args.host });
  }

  endpoint(key: string): DatabaseEndpoint<SwarmSecretReference> {
    const { ca, databases, host, port } = this.args;
    const [database, password] = [databases[key], this.brought[key]];
    const { database: schema = "", username = "" } = database ?? {};
    const own = password ? { database: schema, username, password } : this.made.endpoint(host, key);
    return { ...own, host, port, authority: { ca }, dropsIdle: true };
  }

  private makeLogins(children: SwarmChildren, made: Record<string, ExternalDatabase>): docker.Service {
    const { admin, ca, image, placement, stack } = this.args;
    const own = children.part("logins", loginsName(children.objectName));
    const secrets: SecretFile[] = [
      { secret: secretOfContent(own, "admin", admin?.password ?? ""), target: adminPasswordFile },
      // A user is made with the first password, whichever is the present one: the site makes that known itself.
      ...Object.keys(made).map((key) => {
        const { formerPasswords = [], password } = this.made.endpoint("", key);
        return { secret: formerPasswords.at(-1) ?? password, target: userPasswordFile(key) };
      }),
    ];
    const settings = serviceArgs(stack, own.objectName, {
      image,
      command: ["node", `${scriptDirectory}/${databasesScript}`, "keep", planFile],
      user: ghostUser,
      memory: "128Mi",
      // The one that leads out.
      networks: ["frontend"],
      secrets,
      configs: configFiles(
        own,
        Object.fromEntries(
          Object.entries(planFiles(plan(stack.name, this.args, made), ca)).map(([file, content]) => [
            `${scriptDirectory}/${file}`,
            content,
          ]),
        ),
      ),
      // The image has a volume at its content: one without a name would be left behind.
      mounts: [memoryMount("/var/lib/ghost/content", "1Mi"), memoryMount("/tmp", "1Mi")],
      healthcheck: {
        command: ["test", "-e", "/tmp/made"],
        interval: "2s",
        timeout: "10s",
        retries: 3,
        startPeriod: "5m",
      },
      placement,
    });
    return own.make("service", "", settings);
  }
}
