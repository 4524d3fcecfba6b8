import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ClaimSettings } from "../../platforms/kubernetes/storage/claim";
import { execHandler, lifecycleHooks } from "../../platforms/kubernetes/pods/lifecycle";
import type { OwnPodSpec } from "../../platforms/kubernetes/pods/further-parts";
import { containerResources, type ResourceSettings } from "../../platforms/kubernetes/pods/pod";
import { readPodScripts } from "../../platforms/kubernetes/pods/pod-scripts";
import { execProbe } from "../../platforms/kubernetes/pods/probes";
import { restrictedContainer } from "../../platforms/kubernetes/pods/security";
import { volumePermissions } from "../../platforms/kubernetes/pods/volume-permissions";
import { certificateDirectory } from "../../config/mysql/server-options";
import { scriptDirectory } from "../../platforms/scripts";
import { fillingParts } from "./existing-passwords-pod";
import { serverVolumeName } from "./password-names";
import { acceptVariable, mysqlPort, mysqlUser } from "./server-options";
import type { PodCertificate } from "./certificate";
import type { ServerSecret } from "./server-secret";

/** What differs between a server on its own and a member of a set. */
export interface ServerPodParts {
  image: pulumi.Input<string>;
  /** Memory limit, as a quantity. */
  memory: string;
  resources?: ResourceSettings | undefined;
  /** Scripts by what they do; `initialise` runs in an init container of that name. */
  scripts: { initialise: string; start: string; ready: string; beforeStop?: string };
  /** Keys of the configuration that are option files, mounted under `/etc/ghost-platform`. */
  optionFiles: readonly string[];
  /** ConfigMap with the scripts and the option files. */
  configuration: pulumi.Input<string>;
  /** What the server and its scripts read at a start. */
  secret: ServerSecret;
  certificate: PodCertificate;
  /** Seconds that a start may take, recovery after a crash included. */
  startupSeconds: number;
  environment?: types.input.core.v1.EnvVar[];
  acceptUpgrade?: string | undefined;
  /** The volume `data`, unless a claim template brings it. */
  data?: types.input.core.v1.Volume;
  /** Whether an init container gives an empty volume to MySQL's user first; the configuration has its script then. */
  volumePermissions?: boolean | undefined;
  /** Seconds until a server that is told to stop is killed. Default 60. */
  gracePeriod?: number;
  /** A further volume, mounted read-only. */
  more?: { volume: types.input.core.v1.Volume; mountPath: string };
}

/** InnoDB writes back what it holds; measured 3 to 10 s. */
const usualGracePeriod = 60;

/** The pod of one database server: an init container that sees to the data directory, and the server. */
export function serverPodSpec(parts: ServerPodParts): OwnPodSpec {
  const { certificate, gracePeriod = usualGracePeriod, image, memory, more, scripts, secret } = parts;
  const environment = [
    ...(parts.environment ?? []),
    ...(parts.acceptUpgrade === undefined ? [] : [{ name: acceptVariable, value: parts.acceptUpgrade }]),
  ];
  const script = (name: string) => `${scriptDirectory}/${name}`;
  const filling =
    Object.keys(secret.existing).length > 0 ? fillingParts(secret.existing, image, serverVolumeName) : undefined;
  const container = {
    image,
    securityContext: restrictedContainer,
    ...(environment.length > 0 ? { env: environment } : {}),
    volumeMounts: [
      { name: "data", mountPath: "/var/lib/mysql" },
      { name: "run", mountPath: "/run/mysqld" },
      { name: "tmp", mountPath: "/tmp" },
      { name: "configuration", mountPath: scriptDirectory, readOnly: true },
      ...parts.optionFiles.map((file) => ({
        name: "configuration",
        mountPath: `/etc/ghost-platform/${file}`,
        subPath: file,
        readOnly: true,
      })),
      ...(filling?.mounts ?? [{ name: serverVolumeName, mountPath: "/run/secrets/mysql", readOnly: true }]),
      { name: "certificate", mountPath: certificateDirectory, readOnly: true },
      ...(more ? [{ name: more.volume.name, mountPath: more.mountPath, readOnly: true }] : []),
    ],
    resources: containerResources({ cpu: "100m", memory }, memory, parts.resources),
  };
  const startupPeriod = 2;
  return {
    terminationGracePeriodSeconds: gracePeriod,
    initContainers: [
      ...(parts.volumePermissions
        ? [
            volumePermissions(
              image,
              mysqlUser,
              { name: "data", mountPath: "/var/lib/mysql" },
              { name: "configuration", mountPath: scriptDirectory, readOnly: true },
            ),
          ]
        : []),
      ...(filling ? [filling.container] : []),
      { name: "initialise", ...container, command: [script(scripts.initialise)] },
    ],
    containers: [
      {
        name: "mysql",
        ...container,
        command: [script(scripts.start)],
        ports: [{ name: "mysql", containerPort: mysqlPort }],
        ...(scripts.beforeStop
          ? { lifecycle: lifecycleHooks({ preStop: execHandler([script(scripts.beforeStop)]) }, gracePeriod) }
          : {}),
        // A start must not be cut short. A server that cannot start ends by itself.
        startupProbe: execProbe([script("ready.sh")], {
          period: startupPeriod,
          timeout: 5,
          failures: Math.ceil(parts.startupSeconds / startupPeriod),
        }),
        readinessProbe: execProbe([script(scripts.ready)], { period: 5 }),
        // Answers as long as the server does, even when it refuses the login: only a server that hangs is restarted. Asked once it has started,
        // so neither recovery nor a clone is cut short. A hang is told within 29 s, and its process, which cannot hear a stop, killed 5 s later.
        livenessProbe: execProbe(
          ["mysqladmin", "--defaults-file=/run/secrets/mysql/monitor.cnf", "--connect-timeout=6", "ping"],
          { period: 5, timeout: 8, failures: 3, killAfter: 5 },
        ),
      },
    ],
    volumes: [
      ...(parts.data ? [parts.data] : []),
      { name: "run", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
      { name: "tmp", emptyDir: {} },
      { name: "configuration", configMap: { name: parts.configuration, defaultMode: 0o555 } },
      { name: serverVolumeName, secret: { secretName: secret.name, items: secret.items, defaultMode: 0o440 } },
      ...(filling?.volumes ?? []),
      { name: "certificate", secret: { secretName: certificate.secret, defaultMode: 0o440 } },
      ...(more ? [more.volume] : []),
    ],
  };
}

/** The script with which a pod gives its volume to MySQL's user, where it does. */
export function volumeScripts(storage: ClaimSettings | undefined): Record<string, string> {
  return storage?.volumePermissions ? readPodScripts("volume-permissions.sh") : {};
}
