import { ownComponent, ownDatabase, type OwnAppDeclaration } from "../config/own-apps";
import type { StackConfig } from "../config/schema";
import { databasePasswordVolume } from "../platforms/kubernetes/files/password-volume";
import type { App, RotatedPassword } from "./app";
import type { KeptClaim } from "./kept-claim";
import { sitePassword } from "./mysql/app";
import type { OwnAppOnKubernetes } from "./own-app/kubernetes";
import type { OwnAppOnSwarm } from "./own-app/swarm";

export { localAddress, type App } from "./app";
export { ownComponent } from "../config/own-apps";

/**
 * An app that is no part of this program: what the module of `apps.<name>` exports as `app`. It runs beside the sites, or alone, and the tools treat it as
 * they treat those.
 */
export interface OwnApp<Settings> extends OwnAppDeclaration<Settings> {
  /** Makes its component, by the platform: one for each that it can be on. */
  deploy: { readonly [Platform in keyof OwnAppPlatforms]?: OwnAppDeploy<Settings, Platform> };
  /** What the tools have to know of it, on either platform. */
  declare: (name: string, settings: Settings) => Omit<App, "name" | "dockerfiles" | "guardedPage">;
}

/** What such an app is made with on each platform, and what it returns there. */
export interface OwnAppPlatforms {
  swarm: { context: OwnAppOnSwarm; made: unknown };
  /** Every claim with data of it: the cluster's own backups know of those that it names here, and of no other. */
  kubernetes: { context: OwnAppOnKubernetes; made: readonly KeptClaim[] };
}

export type OwnAppDeploy<Settings, Platform extends keyof OwnAppPlatforms> = (
  name: string,
  settings: Settings,
  context: OwnAppPlatforms[Platform]["context"],
) => OwnAppPlatforms[Platform]["made"];

/**
 * The password of such an app's user of the stack's server, to be declared among `passwords`: of an app whose service on Swarm is called after it, whose pods on
 * Kubernetes have its component's name as `app.kubernetes.io/name`, and the password in a volume `databasePasswordVolume`.
 */
export function ownPassword(config: StackConfig, name: string): RotatedPassword {
  const app = ownComponent(name);
  const password = sitePassword(config, name, {
    username: ownDatabase(name).username,
    services: [app],
    pods: { labels: { "app.kubernetes.io/name": app }, volume: databasePasswordVolume },
  });
  return { ...password, subject: `App ${name}` };
}
