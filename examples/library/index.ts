import * as k8s from "@pulumi/kubernetes";
import { GhostWithMySql, Mailpit } from "../../components/kubernetes";
import { defaultImages as images } from "../../config/images";

const provider = new k8s.Provider("cluster", { context: "my-cluster" });
const namespace = new k8s.core.v1.Namespace("press", {}, { provider }).metadata.name;
const mailpit = new Mailpit("mailpit", { namespace, images }, { provider });
const blog = { url: "https://blog.example.com", ingress: { tlsSecret: "blog-tls" } };
const ghost = new GhostWithMySql("ghost", { namespace, images, mail: mailpit.smtp, sites: { blog } }, { provider });

export const urls = Object.values(ghost.sites).map((site) => site.url);
