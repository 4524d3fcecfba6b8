import * as path from "node:path";
import { configMap, type ConfigMapSources } from "../../platforms/kubernetes/files/config-map";
import { example } from "../example";
import { nginx, nginxUser } from "../nginx";

/** ConfigMaps from a folder, from files, from an env file and from values, as files and as variables of pods that follow their content. */
export = example((place) => {
  const folder = path.resolve(__dirname, place.config.require("folder"));
  const made = (name: string, sources: ConfigMapSources) => configMap(place.metadata(name), sources, place.options);
  const game = made("game-config", { directories: [folder] });
  const files = made("game-config-2", { files: [{ key: "game", path: path.join(folder, "game.properties") }] });
  const variables = made("game-config-env-file", { envFiles: [path.join(__dirname, "game-env-file.properties")] });
  const values = made("special-config", { literals: { "special.how": place.config.require("how") } });

  const server = nginx(place, "web", {
    envFrom: [{ configMapRef: { name: variables.name } }],
    env: [
      { name: "SPECIAL_LEVEL", valueFrom: { configMapKeyRef: { name: values.name, key: "special.how" } } },
      { name: "GAME", valueFrom: { configMapKeyRef: { name: files.name, key: "game" } } },
    ],
    volumeMounts: [{ name: "game", mountPath: "/etc/game", readOnly: true }],
  });
  place.deployment("web", {
    user: nginxUser,
    // A variable is read when its container starts, so a changed ConfigMap has to start the pods anew.
    hashes: [server.hash, game.hash, files.hash, variables.hash, values.hash],
    spec: {
      containers: [server.container],
      volumes: [...server.volumes, { name: "game", configMap: { name: game.name } }],
    },
  });
  return { configMaps: "game-config, game-config-2, game-config-env-file, special-config" };
});
