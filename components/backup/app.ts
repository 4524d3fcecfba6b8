import type { App } from "../app";

/** What a stack saves by itself: on Kubernetes its backups, and on either platform the archive of its binary logs. */
export const backup: App = {
  name: "backup",
  // Ghost's image seals, also of a stack that has no site of Ghost.
  images: (config) => (config.backup?.recipient === undefined ? [] : ["rclone", "ghost"]),
};
