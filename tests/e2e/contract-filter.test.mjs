// Which models a request may go to: the context filter and the budget, as they show in the answer.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { POOL, SUM, refused, user } from "./contract.mjs";
import { adminKey, call, chat, sse, start } from "./harness.mjs";

// Input and output price in USD per 1M tokens, as documented.
const PRICES = {
  "mistral-small-3.2-24b-instruct-2506": [0.075, 0.2],
  "deepseek-chat-v3": [0.2, 0.8],
  "llama-3.1-70b-instruct": [0.4, 0.4],
  "gpt-4.1-mini": [0.4, 1.6],
  "gemini-2.5-flash": [0.3, 2.5],
  "gpt-4o-mini": [0.15, 0.6],
  "gpt-4.1": [2, 8],
  "gemini-2.5-pro": [1.25, 10],
  "gpt-4o": [2.5, 10],
};
const LARGE = ["gpt-4.1-mini", "gemini-2.5-flash", "gpt-4.1", "gemini-2.5-pro"];

let server;
before(async () => {
  server = await start({ settings: { EPSILON: 0 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
  // The simulated runtime counts tokens in its own way: what is filtered here is our estimate.
  const models = Object.fromEntries(POOL.map((id) => [id, { context: 100_000_000 }]));
  await server.sim.control("POST", "/__sim/state", { models });
});
after(() => server?.stop());

const ask = async (request) => {
  const answer = await chat(server, request);
  assert.equal(answer.status, 200, answer.text);
  return answer.body.arbiter;
};
/** 4,000 characters of text with a sum in them: 1,000 tokens. */
const SIZED = user(`Calculate 17 * 23${" ".repeat(4_000 - 17)}`);

test("tokens needed are text / 4, and what may be answered", async () => {
  const options = [
    [{}, 512],
    [{ max_tokens: null }, 512],
    [{ max_tokens: null, max_completion_tokens: null }, 512],
    [{ max_tokens: 100 }, 100],
    [{ max_completion_tokens: 200 }, 200],
    [{ max_tokens: 100, max_completion_tokens: 200 }, 200],
    [{ max_tokens: 100, max_completion_tokens: null }, 100],
  ];
  for (const [given, output] of options) assert.equal((await ask({ ...SIZED, ...given })).tokens_needed, 1_000 + output, JSON.stringify(given));
  const spread = {
    messages: [
      { role: "system", content: "x".repeat(2_000) },
      {
        role: "user",
        content: [
          { type: "text", text: "Calculate 17 * 23".padEnd(1_000) },
          { type: "text", text: " ".repeat(1_000) },
        ],
      },
    ],
  };
  assert.equal((await ask(spread)).tokens_needed, 1_000 + 512, "all messages, all text parts");
  assert.equal((await ask(user("é".repeat(4_000)))).tokens_needed, 1_000 + 512, "characters, not bytes");
});

test("a model whose window is too small is out; where none fits, all are in", async () => {
  for (const [max_tokens, eligible] of [
    [127_000, 9],
    [127_001, 5],
    [130_072, 5],
    [130_073, 4],
    [1_046_576, 4],
    [1_046_577, 2],
    [1_047_577, 9],
    [90_000_000, 9],
  ]) {
    const arbiter = await ask({ ...SIZED, max_tokens });
    assert.equal(arbiter.tokens_needed, 1_000 + max_tokens);
    assert.equal(arbiter.eligible_models, eligible, `${max_tokens}`);
    if (eligible === 4) assert.ok(LARGE.includes(arbiter.model));
  }
});

test("a ceiling keeps the models that are estimated to be within it", async () => {
  const estimate = (model) => (1_000 * PRICES[model][0] + 512 * PRICES[model][1]) / 1e6;
  for (const ceiling of [0.0002, 0.0005, 0.001, 0.0013, 0.01, 1]) {
    const within = POOL.filter((model) => estimate(model) <= ceiling);
    const arbiter = await ask({ ...SIZED, arbiter_max_cost: ceiling });
    assert.equal(arbiter.eligible_models, within.length, `${ceiling}`);
    assert.ok(within.includes(arbiter.model));
    assert.deepEqual([arbiter.budget_max_cost, arbiter.budget_met], [ceiling, true]);
  }
});

test("where nothing is within the ceiling the cheapest is taken, and said to be over it", async () => {
  for (const ceiling of [0, 1e-9, 0.0001]) {
    const arbiter = await ask({ ...SIZED, arbiter_max_cost: ceiling });
    assert.equal(arbiter.model, "mistral-small-3.2-24b-instruct-2506");
    assert.deepEqual([arbiter.budget_max_cost, arbiter.budget_met], [ceiling, false]);
  }
  const large = await ask({ ...SIZED, max_tokens: 200_000, arbiter_max_cost: 0 });
  assert.equal(large.model, "gpt-4.1-mini", "the cheapest of those that it fits in: context before cost");
});

test("a ceiling that is none is refused by name", async () => {
  for (const bad of ["-1", '"0.1"', "true", "[]", "{}", "1e400", "-1e-9", '""', "NaN", "Infinity"]) {
    const body = `{"messages":[{"role":"user","content":"hi"}],"arbiter_max_cost":${bad}}`;
    const answer = await call(server, "POST", "/v1/chat/completions", { key: adminKey, body });
    refused(answer, 422, { field: "arbiter_max_cost" });
  }
  refused(await sse(server, { ...SUM, arbiter_max_cost: -1 }), 422, { field: "arbiter_max_cost" });
});
