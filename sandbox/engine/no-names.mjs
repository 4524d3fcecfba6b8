// A name server that knows no name, but for those that say their address: node no-names.mjs ADDRESS
//
// The engines of the sandbox have no way out. With no name server at all, or one that refuses, Docker's own keeps silent and a program
// waits for its time-out: 1 s for each page of Ghost, which looks up the host of a cover image each time. "No such name" takes 1 ms.
//
// A certificate is of a name: a test's server that is to be found by one is called NAME.10-99-0-2.address.test.

import { createSocket } from "node:dgram";

const noSuchName = 3;
const ofAddress = /^(?:[a-z0-9-]+\.)*(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})\.address\.test$/;
const [typeA, classIn] = [1, 1];
const server = createSocket("udp4");

server.on("message", (query, client) => {
  if (query.length < 12) return;
  const labels = [];
  let end = 12;
  while (end < query.length && query[end] !== 0) {
    labels.push(query.subarray(end + 1, end + 1 + query[end]).toString("latin1"));
    end += query[end] + 1;
  }
  const [, ...address] = ofAddress.exec(labels.join(".").toLowerCase()) ?? [];
  const isAsked = address.length > 0 && query.length >= end + 5 && query.readUInt16BE(end + 1) === typeA;
  // The answer is the question again, marked as an answer, recursion available. What follows the question (EDNS options) is left out, so their
  // count goes to 0.
  const question = Buffer.from(query.subarray(0, end + 5));
  question[2] = 0x80 | (query[2] & 0x79);
  question[3] = 0x80 | (address.length > 0 ? 0 : noSuchName);
  question.writeUInt16BE(1, 4);
  question.fill(0, 6, 12);
  question.writeUInt16BE(isAsked ? 1 : 0, 6);
  // The name as a reference to the question, for a minute, of four bytes.
  const record = Buffer.from([0xc0, 12, 0, typeA, 0, classIn, 0, 0, 0, 60, 0, 4, ...address.map(Number)]);
  server.send(isAsked ? Buffer.concat([question, record]) : question, client.port, client.address);
});

server.bind(53, process.argv[2]);
