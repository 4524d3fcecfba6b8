// @ts-check
"use strict";
/*
 * Loaded into the proxy of Ghost's makers before anything else. That takes its token from the environment alone; here it comes from a file, so that it
 * stands neither in the settings of the container nor in the environment that the kernel shows of the process.
 */
const { readFileSync } = require("node:fs");

/** Until everybody knows that it goes, page hits still come. */
const leaveSeconds = 5;

const file = process.env["TRACKER_TOKEN_FILE"] ?? "";
process.env["TINYBIRD_TRACKER_TOKEN"] = readFileSync(file, "utf8").trim();

// The first process of a container is deaf to the signal unless it listens for it, and the proxy does not.
process.once("SIGTERM", () => setTimeout(() => process.exit(0), leaveSeconds * 1000));
