// What operators do with keys.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SUM, refused } from "./contract.mjs";
import { adminKey, call, chat, eventually, register, start } from "./harness.mjs";

let server;
before(async () => {
  server = await start({ settings: { MINTED_USD_DAY: 0 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

const as = (key) => (method, path, json) => call(server, method, path, { key, json });
const operator = as(adminKey);
const minted = async (terms) => {
  const answer = await operator("POST", "/v1/keys", terms);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
};

test("an operator mints a key on terms of its own, and they hold", async () => {
  const { api_key, id } = await minted({
    email: "ada@example.com",
    label: "ci",
    limit_6h: 2,
    budget_usd: 1,
    budget_period: "total",
    models: ["gpt-4o-mini", "gpt-4.1-mini"],
    exclude: ["gpt-4.1-mini"],
    tags: { team: "a" },
  });
  assert.match(api_key, /^arb_/);
  for (let n = 0; n < 2; n++) assert.equal((await chat(server, SUM, { key: api_key })).body.arbiter.model, "gpt-4o-mini");
  refused(await chat(server, SUM, { key: api_key }), 429);
  const rows = await eventually(
    async () => {
      const { text } = await operator("GET", "/v1/export");
      const rows = text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
        .filter((row) => row.key === id);
      return rows.length === 2 && rows;
    },
    { what: "both decisions" },
  );
  for (const row of rows) assert.deepEqual(row.tags, { team: "a" });
  refused(await chat(server, { ...SUM, arbiter_models: ["gpt-4o"] }, { key: api_key }), 429);
  const shown = await eventually(async () => {
    const { body } = await as(api_key)("GET", "/v1/key");
    return body.budget.reserved === 0 && body;
  });
  assert.deepEqual([shown.id, shown.email, shown.limit_6h, shown.used_6h], [id, "ada@example.com", 2, 2]);
  assert.deepEqual([shown.budget.limit, shown.budget.resets_at, shown.budget.spent > 0], [1, null, true]);
});

test("terms that are none are refused by name", async () => {
  for (const [field, value] of [
    ["email", "x"],
    ["limit_6h", -1],
    ["limit_6h", 0],
    ["limit_week", 1e9],
    ["budget_usd", "much"],
    ["budget_usd", -1],
    ["budget_period", "year"],
    ["models", "gpt-4o"],
    ["tags", { a: 1 }],
    ["expires", "soon"],
    ["expires", 1],
    ["expires", Date.now() + 1e6],
    ["models", ["gpt-4oo"]],
    ["models", ["gpt-4o", "gpt-9*"]],
    ["exclude", ["GPT-4o"]],
    ["nonsense", 1],
  ]) {
    refused(await operator("POST", "/v1/keys", { [field]: value }), 422, { field });
  }
  refused(await operator("POST", "/v1/keys", [1]), 422);
});

test("a key's lists take patterns as a request's do; what names no model, or a time that is gone, is refused and changes nothing", async () => {
  const { api_key, id } = await minted({ models: ["gpt-*"], exclude: ["*-mini", "gpt-4.1*"] });
  for (let n = 0; n < 3; n++) assert.equal((await chat(server, SUM, { key: api_key })).body.arbiter.model, "gpt-4o");
  for (const [field, value] of [
    ["models", ["gpt-4oo"]],
    ["exclude", ["gpt-4o", "x*"]],
    ["expires", Date.now() / 1_000 - 5],
    ["expires", Date.now() + 1e6],
  ])
    refused(await operator("PATCH", `/v1/keys/${id}`, { [field]: value }), 422, { field });
  const { body } = await operator("PATCH", `/v1/keys/${id}`, { exclude: null, models: ["gpt-4o-*"] });
  assert.deepEqual(body.terms, { models: ["gpt-4o-*"] });
  assert.equal((await chat(server, SUM, { key: api_key })).body.arbiter.model, "gpt-4o-mini");
  // What was stored before names what is no more: it is read, and changed in other respects.
  const pool = (await operator("GET", "/v1/pool")).body;
  const own = { id: "gone", in_price: 1, out_price: 1 };
  const put = (version, models) => call(server, "PUT", "/v1/pool", { key: adminKey, json: { models }, headers: { "if-match": String(version) } });
  assert.equal((await put(pool.version, [...pool.models, own])).status, 200);
  assert.equal((await operator("PATCH", `/v1/keys/${id}`, { exclude: ["gone"] })).status, 200);
  assert.equal((await put(pool.version + 1, pool.models)).status, 200);
  assert.equal((await operator("PATCH", `/v1/keys/${id}`, { label: "l" })).status, 200);
  assert.equal((await chat(server, SUM, { key: api_key })).status, 200);
});

test("a list shows all keys a page at a time, and no key", async () => {
  const keys = [];
  for (let n = 0; n < 25; n++) keys.push(await minted({ label: `listed-${n}` }));
  const seen = [];
  for (let cursor = ""; cursor !== null; ) {
    const { status, body, text } = await operator("GET", `/v1/keys?cursor=${encodeURIComponent(cursor)}`);
    assert.equal(status, 200, text);
    assert.ok(body.keys.length <= 20);
    for (const { api_key } of keys) assert.ok(!text.includes(api_key));
    seen.push(...body.keys);
    cursor = body.next;
  }
  assert.equal(new Set(seen.map(({ id }) => id)).size, seen.length, "each once");
  for (const { id } of keys) assert.ok(seen.some((row) => row.id === id));
  const used = seen.find(({ terms }) => terms.label === "ci");
  assert.deepEqual([used.email, used.status, used.used_6h, used.spent > 0, used.last_used > 0], ["ada@example.com", "active", 2, true, true]);
});

test("a key is changed, paused, resumed and revoked by its id, at once", async () => {
  const { api_key, id } = await minted({ limit_6h: 1, label: "a" });
  assert.equal((await chat(server, SUM, { key: api_key })).status, 200);
  refused(await chat(server, SUM, { key: api_key }), 429);
  const changed = await operator("PATCH", `/v1/keys/${id}`, { limit_6h: 5, label: null });
  assert.deepEqual([changed.status, changed.body.terms], [200, { limit_6h: 5 }]);
  assert.equal((await chat(server, SUM, { key: api_key })).status, 200);
  assert.equal((await operator("PATCH", `/v1/keys/${id}`, { expires: Date.now() / 1_000 + 1 })).status, 200);
  await eventually(async () => (await chat(server, SUM, { key: api_key })).status === 401, { what: "its end" });
  const back = await operator("PATCH", `/v1/keys/${id}`, { expires: null });
  assert.equal(back.status, 404, "a key that has expired is over");
  const other = await minted({});
  for (const [what, status, answer] of [
    ["pause", "paused", 403],
    ["resume", "active", 200],
    ["revoke", "revoked", 401],
  ]) {
    assert.deepEqual((await operator("POST", `/v1/keys/${other.id}/${what}`)).body, { id: other.id, status });
    assert.equal((await chat(server, SUM, { key: other.api_key })).status, answer);
  }
  refused(await operator("POST", `/v1/keys/${other.id}/resume`), 404);
});

test("what is done to keys and to what everyone shares is written down, with who did it; where it can't be, it is not done", async () => {
  const deeds = async () => (await operator("GET", "/v1/audit")).body.deeds;
  const { api_key, id } = await minted({ label: "audited" });
  const own = await register(server);
  const ownId = (await as(own)("GET", "/v1/key")).body.id;
  await as(own)("POST", "/v1/key/pause");
  await operator("PATCH", `/v1/keys/${id}`, { limit_6h: 7 });
  await operator("POST", `/v1/keys/${id}/revoke`);
  await operator("POST", `/v1/keys/${id}/revoke`);
  await operator("POST", "/v1/simulate-price", { model: "gpt-4o", multiplier: 3 });
  await operator("POST", "/v1/simulate-price", { model: "gpt-4o", multiplier: 1 });
  await operator("POST", "/v1/reset");
  const told = (await deeds()).slice(0, 8).reverse();
  assert.deepEqual(
    told.map(({ deed, who, subject }) => [deed, who, subject]),
    [
      ["mint", "operator-1", id],
      ["register", "anyone", ownId],
      ["pause", ownId, ownId],
      ["terms", "operator-1", id],
      ["revoke", "operator-1", id],
      ["simulate-price", "operator-1", "gpt-4o"],
      ["simulate-price", "operator-1", "gpt-4o"],
      ["reset", "operator-1", ""],
    ],
  );
  assert.deepEqual(told[3].detail, { limit_6h: 7 });
  assert.deepEqual(told[5].detail, { multiplier: 3 });
  assert.ok(told.every(({ ts }) => Math.abs(ts - Date.now() / 1_000) < 60));
  const text = JSON.stringify(await deeds());
  for (const key of [api_key, own, adminKey]) assert.ok(!text.includes(key));
  refused(await as(own)("GET", "/v1/audit"), 403);
  refused(await operator("GET", "/v1/audit?cursor=x"), 422, { field: "cursor" });
  const page = await operator("GET", `/v1/audit?cursor=${told[1].id}`);
  assert.equal(page.body.deeds[0].id, told[0].id);
});

test("only operators do, and only what there is", async () => {
  const key = await register(server);
  const { id } = (await as(key)("GET", "/v1/key")).body;
  for (const [method, path] of [
    ["GET", "/v1/keys"],
    ["POST", "/v1/keys"],
    ["PATCH", `/v1/keys/${id}`],
    ["POST", `/v1/keys/${id}/revoke`],
  ]) {
    refused(await as(key)(method, path, method === "GET" ? undefined : {}), 403);
    refused(await as("nonsense")(method, path, method === "GET" ? undefined : {}), 401);
  }
  refused(await operator("POST", "/v1/keys/key_none/pause"), 404);
  refused(await operator("PATCH", "/v1/keys/key_none", {}), 404);
  refused(await operator("GET", `/v1/keys/${id}`), 405);
  refused(await operator("POST", `/v1/keys/${id}/delete`), 404);
  assert.equal((await chat(server, SUM, { key })).status, 200);
});
