// Minted keys and their limits.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SUM, fault, refused } from "./contract.mjs";
import { adminKey, call, chat, register, sse, start } from "./harness.mjs";

const SIX_HOURS = 6 * 3_600;
const WEEK = 7 * 86_400;

let server;
let sim;
before(async () => {
  server = await start({ settings: { REGISTER_LIMIT: 1_000, MAX_ATTEMPTS: 1, QUARANTINE_SECONDS: 0 } });
  sim = server.sim;
  await sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

const change = (key, what) => call(server, "POST", `/v1/key/${what}`, { key });
const show = async (key) => (await call(server, "GET", "/v1/key", { key })).body;
const changed = async (key, what, status) => {
  const answer = await change(key, what);
  assert.deepEqual([answer.status, answer.body], [200, { status }]);
};

test("a key is minted for an address, and shown this once", async () => {
  const answer = await call(server, "POST", "/v1/register", { json: { email: "ada@example.com" } });
  assert.equal(answer.status, 200);
  assert.deepEqual(Object.keys(answer.body), ["api_key"]);
  const key = answer.body.api_key;
  assert.match(key, /^arb_[A-Za-z0-9_-]{20,}$/);
  const shown = await show(key);
  const { email, status, used_6h, limit_6h, used_week, limit_week } = shown;
  assert.deepEqual(
    { email, status, used_6h, limit_6h, used_week, limit_week },
    { email: "ada@example.com", status: "active", used_6h: 0, limit_6h: 50, used_week: 0, limit_week: 600 },
  );
  assert.ok(!JSON.stringify(shown).includes(key));
  const second = await register(server, "ada@example.com");
  assert.notEqual(second, key, "one address may have several");
});

test("an address that is none is refused by name", async () => {
  for (const email of [
    undefined,
    null,
    "",
    "ada",
    "ada@",
    "@example.com",
    "ada@example",
    "a b@example.com",
    7,
    ["ada@example.com"],
    `${"a".repeat(300)}@example.com`,
    "ada@example.com\nbcc: x@example.com",
  ]) {
    refused(await call(server, "POST", "/v1/register", { json: { email } }), 422, { field: "email" });
  }
  for (const body of ["", "[]", "{", '"ada@example.com"']) refused(await call(server, "POST", "/v1/register", { body }), 422);
});

test("a paused key still authenticates, but does not chat", async () => {
  const key = await register(server);
  await changed(key, "pause", "paused");
  await changed(key, "pause", "paused");
  for (const ask of [chat, sse]) refused(await ask(server, SUM, { key }), 403);
  assert.equal((await show(key)).status, "paused");
  assert.equal((await show(key)).used_6h, 0, "a refusal does not count");
  await changed(key, "resume", "active");
  assert.equal((await chat(server, SUM, { key })).status, 200);
  assert.equal((await show(key)).used_6h, 1);
});

test("a revoked key authenticates nowhere", async () => {
  for (const before of ["resume", "pause"]) {
    const key = await register(server);
    await change(key, before);
    await changed(key, "revoke", "revoked");
    refused(await chat(server, SUM, { key }), 401);
    refused(await call(server, "GET", "/v1/key", { key }), 401);
    for (const what of ["pause", "resume", "revoke"]) refused(await change(key, what), 401);
    refused(await call(server, "POST", "/v1/reset", { key }), 401);
  }
});

test("a resume that races a revoke never wins", async () => {
  for (let round = 0; round < 5; round++) {
    const key = await register(server);
    await change(key, "pause");
    const racing = Array.from({ length: 24 }, (_, n) => change(key, n === 8 ? "revoke" : n % 2 ? "resume" : "pause"));
    const answers = await Promise.all(racing);
    assert.equal(answers[8].status, 200);
    assert.ok(answers.every(({ status }) => status === 200 || status === 401));
    refused(await call(server, "GET", "/v1/key", { key }), 401);
    refused(await change(key, "resume"), 401);
  }
});

test("an operator key has no status, no limits and no owner", async () => {
  const { email, status, limit_6h, limit_week } = await show(adminKey);
  assert.deepEqual({ email, status, limit_6h, limit_week }, { email: null, status: "operator", limit_6h: null, limit_week: null });
  for (const what of ["pause", "resume", "revoke"]) refused(await change(adminKey, what), 400);
  const answers = await Promise.all(Array.from({ length: 60 }, () => chat(server, SUM)));
  assert.ok(answers.every((answer) => answer.status === 200));
});

test("several operator keys may be set; each is whole or nothing", async () => {
  const other = await start({ sim, settings: { ARBITER_API_KEYS: "first-key , second-key" } });
  try {
    for (const [key, status] of [
      ["first-key", 200],
      ["second-key", 200],
      ["first-key , second-key", 401],
      ["first", 401],
      ["", 401],
    ]) {
      assert.equal((await call(other, "GET", "/v1/key", { headers: { authorization: `Bearer ${key}` } })).status, status, key);
    }
  } finally {
    await other.stop();
  }
});

test("of 200 calls at once with one key exactly 50 are answered", async () => {
  const key = await register(server);
  const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => (n % 4 === 0 ? sse : chat)(server, SUM, { key })));
  const answered = answers.filter(({ status }) => status === 200);
  const limited = answers.filter(({ status }) => status === 429);
  assert.deepEqual([answered.length, limited.length], [50, 150]);
  for (const answer of limited) {
    const { detail, error } = refused(answer, 429);
    const seconds = Number(answer.headers.get("retry-after"));
    assert.ok(Number.isInteger(seconds) && seconds > SIX_HOURS - 600 && seconds <= SIX_HOURS, `${seconds}`);
    assert.equal(detail.retry_after_seconds, seconds);
    assert.match(`${detail.limit}`, /50/);
    assert.match(`${detail.limit}`, /6 hours/);
    assert.equal(error.type, "rate_limit_error");
    assert.equal(answer.headers.get("x-should-retry"), "false", "more than a minute to go");
  }
  const shown = await show(key);
  assert.deepEqual([shown.used_6h, shown.used_week], [50, 50]);
  assert.equal((await chat(server, SUM, { key: await register(server) })).status, 200, "others are not met by it");
  for (const name of ["report", "recent"]) assert.equal((await call(server, "GET", `/v1/${name}`)).status, 200);
});

test("the week has its own limit, and says so", async () => {
  const other = await start({ sim, settings: { LIMIT_WEEK: 3 } });
  try {
    const key = await register(other);
    const answers = await Promise.all(Array.from({ length: 8 }, () => chat(other, SUM, { key })));
    assert.equal(answers.filter(({ status }) => status === 200).length, 3);
    const limited = answers.find(({ status }) => status === 429);
    const { detail } = refused(limited, 429);
    assert.match(`${detail.limit}`, /3 .*7 days/);
    const seconds = Number(limited.headers.get("retry-after"));
    assert.ok(seconds > WEEK - 600 && seconds <= WEEK);
  } finally {
    await other.stop();
  }
});

test("what is refused does not count; what was sent to a model does", async () => {
  const key = await register(server);
  const used = async () => (await show(key)).used_6h;
  const path = "/v1/chat/completions";
  refused(await call(server, "POST", path, { key, body: "{" }), 422);
  refused(await call(server, "POST", path, { key, json: { messages: [] } }), 422);
  refused(await call(server, "POST", path, { key, body: `{"x":"${"x".repeat(5_000_000)}"}` }), 413);
  refused(await call(server, "GET", path, { key }), 405);
  refused(await call(server, "POST", "/v1/embeddings", { key }), 404);
  assert.equal(await used(), 0);
  for (const code of [401, 403, 404, 413, 415, 422]) {
    await fault(server, { kind: "status", code });
    refused(await chat(server, SUM, { key }), code);
  }
  await sim.control("DELETE", "/__sim/faults");
  assert.equal((await chat(server, SUM, { key })).status, 200);
  assert.equal(await used(), 1, "the runtime's own refusals of that kind do not count either");
  await fault(server, "html");
  refused(await chat(server, SUM, { key }), 502);
  await sim.control("DELETE", "/__sim/faults");
  assert.equal(await used(), 2);
});

test("all that a key was refused for at the limit stays uncounted", async () => {
  const other = await start({ sim, settings: { LIMIT_6H: 2 } });
  try {
    const key = await register(other);
    for (const status of [200, 200, 429, 429]) assert.equal((await chat(other, SUM, { key })).status, status);
    const { used_6h, used_week, limit_6h } = (await call(other, "GET", "/v1/key", { key })).body;
    assert.deepEqual([used_6h, used_week, limit_6h], [2, 2, 2]);
  } finally {
    await other.stop();
  }
});
