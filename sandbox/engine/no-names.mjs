// A name server that knows no name: node no-names.mjs ADDRESS
//
// The engines of the sandbox have no way out. With no name server at all, or one that refuses, Docker's own keeps silent and a program
// waits for its time-out: 1 s for each page of Ghost, which looks up the host of a cover image each time. "No such name" takes 1 ms.

import { createSocket } from "node:dgram";

const noSuchName = 3;
const server = createSocket("udp4");

server.on("message", (query, client) => {
  if (query.length < 12) return;
  // The answer is the question again, marked as an answer, recursion available, with the result "no such name". What follows the question
  // (EDNS options) is left out, so their count goes to 0.
  let end = 12;
  while (end < query.length && query[end] !== 0) end += query[end] + 1;
  const answer = Buffer.from(query.subarray(0, end + 5));
  answer[2] = 0x80 | (query[2] & 0x79);
  answer[3] = 0x80 | noSuchName;
  answer.writeUInt16BE(1, 4);
  answer.fill(0, 6, 12);
  server.send(answer, client.port, client.address);
});

server.bind(53, process.argv[2]);
