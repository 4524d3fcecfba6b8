// @ts-check
"use strict";
/*
 * Asks Ghost whether it is alive: exit status 0 for an answer from 200 to 399, 1 for any other and for none. The image has no curl.
 *
 *   node healthy.js URL ["Header: value" ...]
 */
const http = require("node:http");

const seconds = 10;
const [url = "", ...lines] = process.argv.slice(2);
const headers = Object.fromEntries(
  lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  }),
);

/** @param {string} answer @param {boolean} well */
function end(answer, well) {
  console.log(`${url}: ${answer}`);
  process.exit(well ? 0 : 1);
}

http
  .get(url, { headers, timeout: seconds * 1000 }, ({ statusCode = 0 }) => {
    end(`status ${statusCode}`, statusCode >= 200 && statusCode < 400);
  })
  .on("timeout", () => end(`no answer within ${seconds} s`, false))
  .on("error", ({ message }) => end(message, false));
