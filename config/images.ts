/**
 * The container images of a stack, by what they run. Pinned to the versions this release was tested with; a reference may carry a
 * digest (`ghost:6.65.0@sha256:…`), which then decides.
 */
export const defaultImages = {
  ghost: "docker.io/library/ghost:6.65.0",
  mysql: "docker.io/library/mysql:9.7.4",
  mailpit: "docker.io/axllent/mailpit:v1.30.5",
  busybox: "docker.io/library/busybox:1.37.0",
} as const;

export type ImageName = keyof typeof defaultImages;
export type Images = Record<ImageName, string>;
