/** As whom a test runs a program that root's rights would spare what it is to meet; nothing where the tests are not root's themselves. */
export const unprivileged: { uid?: number; gid?: number } = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
