// A client that stays but takes nothing: its stream is given up, and seen to be broken off.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";

import { SUM, chunk, startRuntime } from "./contract.mjs";
import { call, eventually, start } from "./harness.mjs";

let server;
let runtime;
before(async () => {
  runtime = await startRuntime();
  server = await start({ sim: false, settings: { ...runtime.settings, STREAM_IDLE_TIMEOUT: 2, MAX_ATTEMPTS: 1 } });
});
after(async () => {
  await server?.stop();
  await runtime?.stop();
});

const EVENT = `data: ${chunk({ content: "x".repeat(64 * 1024) })}\n\n`;
// Far more than the buffers on the way hold.
const EVENTS = 2_000;

test("what a client that took nothing finds later does not look whole", { timeout: 60_000 }, async () => {
  let written = 0;
  const aborted = new Promise((resolve) => {
    runtime.answerWith(async (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      let wake = () => {};
      response.on("drain", () => wake());
      response.on("close", () => {
        wake();
        resolve(!response.writableFinished);
      });
      for (; written < EVENTS && !response.destroyed; written++) {
        if (!response.write(EVENT)) await new Promise((resolve) => (wake = resolve));
      }
      response.end("data: [DONE]\n\n");
    });
  });
  const body = JSON.stringify({ ...SUM, stream: true });
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1").pause();
  socket.on("error", () => {});
  socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.adminKey}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  assert.ok(await aborted, "the call upstream ends with it");
  assert.ok(written > 0 && written < EVENTS, `${written} events were taken`);
  const [settled] = await eventually(async () => {
    const { body } = await call(server, "GET", "/v1/recent");
    return body.length > 0 && body;
  });
  assert.equal(settled.outcome, "dropped");

  let [head, tail, length] = ["", "", 0];
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket.setEncoding("latin1").on("data", (text) => {
    if (head.length < 1_000) head += text.slice(0, 1_000);
    tail = (tail + text).slice(-1_000);
    length += text.length;
  });
  socket.resume();
  await closed;
  assert.match(head, /^HTTP\/1\.1 200 .*transfer-encoding: chunked/is);
  assert.ok(length > EVENT.length / 2, "it got a part");
  assert.ok(!tail.endsWith("\r\n0\r\n\r\n"), "no end of the body");
  assert.doesNotMatch(tail, /\[DONE\]|event: arbiter/);
});
