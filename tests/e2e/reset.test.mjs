// A reset takes two steps, the store and the Feed: what holds when the second one fails.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SUM, refused } from "./contract.mjs";
import { adminKey, call, chat, eventually, start } from "./harness.mjs";

let server;
before(async () => {
  server = await start({ entry: "failing-entry.mjs" });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

const reset = () => call(server, "POST", "/v1/reset", { key: adminKey });
const recent = async () => (await call(server, "GET", "/v1/recent")).body;
const failing = (times) => call(server, "POST", `/__fail?verb=reset&times=${times}`);

async function oneDecision() {
  assert.equal((await chat(server, SUM)).status, 200);
  await eventually(async () => (await recent()).length === 1, { what: "the decision" });
}

test("a Feed that does not answer at first is told again", async () => {
  await oneDecision();
  await failing(2);
  assert.equal((await reset()).status, 200);
  assert.deepEqual(await recent(), []);
  assert.equal((await call(server, "GET", "/v1/report")).body.calls, 0);
});

test("a reset that could not be finished says so, and can be said again", async () => {
  await oneDecision();
  await failing(1_000);
  refused(await reset(), 503);
  await failing(0);
  assert.equal((await reset()).status, 200);
  assert.deepEqual(await recent(), []);
  await oneDecision();
});
