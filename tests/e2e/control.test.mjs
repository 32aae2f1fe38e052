// The calls that change what everyone shares: simulated prices, reset, and who may make them.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { POOL, SUM, fault, pico, refused } from "./contract.mjs";
import { adminKey, call, chat, eventually, register, start } from "./harness.mjs";

let server;
let sim;
before(async () => {
  server = await start({ settings: { EPSILON: 0 } });
  sim = server.sim;
  await sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());
beforeEach(async () => {
  await sim.control("DELETE", "/__sim/faults");
  assert.deepEqual((await reset()).body, { status: "reset" });
});

const post = (path, json, key = adminKey) => call(server, "POST", path, { key, json });
const reset = (key = adminKey) => call(server, "POST", "/v1/reset", { key });
const price = (model, multiplier) => post("/v1/simulate-price", { model, multiplier });
const view = async (name) => (await call(server, "GET", `/v1/${name}`)).body;
const ask = async () => {
  const answer = await chat(server, SUM);
  assert.equal(answer.status, 200, answer.text);
  return answer.body.arbiter;
};

test("a simulated price is active until it is set to 1", async () => {
  assert.deepEqual((await price("gpt-4.1", 8)).body, { model: "gpt-4.1", multiplier: 8, active: { "gpt-4.1": 8 } });
  assert.deepEqual((await price("gpt-4o", 0.5)).body, { model: "gpt-4o", multiplier: 0.5, active: { "gpt-4.1": 8, "gpt-4o": 0.5 } });
  assert.deepEqual((await view("overview")).active_price_overrides, { "gpt-4.1": 8, "gpt-4o": 0.5 });
  assert.deepEqual((await price("gpt-4.1", 1)).body, { model: "gpt-4.1", multiplier: 1, active: { "gpt-4o": 0.5 } });
  const cleared = (await post("/v1/simulate-price", { model: "gpt-4o" })).body;
  assert.deepEqual(cleared, { model: "gpt-4o", multiplier: 1, active: {} }, "1 is the default");
  assert.deepEqual((await view("overview")).active_price_overrides, {});
});

test("a bad price is refused by name and changes nothing", async () => {
  for (const model of [undefined, null, 7, "", "auto", "gpt-9", "deepseek-v4-pro", ["gpt-4o"]])
    refused(await post("/v1/simulate-price", { model, multiplier: 2 }), 422, { field: "model" });
  for (const multiplier of ["0", "-1", '"2"', "true", "[]", "1e400", "NaN"]) {
    const body = `{"model":"gpt-4o","multiplier":${multiplier}}`;
    refused(await call(server, "POST", "/v1/simulate-price", { key: adminKey, body }), 422, { field: "multiplier" });
  }
  for (const body of ["", "[]", "{", "null"]) refused(await call(server, "POST", "/v1/simulate-price", { key: adminKey, body }), 422);
  assert.deepEqual((await view("overview")).active_price_overrides, {});
});

test("the multiplier is on what is charged, once", async () => {
  await fault({ sim }, { kind: "cost_header", value: "0.000010" });
  for (const model of POOL) await price(model, 8);
  assert.equal((await ask()).cost, 0.00008);
  for (const model of POOL) await price(model, 1);
  assert.equal((await ask()).cost, 0.00001);
  assert.equal(pico((await view("report")).actual_spend), pico(0.00009));
});

test("what was learned of a price is not multiplied by the multiplier that it was learned under", async () => {
  await fault({ sim }, { kind: "cost_header", value: "0.000010" });
  for (const model of POOL) await price(model, 8);
  const measured = await ask();
  await fault({ sim }, "cost_missing");
  let again;
  await eventually(async () => (again = await ask()).model === measured.model, { what: "the model again" });
  // By its own tokens, which differ from the first answer's, but never eight times over again.
  assert.equal(again.cost_source, "computed");
  assert.ok(again.cost > 0.00001 && again.cost < 8 * 0.00008, String(again.cost));
});

test("a reset forgets what was learned, for good; keys and their usage stay", async () => {
  const key = await register(server);
  for (let n = 0; n < 5; n++) assert.equal((await chat(server, SUM, { key })).status, 200);
  await price("gpt-4.1", 3);
  await reset();
  const [report, overview] = [await view("report"), await view("overview")];
  assert.deepEqual([report.calls, report.actual_spend, report.saved_pct], [0, 0, 0]);
  assert.deepEqual(Object.values(await view("policy")).flat(), []);
  assert.deepEqual([await view("recent"), await view("alerts")], [[], []]);
  assert.deepEqual([overview.classifier, overview.alerts, overview.active_price_overrides], [{ rules: 0, model: 0, "model-fallback": 0 }, 0, {}]);
  const shown = (await call(server, "GET", "/v1/key", { key })).body;
  assert.deepEqual([shown.status, shown.used_6h], ["active", 5]);
  await ask();
  assert.equal((await view("report")).calls, 1);
});

test("a reset while calls are in flight does not bring old numbers back", async () => {
  await sim.control("POST", "/__sim/faults", [{ match: { role: "chat" }, fault: { kind: "hang_before_head", ms: 700 } }]);
  const flying = Array.from({ length: 5 }, () => ask());
  await eventually(async () => (await sim.control("GET", "/__sim/faults")).faults[0].hits === 5, { what: "the calls in flight" });
  await reset();
  await Promise.all(flying);
  await sim.control("DELETE", "/__sim/faults");
  const fresh = await ask();
  const report = await view("report");
  assert.equal(report.calls, 1, "those routed before the reset belong to what was reset");
  assert.equal(pico(report.actual_spend), pico(fresh.cost));
  assert.equal((await view("recent")).length, 1);
});

test("who may: any key where the scope is any-key, else operators only", async () => {
  const key = await register(server);
  assert.equal((await post("/v1/simulate-price", { model: "gpt-4o", multiplier: 2 }, key)).status, 200);
  assert.equal((await reset(key)).status, 200);
  const other = await start({ sim, settings: { CONTROL_SCOPE: "operator" } });
  try {
    const minted = await register(other);
    refused(await call(other, "POST", "/v1/reset", { key: minted }), 403);
    refused(await call(other, "POST", "/v1/simulate-price", { key: minted, json: { model: "gpt-4o", multiplier: 2 } }), 403);
    assert.deepEqual((await call(other, "GET", "/v1/overview")).body.active_price_overrides, {});
    assert.equal((await call(other, "POST", "/v1/reset", { key: adminKey })).status, 200);
  } finally {
    await other.stop();
  }
});

test("a price that rises eightfold is noticed, told, and routed around; what was spent stays spent", async () => {
  // All answer alike, at length: a unit price takes some tokens to be known.
  const text = `${"Seventeen times twenty-three, worked out step by step. ".repeat(8)}17 * 23 = 391`;
  const costs = [
    [{ model: "gpt-4o-mini" }, "0.000100"],
    [{ model: "deepseek-chat-v3" }, "0.000300"],
    [{}, "0.000900"],
  ];
  await sim.control(
    "POST",
    "/__sim/faults",
    costs.map(([match, value]) => ({
      match: { role: "chat", ...match },
      fault: [
        { kind: "content", text },
        { kind: "cost_header", value },
      ],
    })),
  );
  const spends = [];
  const step = async () => {
    const arbiter = await ask();
    spends.push((await view("report")).actual_spend);
    return arbiter;
  };
  const reaches = async (model) =>
    eventually(
      async () => {
        const arbiter = await step();
        return arbiter.mode === "exploit" && arbiter.model === model;
      },
      { within: 30_000, what: `${model} chosen` },
    );
  await reaches("gpt-4o-mini");
  await price("gpt-4o-mini", 8);
  const alert = await eventually(
    async () => {
      await step();
      return (await view("alerts"))[0];
    },
    { within: 30_000, what: "an alert" },
  );
  assert.deepEqual(Object.keys(alert).sort(), ["direction", "model", "new_unit", "old_unit", "task", "ts"]);
  assert.deepEqual([alert.task, alert.model, alert.direction], ["math", "gpt-4o-mini", "up"]);
  const ratio = alert.new_unit / alert.old_unit;
  assert.ok(ratio > 7.9 && ratio < 8.1, `${ratio}`);
  assert.ok((await view("overview")).alerts >= 1);
  const row = (await view("policy")).math.find(({ model }) => model === "gpt-4o-mini");
  assert.ok(row.n <= 2, "it started again from that call");
  await reaches("deepseek-chat-v3");
  assert.ok(
    spends.every((spend, place) => place === 0 || spend > spends[place - 1]),
    "spend never goes down",
  );
  assert.equal((await view("report")).calls, spends.length, "calls are not part of the wipe");
});
