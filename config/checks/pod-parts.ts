import { hasInbox, runsDatabaseServer } from "../apps";
import { ownPods, type OwnPod } from "../kubernetes/own-pods";
import type { ParsedStack, PodConfig } from "../schema";
import { cpuToMillis, quantityToBytes } from "../values/quantity";
import { volumeMistakes, type PodStandard } from "./volumes";

type Parts = Pick<NonNullable<PodConfig>, "containers" | "initContainers" | "volumeMounts" | "volumes">;
type Container = NonNullable<Parts["containers"]>[number];

/** What is added to pods, and would not go with what they have, or not be let in. */
export function podPartMistakes(config: ParsedStack): string[] {
  const standard = config.kubernetes?.podSecurity ?? "restricted";
  return [
    ...Object.entries(config.sites).flatMap(([name, { pod }]) =>
      mistakesOf(`sites.${name}.pod`, pod, ownPods.ghost, standard),
    ),
    ...(runsDatabaseServer(config) ? mistakesOf("mysql.pod", config.mysql.pod, ownPods.mysql, standard) : []),
    ...(hasInbox(config) ? mistakesOf("mailpit.pod", config.mailpit.pod, ownPods.mailpit, standard) : []),
  ];
}

function mistakesOf(key: string, parts: Parts = {}, own: OwnPod, standard: PodStandard): string[] {
  const { volumeMounts = [], volumes = [] } = parts;
  const containers = (["initContainers", "containers"] as const).flatMap((kind) =>
    (parts[kind] ?? []).map((container, index) => ({ at: `${key}.${kind}.${index}`, container })),
  );
  const names = containers.map(({ container }) => container.name);
  const further = volumes.map(({ name }) => name);
  const mounts = [...volumeMounts, ...containers.flatMap(({ container }) => container.volumeMounts ?? [])];
  return [
    ...volumeMistakes(`${key}.volumes`, volumes, mounts, standard),
    ...volumes.flatMap(({ name }, index) =>
      [...own.shared, ...own.volumes].includes(name) ? [taken(`${key}.volumes.${index}.name`, name, "a volume")] : [],
    ),
    ...volumeMounts.flatMap(({ mountPath, name }, index) => [
      ...(further.includes(name)
        ? []
        : [
            `${key}.volumeMounts.${index}.name: there is no ${name} among ${key}.volumes. What the app's container has of its own it has already`,
          ]),
      ...(own.mountPaths.includes(withoutEnd(mountPath))
        ? [
            `${key}.volumeMounts.${index}.mountPath: the app has files of its own at ${mountPath}. Give yours another path`,
          ]
        : []),
    ]),
    ...containers.flatMap(({ at, container }, index) => [
      ...(own.containers.includes(container.name) ? [taken(`${at}.name`, container.name, "a container")] : []),
      ...(names.indexOf(container.name) < index
        ? [`${at}.name: another one is called ${container.name}. Give one of them another name`]
        : []),
      ...(container.volumeMounts ?? []).flatMap(({ name }, number) =>
        [...further, ...own.shared].includes(name)
          ? []
          : [
              `${at}.volumeMounts.${number}.name: there is no ${name} among ${key}.volumes, and of the pod's own there are ${own.shared.join(", ")}`,
            ],
      ),
      ...portMistakes(at, container, own),
      ...resourceMistakes(at, container),
      ...securityMistakes(`${at}.securityContext`, container, standard),
    ]),
  ];
}

function taken(key: string, name: string, what: string): string {
  return `${key}: ${name} is ${what} of the program's own. Give yours another name`;
}

function withoutEnd(place: string): string {
  return place.replace(/(?<=.)\/+$/, "");
}

function portMistakes(at: string, { ports = [] }: Container, own: OwnPod): string[] {
  return ports.flatMap(({ containerPort, name, protocol = "TCP" }, index) => [
    ...(own.ports.includes(containerPort) && protocol === "TCP"
      ? [
          `${at}.ports.${index}.containerPort: the app listens at ${containerPort}, and all containers of a pod have one address. Use another port`,
        ]
      : []),
    ...(name !== undefined && own.portNames.includes(name) ? [taken(`${at}.ports.${index}.name`, name, "a port")] : []),
  ]);
}

function resourceMistakes(at: string, { resources: { limits = {}, requests = {} } = {} }: Container): string[] {
  const sizes = { cpu: cpuToMillis, memory: quantityToBytes, "ephemeral-storage": quantityToBytes };
  return (["cpu", "memory", "ephemeral-storage"] as const).flatMap((kind) => {
    const [asked, most] = [requests[kind], limits[kind]];
    return asked !== undefined && most !== undefined && sizes[kind](asked) > sizes[kind](most)
      ? [`${at}.resources.requests.${kind}: ${asked} is more than the limit (${most}). Ask for less, or raise that`]
      : [];
  });
}

/** What `baseline` leaves. */
const usualCapabilities = [
  ...[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
  ],
  ...["SETPCAP", "SETUID", "SYS_CHROOT"],
];

/** What the standard that the namespace enforces does not admit. */
function securityMistakes(at: string, { securityContext = {} }: Container, standard: PodStandard): string[] {
  const { allowPrivilegeEscalation, capabilities = {}, privileged, runAsNonRoot, runAsUser } = securityContext;
  const added = standard === "restricted" ? ["NET_BIND_SERVICE"] : usualCapabilities;
  const isRestricted = standard === "restricted";
  const refused = [
    ...(privileged ? ["privileged"] : []),
    ...((capabilities.add ?? []).some((one) => !added.includes(one)) ? ["capabilities.add"] : []),
    ...(isRestricted && capabilities.drop !== undefined && !capabilities.drop.includes("ALL")
      ? ["capabilities.drop"]
      : []),
    ...(isRestricted && allowPrivilegeEscalation ? ["allowPrivilegeEscalation"] : []),
    ...(isRestricted && runAsNonRoot === false ? ["runAsNonRoot"] : []),
    ...(isRestricted && runAsUser === 0 ? ["runAsUser"] : []),
  ];
  return standard === "privileged"
    ? []
    : refused.map(
        (key) =>
          `${at}.${key}: refused by the standard ${standard} that the namespace enforces, and no pod would start. Remove the key, or set kubernetes.podSecurity to ${standard === "restricted" && key !== "privileged" ? "baseline" : "privileged"}`,
      );
}
