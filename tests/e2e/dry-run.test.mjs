// POST /v1/route: how a request would be routed, without anybody being asked or anything kept.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { POOL, SUM, VAGUE, refused } from "./contract.mjs";
import { adminKey, call, chat, eventually, register, start } from "./harness.mjs";

let server;
before(async () => {
  server = await start({ settings: { LIMIT_6H: 100, MINTED_USD_DAY: 0 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

const rehearse = (request, { key = adminKey, ...options } = {}) => call(server, "POST", "/v1/route", { key, json: request, ...options });
/** How often the runtime was asked anything. */
const asked = async () => (await server.sim.control("GET", "/__sim/requests?limit=0")).count;
const views = ["/v1/report", "/v1/policy", "/v1/recent", "/v1/overview", "/v1/alerts"];
const mint = async (terms) => (await call(server, "POST", "/v1/keys", { key: adminKey, json: terms })).body.api_key;
const show = async (key) => (await call(server, "GET", "/v1/key", { key })).body;

function whole({ status, body, text }) {
  assert.equal(status, 200, text);
  const likely = body.candidates.filter(({ excluded }) => excluded === undefined);
  const sum = likely.reduce((sum, { probability }) => sum + probability, 0);
  assert.ok(Math.abs(sum - 1) < 1e-9, `${sum}`);
  const chosen = likely.find(({ model }) => model === body.decision.model);
  assert.equal(chosen.probability, body.decision.propensity);
  assert.ok(likely.every(({ expected_cost }) => expected_cost > 0));
  return body;
}

test("a dry run tells the task, the choice, and every model with its chance", async () => {
  for (const key of [adminKey, await register(server)]) {
    const told = whole(await rehearse({ ...SUM, max_tokens: 100 }, { key }));
    const { task, classified_by, would_ask_classifier, needs, eligible_models, budget_met } = told;
    assert.deepEqual(
      { task, classified_by, would_ask_classifier, needs, eligible_models, budget_met },
      {
        task: "math",
        classified_by: "rules",
        would_ask_classifier: false,
        needs: ["output"],
        eligible_models: POOL.length,
        budget_met: null,
      },
    );
    assert.ok(told.confidence > 0.5 && told.confidence <= 1 && told.tokens_needed > 100);
    assert.deepEqual(told.candidates.map(({ model }) => model).sort(), [...POOL].sort());
    const { model, mode, reason, reason_code, propensity } = told.decision;
    assert.deepEqual([mode, reason_code, propensity], ["explore", "gathering", 1]);
    assert.ok(POOL.includes(model) && reason.includes(model));
  }
  const vague = whole(await rehearse(VAGUE));
  assert.deepEqual([vague.task, vague.classified_by, vague.confidence, vague.would_ask_classifier], ["open", "model-fallback", null, true]);
});

test("nobody is asked, no view changes and no window counts it; the request that follows is what was told", async () => {
  const key = await register(server);
  for (let n = 0; n < 30; n++) assert.equal((await chat(server, SUM, { key })).status, 200);
  await eventually(async () => (await call(server, "GET", "/v1/report")).body.calls === 30, { what: "thirty settlements" });
  const seen = async () => {
    const bodies = await Promise.all(views.map(async (path) => (await call(server, "GET", path)).body));
    // The last digit of a fraction hangs on how often it was written and read.
    const rounded = (_, value) => (typeof value === "number" ? Number(value.toPrecision(12)) : value);
    const { used_6h, used_week, spent } = await show(key);
    return JSON.stringify([...bodies, used_6h, used_week, spent], rounded);
  };
  const [before, calls] = [await seen(), await asked()];
  let told;
  for (let n = 0; n < 20; n++) told = whole(await rehearse(n % 2 ? SUM : VAGUE, { key }));
  assert.equal(await asked(), calls, "neither a model nor the classifier");
  assert.equal(await seen(), before);
  const likely = told.candidates.filter(({ probability }) => probability > 0).map(({ model }) => model);
  const answer = await chat(server, SUM, { key });
  assert.ok(likely.includes(answer.body.arbiter.model), answer.text);
  assert.equal((await show(key)).used_6h, 31);
});

test("sixty a minute a key, exactly, whatever comes at once", async () => {
  const [key, other] = [await register(server), await register(server)];
  const answers = await Promise.all(Array.from({ length: 90 }, () => rehearse(SUM, { key })));
  assert.equal(answers.filter(({ status }) => status === 200).length, 60);
  const limited = answers.filter(({ status }) => status !== 200);
  for (const answer of limited) {
    const { detail } = refused(answer, 429, { named: "60 dry runs in a minute" });
    const wait = Number(answer.headers.get("retry-after"));
    assert.ok(wait >= 1 && wait <= 60 && wait === detail.retry_after_seconds);
  }
  whole(await rehearse(SUM, { key: other }));
  assert.equal((await chat(server, SUM, { key })).status, 200, "what is answered counts apart");
  const operators = await Promise.all(Array.from({ length: 70 }, () => rehearse(SUM)));
  operators.forEach(whole);
});

test("what chat refuses is refused alike", async () => {
  const key = await register(server);
  for (const [body, field] of [
    [{}, "messages"],
    [{ ...SUM, stream: "yes" }, "stream"],
    [{ ...SUM, arbiter_max_cost: -1 }, "arbiter_max_cost"],
  ]) {
    for (const by of [adminKey, key]) refused(await rehearse(body, { key: by }), 422, { field });
  }
  refused(await rehearse(undefined, { body: "{" }), 422);
  refused(await rehearse(undefined, { body: " ".repeat(5 * 1024 * 1024) }), 413);
  refused(await rehearse({ ...SUM, n: 5 }, { key }), 422, { field: "n" });
  const { detail } = refused(await rehearse({ ...SUM, arbiter_models: ["gpt-9"] }), 422, { named: "gpt-9" });
  assert.deepEqual([detail.error, detail.excluded], ["no_model_fits", { arbiter_models: POOL.length }]);
  refused(await rehearse(SUM, { key: "nonsense" }), 401);
  refused(await call(server, "POST", "/v1/route", { json: SUM }), 401);
  refused(await call(server, "GET", "/v1/route", { key }), 405);
  await call(server, "POST", "/v1/key/pause", { key });
  refused(await rehearse(SUM, { key }), 403, { named: "paused" });
  refused(await rehearse({}, { key }), 403, { named: "paused" });
  await call(server, "POST", "/v1/key/revoke", { key });
  refused(await rehearse(SUM, { key }), 401);
});

test("a key's lists and budget narrow it as they narrow the request", async () => {
  const listed = await mint({ models: ["gpt-4o", "gpt-4.1"] });
  const told = whole(await rehearse(SUM, { key: listed }));
  assert.equal(told.eligible_models, 2);
  assert.deepEqual(told.candidates.filter(({ excluded }) => excluded === "key").length, POOL.length - 2);
  refused(await rehearse({ ...SUM, arbiter_exclude: ["gpt-4o", "gpt-4.1"] }, { key: listed }), 403, { named: "lists" });
  const poor = await mint({ budget_usd: 0.01, budget_period: "day" });
  const dear = { ...SUM, max_tokens: 4_000 };
  const narrowed = whole(await rehearse(dear, { key: poor }));
  assert.ok(narrowed.eligible_models > 0 && narrowed.eligible_models < POOL.length);
  assert.deepEqual((await show(poor)).budget.reserved, 0);
  assert.equal((await chat(server, dear, { key: poor })).body.arbiter.eligible_models, narrowed.eligible_models);
  const broke = await mint({ budget_usd: 0, budget_period: "day" });
  refused(await rehearse(SUM, { key: broke }), 402, { named: "budget" });
});

test("a conversation is looked at, and neither started nor moved", async () => {
  // A wrong answer is a reason to leave the model that gave it.
  const able = Object.fromEntries(POOL.map((model) => [model, { skill: 1 }]));
  await server.sim.control("POST", "/__sim/state", { models: able });
  // One that does not answer within 50 ms is done without.
  const until = (decision, ask) =>
    eventually(
      async () => {
        const told = await ask();
        return told.session?.decision === decision && told;
      },
      { what: decision },
    );
  const rehearsed = async (request) => whole(await rehearse(request));
  const answered = async (request) => (await chat(server, request)).body.arbiter;
  const turn = { ...SUM, arbiter_session: crypto.randomUUID() };
  for (let n = 0; n < 2; n++) await until("start", () => rehearsed(turn));
  const first = await until("start", () => answered(turn));
  const next = { ...turn, messages: [...SUM.messages, { role: "assistant", content: "391" }, { role: "user", content: "Calculate 391 * 2" }] };
  const told = await until("stay", () => rehearsed(next));
  assert.deepEqual([told.decision.model, told.decision.reason_code, told.decision.propensity], [first.model, "stays", 1]);
  assert.equal((await until("stay", () => answered(next))).model, first.model);
});
