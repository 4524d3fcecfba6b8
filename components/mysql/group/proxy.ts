/** What the proxies of a group are on either platform. */

/** Role of the proxy's objects, and of the host name for writing. */
export const proxyRole = "primary";
/** The official image's user `haproxy`. */
export const proxyUser = 99;
/** Two, so that one that goes takes half of the connections, and the other half is there at once. */
export const proxies = 2;
/** Two buffers of 16 KiB a connection, and what the program needs itself. */
export const proxyMemory = "128Mi";
export const proxyConfigFolder = "/usr/local/etc/haproxy";
export const proxyConfigName = "haproxy.cfg";
export const proxyCommand = ["haproxy", "-W", "-db", "-f", `${proxyConfigFolder}/${proxyConfigName}`];
