/** File systems that the local driver mounts and every node reaches. */
const networkFileSystems = ["nfs", "nfs4", "cifs", "glusterfs", "ceph"];

/** Whether a volume of the local driver stands on a server that other nodes reach, too. */
export function isNetworkStorage({
  driver = "local",
  driverOptions = {},
}: {
  driver?: string | undefined;
  driverOptions?: Record<string, string> | undefined;
}): boolean {
  return driver === "local" && networkFileSystems.includes(driverOptions["type"] ?? "");
}
