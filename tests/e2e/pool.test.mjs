// The pool as data: written by operators, seen by every reader, held to the version that was seen.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { adminKey, call, chat, eventually, register, start } from "./harness.mjs";

let server;
before(async () => {
  server = await start({ entry: "clock-entry.mjs", settings: { EPSILON: 0 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

const read = async () => (await call(server, "GET", "/v1/pool")).body;
const write = (method, path, json, version) =>
  call(server, method, path, { key: adminKey, json, headers: version === undefined ? {} : { "if-match": String(version) } });
const SUM = { messages: [{ role: "user", content: "Calculate 17 * 23" }] };
const ids = (pool) => pool.models.map(({ id }) => id);

test("the built-in pool is shown to all, with prices, and without addresses", async () => {
  const pool = await read();
  assert.equal(pool.version, 0);
  assert.equal(pool.models.length, 9);
  const [first] = pool.models;
  assert.deepEqual([first.runtime, first.upstream_id, first.enabled, first.price_from], ["default", first.id, true, "built-in"]);
  assert.ok(!JSON.stringify(pool).includes("127.0.0.1"));
});

test("a change needs an operator, and the version that its author saw", async () => {
  const row = { in_price: 1, out_price: 2 };
  assert.equal((await call(server, "PUT", "/v1/pool/a%2Fb", { json: row })).status, 401);
  const minted = await register(server);
  assert.equal((await call(server, "PUT", "/v1/pool/a%2Fb", { key: minted, json: row, headers: { "if-match": "0" } })).status, 403);
  for (const version of [undefined, 7, "x"]) {
    const refused = await write("PUT", "/v1/pool/a%2Fb", row, version);
    assert.equal(refused.status, 412, refused.text);
    assert.equal(refused.body.error.code, "pool_changed");
  }
  const written = await write("PUT", "/v1/pool/a%2Fb", row, 0);
  assert.deepEqual([written.status, written.body.version], [200, 1], written.text);
  assert.ok(ids(await read()).includes("a/b"));
  assert.equal((await write("DELETE", "/v1/pool/a%2Fb", undefined, 0)).status, 412, "too late");
  assert.equal((await write("DELETE", "/v1/pool/a%2Fb", undefined, 1)).status, 200);
  assert.equal((await write("DELETE", "/v1/pool/a%2Fb", undefined, 2)).status, 404);
  assert.equal((await read()).models.length, 9);
});

test("of two changes at once one is made, and the other is told", async () => {
  const { version } = await read();
  const both = await Promise.all([1, 2].map((price) => write("PUT", "/v1/pool/twice", { in_price: price, out_price: price }, version)));
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 412]);
  assert.equal((await read()).version, version + 1);
  assert.equal((await write("DELETE", "/v1/pool/twice", undefined, version + 1)).status, 200);
});

test("a bad row is refused by its field, and the baseline stays", async () => {
  const { version, models } = await read();
  for (const [row, field] of [
    [{ in_price: -1 }, "in_price"],
    [{ runtime: "elsewhere" }, "runtime"],
    [{ tier: "huge" }, "tier"],
    [{ context: 0 }, "context"],
    [{ tags: ["a b"] }, "tags"],
  ]) {
    const refused = await write("PUT", "/v1/pool/x", row, version);
    assert.deepEqual([refused.status, refused.body.detail.field], [422, field]);
  }
  const baseline = await write("DELETE", "/v1/pool/gpt-4o", undefined, version);
  assert.deepEqual([baseline.status, baseline.body.error.code], [409, "baseline"]);
  const without = models.filter(({ id }) => id !== "gpt-4o");
  assert.equal((await write("PUT", "/v1/pool", { models: without })).status, 422);
  assert.equal((await write("PUT", "/v1/pool", { models: models.map((model) => ({ ...model, enabled: false })) })).status, 422);
  assert.equal((await write("PUT", "/v1/pool", { models: [{ id: "gpt-4o" }, { id: "b", out_price: "1" }] })).body.detail.field, "models[1].out_price");
  assert.equal((await read()).version, version, "nothing was changed");
});

test("a new pool is routed to within five seconds, under its upstream ids, and a model that is off keeps its book", async () => {
  for (let n = 0; n < 3; n += 1) assert.equal((await chat(server, SUM)).status, 200);
  const asked = (await call(server, "GET", "/v1/policy")).body.math.reduce((sum, row) => sum + row.n, 0);
  const put = await write("PUT", "/v1/pool", {
    models: [
      { id: "gpt-4o", tier: "large", context: 128000, in_price: 2.5, out_price: 10 },
      { id: "house", upstream_id: "gpt-4o-mini", tier: "small", context: 128000, in_price: 0.15, out_price: 0.6, tags: ["eu"] },
      { id: "gpt-4.1", in_price: 2, out_price: 8, enabled: false },
    ],
  });
  assert.equal(put.status, 200, put.text);
  assert.equal((await call(server, "GET", "/v1/overview")).body.pool_size, 2);
  assert.deepEqual(
    (await call(server, "GET", "/v1/models")).body.data.map(({ id }) => id),
    ["auto", "gpt-4o", "house"],
  );
  await eventually(
    async () => {
      const { body } = await chat(server, SUM);
      return body.arbiter.eligible_models === 2;
    },
    { within: 5_500, what: "the new pool" },
  );
  const answer = await eventually(
    async () => {
      const answer = await chat(server, SUM);
      return answer.body.arbiter.model === "house" && answer;
    },
    { what: "a choice of `house`" },
  );
  assert.match(answer.body.model, /^gpt-4o-mini/);
  const kept = (await call(server, "GET", "/v1/policy")).body.math.reduce((sum, row) => sum + row.n, 0);
  assert.ok(kept > asked, "what was learned of the others is kept");
  const shift = await call(server, "POST", "/v1/simulate-price", { key: adminKey, json: { model: "gpt-4.1", multiplier: 2 } });
  assert.equal(shift.status, 422, "it is off");
});

test("an import tells what it would change, then changes it, and leaves prices of operators alone", async () => {
  const before = await read();
  const would = await write("POST", "/v1/pool/import", { ids: ["gpt-4.1-mini"] });
  assert.equal(would.status, 200, would.text);
  assert.deepEqual(
    would.body.added.map(({ id, in_price, price_from }) => [id, in_price, price_from]),
    [["gpt-4.1-mini", 0.4, "catalogue"]],
  );
  assert.ok(would.body.offered.length > 9);
  assert.equal((await read()).version, before.version, "nothing yet");
  const done = await write("POST", "/v1/pool/import", { ids: ["gpt-4.1-mini"], apply: true });
  assert.equal(done.body.version, before.version + 1, done.text);
  await server.sim.control("POST", "/__sim/state", { models: { "gpt-4.1-mini": { in_price: 0.5 }, "gpt-4o": { in_price: 9 } } });
  const priced = await write("POST", "/v1/pool/import", { apply: true });
  assert.deepEqual(
    priced.body.repriced.map(({ id, to }) => [id, to[0]]),
    [["gpt-4.1-mini", 0.5]],
    priced.text,
  );
  const now = new Map((await read()).models.map((model) => [model.id, model]));
  assert.deepEqual([now.get("gpt-4.1-mini").in_price, now.get("gpt-4o").in_price], [0.5, 2.5]);
  const refused = await write("POST", "/v1/pool/import", { ids: ["no-such"] });
  assert.deepEqual([refused.status, refused.body.detail.field], [422, "ids"]);
  const { body } = await call(server, "GET", "/v1/audit", { key: adminKey });
  assert.ok(
    body.deeds.some(({ deed }) => deed === "pool"),
    JSON.stringify(body.deeds[0]),
  );
});

test("once a day what has its price from a catalogue is repriced, and nothing else", async () => {
  await chat(server, { ...SUM, arbiter_models: ["gpt-4.1-mini"] });
  await server.sim.control("POST", "/__sim/state", { models: { "gpt-4.1-mini": { in_price: 0.7 } } });
  const before = await read();
  await call(server, "POST", "/__clock?minute=186");
  assert.equal((await read()).version, before.version, "not yet");
  await call(server, "POST", "/__clock?minute=187");
  const after = await read();
  assert.equal(after.version, before.version + 1);
  const changed = after.models.filter((model, at) => JSON.stringify(model) !== JSON.stringify(before.models[at]));
  assert.deepEqual(
    changed.map(({ id, in_price }) => [id, in_price]),
    [["gpt-4.1-mini", 0.7]],
  );
  const model = after.models.find(({ id }) => id === "gpt-4.1-mini");
  const rounded = (usd) => Number(usd.toPrecision(9));
  const unit = (input) => rounded((input + model.out_price) / 2 / 1e6);
  const alerts = await eventually(async () => {
    const { body } = await call(server, "GET", "/v1/alerts");
    return body.filter((row) => row.model === "gpt-4.1-mini").length && body;
  });
  assert.deepEqual(
    alerts.map(({ ts: _, old_unit, new_unit, ...row }) => ({ ...row, old_unit: rounded(old_unit), new_unit: rounded(new_unit) })),
    [{ task: "math", model: "gpt-4.1-mini", old_unit: unit(0.5), new_unit: unit(0.7), direction: "up" }],
  );
  await call(server, "POST", "/__clock?minute=187");
  assert.equal((await read()).version, after.version, "the same prices are no change");
  assert.equal((await call(server, "GET", "/v1/alerts")).body.length, 1);
  const { body } = await call(server, "GET", "/v1/audit", { key: adminKey });
  assert.deepEqual([body.deeds[0].deed, body.deeds[0].who], ["pool", "clock"]);
});

test("what a model has cost is told, a price a change, with what it cost before the first one", async () => {
  const history = async (model) => {
    const { status, body } = await call(server, "GET", `/v1/pricing/history?model=${encodeURIComponent(model)}`);
    assert.equal(status, 200);
    assert.equal(body.model, model);
    assert.deepEqual(
      body.prices.map(({ since }) => since),
      body.prices.map(({ since }) => since).sort((a, b) => a - b),
    );
    return body.prices.map(({ in_price, out_price, price_from }) => [in_price, out_price, price_from]);
  };
  // Changed by imports and by the clock above, the first time in the price of cached input only.
  assert.deepEqual(
    (await history("gpt-4.1-mini")).map(([in_price, , from]) => [in_price, from]),
    [
      [0.4, "built-in"],
      [0.4, "catalogue"],
      [0.5, "catalogue"],
      [0.7, "catalogue"],
    ],
  );
  // Written as it was built in, but for the price of cached input.
  assert.deepEqual(await history("gpt-4o"), [
    [2.5, 10, "built-in"],
    [2.5, 10, "operator"],
  ]);
  const { version } = await read();
  const set = async (row, seen) => assert.equal((await write("PUT", "/v1/pool/some%2Fone", row, seen)).status, 200);
  await set({ in_price: null, out_price: null }, version);
  assert.deepEqual(await history("some/one"), [], "nobody knows it");
  await set({ in_price: 1, out_price: 2 }, version + 1);
  await set({ in_price: 1, out_price: 2, tags: ["other"] }, version + 2);
  await set({ in_price: 1, out_price: null }, version + 3);
  const told = await eventually(
    async () => {
      const told = await history("some/one");
      return told.length === 2 && told;
    },
    { what: "the prices, which are read once a second" },
  );
  assert.deepEqual(told, [
    [1, 2, "operator"],
    [1, null, "operator"],
  ]);
  assert.equal((await write("DELETE", "/v1/pool/some%2Fone", undefined, version + 4)).status, 200);
  const refused = await call(server, "GET", "/v1/pricing/history");
  assert.deepEqual([refused.status, refused.body.detail.field], [422, "model"]);
  assert.equal((await call(server, "GET", `/v1/pricing/history?model=${"m".repeat(300)}`)).status, 422);
});

test("what is built in is noted by the clock, once", async () => {
  const other = await start({ entry: "clock-entry.mjs" });
  try {
    for (let minute = 1; minute < 4; minute += 1) await call(other, "POST", `/__clock?minute=${minute}`);
    const { models } = (await call(other, "GET", "/v1/pool")).body;
    for (const { id, in_price, out_price } of models) {
      const { prices } = (await call(other, "GET", `/v1/pricing/history?model=${encodeURIComponent(id)}`)).body;
      assert.deepEqual(
        prices.map((price) => [price.in_price, price.out_price, price.price_from]),
        [[in_price, out_price, "built-in"]],
        id,
      );
      assert.ok(Math.abs(prices[0].since - Date.now() / 1000) < 600);
    }
  } finally {
    await other.stop();
  }
});
