// POST /v1/chat/completions without a stream: what goes upstream, and what comes back.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { POEM, POOL, SUM, TASKS, VAGUE, completion, fault, isNumber, refused, saying, startRuntime, user } from "./contract.mjs";
import { adminKey, call, chat, register, start } from "./harness.mjs";

let server;
let sim;
before(async () => {
  server = await start({ settings: { EPSILON: 0, JUDGE_TIMEOUT: 2, CLASSIFIER_TIMEOUT: 2 } });
  sim = server.sim;
});
after(() => server?.stop());
beforeEach(async () => {
  await sim.control("POST", "/__sim/reset");
  await sim.control("POST", "/__sim/state", { time_scale: 0 });
  await call(server, "POST", "/v1/reset", { key: adminKey });
});

const asked = async (role) => (await sim.control("GET", `/__sim/requests?role=${role}`)).requests;
const ask = async (request) => {
  const answer = await chat(server, request);
  assert.equal(answer.status, 200, answer.text);
  return answer.body.arbiter;
};

test("an answer tells by whom, how and at what cost it was made", async () => {
  const answer = await chat(server, SUM);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), "application/json; charset=utf-8");
  const { arbiter } = answer.body;
  assert.equal(arbiter.task, "math");
  assert.ok(["rules", "model"].includes(arbiter.classified_by));
  assert.ok(POOL.includes(arbiter.model));
  assert.equal(arbiter.mode, "explore");
  assert.ok(arbiter.reason.length > 0 && !arbiter.reason.includes("\n"));
  assert.ok(arbiter.quality >= 0 && arbiter.quality <= 1);
  assert.ok(arbiter.quality_reason.length > 0);
  assert.ok(isNumber(arbiter.cost) && arbiter.cost > 0);
  assert.deepEqual([arbiter.baseline_cost, arbiter.saved], [null, null], "the baseline has no sample yet");
  assert.equal(arbiter.tokens_needed, Math.floor(17 / 4) + 512);
  assert.equal(arbiter.eligible_models, POOL.length);
  assert.deepEqual([arbiter.budget_max_cost, arbiter.budget_met], [null, null]);
  const [sent] = await asked("chat");
  assert.equal(arbiter.model, sent.body.model, "the model that answered");
  assert.equal(arbiter.cost, Number(sent.charged_usd), "what the runtime charged");
});

test("the headers say what the object says", async () => {
  for (const request of [SUM, POEM]) {
    const { body, headers } = await chat(server, request);
    const { arbiter } = body;
    const said = ["model", "task", "mode", "classified-by", "eligible"].map((name) => headers.get(`x-arbiter-${name}`));
    assert.deepEqual(said, [arbiter.model, arbiter.task, arbiter.mode, arbiter.classified_by, String(arbiter.eligible_models)]);
  }
});

test("every field goes upstream digit for digit, but for the model and our own", async () => {
  const fields =
    '"seed":12345678901234567890,"temperature":0.70,"logit_bias":{"50256":-100},"x_unknown":[1.10,1E+2,{"arbiter_inner":true}],"user":"J\\u00fcrgen \\ud83d\\ude00","stop":null,"parallel_tool_calls":false';
  const messages = '[{"role":"user","content":"Calculate 17 * 23","name":"a","x":1.0}]';
  const body = `{"model":"gpt-9","arbiter_max_cost":1,"arbiter_other":{"a":[]},${fields},"messages":${messages}, "arbiter_":0}`;
  const answer = await call(server, "POST", "/v1/chat/completions", { key: adminKey, body });
  assert.equal(answer.status, 200, answer.text);
  const [{ raw, body: sent }] = await asked("chat");
  assert.ok(raw.includes(fields), raw);
  assert.ok(raw.includes(messages), raw);
  assert.equal(sent.model, answer.body.arbiter.model);
  const names = ["model", "seed", "temperature", "logit_bias", "x_unknown", "user", "stop", "parallel_tool_calls", "messages"];
  assert.deepEqual(Object.keys(sent).sort(), names.sort());
});

test("the model asked for is of no account, whatever it is", async () => {
  for (const model of ["auto", "gpt-4o", "no-such-model", null, 7, ["a"], {}]) {
    assert.equal((await chat(server, { ...SUM, model })).status, 200, JSON.stringify(model));
  }
});

test("the runtime sees one key only, and never the client's", async () => {
  const key = await register(server);
  assert.equal((await chat(server, SUM, { key })).status, 200);
  assert.equal((await chat(server, VAGUE, { key })).status, 200);
  const { requests } = await sim.control("GET", "/__sim/requests");
  assert.ok(requests.length >= 2);
  for (const request of requests) {
    assert.equal(request.headers.authorization, "Bearer key-of-the-runtime");
    assert.ok(!JSON.stringify(request).includes(key));
  }
});

test("every field of the runtime's answer is kept, digit for digit", async () => {
  const text =
    '{"id":"x","object":"chat.completion","created":1783175779,"model":"m","big":12345678901234567890.10,"choices":[{"index":0,"logprobs":{"content":[{"logprob":-1.50e-07}]},"message":{"role":"assistant","content":"391","x_reasoning":"\\u00e9"},"finish_reason":"stop","y":1.0}],"usage":{"prompt_tokens":3,"z":{"cached":0.0}},"service_tier":null}';
  const runtime = await startRuntime((_, response) => response.setHeader("content-type", "application/json").end(text));
  const other = await start({ sim: false, settings: runtime.settings });
  try {
    const answer = await chat(other, SUM);
    assert.equal(answer.status, 200, answer.text);
    const { arbiter, ...rest } = answer.body;
    assert.deepEqual(rest, JSON.parse(text));
    assert.equal(arbiter.quality, 1);
    for (const digits of ['"big":12345678901234567890.10', "-1.50e-07", '"y":1.0', '"cached":0.0']) assert.ok(answer.text.includes(digits), digits);
  } finally {
    await other.stop();
    await runtime.stop();
  }
});

test("the baseline's cost, once measured, is what savings are claimed against", async () => {
  await fault(server, { kind: "cost_header", value: "0.000400" }, { match: { role: "chat", model: "gpt-4o" } });
  for (let n = 0; n < 2 * POOL.length; n++) await ask(SUM);
  const arbiter = await ask(SUM);
  assert.ok(Math.abs(arbiter.baseline_cost - 0.0004) < 1e-12);
  assert.ok(Math.abs(arbiter.saved - (0.0004 - arbiter.cost)) < 1e-12);
  assert.equal(arbiter.mode, "exploit");
  assert.notEqual(arbiter.model, "gpt-4o");
});

test("what can be checked is checked: right is 1, wrong and empty are 0", async () => {
  for (const [text, quality] of [
    ["17 * 23 = 391", 1],
    ["It is 390.", 0],
    ["", 0],
    ["\\boxed{391}", 1],
    ["The result is 391.00", 1],
  ]) {
    await fault(server, saying(text));
    const arbiter = await ask(SUM);
    assert.equal(arbiter.quality, quality, text);
  }
  assert.equal((await asked("judge")).length, 0, "nobody had to be asked");
});

test("thousands separators and decimals are no mistakes", async () => {
  await fault(server, saying("1,234 * 1,000 = **1,234,000**"));
  assert.equal((await ask(user("Calculate 1234 * 1000"))).quality, 1);
  await fault(server, saying("1 / 4 = 0.25"));
  assert.equal((await ask(user("Calculate 1 / 4"))).quality, 1);
});

test("code is not only Python, and JSON may stand in a fence", async () => {
  for (const code of [
    "```js\nconst add = (a, b) => a + b;\n```",
    "```rust\nfn add(a: i32, b: i32) -> i32 { a + b }\n```",
    "```go\nfunc add(a, b int) int {\n\treturn a + b\n}\n```",
  ]) {
    await fault(server, saying(code));
    const language = code.match(/```(\w+)/)[1].replace("js", "JavaScript");
    const arbiter = await ask(user(`Write a ${language} function that adds two numbers.`));
    assert.equal(arbiter.task, "code");
    assert.ok(arbiter.quality > 0, code);
  }
  await fault(server, saying('Here it is:\n```json\n{"name": "Ada"}\n```\nAnything else?'));
  const fenced = await ask(user('Return JSON with a field "name".'));
  assert.deepEqual([fenced.task, fenced.quality], ["structured", 1]);
});

test("a schema is checked against", async () => {
  const schema = { type: "object", properties: { age: { type: "integer" } }, required: ["age"], additionalProperties: false };
  const request = {
    ...user("How old is Ada, who was born 30 years ago?"),
    response_format: { type: "json_schema", json_schema: { name: "age", strict: true, schema } },
  };
  for (const [text, quality] of [
    ['{"age": 30}', 1],
    ['{"age": "thirty"}', 0],
    ["{}", 0],
    ["thirty", 0],
  ]) {
    await fault(server, saying(text));
    const arbiter = await ask(request);
    assert.equal(arbiter.task, "structured");
    if (quality === 1) assert.equal(arbiter.quality, 1);
    else assert.ok(arbiter.quality < 1, text);
  }
});

test("tool calls, refusals, several choices and cut answers are not simply empty", async () => {
  await fault(server, { kind: "tool_call", name: "lookup", arguments: '{"q":"x"}' });
  const tools = [{ type: "function", function: { name: "lookup", parameters: { type: "object", properties: { q: { type: "string" } } } } }];
  const called = await ask({ ...user("Look up x."), tools });
  assert.ok(called.quality > 0, called.quality_reason);
  await fault(server, { kind: "tool_call", name: "lookup", arguments: '{"q":' });
  assert.ok((await ask({ ...user("Look up x."), tools })).quality < 1, "arguments that are no JSON");
  for (const kind of ["refusal", { kind: "finish_reason", value: "length" }]) {
    await fault(server, kind);
    assert.doesNotMatch((await ask(POEM)).quality_reason, /empty/i);
  }
  await sim.control("DELETE", "/__sim/faults");
  const answer = await chat(server, { ...SUM, n: 3 });
  assert.equal(answer.body.choices.length, 3);
  assert.ok(isNumber(answer.body.arbiter.quality));
});

test("the judge is asked while exploring only, and never makes a request fail", async () => {
  const explored = await ask(POEM);
  assert.equal(explored.mode, "explore");
  assert.equal((await asked("judge")).length, 1);
  await fault(server, saying("I would rather not say."), { match: { role: "judge" } });
  assert.equal((await ask(POEM)).quality, 0.5, "no number");
  await fault(server, { kind: "status", code: 500 }, { match: { role: "judge" } });
  assert.equal((await ask(POEM)).quality, 0.5, "an error");
  await fault(server, "hang_before_head", { match: { role: "judge" } });
  assert.equal((await ask(POEM)).quality, 0.5, "silence");
  await sim.control("DELETE", "/__sim/faults");
  const { open } = (await call(server, "GET", "/v1/policy")).body;
  assert.equal(open.filter(({ quality }) => quality === null).length, 3, "an unknown quality is no news");
  let arbiter;
  for (let n = 0; n < 3 * POOL.length; n++) arbiter = await ask(POEM);
  assert.equal(arbiter.mode, "exploit");
  await sim.control("DELETE", "/__sim/requests");
  const rows = async () => (await call(server, "GET", "/v1/policy")).body.open;
  const before = await rows();
  const reused = await ask(POEM);
  assert.equal(reused.mode, "exploit");
  assert.equal((await asked("judge")).length, 0);
  const [was, is] = [before, await rows()].map((list) => list.find(({ model }) => model === reused.model));
  assert.deepEqual([is.n, is.quality], [was.n + 1, was.quality], "the learned mean is not folded in again");
});

test("a classifier that fails makes it open, and fails nothing", async () => {
  for (const kind of [saying("banana"), saying(""), { kind: "status", code: 500 }, "html", "hang_before_head", "reset"]) {
    await fault(server, kind, { match: { role: "classifier" } });
    const arbiter = await ask(VAGUE);
    assert.deepEqual([arbiter.task, arbiter.classified_by], ["open", "model-fallback"], JSON.stringify(kind));
    // One that answers in between is asked again: three failures in a row would be a minute's pause.
    await fault(server, saying("Factual."), { match: { role: "classifier" } });
    const next = await ask(VAGUE);
    assert.deepEqual([next.task, next.classified_by], ["factual", "model"]);
  }
  const [question] = await asked("classifier");
  assert.equal(question.body.temperature, 0);
  assert.ok(question.body.max_tokens <= 64);
});

test("the task follows from the last user message, in whatever form it stands", async () => {
  const system = { role: "system", content: "You are helpful. Return JSON." };
  const earlier = { role: "user", content: "Write a Python function that adds two numbers." };
  const parts = [
    { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
    { type: "text", text: "Calculate " },
    { type: "text", text: "17 * 23" },
  ];
  for (const content of ["Calculate 17 * 23", parts]) {
    const messages = [system, earlier, { role: "assistant", content: null }, { role: "user", content }, { role: "assistant", content: "Well," }];
    assert.equal((await ask({ messages })).task, "math");
  }
  assert.equal((await ask({ ...SUM, response_format: { type: "json_object" } })).task, "structured");
  for (const [text, task] of [
    ["```python\ndef f(: pass\n```\nFix this code.", "code"],
    ['Return JSON: {"a": 1}', "structured"],
  ]) {
    assert.equal((await ask(user(text))).task, task);
  }
  assert.ok(TASKS.includes((await ask({ messages: [{ role: "user", content: null }] })).task));
});

test("a cost that is none is unknown, and zero is a cost", async () => {
  const report = async () => (await call(server, "GET", "/v1/report")).body;
  await fault(server, { kind: "cost_header", value: "0" });
  assert.equal((await ask(SUM)).cost, 0);
  for (const bad of [
    { value: "NaN" },
    { value: "-0.5" },
    { value: "inf" },
    { value: "1e308" },
    { value: "" },
    { value: "0.1 USD" },
    { values: ["0.1", "0.2"] },
  ]) {
    await fault(server, { kind: "cost_header", ...bad });
    const { cost, cost_source: source } = await ask(SUM);
    assert.ok(isNumber(cost) && cost > 0 && cost < 0.01, `${JSON.stringify(bad)}: ${cost}`);
    assert.equal(source, "computed", JSON.stringify(bad));
  }
  await fault(server, "cost_missing");
  assert.ok((await ask(SUM)).cost > 0);
  const { actual_spend: spend } = await report();
  assert.ok(isNumber(spend) && spend < 0.1);
  const { math } = (await call(server, "GET", "/v1/policy")).body;
  for (const { avg_cost } of math) assert.ok(avg_cost === null || avg_cost < 0.01, "charges and counted tokens only");
});

test("an answer may be compressed, odd in its figures, or large", async () => {
  for (const kind of ["gzip", "usage_missing", "usage_wrong", "content_wrong", "content_null", { kind: "big_body", mb: 2 }, "slow_headers"]) {
    await fault(server, kind);
    const answer = await chat(server, SUM, { headers: { "accept-encoding": "identity" } });
    assert.equal(answer.status, 200, `${JSON.stringify(kind)}: ${answer.text.slice(0, 300)}`);
    assert.equal(answer.headers.get("content-encoding"), null);
    assert.ok(isNumber(answer.body.arbiter.quality));
  }
});

test("hostile prompts and answers are met in bounded time", async () => {
  // A runtime that says back what it was asked: every rule and grader sees each text.
  let said = null;
  const runtime = await startRuntime((_, response, raw) => {
    const { messages } = JSON.parse(raw);
    response.setHeader("content-type", "application/json").end(JSON.stringify(completion(said ?? messages.at(-1).content)));
  });
  const other = await start({ sim: false, settings: { ...runtime.settings, REQUEST_TIMEOUT: 30 } });
  const nested = (depth) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
  try {
    for (const text of [
      "Calculate 9^9^9^9",
      `Calculate ${"9".repeat(100_000)} * 2`,
      `Calculate ${"-".repeat(50_000)}1`,
      "{".repeat(200_000),
      `Calculate ${"(".repeat(1_000)}1${")".repeat(1_000)} + 1`,
      nested(1_000),
      "Calculate 1/0",
      "<".repeat(100_000),
      "`".repeat(100_000),
    ]) {
      for (const request of [user(text), SUM, user('Return JSON: {"a": 1}'), user("Write a Python function that adds two numbers.")]) {
        said = text;
        const answer = await chat(other, request);
        assert.equal(answer.status, 200, `${text.slice(0, 30)}: ${answer.text.slice(0, 300)}`);
        assert.ok(answer.body.arbiter.quality >= 0 && answer.body.arbiter.quality <= 1);
      }
    }
    const body = '{"messages":[{"role":"user","content":"lone \\ud800 surrogate"}]}';
    const lone = await call(other, "POST", "/v1/chat/completions", { key: adminKey, body });
    if (lone.status !== 200) refused(lone, 422);
  } finally {
    await other.stop();
    await runtime.stop();
  }
});
