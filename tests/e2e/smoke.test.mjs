import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { call, start } from "./harness.mjs";

let server;
before(async () => {
  server = await start();
});
after(() => server?.stop());

test("what was built tells nothing of the machine that built it", () => {
  const wasm = readFileSync(new URL("../../build/index_bg.wasm", import.meta.url), "latin1");
  assert.ok(wasm.includes(".rs"), "panics say where");
  for (const place of [`${homedir()}/`, fileURLToPath(new URL("../../", import.meta.url))]) assert.ok(!wasm.includes(place), place);
});

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
