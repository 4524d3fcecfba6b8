// @ts-check
"use strict";
/*
 * Asks Ghost how it is. Exit status 0 for an answer that is well, 3 for none in time, 1 for any other and where nothing listens. The image has no curl.
 *
 *   node healthy.js STATUS[,STATUS...] URL ["Header: value" ...]
 *
 * Waits WAIT_SECONDS (8) for the answer.
 */
const http = require("node:http");

const seconds = Number(process.env["WAIT_SECONDS"] ?? 8);
const [statuses = "", url = "", ...lines] = process.argv.slice(2);
const headers = Object.fromEntries(
  lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  }),
);

/** @param {string} answer @param {number} status */
function end(answer, status) {
  console.log(`${url}: ${answer}`);
  process.exit(status);
}

// As a whole: a timeout of the request's own begins again with each byte.
setTimeout(() => end(`no answer within ${seconds} s`, 3), seconds * 1000);
http
  .get(url, { headers }, ({ statusCode = 0 }) => {
    end(`status ${statusCode}`, statuses.split(",").includes(String(statusCode)) ? 0 : 1);
  })
  .on("error", ({ message }) => end(message, 1));
