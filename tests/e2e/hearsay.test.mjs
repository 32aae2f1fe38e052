// A runtime whose errors quote the request, and one request that it finds too long for reasons that nobody counts:
// neither teaches the router anything about the requests of others.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { adminKey, call, chat, register, startBefore } from "./harness.mjs";

const KNOWN = ["model", "messages", "stream", "stream_options", "tools", "functions", "temperature", "max_tokens", "max_completion_tokens"];
const LONG = "This model's maximum context length is 128000 tokens. However, your messages resulted in 251204 tokens.";
const upstream = [];

const runtime = createServer(async (request, response) => {
  let raw = "";
  for await (const piece of request) raw += piece;
  const body = JSON.parse(raw || "{}");
  upstream.push(body);
  const unknown = Object.keys(body).find((name) => !KNOWN.includes(name));
  const long = body.functions !== undefined || raw.includes("file_data");
  const refused = unknown === undefined ? long && [LONG, "context_length_exceeded", null] : [`Unknown parameter: '${unknown}'.`, "unknown_parameter", unknown];
  response.writeHead(refused ? 400 : 200, { "content-type": "application/json" });
  if (refused) {
    const [message, code, param] = refused;
    return response.end(JSON.stringify({ error: { message, code, param, type: "invalid_request_error" } }));
  }
  const choices = [{ index: 0, message: { role: "assistant", content: "4" }, finish_reason: "stop" }];
  const usage = { prompt_tokens: Math.ceil(raw.length / 4), completion_tokens: 1 };
  response.end(JSON.stringify({ id: "c", object: "chat.completion", created: 1, model: body.model, choices, usage }));
});
let server;
let key;
before(async () => {
  server = await startBefore(runtime, { CLASSIFIER_MODEL: "none", JUDGE_MODEL: "none", LIMIT_6H: 1_000, PASS_FIELDS: "safe" });
  key = await register(server);
});
after(() => server?.stop());

const tools = [{ type: "function", function: { name: "f", parameters: {} } }];
const user = (content) => ({ messages: [{ role: "user", content }] });

/** What an operator's request with tools may go to, and how many tokens it is guessed to have. */
async function considered() {
  const asked = { ...user("lorem ipsum dolor ".repeat(400)), tools };
  const { status, text, body } = await call(server, "POST", "/v1/route", { key: adminKey, json: asked });
  assert.equal(status, 200, text);
  return [body.eligible_models, body.tokens_needed, body.candidates.filter((it) => it.excluded)];
}

test("a field that is named like the words of an error puts no model out and changes nobody's fields", async () => {
  const untouched = await considered();
  for (const name of [
    "not support tools",
    "context_length 1500 1400",
    "temperature does not support",
    "max_completion_tokens unrecognized",
    "model_not_found",
  ]) {
    const answer = await chat(server, { ...user("2+2"), tools, temperature: 1, max_completion_tokens: 9, [name]: 1 }, { key });
    assert.equal(answer.status, 400, answer.text);
    assert.deepEqual(await considered(), untouched, name);
  }
  upstream.length = 0;
  assert.equal((await chat(server, { ...user("2+2"), temperature: 0.2, max_completion_tokens: 9 })).status, 200);
  const [{ temperature, max_completion_tokens }] = upstream;
  assert.deepEqual({ temperature, max_completion_tokens }, { temperature: 0.2, max_completion_tokens: 9 });
});

test("what is too long for one request by what nobody counts makes nobody's text longer and no window smaller", async () => {
  const untouched = await considered();
  const functions = [{ name: "f", description: "lorem ipsum dolor ".repeat(33_000), parameters: {} }];
  const file = { type: "file", file: { filename: "a.pdf", file_data: `data:application/pdf;base64,${"A".repeat(100_000)}` } };
  for (const request of [{ ...user("lorem ipsum dolor ".repeat(25)), functions }, user([{ type: "text", text: "Summarise." }, file])]) {
    for (const arbiter_models of [["gpt-4o"], ["gpt-4.1"]]) {
      const answer = await chat(server, { ...request, arbiter_models }, { key });
      assert.equal(answer.status, 400, answer.text);
    }
    const [eligible, needed, excluded] = await considered();
    assert.deepEqual([eligible, needed, excluded], untouched);
  }
});
