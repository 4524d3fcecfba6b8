import type { App } from "../app";
import { sameMajor } from "../upgrade";
import { otherHosts } from "./addresses";
import { edgeUser } from "./settings";

/** What stands in front of the sites of a stack. */
export const edge: App = {
  name: "edge",
  images: (config) => (config.edge ? ["caddy"] : []),
  upgrades: { caddy: { data: "stays-readable", judge: sameMajor("Caddy") } },
  published: otherHosts,
  data: (config) =>
    config.edge
      ? [
          {
            key: "edge",
            image: config.images.caddy,
            user: edgeUser,
            storage: { ...config.edge.storage, shared: false },
            placement: config.edge.placement,
          },
        ]
      : [],
};
