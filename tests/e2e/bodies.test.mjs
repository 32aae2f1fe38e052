// Request bodies as they come over the wire: refused while they are still being sent, or slowly.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";

import { SUM, refused } from "./contract.mjs";
import { adminKey, chat, start } from "./harness.mjs";

let server;
before(async () => {
  server = await start({ settings: { BODY_TIMEOUT: 2, MAX_BODY_BYTES: 20_000 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

/**
 * One request over a connection of its own, like a sender that reads only after it has sent
 * everything. `send(socket, write)` sends what comes after the head. Gives `{status, headers, body}`,
 * and `sent`: did all of it go out.
 */
async function exchange(head, send) {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  let text = "";
  let broken = null;
  socket.on("error", (error) => (broken ??= error));
  const closed = new Promise((resolve) => socket.on("close", resolve));
  const write = (bytes) => new Promise((resolve) => socket.write(bytes, (error) => resolve(!error)));
  socket.pause();
  await write(`${head.join("\r\n")}\r\n\r\n`);
  const sent = await send(write);
  let whole = false;
  const answered = new Promise((resolve) => {
    socket.setEncoding("utf8").on("data", (piece) => {
      text += piece;
      const length = text.match(/content-length: (\d+)/i)?.[1];
      const at = text.indexOf("\r\n\r\n");
      whole = at >= 0 && length !== undefined && text.length >= at + 4 + Number(length);
      if (whole) resolve();
    });
  });
  socket.resume();
  await Promise.race([answered, closed]);
  socket.destroy();
  assert.ok(whole, `no whole answer: ${broken ?? "closed"} ${text.slice(0, 200)}`);
  const [top, body] = text.split("\r\n\r\n");
  return {
    sent,
    status: Number(top.split(" ")[1]),
    headers: new Headers(
      top
        .split("\r\n")
        .slice(1)
        .map((line) => line.split(/: ?(.*)/s).slice(0, 2)),
    ),
    body: JSON.parse(body),
  };
}

const CHUNK = Buffer.alloc(256 * 1024, 0x20);
// Far more than the buffers of a connection hold.
const LARGE = 24 * 1024 * 1024;

async function large(write) {
  for (let sent = 0; sent < LARGE; sent += CHUNK.length) if (!(await write(CHUNK))) return false;
  return true;
}

async function largeInChunks(write) {
  for (let sent = 0; sent < LARGE; sent += CHUNK.length) {
    if (!(await write(Buffer.concat([Buffer.from(`${CHUNK.length.toString(16)}\r\n`), CHUNK, Buffer.from("\r\n")])))) return false;
  }
  return write("0\r\n\r\n");
}

for (const [status, method, path, key] of [
  [401, "POST", "/v1/chat/completions", "nonsense"],
  [401, "POST", "/v1/simulate-price", "nonsense"],
  [404, "POST", "/v1/embeddings", adminKey],
  [405, "PUT", "/v1/chat/completions", adminKey],
  [405, "POST", "/v1/report", adminKey],
  [413, "POST", "/v1/chat/completions", adminKey],
  [413, "POST", "/v1/register", adminKey],
]) {
  test(`${status} to ${method} ${path}: whoever is still sending reads why`, async () => {
    const head = [`${method} ${path} HTTP/1.1`, "host: x", `authorization: Bearer ${key}`];
    for (const [length, send] of [
      [`content-length: ${LARGE}`, large],
      ["transfer-encoding: chunked", largeInChunks],
    ]) {
      const answer = await exchange([...head, length], send);
      refused(answer, status);
      assert.ok(answer.sent, `all was taken with ${length}`);
    }
  });
}

test("408: a body that drips is given up in time, whether its length was said or not", async () => {
  const head = ["POST /v1/chat/completions HTTP/1.1", "host: x", `authorization: Bearer ${adminKey}`];
  for (const [length, piece] of [
    ["content-length: 10000", "  "],
    ["transfer-encoding: chunked", "2\r\n  \r\n"],
  ]) {
    const from = performance.now();
    let dripping;
    const answer = await exchange([...head, length], async (write) => {
      dripping = setInterval(() => write(piece), 50);
      return true;
    }).finally(() => clearInterval(dripping));
    const { detail } = refused(answer, 408);
    assert.equal(detail.error, "body_timeout");
    const took = performance.now() - from;
    assert.ok(took >= 1_900 && took < 10_000, `${took} ms`);
  }
  assert.equal((await chat(server, SUM)).status, 200, "the next request is fine");
});

test("a body in pieces that is there in time is read whole", async () => {
  const body = JSON.stringify(SUM);
  const head = ["POST /v1/chat/completions HTTP/1.1", "host: x", `authorization: Bearer ${adminKey}`];
  for (const chunked of [false, true]) {
    const length = chunked ? "transfer-encoding: chunked" : `content-length: ${body.length}`;
    const answer = await exchange([...head, length], async (write) => {
      for (const byte of body) if (!(await write(chunked ? `1\r\n${byte}\r\n` : byte))) return false;
      return chunked ? write("0\r\n\r\n") : true;
    });
    assert.equal(answer.status, 200);
    assert.ok(answer.body.arbiter);
  }
});
