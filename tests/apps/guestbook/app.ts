import { localAddress, ownComponent, ownPassword, type OwnApp } from "../../../components/own-app";
import { GuestbookOnKubernetes } from "./kubernetes";
import { listens, settings, type Settings } from "./settings";
import { GuestbookOnSwarm } from "./swarm";

/** Entries in a database, and a picture in a volume. The smallest app that the tools can do everything with. */
export const app: OwnApp<Settings> = {
  settings,
  connections: () => 5,
  ports: ({ port }) => ({ port }),
  deploy: {
    swarm: (_name, own, context) => new GuestbookOnSwarm(own, context),
    kubernetes: (_name, own, context) => [new GuestbookOnKubernetes(own, context).kept],
  },
  declare: (name, { image, port }) => {
    const service = ownComponent(name);
    return {
      images: () => [{ name, key: ["apps", name, "settings", "image"], reference: image }],
      pages: () => ({ services: [{ name, app: service, target: `http://${service}:${listens}/health` }] }),
      published: () => [localAddress(name, service, port, "/health")],
      passwords: (config) => [ownPassword(config, name)],
      summary: () => ({
        lines: [`Guestbook        http://localhost:${port}/`],
        forwarded: [{ service, local: port, port: listens }],
      }),
    };
  },
};
