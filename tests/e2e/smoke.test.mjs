import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { call, start } from "./harness.mjs";

let server;
before(async () => {
  server = await start();
});
after(() => server?.stop());

test("the worker says that it is well", async () => {
  const answer = await call(server, "GET", "/health");
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body, { status: "ok" });
});

test("the worker comes back after it was killed", async () => {
  const { url } = server;
  await server.kill();
  await assert.rejects(call(server, "GET", "/health"));
  await server.restart();
  assert.equal(server.url, url);
  const answer = await call(server, "GET", "/health");
  assert.equal(answer.status, 200);
});
