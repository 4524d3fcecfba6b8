import type * as pulumi from "@pulumi/pulumi";
import type { SwarmChildren } from "../../platforms/swarm/children";
import { configFiles } from "../../platforms/swarm/configs";
import { memoryMount, type ServiceSettings } from "../../platforms/swarm/service";
import { nginxConfigFile, nginxPort, nginxUser } from "./settings";

/**
 * Settings of a service that runs nginx with a configuration of ours, and nothing on disk.
 *
 * @param configuration see `nginxConfig`
 */
export function nginxService(
  children: SwarmChildren,
  image: pulumi.Input<string>,
  configuration: string,
): Omit<ServiceSettings, "networks"> {
  return {
    image,
    command: ["nginx", "-e", "/dev/stderr", "-c", nginxConfigFile, "-g", "daemon off;"],
    user: nginxUser,
    memory: "64Mi",
    configs: configFiles(children, { [nginxConfigFile]: configuration }),
    mounts: [memoryMount("/tmp", "1Mi")],
    // The image has no client of its own everywhere; bash speaks TCP by itself.
    healthcheck: {
      command: [
        "bash",
        "-c",
        `exec 3<>/dev/tcp/127.0.0.1/${nginxPort} && printf 'GET /nginx-health HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q ' 200 ' <&3`,
      ],
      interval: "5s",
      timeout: "5s",
      retries: 3,
      startPeriod: "30s",
    },
  };
}
