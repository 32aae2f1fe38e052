// The official OpenAI client speaks the Responses protocol with Arbiter as it does with OpenAI.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, beforeEach, test } from "node:test";

import OpenAI from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";

import { SUM, fault, saying } from "./contract.mjs";
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
const input = SUM.messages[0].content;
const TOOL = {
  type: "function",
  name: "look_up",
  description: "Looks something up.",
  strict: false,
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const caught = (promise) =>
  promise.then(
    () => assert.fail("it was answered"),
    (error) => error,
  );

test("a whole answer", async () => {
  await fault(server, saying("17 * 23 = 391"));
  const { data, response } = await openai.responses.create({ model: "auto", input, instructions: "Be brief." }).withResponse();
  assert.equal(data.output_text, "17 * 23 = 391");
  assert.equal(data.status, "completed");
  assert.equal(data.arbiter.quality, 1);
  assert.equal(data.model, response.headers.get("x-arbiter-model"));
  assert.ok(data.usage.total_tokens > 0);
});

test("a stream, put together by the helper and read event by event", async () => {
  await fault(server, saying("17 * 23 = 391"));
  const helped = openai.responses.stream({ model: "auto", input });
  const names = [];
  for await (const event of helped) names.push(event.type);
  const final = await helped.finalResponse();
  assert.equal(final.output_text, "17 * 23 = 391");
  assert.equal(names[0], "response.created");
  assert.equal(names.at(-1), "response.completed");
  let text = "";
  for await (const event of await openai.responses.create({ model: "auto", input, stream: true })) {
    if (event.type === "response.output_text.delta") text += event.delta;
    if (event.type === "response.completed") assert.equal(event.response.arbiter.task, "math");
  }
  assert.equal(text, "17 * 23 = 391");
});

test("a tool is called, its result sent back, and an answer comes of it", async () => {
  for (const stream of [false, true]) {
    await server.sim.control("DELETE", "/__sim/faults");
    await fault(server, { kind: "tool_call", name: "look_up", arguments: '{"city":"Oslo"}' });
    const first = stream
      ? await openai.responses.stream({ model: "auto", input, tools: [TOOL] }).finalResponse()
      : await openai.responses.create({ model: "auto", input, tools: [TOOL] });
    const [called] = first.output;
    assert.deepEqual([called.type, called.name, called.arguments], ["function_call", "look_up", '{"city":"Oslo"}']);
    await server.sim.control("DELETE", "/__sim/faults");
    await fault(server, saying("It rains in Oslo."));
    const result = { type: "function_call_output", call_id: called.call_id, output: "rain" };
    const second = await openai.responses.create({ model: "auto", input: [{ role: "user", content: input }, ...first.output, result], tools: [TOOL] });
    assert.equal(second.output_text, "It rains in Oslo.");
  }
});

test("structured output is parsed", async () => {
  await fault(server, saying('{"sum":391}'));
  const answer = await openai.responses.parse({ model: "auto", input, text: { format: zodTextFormat(z.object({ sum: z.number() }), "sum") } });
  assert.deepEqual(answer.output_parsed, { sum: 391 });
});

test("an answer that was cut is incomplete", async () => {
  await fault(server, [saying("17 * 23 is"), { kind: "finish_reason", value: "length" }]);
  const answer = await openai.responses.create({ model: "auto", input, max_output_tokens: 16 });
  assert.deepEqual([answer.status, answer.incomplete_details.reason], ["incomplete", "max_output_tokens"]);
});

test("errors reach the client in their own words", async () => {
  const unknown = await caught(client("arb_wrong").responses.create({ model: "auto", input }));
  assert.equal(unknown.status, 401);
  const kept = await caught(openai.responses.create({ model: "auto", input, previous_response_id: "resp_1" }));
  assert.deepEqual([kept.status, kept.code, kept.param], [400, "previous_response_not_found", "previous_response_id"]);
  await fault(server, { kind: "status", code: 500 });
  const down = await caught(openai.responses.create({ model: "auto", input }));
  assert.equal(down.status, 503);
});

test("a stream that breaks off says so to whoever reads it", async () => {
  await fault(server, { kind: "reset_mid", after_chunks: 1 });
  const error = await caught(
    (async () => {
      for await (const _ of await openai.responses.create({ model: "auto", input, stream: true }));
    })(),
  );
  assert.match(error.message, /could not be reached|connection broke/);
});

test("a WebSocket is declined with 426, and a large body and full windows in the protocol's form", async () => {
  const status = await new Promise((resolve, reject) => {
    const asking = http.request(`${server.url}/v1/responses`, {
      headers: { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13", "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==" },
    });
    asking
      .on("response", (answer) => resolve(answer.resume().statusCode))
      .on("error", reject)
      .end();
  });
  assert.equal(status, 426);
  const large = await call(server, "POST", "/v1/responses", { key: adminKey, body: `{"input":"${"x".repeat(9_000_000)}"}` });
  assert.equal(large.status, 413);
  assert.equal(large.body.error.code, "body_too_large");
});

test("slips of a base URL are told the right address", async () => {
  for (const [path, meant] of [
    ["/responses", "/v1/responses"],
    ["/v1/v1/responses", "/v1/responses"],
    ["/openai/v1/chat/completions", "/v1/chat/completions"],
    ["//v1/chat/completions", "/v1/chat/completions"],
    ["/messages", "/v1/messages"],
    ["/v1/v1/messages", "/v1/messages"],
  ]) {
    const answer = await call(server, "POST", path, { key: adminKey, json: { input } });
    assert.equal(answer.status, 404, path);
    assert.ok(answer.body.error.message.includes(` ${meant}`), `${path}: ${answer.body.error.message}`);
  }
});

test("what came through the door is counted and reported", async () => {
  await fault(server, saying("17 * 23 = 391"));
  const key = await register(server);
  const before = (await call(server, "GET", "/v1/report")).body.calls;
  const own = client(key);
  await own.responses.create({ model: "auto", input });
  await own.responses.stream({ model: "auto", input }).finalResponse();
  assert.equal((await call(server, "GET", "/v1/key", { key })).body.used_6h, 2);
  assert.equal((await call(server, "GET", "/v1/report")).body.calls, before + 2);
});
