// The official OpenAI client talks to Arbiter as it talks to OpenAI.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

import { POOL, SUM, fault, saying, user } from "./contract.mjs";
import { adminKey, call, register, start } from "./harness.mjs";

let server;
let openai;
before(async () => {
  server = await start({ settings: { MAX_ATTEMPTS: 1, QUARANTINE_SECONDS: 0 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
  openai = client(adminKey);
});
after(() => server?.stop());
beforeEach(() => server.sim.control("DELETE", "/__sim/faults"));

const client = (apiKey) => new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 });
const ask = (more = {}) => openai.chat.completions.create({ model: "auto", ...SUM, ...more });
const TOOL = {
  type: "function",
  function: {
    name: "look_up",
    description: "Looks something up.",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false },
  },
};

test("a plain answer, with what Arbiter adds to it", async () => {
  await fault(server, saying("17 * 23 = 391"));
  const { data, response } = await ask().withResponse();
  assert.equal(data.choices[0].message.content, "17 * 23 = 391");
  assert.ok(data.usage.total_tokens > 0);
  assert.equal(data.arbiter.quality, 1);
  assert.equal(response.headers.get("x-arbiter-model"), data.arbiter.model);
});

test("a stream, whose iterator ends by itself", async () => {
  await fault(server, saying("17 * 23 = 391"));
  let text = "";
  const chunks = [];
  for await (const chunk of await ask({ stream: true })) {
    chunks.push(chunk);
    text += chunk.choices[0]?.delta?.content ?? "";
  }
  assert.equal(text, "17 * 23 = 391");
  assert.ok(
    chunks.every(({ usage }) => usage == null),
    "no usage was asked for",
  );
  assert.ok(chunks.some(({ choices }) => choices[0]?.finish_reason === "stop"));
  const asked = [];
  for await (const chunk of await ask({ stream: true, stream_options: { include_usage: true } })) asked.push(chunk);
  assert.ok(asked.some(({ usage }) => usage?.total_tokens > 0));
});

test("the streaming helper puts an answer together", async () => {
  await fault(server, saying("17 * 23 = 391"));
  const whole = await openai.chat.completions.stream({ model: "auto", ...SUM }).finalChatCompletion();
  assert.equal(whole.choices[0].message.content, "17 * 23 = 391");
  assert.equal(whole.choices[0].finish_reason, "stop");
});

test("a stream that is left early leaves nothing broken", async () => {
  await fault(server, { kind: "chunk_delay", ms: 50 });
  for await (const chunk of await ask({ stream: true })) {
    assert.ok(chunk.id);
    break;
  }
  await server.sim.control("DELETE", "/__sim/faults");
  assert.ok((await ask()).choices.length);
});

test("tool calls, whole and streamed", async () => {
  await fault(server, { kind: "tool_call", name: "look_up", arguments: '{"city":"Turin"}' });
  const request = { model: "auto", ...user("Look up Turin."), tools: [TOOL], tool_choice: "required" };
  const whole = await openai.chat.completions.create(request);
  const [called] = whole.choices[0].message.tool_calls;
  assert.deepEqual([called.function.name, JSON.parse(called.function.arguments)], ["look_up", { city: "Turin" }]);
  assert.equal(whole.choices[0].finish_reason, "tool_calls");
  const streamed = await openai.chat.completions.stream(request).finalChatCompletion();
  assert.deepEqual(JSON.parse(streamed.choices[0].message.tool_calls[0].function.arguments), { city: "Turin" });
  const next = [...request.messages, whole.choices[0].message, { role: "tool", tool_call_id: called.id, content: "It rains." }];
  await fault(server, saying("It rains in Turin."));
  const last = await openai.chat.completions.create({ model: "auto", messages: next, tools: [TOOL] });
  assert.equal(last.choices[0].message.content, "It rains in Turin.");
});

test("structured output is parsed against its schema", async () => {
  const City = z.object({ name: z.string(), people: z.number().int() });
  await fault(server, saying('{"name":"Turin","people":850000}'));
  const answer = await openai.chat.completions.parse({ model: "auto", ...user("Tell me about Turin."), response_format: zodResponseFormat(City, "city") });
  assert.deepEqual(answer.choices[0].message.parsed, { name: "Turin", people: 850_000 });
  assert.deepEqual([answer.arbiter.task, answer.arbiter.quality], ["structured", 1]);
});

test("several choices", async () => {
  const answer = await ask({ n: 2 });
  assert.deepEqual(
    answer.choices.map(({ index }) => index),
    [0, 1],
  );
});

test("models are listed and found", async () => {
  const ids = [];
  for await (const model of await openai.models.list()) ids.push(model.id);
  assert.deepEqual(ids, ["auto", ...POOL]);
  assert.equal((await openai.models.retrieve("gpt-4.1-mini")).id, "gpt-4.1-mini");
  await assert.rejects(openai.models.retrieve("gpt-9"), OpenAI.NotFoundError);
});

test("each refusal is the exception that it should be", async () => {
  await assert.rejects(client("nonsense").chat.completions.create({ model: "auto", ...SUM }), (error) => {
    assert.ok(error instanceof OpenAI.AuthenticationError);
    assert.equal(typeof error.code, "string");
    return true;
  });
  await assert.rejects(openai.chat.completions.create({ model: "auto", messages: [] }), (error) => {
    assert.ok(error instanceof OpenAI.UnprocessableEntityError);
    assert.equal(error.param, "messages");
    assert.match(error.message, /messages/);
    return true;
  });
  await assert.rejects(openai.embeddings.create({ model: "auto", input: "hi" }), (error) => {
    assert.ok(error instanceof OpenAI.NotFoundError);
    assert.match(error.message, /\/v1\/chat\/completions/);
    return true;
  });
  const paused = await register(server);
  await call(server, "POST", "/v1/key/pause", { key: paused });
  await assert.rejects(client(paused).chat.completions.create({ model: "auto", ...SUM }), OpenAI.PermissionDeniedError);
  for (const [code, kind] of [
    [400, OpenAI.BadRequestError],
    [404, OpenAI.NotFoundError],
    [409, OpenAI.ConflictError],
    [429, OpenAI.RateLimitError],
    [503, OpenAI.InternalServerError],
  ]) {
    await fault(server, { kind: "status", code, body: { error: { message: "said by the runtime", type: "t", code, param: null } } });
    for (const stream of [false, true]) {
      await assert.rejects(ask({ stream }), (error) => {
        assert.ok(error instanceof kind, `${code}`);
        assert.match(error.message, /said by the runtime/);
        return true;
      });
    }
  }
});

test("our own 429 is not tried again by a client that retries by itself", async () => {
  const key = await register(server);
  await Promise.all(Array.from({ length: 50 }, () => client(key).chat.completions.create({ model: "auto", ...SUM })));
  const patient = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: key, maxRetries: 5 });
  const lines = () =>
    server
      .log()
      .split("\n")
      .filter((line) => line.includes('"refusal":"rate_limit_exceeded"')).length;
  const before = lines();
  await assert.rejects(patient.chat.completions.create({ model: "auto", ...SUM }), (error) => {
    assert.ok(error instanceof OpenAI.RateLimitError);
    assert.ok(Number(error.headers.get("retry-after")) > 60);
    return true;
  });
  assert.ok(lines() - before <= 1, "once");
});

test("an error in the middle of a stream is thrown, after what came before it", async () => {
  await fault(server, [
    { kind: "content", text: "17 times 23 is three hundred and ninety-one" },
    { kind: "error_frame_mid", after_chunks: 2 },
  ]);
  let text = "";
  await assert.rejects(
    (async () => {
      for await (const chunk of await ask({ stream: true })) text += chunk.choices[0]?.delta?.content ?? "";
    })(),
    OpenAI.APIError,
  );
  assert.ok(text.length > 0);
});
