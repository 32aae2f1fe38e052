// Every operation of the API, asked once and held to its description. What all other tests get is held to it too:
// `call` of the harness does it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { openapi } from "../../scripts/lib/openapi.mjs";
import { SUM, refused } from "./contract.mjs";
import { answered, describedAs } from "./described.mjs";
import { adminKey, call, chat, eventually, register, sse, start } from "./harness.mjs";

const api = openapi();
const operations = Object.entries(api.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);
const filled = (path) => path.replace("{id}", "none");

let server;
before(async () => {
  server = await start();
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

const ask = async (method, path, json, options = {}) => {
  const answer = await call(server, method, path, { key: adminKey, json, ...options });
  assert.equal(answer.status, 200, `${method} ${path}: ${answer.text}`);
  return answer.body;
};

test("a path is served with the methods that are described", async () => {
  for (const [path, item] of Object.entries(api.paths)) {
    const answer = await call(server, "PROPFIND", filled(path), { key: adminKey });
    assert.equal(answer.status, 405, `${path}: ${answer.text}`);
    const methods = answer.headers
      .get("allow")
      .split(", ")
      .filter((method) => !["HEAD", "OPTIONS"].includes(method));
    assert.deepEqual(
      methods.sort(),
      Object.keys(item)
        .map((method) => method.toUpperCase())
        .sort(),
      path,
    );
  }
});

test("a call needs a key where that is described, and nowhere else", async () => {
  for (const { path, method, operation } of operations) {
    const { status, body } = await fetch(server.url + filled(path), { method, body: method === "GET" ? undefined : "" });
    await body?.cancel();
    const open = (operation.security ?? api.security).every((scheme) => Object.keys(scheme).length === 0);
    const either = operation.security?.length > 1;
    if (!either) assert.equal(status !== 401, open, `${method} ${path}: ${status}`);
  }
});

test("every operation answers what is described", async () => {
  await ask("POST", "/v1/keys", {
    label: "l",
    limit_6h: 5,
    budget_usd: 1,
    budget_period: "day",
    models: ["gpt-4o"],
    exclude: ["gpt-4.1"],
    tags: { a: "b" },
    expires: 4e9,
    email: null,
  });
  const own = await register(server);
  const mine = { key: own };
  const ids = [];
  for (const request of [SUM, { ...SUM, arbiter_max_cost: 1e-12, arbiter_session: "s" }, { ...SUM, arbiter_models: ["gpt-4o"], arbiter_max_latency: 60 }]) {
    ids.push((await chat(server, request, mine)).headers.get("x-request-id"));
  }
  const streamed = await sse(server, { ...SUM, arbiter_session: "s" }, mine);
  describedAs("StreamVerdict", streamed.events.at(-1).json);
  const { input_tokens } = await ask("POST", "/v1/messages/count_tokens", { ...SUM, model: "auto" });
  assert.ok(input_tokens > 0);
  await ask("POST", "/v1/messages", { ...SUM, model: "auto", max_tokens: 50 });
  await ask("POST", "/v1/responses", {
    input: "Calculate 1 + 1",
    model: "auto",
    store: true,
    tools: [{ type: "web_search" }, { type: "function", name: "f", parameters: { type: "object" } }],
  });

  await ask("POST", "/v1/route", { ...SUM, arbiter_max_latency: 60, arbiter_session: "s", response_format: { type: "json_object" } }, mine);

  await ask("POST", "/v1/simulate-price", { model: "gpt-4o", multiplier: 3 });
  for (const view of [
    "report",
    "policy",
    "overview",
    "alerts",
    "status",
    "pricing",
    "pricing/history?model=gpt-4o",
    "models",
    "models/auto",
    "recent",
    "recent?limit=5",
    "timeseries?by=model",
    "pool",
    "key",
  ])
    await ask("GET", `/v1/${view}`);
  await ask("GET", "/health");
  await ask("GET", "/v1/key", undefined, mine);
  await ask("GET", "/v1/models", undefined, { headers: { "anthropic-version": "2023-06-01" } });
  await eventually(async () => (await call(server, "GET", `/v1/decisions/${ids[0]}`, mine)).status === 200, { what: "the decision" });
  assert.ok(
    (await ask("GET", "/v1/recent?limit=50")).every(({ candidates }) => candidates),
    "whole rows",
  );
  for (const format of ["ndjson", "csv"]) assert.equal((await call(server, "GET", `/v1/export?format=${format}`, { key: adminKey })).status, 200);
  assert.equal((await call(server, "GET", "/metrics", { key: adminKey })).status, 200);
  await ask("POST", "/v1/feedback", { id: ids[0], rating: "up" });

  const { version, models } = await ask("GET", "/v1/pool");
  const seen = { headers: { "if-match": String(version) } };
  await ask("PUT", "/v1/pool/other", { tier: "small", in_price: 1, out_price: null, accepts: { tools: true, images: null } }, seen);
  await ask("DELETE", "/v1/pool/other", undefined, { headers: { "if-match": String(version + 1) } });
  await ask("PUT", "/v1/pool", { models });
  await ask("POST", "/v1/pool/import", { ids: ["deepseek-r1"].slice(1), apply: false });

  await ask("POST", "/v1/key/pause", undefined, mine);
  await ask("POST", "/v1/key/resume", undefined, mine);
  const { id, api_key: newer } = await ask("POST", "/v1/key/rotate", undefined, mine);
  await ask("PATCH", `/v1/keys/${id}`, { label: "n", limit_6h: null });
  for (const word of ["pause", "resume"]) await ask("POST", `/v1/keys/${id}/${word}`);
  await ask("POST", "/v1/key/revoke", undefined, { key: newer });
  const other = await ask("POST", "/v1/keys", {});
  await ask("POST", `/v1/keys/${other.id}/revoke`);
  await ask("GET", "/v1/keys");
  await ask("PUT", "/v1/serve", { to: "operators", why: "a test" });
  await ask("GET", "/v1/status");
  await ask("PUT", "/v1/serve", { to: "all" });
  await ask("POST", "/v1/reset");
  await ask("GET", "/v1/audit");

  // What streams without an end is begun, and left.
  for (const { path, method } of operations.filter(({ operation }) => Object.keys(operation.responses["200"].content).join() === "text/event-stream")) {
    const { status, headers, body } = await fetch(server.url + path, { method, headers: { authorization: `Bearer ${adminKey}` } });
    await body.cancel();
    assert.deepEqual([status, headers.get("content-type").split(";")[0]], [200, "text/event-stream"], path);
    answered.add(`${method} ${path}`);
  }
  const missing = operations.map(({ method, path }) => `${method} ${path}`).filter((name) => !answered.has(name));
  assert.deepEqual(missing, [], "these are described and were never asked: ask them here");
});

test("refusals of each protocol are what is described", async () => {
  for (const [path, body] of [
    ["/v1/chat/completions", {}],
    ["/v1/responses", {}],
    ["/v1/messages", {}],
    ["/v1/messages/count_tokens", {}],
  ]) {
    assert.ok([400, 422].includes((await call(server, "POST", path, { key: adminKey, json: body })).status), path);
  }
  refused(await chat(server, { ...SUM, arbiter_models: ["no-such"] }), 422);
  refused(await chat(server, { ...SUM, tools: [], arbiter_tags: ["none"] }), 422);
  await server.sim.control("POST", "/__sim/faults", [{ match: { role: "chat" }, fault: { kind: "status", code: 400 } }]);
  for (const [path, body] of [
    ["/v1/chat/completions", SUM],
    ["/v1/responses", { input: "Calculate 1 + 1" }],
    ["/v1/messages", { ...SUM, max_tokens: 5 }],
  ]) {
    assert.equal((await call(server, "POST", path, { key: adminKey, json: body })).status, 400, path);
  }
  await server.sim.control("DELETE", "/__sim/faults");
});
