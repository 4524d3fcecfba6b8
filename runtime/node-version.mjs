/*
 * Refuses a Node.js that is too old for this program, in words, before anything of it is loaded. Plain JavaScript without dependencies.
 */

/** The oldest Node.js of "engines" in package.json: require() of ES modules, which dependencies are, came with it. */
const oldestNode = [20, 19];

export function refuseOldNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
    process.stderr.write(
      `Node.js ${oldestNode.join(".")} or newer is needed; this is ${process.versions.node} (${process.execPath}).\n` +
        "Install a newer one (https://nodejs.org/en/download, or your system's packages) and run the command again.\n",
    );
    process.exit(1);
  }
}
