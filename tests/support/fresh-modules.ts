import { createRequire } from "node:module";
import * as path from "node:path";
import { projectDirectory } from "../../home/project";

const load = createRequire(__filename);

/**
 * Modules of the commands as a process with another folder for this machine's files would load them.
 *
 * @param home that folder
 * @param file path of the module in the project, for example `deploy/engine`
 */
export function freshModule(home: string, file: string): unknown {
  const rooms = ["home", "deploy"].map((room) => path.join(projectDirectory, room) + path.sep);
  const isOwn = (loaded: string) => rooms.some((room) => loaded.startsWith(room));
  const forget = () => {
    for (const name of Object.keys(load.cache).filter(isOwn)) {
      Reflect.deleteProperty(load.cache, name);
    }
  };
  const before = process.env["GHOST_PLATFORM_HOME"];
  const kept = Object.entries(load.cache).filter(([name]) => isOwn(name));
  process.env["GHOST_PLATFORM_HOME"] = home;
  forget();
  try {
    return load(path.join(projectDirectory, file));
  } finally {
    forget();
    Object.assign(load.cache, Object.fromEntries(kept));
    delete process.env["GHOST_PLATFORM_HOME"];
    Object.assign(process.env, before === undefined ? {} : { GHOST_PLATFORM_HOME: before });
  }
}
