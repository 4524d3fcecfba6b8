import * as fs from "node:fs";
import * as path from "node:path";
import { run } from "../../../engines/process";
import { temporaryDirectory } from "../../support/temporary-directory";
import type { Engine } from "./swarm-place";

/** The driver's name; its tag belongs to it, also where a service names it. */
export const sharedDriver = "ghost-platform-shared:1";

/** Where the engine has what the plugin mounts, and below it the shared folder; both names stand in the program, too. */
const volumes = "/volumes";

/**
 * Storage that several engines share, by a volume plugin that is installed on each of them: a folder of the machine on which all engines run. It
 * is a managed plugin (https://docs.docker.com/engine/extend/config/): a swarm gives tasks only to nodes of whose plugins it knows, and
 * one that is a mere socket it does not hear of before somebody has used it there.
 */
export class SharedStorage {
  private constructor(
    private readonly folder: string,
    private readonly engines: readonly Engine[],
  ) {}

  /**
   * Builds the plugin, which takes Go, and installs it.
   *
   * @param owner number of the user to whom new volumes belong, as an NFS server would have it
   */
  static async install(engines: readonly Engine[], owner: number): Promise<SharedStorage> {
    const folder = temporaryDirectory();
    const plugin = temporaryDirectory();
    fs.mkdirSync(path.join(plugin, "rootfs", "run", "docker", "plugins"), { recursive: true });
    fs.mkdirSync(path.join(plugin, "rootfs", volumes));
    await run("go", ["build", "-o", path.join(plugin, "rootfs", "plugin"), path.join(__dirname, "volume-plugin.go")], {
      env: { ...process.env, CGO_ENABLED: "0" },
      timeout: 300,
    });
    fs.writeFileSync(path.join(plugin, "config.json"), JSON.stringify(configuration(folder, owner)));
    const storage = new SharedStorage(folder, engines);
    await storage.remove();
    for (const engine of engines) {
      await engine.docker("plugin", "create", sharedDriver, plugin);
      await engine.docker("plugin", "enable", sharedDriver);
    }
    return storage;
  }

  /** The options that each volume was made with. */
  options(): Record<string, string>[] {
    return fs
      .readdirSync(this.folder)
      .filter((file) => file.endsWith(".json"))
      .map((file) => JSON.parse(fs.readFileSync(path.join(this.folder, file), "utf8")) as Record<string, string>);
  }

  /** Files of all volumes, by their paths in them. */
  files(): string[] {
    return fs
      .readdirSync(this.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name, parentPath }) => path.relative(this.folder, path.join(parentPath, name)).replace(/^[^/]+/, ""));
  }

  /** Takes the plugin off the engines; what it kept goes when the test process ends. */
  async remove(): Promise<void> {
    for (const engine of this.engines) {
      const plugins = await engine.lines("plugin", "ls", "--format", "{{.Name}}");
      if (plugins.includes(sharedDriver)) {
        await engine.docker("plugin", "rm", "--force", sharedDriver);
      }
    }
  }
}

function configuration(folder: string, owner: number): object {
  return {
    description: "a folder of this machine, for tests",
    documentation: "",
    entrypoint: ["/plugin"],
    env: [{ name: "OWNER", value: String(owner) }],
    interface: { types: ["docker.volumedriver/1.0"], socket: "shared.sock" },
    network: { type: "none" },
    linux: { capabilities: ["CAP_CHOWN", "CAP_DAC_OVERRIDE"] },
    mounts: [{ type: "bind", source: folder, destination: `${volumes}/shared`, options: ["rbind", "rw"] }],
    propagatedMount: volumes,
  };
}
