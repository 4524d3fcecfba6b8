import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { GhostWithMySql, stackNetworks, type SwarmTransforms } from "../../components/swarm";
import { defaultImages as images } from "../../config/images";

const provider = new docker.Provider("engine", { host: "unix:///var/run/docker.sock" });
const networks = stackNetworks({ name: "press" }, { encryptBackend: false }, { provider });
const stack = { name: "press", networks };
const transform: SwarmTransforms = {
  volume: (args, options, name) => {
    args.labels = pulumi.output(args.labels).apply((own = []) => [...own, { label: "backup", value: "daily" }]);
    options.protect = name.endsWith("-data");
  },
};
const ghost = (name: string, port: number) => {
  const site = { url: `http://localhost:${port}`, port, transform };
  return new GhostWithMySql(name, { stack, images, mysql: { transform }, sites: { site } }, { provider });
};
const sites = [ghost("blog", 2368), ghost("news", 2369)];

export const services = sites.map(({ sites: { site } }) => site?.service.name);
