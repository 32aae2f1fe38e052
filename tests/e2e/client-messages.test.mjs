// The official Anthropic client speaks the Messages protocol with Arbiter as it does with Anthropic.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import Anthropic from "@anthropic-ai/sdk";

import { SUM, fault, saying } from "./contract.mjs";
import { adminKey, call, register, start } from "./harness.mjs";

let server;
let anthropic;
before(async () => {
  server = await start({ settings: { MAX_ATTEMPTS: 1, QUARANTINE_SECONDS: 0 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
  anthropic = client(adminKey);
});
after(() => server?.stop());
beforeEach(() => server.sim.control("DELETE", "/__sim/faults"));

const client = (apiKey, more) => new Anthropic({ baseURL: server.url, apiKey, maxRetries: 0, ...more });
const messages = SUM.messages;
const asked = { model: "auto", max_tokens: 1_000, messages };
const TOOL = {
  name: "look_up",
  description: "Looks something up.",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const caught = (promise) =>
  promise.then(
    () => assert.fail("it was answered"),
    (error) => error,
  );

test("a whole answer, with a key of either kind", async () => {
  await fault(server, saying("17 * 23 = 391"));
  for (const own of [anthropic, client(null, { authToken: adminKey })]) {
    const { data, response } = await own.messages.create({ ...asked, system: "Be brief." }).withResponse();
    assert.deepEqual(data.content, [{ type: "text", text: "17 * 23 = 391" }]);
    assert.equal(data.stop_reason, "end_turn");
    assert.equal(data.arbiter.quality, 1);
    assert.equal(response.headers.get("request-id"), response.headers.get("x-request-id"));
    assert.ok(data.usage.input_tokens > 0 && data.usage.output_tokens > 0);
  }
});

test("a stream, put together by the helper", async () => {
  await fault(server, saying("17 * 23 = 391"));
  const stream = anthropic.messages.stream(asked);
  let text = "";
  stream.on("text", (piece) => (text += piece));
  const final = await stream.finalMessage();
  assert.equal(text, "17 * 23 = 391");
  assert.deepEqual(
    final.content.map((block) => block.text),
    ["17 * 23 = 391"],
  );
  assert.ok(final.usage.output_tokens > 0);
});

test("a tool is called, its result sent back, and an answer comes of it", async () => {
  for (const stream of [false, true]) {
    await server.sim.control("DELETE", "/__sim/faults");
    await fault(server, { kind: "tool_call", name: "look_up", arguments: '{"city":"Oslo"}' });
    const request = { ...asked, tools: [TOOL] };
    const first = stream ? await anthropic.messages.stream(request).finalMessage() : await anthropic.messages.create(request);
    assert.equal(first.stop_reason, "tool_use");
    const called = first.content.find(({ type }) => type === "tool_use");
    assert.deepEqual([called.name, called.input], ["look_up", { city: "Oslo" }]);
    await server.sim.control("DELETE", "/__sim/faults");
    await fault(server, saying("It rains in Oslo."));
    const result = { role: "user", content: [{ type: "tool_result", tool_use_id: called.id, content: "rain" }] };
    const second = await anthropic.messages.create({ ...request, messages: [...messages, { role: "assistant", content: first.content }, result] });
    assert.equal(second.content[0].text, "It rains in Oslo.");
  }
});

test("an agent's ceiling throws no model out, and none is asked for more than it answers", async () => {
  await fault(server, saying("17 * 23 = 391"));
  const answer = await anthropic.messages.stream({ ...asked, max_tokens: 128_000 }).finalMessage();
  assert.ok(answer.content[0].text);
  const whole = await call(server, "POST", "/v1/messages", { key: adminKey, json: { ...asked, max_tokens: 128_000 } });
  assert.equal(whole.body.arbiter.eligible_models, 9);
  const state = await server.sim.control("GET", "/__sim/requests");
  const sent = state.requests.filter(({ body }) => body?.max_tokens > 1_000).map(({ body }) => body.max_tokens);
  assert.ok(sent.length > 0 && sent.every((most) => most <= 65_535), `${sent}`);
});

test("tokens are counted without a call", async () => {
  const { input_tokens: plain } = await anthropic.messages.countTokens({ model: "auto", messages });
  const { input_tokens: tools } = await anthropic.messages.countTokens({ model: "auto", messages, tools: [TOOL] });
  assert.ok(plain > 0 && tools > plain);
});

test("the models are listed in a shape that the client reads", async () => {
  const ids = [];
  for await (const model of anthropic.models.list()) ids.push(model.id);
  assert.equal(ids[0], "claude-arbiter-auto");
  assert.ok(ids.includes("gpt-4o"));
});

test("errors reach the client in their own words", async () => {
  const unknown = await caught(client("arb_wrong").messages.create(asked));
  assert.deepEqual([unknown.status, unknown.error.error.type], [401, "authentication_error"]);
  assert.equal(unknown.headers.get("x-should-retry"), "false");
  const odd = await caught(anthropic.messages.create({ ...asked, mcp_servers: [{ type: "url" }] }));
  assert.deepEqual([odd.status, odd.error.error.type], [400, "invalid_request_error"]);
  await fault(server, { kind: "status", code: 503 });
  const down = await caught(anthropic.messages.create(asked));
  assert.deepEqual([down.status, down.error.error.type], [529, "overloaded_error"]);
});

test("a stream that breaks off is an error to whoever reads it", async () => {
  await fault(server, { kind: "reset_mid", after_chunks: 1 });
  const error = await caught(anthropic.messages.stream(asked).finalMessage());
  assert.match(error.message, /could not be reached|connection broke/);
});

test("full windows are told with the time to wait", async () => {
  const limited = await start({ sim: server.sim, settings: { LIMIT_6H: 1 } });
  try {
    await fault(server, saying("17 * 23 = 391"));
    const own = new Anthropic({ baseURL: limited.url, apiKey: await register(limited), maxRetries: 0 });
    await own.messages.create(asked);
    const full = await caught(own.messages.create(asked));
    assert.deepEqual([full.status, full.error.error.type], [429, "rate_limit_error"]);
    assert.ok(Number(full.headers.get("retry-after")) > 60);
  } finally {
    await limited.stop();
  }
});
