// What holds for all callers together: who is served, what the deployment may spend, who administers.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { POEM, SUM, refused } from "./contract.mjs";
import { adminKey, call, chat, eventually, register, start, startSim } from "./harness.mjs";

let sim;
before(async () => {
  sim = await startSim();
  await sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => sim?.stop());
beforeEach(() => sim.control("DELETE", "/__sim/faults"));

async function served(settings, work) {
  const server = await start({ sim, settings: { QUARANTINE_SECONDS: 0, MINTED_USD_DAY: 0, ...settings } });
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

const charge = (usd) => sim.control("POST", "/__sim/faults", [{ fault: { kind: "headers", headers: { "x-btl-customer-charge": String(usd) } } }]);
const reasons = async (server) => (await call(server, "GET", "/v1/status")).body.reasons;
const reason = async (server, code) => (await reasons(server)).find((reason) => reason.code === code)?.message;

test("an operator switches the service off for all or for all but operators, at once, and says why", () =>
  served({}, async (server) => {
    const key = await register(server);
    const serve = (json, as = adminKey) => call(server, "PUT", "/v1/serve", { key: as, json });
    assert.equal((await chat(server, SUM, { key })).status, 200);
    assert.deepEqual((await serve({ to: "operators", why: "a leak" })).body, { to: "operators", why: "a leak" });
    const { error } = refused(await chat(server, SUM, { key }), 503, { named: "a leak" });
    assert.equal(error.code, "not_serving");
    assert.equal((await chat(server, SUM)).status, 200);
    assert.match(await reason(server, "serve"), /only operators are served: a leak/);
    await serve({ to: "none" });
    refused(await chat(server, SUM), 503);
    for (const [path, status] of [
      ["/v1/responses", 503],
      ["/v1/messages", 529],
    ])
      assert.equal(
        (await call(server, "POST", path, { key: adminKey, json: { model: "auto", input: "Hi", messages: [{ role: "user", content: "Hi" }], max_tokens: 9 } }))
          .status,
        status,
        path,
      );
    assert.equal((await call(server, "GET", "/v1/status")).body.status, "down");
    await server.restart();
    refused(await chat(server, SUM), 503);
    await serve({ to: "all" });
    assert.equal((await chat(server, SUM, { key })).status, 200);
    assert.equal(await reason(server, "serve"), undefined);
    const { deeds } = (await call(server, "GET", "/v1/audit", { key: adminKey })).body;
    assert.deepEqual(
      deeds.filter(({ deed }) => deed === "serve").map(({ who, detail }) => [who, detail.to, detail.why]),
      [
        ["operator-1", "all", ""],
        ["operator-1", "none", ""],
        ["operator-1", "operators", "a leak"],
      ],
    );
    refused(await serve({ to: "some" }), 422, { field: "to" });
    refused(await serve({ to: "all", why: 1 }), 422, { field: "why" });
    refused(await serve({ to: "all" }, key), 403);
    refused(await call(server, "GET", "/v1/serve", { key: adminKey }), 405);
  }));

test("a deployment's budget is told from four fifths on; once it is spent only operators go on, also after a reset", () =>
  served({ BUDGET_USD_DAY: 0.1, BUDGET_USD_MONTH: 100 }, async (server) => {
    const key = await register(server);
    await charge(0.03);
    for (let n = 0; n < 2; n++) assert.equal((await chat(server, SUM, { key })).status, 200);
    assert.equal(await reason(server, "budget"), undefined);
    assert.equal((await chat(server, SUM)).status, 200, "what operators spend counts too");
    await eventually(async () => /9\d % of BUDGET_USD_DAY/.test(await reason(server, "budget")), { what: "a word of it" });
    assert.equal((await chat(server, SUM, { key })).status, 200);
    const answer = await eventually(async () => {
      const answer = await chat(server, SUM, { key });
      return answer.status === 402 && answer;
    });
    const { detail, error } = refused(answer, 402, { named: "BUDGET_USD_DAY" });
    assert.equal(error.code, "budget_exceeded");
    assert.deepEqual([detail.limit, detail.spent >= 0.12, detail.resets_at > Date.now() / 1_000], [0.1, true, true]);
    assert.match(await reason(server, "budget"), /only operators are served/);
    assert.equal((await chat(server, SUM)).status, 200);
    await call(server, "POST", "/v1/reset", { key: adminKey });
    await server.restart();
    refused(await chat(server, SUM, { key }), 402);
  }));

test("the judge's budget is its own: over it answers stay ungraded, and are answered", () =>
  served({ JUDGE_BUDGET_USD_DAY: 0.01, EPSILON: 1 }, async (server) => {
    await sim.control("POST", "/__sim/faults", [{ match: { role: "judge" }, fault: { kind: "headers", headers: { "x-btl-customer-charge": "0.02" } } }]);
    const answer = await chat(server, POEM);
    assert.match(answer.body.arbiter.quality_reason, /judge/);
    await eventually(async () => await reason(server, "judge"), { what: "a word of it" });
    const judged = async () => (await sim.control("GET", "/__sim/ledger")).by_role.judge.calls;
    await eventually(async () => {
      const { body } = await chat(server, POEM);
      return /may cost in a day is spent/.test(body.arbiter.quality_reason) && body;
    });
    const before = await judged();
    for (let n = 0; n < 5; n++) assert.equal((await chat(server, POEM)).status, 200);
    assert.equal(await judged(), before, "it is not asked any more");
  }));

test("with control keys nobody else administers, and they ask no model", () => {
  const control = "ops:a-control-key-of-the-tests";
  return served({ CONTROL_KEYS: control }, async (server) => {
    const key = control.slice(4);
    for (const [method, path, json] of [
      ["GET", "/v1/keys"],
      ["GET", "/v1/audit"],
      ["POST", "/v1/keys", {}],
      ["PUT", "/v1/serve", { to: "all" }],
      ["POST", "/v1/simulate-price", { model: "gpt-4o", multiplier: 2 }],
      ["POST", "/v1/reset"],
    ]) {
      refused(await call(server, method, path, { key: adminKey, json }), 403);
      assert.equal((await call(server, method, path, { key, json })).status, 200, path);
    }
    const { error } = refused(await chat(server, SUM, { key }), 403);
    assert.equal(error.code, "control_key");
    assert.equal((await chat(server, SUM)).status, 200);
    const minted = await register(server);
    refused(await call(server, "POST", "/v1/reset", { key: minted }), 403);
    const { deeds } = (await call(server, "GET", "/v1/audit", { key })).body;
    assert.ok(deeds.filter(({ deed }) => deed !== "register").every(({ who }) => who === "ops"));
  });
});

test("a short operator key is refused by name where the world is served", () =>
  served({ ARBITER_API_KEYS: "short", REQUIRE_HTTPS: true }, async (server) => {
    const { error, detail } = refused(await chat(server, SUM, { key: "short" }), 503, { named: "ARBITER_API_KEYS" });
    assert.equal(error.code, "setting");
    assert.equal(detail.setting, "ARBITER_API_KEYS");
  }));

test("registrations are counted by address, by network, by email and in all", () =>
  served({ REGISTER_LIMIT: 3 }, async (server) => {
    const from = async (address, email = `${crypto.randomUUID()}@example.com`) => {
      const answer = await call(server, "POST", "/v1/register", { json: { email }, headers: { "cf-connecting-ip": address } });
      return answer.status === 200 ? 200 : refused(answer, 429).detail.limit;
    };
    for (let n = 0; n < 3; n++) assert.equal(await from("2001:db8:1:1::1"), 200);
    assert.match(await from("2001:db8:1:1::2"), /one address/);
    for (let n = 0; n < 9; n++) assert.equal(await from(`2001:db8:1:${n + 2}::1`), 200);
    assert.match(await from("2001:db8:1:ff::1"), /one network/);
    for (let n = 0; n < 5; n++) assert.equal(await from(`198.51.100.${n}`, `Ada+${n}@example.com`), 200);
    assert.match(await from("198.51.100.9", "ada@example.com"), /one email/);
    for (let n = 0; n < 13; n++) assert.equal(await from(`203.0.113.${n}`), 200);
    assert.match(await from("203.0.113.99"), /30 registrations in an hour$/);
  }));
