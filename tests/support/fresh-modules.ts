import { createRequire } from "node:module";
import * as path from "node:path";
import { projectDirectory } from "../../cli/project";

const load = createRequire(__filename);

/**
 * Modules of the commands as a process with another folder for this machine's files would load them.
 *
 * @param home that folder
 * @param file path of the module in the project, for example `cli/engine`
 */
export function freshModule(home: string, file: string): unknown {
  const own = path.join(projectDirectory, "cli") + path.sep;
  const forget = () => {
    for (const name of Object.keys(load.cache).filter((loaded) => loaded.startsWith(own) && !loaded.endsWith(".cjs"))) {
      Reflect.deleteProperty(load.cache, name);
    }
  };
  const before = process.env["GHOST_PLATFORM_HOME"];
  const kept = Object.entries(load.cache).filter(([name]) => name.startsWith(own));
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
