import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import {
  besideItself,
  clusterNetwork,
  containerResources,
  databasePasswordVolume,
  dataClaim,
  environmentOf,
  execHandler,
  httpProbe,
  KubernetesChildren,
  lifecycleHooks,
  networkPolicy,
  passwordVolume,
  podScripts,
  podTemplate,
  restrictedContainer,
  rollingDeployment,
  scriptMount,
  serviceArgs,
  toEndpoint,
  toNames,
  type KeptClaim,
  type OwnAppOnKubernetes,
} from "../../../components/kubernetes";
import {
  environment,
  itsDatabase,
  listens,
  memory,
  passwordFile,
  pictures,
  prepare,
  scripts,
  serve,
  user,
  type Settings,
} from "./settings";

const storage = { size: "1Gi" };
/** Requests still come until every node has taken the pod out of its Service; then PHP ends at an interrupt, as process 1 at nothing else. */
const beforeStop = execHandler(["sh", "-c", "sleep 5; kill -INT 1"]);

/** A Deployment whose next pod is ready before the present one goes, so that a rotation fails no reader. */
export class GuestbookOnKubernetes extends pulumi.ComponentResource {
  /** Its pictures, to the cluster's own backups. */
  readonly kept: KeptClaim;

  constructor({ image }: Settings, context: OwnAppOnKubernetes) {
    const { componentName, options, retainData } = context;
    super("ghost-platform-tests:kubernetes:Guestbook", componentName, {}, options);
    const children = new KubernetesChildren(componentName, componentName, context, { parent: this });
    const { labels, objectName } = children;
    const metadata = children.metadata("");
    const database = itsDatabase(context);
    const files = podScripts(children, scripts(database));
    const { name: claim } = dataClaim(children, "data", storage, { retain: retainData });
    const container = {
      image,
      securityContext: restrictedContainer,
      env: environmentOf(environment(database)),
      resources: containerResources({ cpu: "20m", memory: "32Mi" }, memory),
      volumeMounts: [
        { name: "data", mountPath: pictures },
        { name: "tmp", mountPath: "/tmp" },
        { name: databasePasswordVolume, mountPath: path.posix.dirname(passwordFile), readOnly: true },
        scriptMount,
      ],
    };
    const template = podTemplate({ ...labels, ...database.clientLabels }, user, files.hash, {
      affinity: besideItself(labels),
      initContainers: [{ ...container, name: "prepare", command: prepare }],
      containers: [
        {
          ...container,
          name: "guestbook",
          command: serve,
          ports: [{ name: "http", containerPort: listens }],
          // Asks the database; with that away the pod gets no requests, and is not ended.
          readinessProbe: httpProbe({ path: "/health", port: listens }, { period: 2 }),
          livenessProbe: httpProbe({ path: "/alive", port: listens }, { period: 10, failures: 6 }),
          lifecycle: lifecycleHooks({ preStop: beforeStop }),
        },
      ],
      volumes: [
        { name: "data", persistentVolumeClaim: { claimName: claim } },
        { name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "16Mi" } },
        passwordVolume(databasePasswordVolume, database.password, passwordFile, database.formerPasswords),
        files.volume,
      ],
    });
    children.make("deployment", "", rollingDeployment(metadata, labels, 1, template));
    children.make("service", "", serviceArgs(metadata, labels, { http: listens }));
    networkPolicy(children, context, {
      takes: [{ port: listens }],
      opens: [...toNames(clusterNetwork(context.networkPolicy).nameService), ...toEndpoint(database)],
    });
    this.kept = { workload: objectName, claim, labels, storage, image, target: pictures };
    this.registerOutputs({});
  }
}
