// What a request says of the models that may answer it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { POOL, SUM } from "./contract.mjs";
import { adminKey, call, chat, start } from "./harness.mjs";

let server;
before(async () => {
  server = await start({ settings: { EPSILON: 0 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
});
after(() => server?.stop());

test("a pinned model answers", async () => {
  const wishes = { arbiter_models: ["gpt-4o"], arbiter_tolerance: 0.2, arbiter_max_latency: 30 };
  for (let call = 0; call < 3; call += 1) {
    const { status, body } = await chat(server, { ...SUM, ...wishes });
    assert.equal(status, 200);
    assert.equal(body.arbiter.model, "gpt-4o");
    assert.equal(body.arbiter.eligible_models, 1);
    assert.equal(body.arbiter.latency_met, true);
    assert.match(body.arbiter.reason, /arbiter_models/);
  }
  const streamed = await chat(server, { ...SUM, ...wishes, stream: true });
  assert.equal(streamed.headers.get("x-arbiter-model"), "gpt-4o");
});

test("patterns narrow, and what is excluded never answers", async () => {
  const seen = new Set();
  for (let call = 0; call < 12; call += 1) {
    const { body } = await chat(server, { ...SUM, arbiter_models: ["gpt-*"], arbiter_exclude: ["*-mini"] });
    seen.add(body.arbiter.model);
  }
  assert.deepEqual([...seen].sort(), ["gpt-4.1", "gpt-4o"]);
});

test("what leaves no model is refused with the reasons, on every surface, and counts for nobody", async () => {
  for (const [wishes, reason] of [
    [{ arbiter_models: ["gpt-9"] }, "arbiter_models"],
    [{ arbiter_exclude: ["*"] }, "arbiter_exclude"],
    [{ arbiter_tags: ["eu"] }, "arbiter_tags"],
  ]) {
    const { status, body } = await chat(server, { ...SUM, ...wishes });
    assert.equal(status, 422);
    assert.equal(body.detail.error, "no_model_fits");
    assert.equal(body.detail.excluded[reason], POOL.length);
    for (const [path, request] of [
      ["/v1/responses", { input: "Calculate 17 * 23" }],
      ["/v1/messages", { messages: [{ role: "user", content: "Calculate 17 * 23" }], max_tokens: 100 }],
    ]) {
      const refused = await call(server, "POST", path, { key: adminKey, json: { ...request, ...wishes } });
      assert.equal(refused.status, 400, `${path} ${refused.text}`);
    }
  }
});

test("a wish that can't be read is refused by its name", async () => {
  for (const wishes of [{ arbiter_models: [] }, { arbiter_exclude: "x" }, { arbiter_tags: [1] }, { arbiter_tolerance: 2 }, { arbiter_max_latency: -1 }]) {
    const { status, body } = await chat(server, { ...SUM, ...wishes });
    assert.equal(status, 422, JSON.stringify(wishes));
    assert.equal(body.detail.field, Object.keys(wishes)[0]);
  }
});
