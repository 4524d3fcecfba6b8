import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { OwnApp, OwnAppContext } from "../../../components/swarm";
import { SwarmChildren } from "../../../platforms/swarm/children";
import { serviceArgs, volumeMount } from "../../../platforms/swarm/service";
import { namedVolume } from "../../../platforms/swarm/volume";

const settings = z.strictObject({ image: z.string() });
type Settings = z.output<typeof settings>;

/** A volume, and a shell that has it. The smallest app whose data are worth a backup: it starts in a moment. */
export const app: OwnApp<Settings> = {
  settings,
  deploy: (_name, { image }, context) => {
    new Notes(context.componentName, image, context);
  },
  declare: (name, { image }) => ({
    images: () => [{ name, key: ["apps", name, "settings", "image"], reference: image }],
    pages: () => ({}),
    published: () => [],
    passwords: () => [],
    summary: () => ({ lines: [] }),
  }),
};

class Notes extends pulumi.ComponentResource {
  constructor(name: string, image: string, { options, retainData, stack }: OwnAppContext) {
    super("ghost-platform-tests:swarm:Notes", name, {}, options);
    const children = new SwarmChildren(name, { stack }, { parent: this });
    const args = serviceArgs(stack, children.objectName, {
      image,
      command: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 3600 & wait $!; done"],
      user: 0,
      memory: "16Mi",
      networks: ["backend"],
      mounts: [volumeMount(namedVolume(stack, children, "data", {}, retainData), "/notes")],
      healthcheck: { command: ["true"], interval: "5s", timeout: "5s", retries: 3, startPeriod: "1m" },
    });
    children.make("service", "", args);
    this.registerOutputs({});
  }
}
