import { BlockList, isIP } from "node:net";

/** Networks in CIDR form: which is private, and which nothing of a stack has any business with. */

/**
 * Addresses of a machine's own link, where clouds hand out the rights of the machine to whoever asks (169.254.169.254 and its kin), also as an IPv6-only
 * cluster would reach them.
 */
export const linkLocalNetworks = [
  "169.254.0.0/16",
  "100.100.100.200/32",
  "168.63.129.16/32",
  "fe80::/10",
  "fd00:ec2::254/128",
  "fd20:ce::254/128",
  "64:ff9b::a9fe:0/112",
] as const;

/** Addresses that no router of the internet knows: of a cluster, of a company, of a house. */
export const privateNetworks = [
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "fc00::/7",
  "64:ff9b::a00:0/104",
  "64:ff9b::ac10:0/108",
  "64:ff9b::c0a8:0/112",
  "64:ff9b::6440:0/106",
] as const;

/** Whether a text is a network such as 10.0.0.0/8 or fd00::/8. */
export function isNetwork(text: string): boolean {
  const [, address = "", prefix = ""] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && !address.includes("%") && Number(prefix) <= (family === 4 ? 32 : 128);
}

/** Whether a network has addresses of one where no app has any business. */
export function touchesLinkLocal(network: string): boolean {
  return linkLocalNetworks.some((other) => overlap(network, other));
}

/** Whether two networks have addresses in common. */
export function overlap(one: string, other: string): boolean {
  return covers(one, other) || covers(other, one);
}

/** Whether a network has the first address of another one. */
function covers(network: string, other: string): boolean {
  const [address = "", prefix = ""] = network.split("/");
  const [first = ""] = other.split("/");
  const family = isIP(address);
  if (family !== isIP(first)) {
    return false;
  }
  const list = new BlockList();
  const type = family === 4 ? "ipv4" : "ipv6";
  list.addSubnet(address, Number(prefix), type);
  return list.check(first, type);
}

/** The cluster's name service where nothing else is said: CoreDNS has the label of kube-dns, and the address is that of NodeLocal DNSCache. */
export const defaultNameService = {
  namespace: "kube-system",
  labels: { "k8s-app": "kube-dns" },
  port: 53,
  addresses: ["169.254.20.10"],
};
