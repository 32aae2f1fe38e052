// A pool over two runtimes: each is sent its own key only, and one that is away leaves the other serving.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { adminKey, call, chat, eventually, sse, start, startSim } from "./harness.mjs";

const SUM = { messages: [{ role: "user", content: "Calculate 17 * 23" }] };
const RUNTIMES = (near, far) => [
  { name: "near", base_url: near.base, key: "NEAR_KEY" },
  { name: "far", base_url: far.base, key: "FAR_KEY", auth: "x-api-key" },
];
let sims;
let server;
before(async () => {
  sims = { near: await startSim(), far: await startSim({ dialect: "openrouter" }) };
  server = await start({
    sim: false,
    settings: {
      RUNTIMES: JSON.stringify(RUNTIMES(sims.near, sims.far)), NEAR_KEY: "key-of-near", FAR_KEY: "key-of-far",
      EPSILON: 0, MIN_SAMPLES: 1, CLASSIFIER_MODEL: "none", JUDGE_MODEL: "none",
    },
  });
  const priced = (id, runtime, price, more) => ({ id, runtime, in_price: price, out_price: price, context: 128_000, ...more });
  const models = [
    priced("gpt-4o", "near", 10),
    priced("gpt-4o-mini", "near", 0.1),
    priced("far-mini", "far", 1, { upstream_id: "openai/gpt-4o-mini" }),
    priced("far-large", "far", 11, { upstream_id: "openai/gpt-4o" }),
  ];
  const put = await call(server, "PUT", "/v1/pool", { key: adminKey, json: { models } });
  assert.equal(put.status, 200, put.text);
});
after(async () => {
  await server?.stop();
  await Promise.all(Object.values(sims ?? {}).map((sim) => sim.stop()));
});
beforeEach(async () => {
  for (const sim of Object.values(sims)) {
    await sim.control("POST", "/__sim/reset");
    const { models } = await sim.control("GET", "/__sim/state");
    // As good as each other, and the far one ten times as dear.
    const as = { skill: 1, multiplier: sim === sims.far ? 10 : 1 };
    await sim.control("POST", "/__sim/state", { time_scale: 0, models: Object.fromEntries(Object.keys(models).map((id) => [id, as])) });
  }
  await call(server, "POST", "/v1/reset", { key: adminKey });
});

const ask = (n) => (n % 2 ? sse(server, SUM) : chat(server, SUM));
const who = (answer) => answer.body?.arbiter?.model ?? answer.events?.at(-1)?.json?.model;
const overview = async () => (await call(server, "GET", "/v1/overview")).body;
const away = async () => Object.keys((await call(server, "GET", "/v1/status")).body.runtimes_away);

test("each runtime is sent its own key only, whole and streamed, and each model is asked of its own", async () => {
  const seen = new Set();
  for (let n = 0; n < 20; n++) {
    const answer = await ask(n);
    assert.equal(answer.status, 200, answer.text);
    seen.add(who(answer));
  }
  assert.deepEqual([...seen].sort(), ["far-large", "far-mini", "gpt-4o", "gpt-4o-mini"]);
  for (const [name, other, header] of [["near", "far", "authorization"], ["far", "near", "x-api-key"]]) {
    const { requests } = await sims[name].control("GET", "/__sim/requests");
    assert.ok(requests.length > 0);
    for (const { headers, raw } of requests) {
      assert.ok(!JSON.stringify([headers, raw]).includes(`key-of-${other}`));
      assert.match(headers[header], new RegExp(`key-of-${name}$`));
    }
  }
});

for (const fault of ["reset", { kind: "status", code: 503 }, { kind: "status", code: 401 }]) {
  test(`one that is away by ${fault.kind ? fault.code : fault} leaves the other serving, and is back where it was`, async () => {
    for (let n = 0; n < 20; n++) assert.equal((await ask(n)).status, 200);
    const winner = who(await chat(server, SUM));
    assert.equal(winner, "gpt-4o-mini");
    await sims.near.control("POST", "/__sim/faults", [{ fault }]);
    for (let n = 0; n < 20; n++) {
      const answer = await ask(n);
      assert.equal(answer.status, 200, answer.text);
      assert.match(who(answer), /^far-/);
    }
    // Each of the two alone is no runtime that is away; both together are.
    await eventually(async () => {
      await chat(server, { ...SUM, arbiter_models: ["gpt-*"] });
      return (await away()).includes("near");
    }, { what: "the breaker of near" });
    assert.deepEqual(await away(), ["near"]);
    await sims.near.control("DELETE", "/__sim/faults");
    await eventually(async () => who(await chat(server, SUM)) === winner, { within: 60_000, what: "the winner of before" });
    for (let n = 0; n < 10; n++) assert.equal(who(await ask(n)), winner);
    assert.deepEqual((await overview()).quarantined, {});
    assert.deepEqual(await away(), []);
  });
}

test("where both are away the client is told, and when to come again", async () => {
  for (const sim of Object.values(sims)) await sim.control("POST", "/__sim/faults", [{ fault: "reset" }]);
  for (let n = 0; n < 6; n++) {
    const answer = await ask(n);
    assert.ok([502, 503].includes(answer.status), `${answer.status}`);
    assert.ok(Number(answer.headers.get("retry-after")) >= 1);
  }
  assert.deepEqual((await overview()).quarantined, {});
});
