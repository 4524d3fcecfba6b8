// @ts-check
"use strict";
/*
 * Says whether the home page of a Ghost carries the tracker of its web analytics. Run in the container of a site:
 *
 *   node -e SCRIPT PORT PATH HEADERS-AS-JSON ENDPOINT
 *
 * It prints one word, and behind it what was seen: `carries`; `absent`, where the page has all else that Ghost puts there; `themeless`, where the theme has none of
 * that; `unconfigured`, where this container was started without the endpoint; `unknown`, where there is no page to look at.
 */
const http = require("node:http");

const [port, path, headers = "{}", endpoint = ""] = process.argv.slice(1);

/** @param {number | undefined} status @param {string} page */
function judge(status, page) {
  if (process.env["tinybird__tracker__endpoint"] !== endpoint) {
    return "unconfigured";
  }
  if (status !== 200) {
    return `unknown the home page answers ${status}`;
  }
  if (page.includes(`data-host="${endpoint}"`)) {
    return "carries";
  }
  return page.includes('<meta name="generator" content="Ghost') ? "absent" : "themeless";
}

const request = http.get({ host: "127.0.0.1", port, path, headers: JSON.parse(headers), agent: false }, (response) => {
  let page = "";
  response.setEncoding("utf8");
  response.on("data", (part) => (page += part));
  response.on("end", () => console.log(judge(response.statusCode, page)));
});
request.setTimeout(20_000, () => request.destroy(new Error("no answer within 20 s")));
request.on("error", (error) => console.log(`unknown ${error.message}`));
