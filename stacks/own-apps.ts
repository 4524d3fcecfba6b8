import type { OwnApp, OwnAppPlatforms } from "../components/own-app";
import type { Databases } from "../components/mysql/users";
import { siteGenerations } from "../config/generations";
import { ownApps, ownComponent, ownConnections, ownDatabase } from "../config/own-apps";
import type { StackConfig } from "../config/schema";

type Context<Platform extends keyof OwnAppPlatforms> = OwnAppPlatforms[Platform]["context"];

/** The databases of a stack's apps that are no part of this program, by their names. */
export function ownDatabases(config: Pick<StackConfig, "apps" | "secrets">): Databases {
  return Object.fromEntries(
    Object.entries(ownConnections(config)).map(([name, connections]) => [
      name,
      { ...ownDatabase(name), connections, passwordGenerations: siteGenerations(config, name) },
    ]),
  );
}

/**
 * Makes the apps of a stack that are no part of this program. The checks have refused those that cannot be on its platform.
 *
 * @param shared what all of them are made with
 * @param server where those that have asked for a database have it
 * @returns what each returns
 */
export function deployOwnApps<Platform extends keyof OwnAppPlatforms>(
  platform: Platform,
  config: Pick<StackConfig, "apps">,
  shared: Omit<Context<Platform>, "componentName" | "database">,
  server: { endpoint(key: string): NonNullable<Context<Platform>["database"]> } | undefined,
): OwnAppPlatforms[Platform]["made"][] {
  return ownApps(config).flatMap(({ declaration, name, settings }) => {
    const { connections, deploy } = declaration as OwnApp<unknown>;
    const own = { componentName: ownComponent(name), database: connections && server?.endpoint(name) };
    const make = deploy[platform];
    return make ? [make(name, settings, { ...shared, ...own } as Context<Platform>)] : [];
  });
}
