// @ts-check
"use strict";
/*
 * Tells Prometheus when the newest good backup was made, when one was read back, and whether that has failed since, as the cluster has it: the record that `npm run backup`
 * leaves there, and what became of the CronJob that makes backups by itself. It asks the API anew for each question. What cannot be known is no figure:
 * then it answers 503, and Prometheus tells that it cannot ask.
 */
const { readFileSync } = require("node:fs");
const http = require("node:http");
const https = require("node:https");

/** @typedef {{ good?: number, failed?: number }} Known moments, in seconds */
/** @typedef {{ at: string }} At */
/** @typedef {{ good?: At, failed?: At, verified?: At, notVerified?: At }} BackupRecord */
/** @typedef {{ status?: { active?: unknown[], lastScheduleTime?: string, lastSuccessfulTime?: string } }} CronJob */

const setting = (/** @type {string} */ name) => process.env[name] ?? "";
/** An answer that takes longer is none. */
const answerMilliseconds = 5000;

/** @param {string | undefined} text */
function seconds(text) {
  const moment = Math.floor(Date.parse(text ?? "") / 1000);
  return Number.isNaN(moment) ? undefined : moment;
}

/**
 * @param {BackupRecord | undefined} record
 * @param {CronJob | undefined} cronJob
 * @returns {Known[]}
 */
function moments(record, cronJob) {
  const { active = [], lastScheduleTime, lastSuccessfulTime } = cronJob?.status ?? {};
  const begun = active.length > 0 ? undefined : seconds(lastScheduleTime);
  const ended = seconds(lastSuccessfulTime);
  return [
    { good: seconds(record?.good?.at), failed: seconds(record?.failed?.at) },
    // It has ended, and not well.
    { good: ended, failed: begun !== undefined && (ended === undefined || ended < begun) ? begun : undefined },
  ];
}

/**
 * The newest moment, and whether it has failed since.
 *
 * @param {string} lastName
 * @param {string} failedName
 * @param {readonly Known[]} known
 */
function figures(lastName, failedName, known) {
  const newest = (/** @type {(number | undefined)[]} */ all) => Math.max(0, ...all.map((moment) => moment ?? 0));
  const good = newest(known.map((one) => one.good));
  const failed = newest(known.map((one) => one.failed));
  return `${good > 0 ? `${lastName} ${good}\n` : ""}${failedName} ${failed > good ? 1 : 0}\n`;
}

/**
 * An object of the API; undefined where there is none of the name.
 *
 * @param {string} path
 * @returns {Promise<unknown>}
 */
function object(path) {
  const folder = setting("ACCOUNT");
  const options = {
    ca: readFileSync(`${folder}/ca.crt`),
    headers: { Authorization: `Bearer ${readFileSync(`${folder}/token`, "utf8").trim()}` },
    timeout: answerMilliseconds,
  };
  return new Promise((resolve, reject) => {
    const request = https.get(`${setting("API")}${path}`, options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part) => (text += part));
      response.on("error", reject);
      response.on("end", () => {
        try {
          if (response.statusCode !== 200 && response.statusCode !== 404) {
            throw new Error(`the API answers ${response.statusCode} to ${path}`);
          }
          resolve(response.statusCode === 404 ? undefined : JSON.parse(text));
        } catch (error) {
          reject(error);
        }
      });
    });
    request.on("timeout", () => request.destroy(new Error(`the API does not answer ${path}`)));
    request.on("error", reject);
  });
}

async function known() {
  const namespace = setting("NAMESPACE");
  const cronJob = setting("CRON_JOB");
  const [record, scheduled] = await Promise.all([
    object(`/api/v1/namespaces/${namespace}/configmaps/${setting("RECORD")}`),
    cronJob === "" ? undefined : object(`/apis/batch/v1/namespaces/${namespace}/cronjobs/${cronJob}`),
  ]);
  const { data } = /** @type {{ data?: Record<string, string> }} */ (record ?? {});
  const text = data?.[setting("RECORD_KEY")];
  /** @type {BackupRecord | undefined} */
  const noted = text === undefined ? undefined : JSON.parse(text);
  const readBack = { good: seconds(noted?.verified?.at), failed: seconds(noted?.notVerified?.at) };
  return (
    figures(
      setting("LAST_GOOD"),
      setting("HAS_FAILED"),
      moments(noted, /** @type {CronJob | undefined} */ (scheduled)),
    ) + figures(setting("LAST_VERIFIED"), setting("NOT_VERIFIED"), [readBack])
  );
}

const server = http.createServer((_request, response) => {
  known().then(
    (text) => response.end(text),
    (error) => {
      console.error(String(error));
      response.statusCode = 503;
      response.end();
    },
  );
});
// Without an address: for whoever reaches the pod.
server.listen(Number(setting("PORT")), setting("ADDRESS") || undefined);
process.on("SIGTERM", () => process.exit(0));
