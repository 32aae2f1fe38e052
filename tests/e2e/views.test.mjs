// The read-only views: their shapes, and that they are true.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { BASELINE, POOL, SUM, TASKS, VAGUE, isNumber, pico } from "./contract.mjs";
import { adminKey, call, chat, sse, start } from "./harness.mjs";

let server;
before(async () => {
  server = await start({ settings: { EPSILON: 0 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

async function view(name) {
  const answer = await call(server, "GET", name);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers.get("content-type"), "application/json; charset=utf-8");
  return answer.body;
}
const has = (object, ...names) => names.forEach((name) => assert.ok(name in object, `${name} in ${JSON.stringify(object)}`));

test("with nothing learned the views are empty, and need no key", async () => {
  assert.deepEqual(await view("/health"), { status: "ok" });
  const report = await view("/v1/report");
  has(report, "calls", "actual_spend", "baseline_spend", "saved", "saved_pct");
  assert.deepEqual([report.calls, report.actual_spend, report.baseline_spend, report.saved, report.saved_pct], [0, 0, 0, 0, 0]);
  assert.deepEqual(Object.values(await view("/v1/policy")).flat(), []);
  assert.deepEqual(await view("/v1/recent"), []);
  assert.deepEqual(await view("/v1/alerts"), []);
  const overview = await view("/v1/overview");
  has(overview, "pool_size", "classifier", "alerts", "active_price_overrides");
  assert.equal(overview.pool_size, POOL.length, "the baseline counts");
  assert.deepEqual(overview.classifier, { rules: 0, model: 0, "model-fallback": 0 });
  assert.deepEqual([overview.alerts, overview.active_price_overrides], [0, {}]);
});

test("a report right after an answer counts it, streamed or not", async () => {
  let calls = 0;
  let spend = 0n;
  for (let n = 0; n < 12; n++) {
    const answer = n % 3 === 2 ? await sse(server, SUM) : await chat(server, SUM);
    const cost = n % 3 === 2 ? answer.events.at(-1).json.cost : answer.body.arbiter.cost;
    calls += 1;
    spend += pico(cost);
    const report = await view("/v1/report");
    assert.equal(report.calls, calls);
    assert.equal(pico(report.actual_spend), spend, "to the last digit");
  }
  const n = (await view("/v1/policy")).math.reduce((sum, row) => sum + row.n, 0);
  assert.equal(n, calls);
  const { classifier } = await view("/v1/overview");
  assert.equal(classifier.rules + classifier.model + classifier["model-fallback"], calls);
  assert.equal((await view("/v1/recent")).length, calls);
});

test("the report is what its parts say", async () => {
  await call(server, "POST", "/v1/reset", { key: adminKey });
  const charges = new Map();
  for (let n = 0; n < 30; n++) {
    const { arbiter } = (await chat(server, SUM)).body;
    charges.set(arbiter.model, [...(charges.get(arbiter.model) ?? []), arbiter.cost]);
  }
  const sum = (list) => list.reduce((total, one) => total + one, 0);
  const all = [...charges.values()].flat();
  const baseline = charges.get(BASELINE);
  const report = await view("/v1/report");
  const near = (a, b, what) => assert.ok(Math.abs(a - b) < 1e-9, `${what}: ${a}, not ${b}`);
  near(report.actual_spend, sum(all), "spend");
  near(report.baseline_spend, (30 * sum(baseline)) / baseline.length, "baseline");
  near(report.saved, report.baseline_spend - report.actual_spend, "saved");
  assert.equal(report.saved_pct, Math.round((1000 * report.saved) / report.baseline_spend) / 10);
  for (const row of (await view("/v1/policy")).math) {
    const own = charges.get(row.model);
    assert.equal(row.n, own.length);
    near(row.avg_cost, sum(own) / own.length, row.model);
  }
});

test("without a sample of the baseline no saving is claimed", async () => {
  await call(server, "POST", "/v1/reset", { key: adminKey });
  await chat(server, SUM);
  const report = await view("/v1/report");
  assert.equal(report.calls, 1);
  assert.ok(report.actual_spend > 0);
  assert.deepEqual([report.saved, report.saved_pct], [0, 0]);
});

test("rows of policy and recent have their fields, newest first", async () => {
  await call(server, "POST", "/v1/reset", { key: adminKey });
  const asked = [];
  for (const request of [SUM, VAGUE, SUM]) asked.push((await chat(server, request)).body.arbiter);
  const recent = await view("/v1/recent");
  assert.equal(recent.length, 3);
  recent.forEach((row, place) => {
    has(row, "ts", "task", "classified_by", "model", "mode", "quality", "cost", "saved");
    const was = asked[2 - place];
    assert.deepEqual([row.task, row.classified_by, row.model, row.mode, row.cost, row.saved], [was.task, was.classified_by, was.model, was.mode, was.cost, was.saved]);
    assert.ok(row.quality === null || (row.quality >= 0 && row.quality <= 1));
    assert.ok(row.ts > 1_700_000_000 && row.ts < 10_000_000_000, "Unix seconds");
  });
  assert.ok(recent[0].ts >= recent[1].ts && recent[1].ts >= recent[2].ts);
  for (const [task, rows] of Object.entries(await view("/v1/policy"))) {
    assert.ok(TASKS.includes(task));
    for (const row of rows) {
      has(row, "model", "n", "quality", "avg_cost");
      assert.ok(POOL.includes(row.model) && Number.isInteger(row.n) && row.n > 0);
      assert.ok(row.quality === null || isNumber(row.quality));
      assert.ok(row.avg_cost === null || isNumber(row.avg_cost));
      assert.ok(row.belief > 0 && row.belief <= 1 && row.doubt > 0, "expected of every model of the pool");
      const chosen = recent.filter((it) => it.task === task).map((it) => it.failover_from?.[0] ?? it.model);
      const share = chosen.length ? chosen.filter((it) => it === row.model).length / chosen.length : null;
      assert.equal(row.share, share, row.model);
      assert.ok(typeof row.winner === "boolean" && (row.charged_of_list === null || row.charged_of_list > 0));
    }
    assert.ok(rows.every(({ winner }) => !winner), "first samples are still gathered");
  }
});

test("recent is a bounded ring", async () => {
  await Promise.all(Array.from({ length: 260 }, () => chat(server, SUM)));
  const recent = await view("/v1/recent");
  assert.ok(recent.length >= 20 && recent.length <= 1_000);
  assert.ok(recent.every((row, place) => place === 0 || row.ts <= recent[place - 1].ts));
});

test("models are listed as OpenAI and Anthropic list them, auto first", async () => {
  const { object, data } = await view("/v1/models");
  assert.equal(object, "list");
  assert.deepEqual(data.map(({ id }) => id), ["auto", ...POOL]);
  for (const model of data) {
    // One shape that the clients of both vendors read.
    assert.deepEqual(Object.keys(model).sort(), ["created", "created_at", "display_name", "id", "object", "owned_by", "type"]);
    assert.equal(model.object, "model");
    assert.ok(Number.isInteger(model.created) && typeof model.owned_by === "string");
    assert.deepEqual(await view(`/v1/models/${model.id}`), model);
  }
});

test("a model's slash may be encoded in a path, as SDKs do", async () => {
  const other = await start({ sim: server.sim, settings: { BASELINE_MODEL: "acme/large-v2" } });
  try {
    for (const path of ["acme/large-v2", "acme%2Flarge-v2", "acme%2flarge%2Dv2"]) {
      const answer = await call(other, "GET", `/v1/models/${path}`);
      assert.equal(answer.status, 200, path);
      assert.equal(answer.body.id, "acme/large-v2");
    }
    for (const path of ["acme%252Flarge-v2", "%ZZ", "%ff", "acme%2F"]) assert.equal((await call(other, "GET", `/v1/models/${path}`)).status, 404, path);
  } finally {
    await other.stop();
  }
});

test("the catalogue is the runtime's chat surface, cheapest first", async () => {
  const pricing = await view("/v1/pricing");
  for (const model of pricing) {
    assert.deepEqual(Object.keys(model).sort(), ["context", "id", "in_price", "out_price", "routable"]);
    assert.ok(isNumber(model.in_price) && isNumber(model.out_price));
    assert.equal(model.routable, POOL.includes(model.id), model.id);
  }
  const ids = pricing.map(({ id }) => id);
  assert.ok(POOL.every((id) => ids.includes(id)));
  assert.ok(ids.includes("grok-3"), "not the pool only");
  for (const id of ["claude-sonnet-4", "text-embedding-3-small", "preview-unpriced", "preview-half-priced"]) assert.ok(!ids.includes(id), id);
  const sums = pricing.map((model) => model.in_price + model.out_price);
  assert.ok(sums.every((sum, place) => place === 0 || sum >= sums[place - 1]));
  const mini = pricing.find(({ id }) => id === "gpt-4o-mini");
  assert.deepEqual([mini.in_price, mini.out_price, mini.context], [0.15, 0.6, 128_000]);
});

test("while the runtime is away the catalogue is the pool, and that is not kept", async () => {
  const other = await start({ sim: server.sim });
  try {
    for (const kind of [{ kind: "status", code: 500 }, "html", "empty", "array", { kind: "json", body: { data: "none" } }, { kind: "json", body: { data: [] } }, "reset"]) {
      await server.sim.control("POST", "/__sim/faults", [{ match: { role: "models" }, fault: kind }]);
      const pricing = (await call(other, "GET", "/v1/pricing")).body;
      assert.deepEqual(pricing.map(({ id }) => id).sort(), [...POOL].sort(), JSON.stringify(kind));
      assert.ok(pricing.every(({ routable }) => routable));
    }
    await server.sim.control("DELETE", "/__sim/faults");
    // The isolate asks again after a minute; another one, as after this restart, at once.
    await other.restart();
    assert.ok((await call(other, "GET", "/v1/pricing")).body.length > POOL.length);
  } finally {
    await server.sim.control("DELETE", "/__sim/faults");
    await other.stop();
  }
});
