import { imageNames } from "../../../sandbox/images";

const { alertmanager, blackboxExporter, mysqldExporter, prometheus } = imageNames;
const { busybox, caddy, ghost, haproxy, mailpit, mysql, rclone, trafficAnalytics } = imageNames;

/** The sandbox's images of a stack on Kubernetes, as its configuration names them. */
export const kubernetesImages = {
  ...{ busybox, caddy, ghost, haproxy, mailpit, mysql, rclone, trafficAnalytics },
  ...{ alertmanager, blackboxExporter, mysqldExporter, prometheus },
};

/** The same for a stack on Swarm. */
export const swarmImages = Object.fromEntries(Object.entries(imageNames).filter(([name]) => name !== "busybox"));
