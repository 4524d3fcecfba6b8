import type { App } from "../app";

/** The backups that a cluster makes of its stack by itself. */
export const backup: App = {
  name: "backup",
  images: (config) => (config.backup?.recipient === undefined ? [] : ["rclone"]),
};
