import type * as k8s from "@pulumi/kubernetes";
import { internet, toNames, toServer, type ClusterNetwork } from "../../platforms/kubernetes/network/network-policy";
import type { DatabaseEndpoint, MailEndpoint } from "../endpoints";
import { toEndpoint, toPublished } from "../network-policy";
import type { LogForwarderSettings } from "./log-forwarder";
import { namesMail, type SiteSettings } from "./settings";

type EgressRule = k8s.types.input.networking.v1.NetworkPolicyEgressRule;

/** What decides whom a site's pod has to reach. */
export interface SiteConnections extends SiteSettings {
  database: Pick<DatabaseEndpoint<unknown>, "clientLabels" | "host" | "port">;
  mail?: Pick<MailEndpoint<unknown>, "clientLabels" | "host" | "port"> | undefined;
  logForwarder?: LogForwarderSettings | undefined;
}

/** Ports of mail servers, where a site's own settings name none. */
const mailPorts = [25, 465, 587, 2525];

/**
 * Connections that a site opens: to its database, to who takes its mail and its log, and to the internet, for what editors embed, webhooks and newsletters. Of
 * private addresses it reaches those that it is told, and its own, where Ghost itself asks for posts to be published that are due.
 */
export function siteEgress(site: SiteConnections, network: ClusterNetwork): EgressRule[] {
  const { database, logForwarder: { enabled = true, url: collector } = {}, mail, settings = {} } = site;
  const { ingressNamespace, nameService, reachableNetworks = [] } = network;
  return [
    ...toNames(nameService),
    ...toEndpoint(database),
    ...(mail ? toEndpoint(mail) : ownMail(site)),
    ...(enabled && collector !== undefined ? toCollector(collector) : []),
    { to: internet },
    ...[site.url, site.adminUrl ?? settings["admin__url"]].flatMap((url) => toPublished(url, ingressNamespace)),
    ...(reachableNetworks.length > 0 ? [{ to: reachableNetworks.map((cidr) => ({ ipBlock: { cidr } })) }] : []),
  ];
}

/** A mail server that the site's own settings name. */
function ownMail({ settings = {} }: SiteSettings): EgressRule[] {
  const { mail__options__host: host = "any.host.invalid", mail__options__port: port } = settings;
  return namesMail({ settings }) ? toServer(host, /^[1-9]\d{0,4}$/.test(port ?? "") ? [Number(port)] : mailPorts) : [];
}

function toCollector(url: string): EgressRule[] {
  const { hostname, port, protocol } = new URL(url.replace(/^(loki\+)?(?=https?:)/, ""));
  const usual = { "https:": 443, "http:": 80 }[protocol] ?? 514;
  return toServer(hostname, [port === "" ? usual : Number(port)], protocol === "syslog+udp:" ? "UDP" : "TCP");
}
