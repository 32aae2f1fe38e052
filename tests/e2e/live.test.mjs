// GET /v1/live: what happens, as it happens, to many at once.

import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, test } from "node:test";

import { SUM, refused } from "./contract.mjs";
import { adminKey, call, chat, eventually, events, start } from "./harness.mjs";

let server;
before(async () => {
  server = await start({ settings: { EPSILON: 0 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

/** Watches `of` until `close()`; `text()` is what came so far, `ended` whether it is over. */
function watch(of = server) {
  return new Promise((resolve, reject) => {
    const asking = request(`${of.url}/v1/live`, { agent: false }, (response) => {
      let text = "";
      const watcher = {
        status: response.statusCode,
        headers: response.headers,
        response,
        ended: false,
        text: () => text,
        events: () => events(text),
        close: () => asking.destroy(),
      };
      response.setEncoding("utf8").on("data", (piece) => (text += piece));
      for (const sign of ["end", "error", "close"]) response.on(sign, () => (watcher.ended = true));
      resolve(watcher);
    });
    asking.on("error", reject).end();
  });
}

test("decisions are told as they are made, as anyone may see them, and a reset", async () => {
  const watchers = await Promise.all([watch(), watch(), watch()]);
  for (const { status, headers } of watchers) {
    assert.equal(status, 200);
    assert.equal(headers["content-type"], "text/event-stream; charset=utf-8");
    assert.equal(headers["access-control-allow-origin"], "*");
  }
  await Promise.all(watchers.map((watcher) => eventually(() => watcher.text().startsWith("retry: 3000\n\n"), { what: "the beginning" })));
  const ids = [];
  for (let n = 0; n < 5; n++) ids.push((await chat(server, SUM, { headers: { "x-arbiter-tags": "team=blue" } })).headers.get("x-request-id"));
  const told = (watcher) =>
    watcher
      .events()
      .filter(({ event }) => event === "decision")
      .map(({ json }) => json);
  for (const watcher of watchers) {
    await eventually(() => told(watcher).length === 5, { what: "five decisions" });
    assert.deepEqual(
      told(watcher)
        .map(({ id }) => id)
        .sort(),
      [...ids].sort(),
    );
    assert.ok(told(watcher).every((row) => row.task === "math" && !("key" in row) && !("tags" in row) && !("candidates" in row)));
  }
  await call(server, "POST", "/v1/reset", { key: adminKey });
  await eventually(() => watchers[0].events().some(({ event }) => event === "reset"), { what: "the reset" });
  watchers.forEach(({ close }) => close());
});

test("a stream that is silent is given a sign of life", { timeout: 30_000 }, async () => {
  const watcher = await watch();
  await eventually(() => watcher.text().includes(": alive\n\n"), { what: "a comment", within: 25_000 });
  watcher.close();
});

test("no more than 200 watch at once; who leaves makes room", { timeout: 120_000 }, async () => {
  const own = await start({ sim: false });
  try {
    const watchers = await Promise.all(Array.from({ length: 200 }, () => watch(own)));
    assert.ok(watchers.every(({ status }) => status === 200));
    const one = await call(own, "GET", "/v1/live");
    refused(one, 503);
    assert.equal(one.headers.get("retry-after"), "60");
    watchers.forEach(({ close }) => close());
    await eventually(
      async () => {
        const { status, close } = await watch(own);
        close();
        return status === 200;
      },
      { what: "room for another", within: 60_000 },
    );
  } finally {
    await own.stop();
  }
});
