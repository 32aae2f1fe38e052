// What was learned, and whose keys are whose, outlives the process.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isDeepStrictEqual } from "node:util";

import { POEM, SUM, refused, user } from "./contract.mjs";
import { adminKey, call, chat, eventually, register, sse, start } from "./harness.mjs";

let server;
before(async () => {
  server = await start({ settings: { EPSILON: 0 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

const view = async (name) => (await call(server, "GET", `/v1/${name}`)).body;
const views = async () =>
  Object.fromEntries(await Promise.all(["report", "policy", "recent", "overview", "alerts"].map(async (name) => [name, await view(name)])));
const show = async (key) => (await call(server, "GET", "/v1/key", { key })).body;
const used = ({ status, used_6h, used_week, email }) => ({ status, used_6h, used_week, email });

test("after a restart policy, report, recent feed, keys, usage and prices are as they were", async () => {
  const key = await register(server);
  const [paused, revoked] = [await register(server), await register(server)];
  await call(server, "POST", "/v1/key/pause", { key: paused });
  await call(server, "POST", "/v1/key/revoke", { key: revoked });
  for (let n = 0; n < 30; n++) {
    const ask = n % 3 === 0 ? sse : chat;
    assert.equal((await ask(server, [SUM, POEM, user('Return JSON: {"a": 1}')][n % 3], { key })).status, 200);
  }
  await call(server, "POST", "/v1/simulate-price", { key: adminKey, json: { model: "gpt-4.1", multiplier: 2.5 } });
  await eventually(async () => (await view("recent")).length === 30, { what: "30 decisions" });
  const before = await views();
  const usage = used(await show(key));
  assert.equal(usage.used_6h, 30);
  await server.restart();
  // What was settled last the database hears a moment later.
  await eventually(async () => isDeepStrictEqual(await views(), before), { what: "the views as they were" });
  assert.deepEqual(await views(), before);
  assert.deepEqual(used(await show(key)), usage);
  assert.equal((await show(paused)).status, "paused");
  refused(await chat(server, SUM, { key: revoked }), 401);
  assert.deepEqual((await view("overview")).active_price_overrides, { "gpt-4.1": 2.5 });
  assert.equal((await chat(server, SUM, { key })).status, 200);
  assert.equal((await view("report")).calls, 31, "and it goes on from there");
  assert.equal((await show(key)).used_6h, 31);
});

test("what was learned is used after a restart: nothing is explored anew", async () => {
  await eventually(async () => (await chat(server, SUM)).body.arbiter.mode === "exploit", { what: "an exploit" });
  const before = (await view("policy")).math;
  await server.restart();
  await eventually(async () => isDeepStrictEqual((await view("policy")).math, before), { what: "the policy as it was" });
  const { arbiter } = (await chat(server, SUM)).body;
  assert.equal(arbiter.mode, "exploit");
  const n = (rows) => rows.reduce((sum, row) => sum + row.n, 0);
  assert.equal(n((await view("policy")).math), n(before) + 1);
});

test("a reset is for good, also across a restart", async () => {
  await call(server, "POST", "/v1/reset", { key: adminKey });
  await server.restart();
  assert.equal((await view("report")).calls, 0);
  assert.deepEqual([Object.values(await view("policy")).flat(), await view("recent"), (await view("overview")).active_price_overrides], [[], [], {}]);
});

test("the limit of a key holds across a restart", async () => {
  const key = await register(server);
  const asked = (count) => Promise.all(Array.from({ length: count }, () => chat(server, SUM, { key })));
  assert.ok((await asked(48)).every(({ status }) => status === 200));
  await server.restart();
  const statuses = (await asked(10)).map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 200).length, 2);
  assert.equal(statuses.filter((status) => status === 429).length, 8);
});
