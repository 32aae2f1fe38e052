// Budgets under everything at once: whole answers and streams, four answers to a request, classifier
// and judge, models that fail, clients that leave.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { POEM, SUM, VAGUE, refused } from "./contract.mjs";
import { call, chat, eventually, register, sse, start, startSim } from "./harness.mjs";
import { charged, late, ledger, marked, over, unmarked, unsaid } from "./money.mjs";

let sim;
before(async () => {
  sim = await startSim();
});
after(() => sim?.stop());
beforeEach(async () => {
  await sim.control("POST", "/__sim/reset");
  // The simulator asks nothing for either.
  const price = { in_price: 0.3, out_price: 0.9 };
  await sim.control("POST", "/__sim/state", { models: { "deepseek-v4-flash": price, "deepseek-v4-pro": price } });
});

async function served(settings, work) {
  const server = await start({
    sim,
    settings: { QUARANTINE_SECONDS: 0, JUDGE_BUDGET_USD_DAY: 0, LIMIT_6H: 10_000, LIMIT_WEEK: 10_000, REGISTER_LIMIT: 100, ...settings },
  });
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

const show = async (server, key) => (await call(server, "GET", "/v1/key", { key })).body;
const report = async (server) => (await call(server, "GET", "/v1/report")).body;
const total = async () => (await sim.control("GET", "/__sim/ledger")).total.charged_pico;
const pico = (usd) => Math.round(usd * 1e12);
/** Of ten calls of a model one fails. */
const faults = (more = []) =>
  sim.control("POST", "/__sim/faults", [{ match: { role: "chat" }, probability: 0.1, fault: { kind: "status", code: 503 } }, ...more]);

/** Once nothing is under way any more: what these keys have spent together, USD. */
async function settled(server, keys) {
  return eventually(
    async () => {
      const shown = await Promise.all(keys.map((key) => show(server, key)));
      return shown.every(({ budget }) => budget.reserved === 0) && shown.reduce((sum, { spent }) => sum + spent, 0);
    },
    { within: 60_000, what: "the end of all requests" },
  );
}

const WHOLE = [{ ...SUM, n: 4 }, VAGUE, POEM, SUM];

test("what whole answers are charged is what the runtime charged, to the unit: failovers, classifier and judge with it", () =>
  served({ BUDGET_USD_KEY: 100, MINTED_USD_DAY: 0, MAX_CONCURRENT: 50 }, async (server) => {
    await sim.control("POST", "/__sim/state", { time_scale: 0 });
    await faults();
    const keys = await Promise.all(Array.from({ length: 4 }, () => register(server)));
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => chat(server, WHOLE[n % 4], { key: keys[Math.floor(n / 50)] })));
    assert.ok(answers.filter(({ status }) => status === 200).length > 150, answers.map(({ status }) => status).join());
    assert.ok(
      answers.some(({ body }) => body.arbiter?.failover_from?.length > 0),
      "some failed over",
    );
    // A sampled grade comes after its request was settled, and is paid on top.
    const charged = await eventually(
      async () => {
        const spent = await settled(server, keys);
        const sum = await total();
        return pico(spent) === sum && sum;
      },
      { what: "the keys' spend to be what was charged" },
    );
    const { actual_spend, overhead_spend } = await eventually(
      async () => {
        const now = await report(server);
        return pico(now.actual_spend + now.overhead_spend) === charged && now;
      },
      { what: "the report" },
    );
    const roles = (await sim.control("GET", "/__sim/ledger")).by_role;
    assert.ok(overhead_spend > 0 && actual_spend > 0, JSON.stringify({ actual_spend, overhead_spend, roles }));
  }));

test("a key's budget and that of all keys hold in a storm of whole answers, streams and clients that leave, but for what single calls cost over what was set aside", () =>
  served({ BUDGET_USD_KEY: 0.08, BUDGET_PERIOD_KEY: "day", MINTED_USD_DAY: 0.3, MAX_CONCURRENT: 8 }, async (server) => {
    await sim.control("POST", "/__sim/state", { time_scale: 0.05 });
    // Far dearer than the list says: what is set aside is not enough for some of them.
    const models = Object.keys((await sim.control("GET", "/__sim/state")).models).filter((id) => !id.startsWith("deepseek-v4"));
    await sim.control("POST", "/__sim/state", { models: Object.fromEntries(models.map((id) => [id, { multiplier: 60 }])) });
    // What they are charged of it is known by then.
    for (const request of [SUM, POEM, VAGUE]) for (let n = 0; n < 20; n++) await chat(server, request);
    await eventually(
      async () => {
        const now = await report(server);
        return pico(now.actual_spend + now.overhead_spend) === (await total());
      },
      { what: "what these were charged" },
    );
    await faults();
    const keys = await Promise.all(Array.from({ length: 5 }, () => register(server)));
    const whole = (key, request, n) => {
      const { json, headers } = marked(request, n);
      return chat(server, json, { key, headers });
    };
    const streamed = (key, request, n, more) => {
      const { json, headers } = marked(request, n);
      return sse(server, json, { key, headers, ...more });
    };
    const leave = async (key, n) => {
      const leaving = new AbortController();
      const { json, headers } = marked(POEM, n);
      const answer = chat(server, json, { key, headers, signal: leaving.signal }).catch(() => ({ status: 0 }));
      setTimeout(() => leaving.abort(), 50);
      return answer;
    };
    const asks = [
      (key, n) => whole(key, SUM, n),
      (key, n) => streamed(key, POEM, n),
      (key, n) => whole(key, { ...SUM, n: 4 }, n),
      (key, n) => streamed(key, VAGUE, n, { until: (text) => text.length > 400 }),
      leave,
    ];
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => asks[n % 5](keys[Math.floor(n / 5) % 5], n)));
    const statuses = answers.map(({ status }) => status);
    assert.ok(statuses.includes(200) && statuses.includes(402), statuses.join());
    let spent = await settled(server, keys);
    const { actual_spend, overhead_spend } = await eventually(
      async () => {
        spent = await settled(server, keys);
        const now = await report(server);
        // Also a grade that came late for one of those is no key's.
        const own = now.actual_spend + now.overhead_spend - (await unmarked(sim));
        return Math.abs(own - spent) < 1e-9 && now;
      },
      { what: "the report" },
    );
    assert.ok(actual_spend + overhead_spend > 0);
    const calls = (await ledger(server, sim)).filter(({ setAside }) => setAside !== null);
    assert.ok(calls.length > 20 && calls.every(({ setAside }) => setAside > 0), JSON.stringify(calls[0]));
    for (const key of keys) {
      const { id, budget } = await show(server, key);
      const own = calls.filter((one) => one.key === id);
      assert.ok(budget.spent <= 0.08 + over(own) + late(own) + 1e-9, `${budget.spent} of 0.08, ${over(own)} over`);
      assert.ok(charged(own) <= 0.08 + over(own) + unsaid(own) + 1e-9, `${charged(own)} of 0.08, ${over(own)} over, ${unsaid(own)} unsaid`);
    }
    assert.ok(charged(calls) <= 0.3 + over(calls) + unsaid(calls) + 1e-9, `${charged(calls)} of 0.3, ${over(calls)} over, ${unsaid(calls)} unsaid`);
    // Of a whole answer nothing is unsaid but a grade that came after it; of a stream that was heard to its end, what its
    // charge was rounded by, and is not known exactly of its list price.
    for (const one of calls.filter(({ outcome }) => outcome === "finished"))
      assert.ok(one.charged - one.settled <= one.judged + (one.stream ? 1e-6 + 0.02 * one.charged : 0) + 1e-12, JSON.stringify(one));
    // What was left before its end is estimated: it is not for free.
    assert.ok(spent >= 0.3 * charged(calls), `${spent} of ${charged(calls)}`);
  }));

test("600 requests that the runtime refuses are stopped by the window of attempts, whatever they are refused with", () =>
  served({ LIMIT_6H: 50, MAX_ATTEMPTS: 1, BUDGET_USD_KEY: 1 }, async (server) => {
    await sim.control("POST", "/__sim/state", { time_scale: 0 });
    const key = await register(server);
    const reached = {};
    for (const code of [403, 404, 422]) {
      await sim.control("POST", "/__sim/faults", [{ match: { role: "chat" }, fault: { kind: "status", code } }]);
      for (let round = 0; round < 25; round++) {
        for (const { status } of await Promise.all(Array.from({ length: 8 }, () => chat(server, SUM, { key })))) reached[status] = (reached[status] ?? 0) + 1;
      }
    }
    // A minute has room for sixty; the test may take longer than one.
    assert.ok(reached[429] >= 600 - 4 * 60, JSON.stringify(reached));
    assert.ok((await show(server, key)).used_6h <= 60);
  }));

test("of rotations that race one gives a key; of changes of a key's terms that race none is lost", () =>
  served({ MINTED_USD_DAY: 0 }, async (server) => {
    const old = await register(server);
    const raced = await Promise.all(Array.from({ length: 10 }, () => call(server, "POST", "/v1/key/rotate", { key: old })));
    assert.deepEqual(raced.map(({ status }) => status).sort(), [200, ...Array(9).fill(409)]);
    const { api_key: newer, id } = raced.find(({ status }) => status === 200).body;
    assert.equal(raced.find(({ status }) => status === 409).body.error.code, "replaced");
    for (const key of [old, newer]) assert.equal((await call(server, "GET", "/v1/key", { key })).body.id, id);
    for (let round = 0; round < 5; round++) {
      const { id } = (await call(server, "POST", "/v1/keys", { key: server.adminKey, json: {} })).body;
      const terms = [{ budget_usd: 1 }, { exclude: ["gpt-4o"] }, { limit_6h: 5 }, { label: "l" }];
      const raced = await Promise.all(terms.map((json) => call(server, "PATCH", `/v1/keys/${id}`, { key: server.adminKey, json })));
      assert.deepEqual(
        raced.map(({ status }) => status),
        [200, 200, 200, 200],
      );
      const { keys } = (await call(server, "GET", "/v1/keys", { key: server.adminKey })).body;
      assert.deepEqual(keys.find((key) => key.id === id).terms, Object.assign({}, ...terms));
    }
    const { deeds } = (await call(server, "GET", "/v1/audit", { key: server.adminKey })).body;
    const done = (deed) => deeds.filter((it) => it.deed === deed).length;
    assert.deepEqual([done("rotate"), done("terms")], [1, 20], "what was not done is not written down");
  }));

test("a key that was rotated lives for a day beside the new one, and both are one account", () =>
  served({ LIMIT_6H: 4, BUDGET_USD_KEY: 1, MINTED_USD_DAY: 0 }, async (server) => {
    await sim.control("POST", "/__sim/state", { time_scale: 0 });
    const old = await register(server);
    assert.equal((await chat(server, SUM, { key: old })).status, 200);
    const { status, body } = await call(server, "POST", "/v1/key/rotate", { key: old });
    assert.equal(status, 200);
    assert.ok(Math.abs(body.old_until - Date.now() / 1_000 - 86_400) < 60);
    const newer = body.api_key;
    assert.notEqual(newer, old);
    for (const key of [newer, old]) assert.equal((await chat(server, SUM, { key })).status, 200);
    const spent = await settled(server, [newer]);
    for (const key of [newer, old]) {
      const shown = await show(server, key);
      assert.deepEqual([shown.id, shown.used_6h, shown.spent], [body.id, 3, spent]);
    }
    const again = refused(await call(server, "POST", "/v1/key/rotate", { key: old }), 409);
    assert.equal(again.error.code, "replaced", "whoever took the old one does not take the account with it");
    await server.restart();
    // A third key, by the second; the first two go on.
    const third = (await call(server, "POST", "/v1/key/rotate", { key: newer })).body.api_key;
    assert.equal((await chat(server, SUM, { key: third })).status, 200);
    for (const key of [old, newer, third]) assert.equal((await chat(server, SUM, { key })).status, 429);
    const listed = (await call(server, "GET", "/v1/keys", { key: server.adminKey })).body.keys;
    assert.deepEqual(
      listed.map(({ id, hint, used_6h: used }) => [id, hint, used]),
      [[body.id, third.slice(-4), 4]],
    );
    assert.equal((await call(server, "POST", "/v1/key/revoke", { key: third })).status, 200);
    for (const key of [old, newer, third]) assert.equal((await chat(server, SUM, { key })).status, 401);
    assert.equal((await call(server, "POST", "/v1/key/rotate", { key: server.adminKey })).status, 400);
    const { deeds } = (await call(server, "GET", "/v1/audit", { key: server.adminKey })).body;
    assert.deepEqual(
      deeds.map(({ deed }) => deed),
      ["revoke", "rotate", "rotate", "register"],
    );
  }));
