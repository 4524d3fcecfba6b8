import * as k8s from "@pulumi/kubernetes";
import { configMap } from "../../platforms/kubernetes/files/config-map";
import { applyPodPresets } from "../../platforms/kubernetes/pods/pod-presets";
import { example } from "../example";
import { nginx, nginxUser } from "../nginx";

/** The website is declared without a word about the cache and the database: a preset gives them to every pod with `role: frontend`. */
export = example((place) => {
  const literals = {
    number_of_members: "1",
    initial_cluster_state: "new",
    initial_cluster_token: "DUMMY_ETCD_INITIAL_CLUSTER_TOKEN",
    discovery_token: "DUMMY_ETCD_DISCOVERY_TOKEN",
    discovery_url: "http://etcd_discovery:2379",
    etcdctl_peers: "http://etcd:2379",
    duplicate_key: "FROM_CONFIG_MAP",
    REPLACE_ME: "a value",
  };
  const etcd = configMap(place.metadata("etcd-env-config"), { literals }, place.options);
  const stringData = { "config.json": JSON.stringify({ database: "redis" }) };
  new k8s.core.v1.Secret("config-details", { metadata: place.metadata("config-details"), stringData }, place.options);

  applyPodPresets([
    {
      name: "allow-database",
      selector: { matchLabels: { role: "frontend" } },
      env: [
        { name: "DB_PORT", value: place.config.require("port") },
        { name: "duplicate_key", value: "FROM_ENV" },
        { name: "expansion", value: "$(REPLACE_ME)" },
      ],
      envFrom: [{ configMapRef: { name: "etcd-env-config" } }],
      volumeMounts: [
        { mountPath: "/cache", name: "cache-volume" },
        { mountPath: "/etc/app", readOnly: true, name: "secret-volume" },
      ],
      volumes: [
        { name: "cache-volume", emptyDir: {} },
        { name: "secret-volume", secret: { secretName: "config-details" } },
      ],
    },
  ]);

  for (const [name, role] of Object.entries({ website: "frontend", worker: "backend" })) {
    const server = nginx(place, name);
    const spec = { containers: [server.container], volumes: server.volumes };
    place.deployment(name, { user: nginxUser, labels: { role }, hashes: [server.hash, etcd.hash], spec });
  }
  return { website: "website" };
});
