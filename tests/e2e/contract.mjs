// What the tests of the contract have in common: the names that the contract fixes, the one shape
// of every refusal, and a runtime whose bytes a test writes itself.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";

/** The pool and the baseline: the models that are routed to. */
export const POOL = [
  "mistral-small-3.2-24b-instruct-2506",
  "deepseek-chat-v3",
  "llama-3.1-70b-instruct",
  "gpt-4.1-mini",
  "gemini-2.5-flash",
  "gpt-4o-mini",
  "gpt-4.1",
  "gemini-2.5-pro",
  "gpt-4o",
];
export const BASELINE = "gpt-4o";
export const TASKS = ["code", "math", "structured", "factual", "open"];

/** A sum: `math` for every classifier, and checked without a judge. */
export const SUM = { messages: [{ role: "user", content: "Calculate 17 * 23" }] };
/** A prompt whose answer nothing can check: the judge is asked while exploring. */
export const POEM = { messages: [{ role: "user", content: "Write a short poem about the sea." }] };
/** A prompt that local rules can't tell. */
export const VAGUE = { messages: [{ role: "user", content: "And then?" }] };

export const user = (content) => ({ messages: [{ role: "user", content }] });
export const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
/** USD as a whole number of 1e-12: sums of these are exact. */
export const pico = (usd) => BigInt(Math.round(usd * 1e12));

/**
 * Asserts that an answer is a refusal in the one shape that all have, with that status; `named` is
 * what its message names. Gives its body.
 */
export function refused(answer, status, { named, field } = {}) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers.get("content-type"), "application/json; charset=utf-8");
  assert.equal(answer.headers.get("access-control-allow-origin"), "*");
  const { error, detail } = answer.body;
  assert.deepEqual(Object.keys(answer.body).sort(), ["detail", "error"]);
  assert.deepEqual(Object.keys(error).sort(), ["code", "message", "param", "type"]);
  assert.ok(typeof error.message === "string" && error.message.length > 0);
  assert.ok(typeof error.type === "string" && error.type.length > 0);
  for (const name of ["code", "param"]) assert.ok(error[name] === null || typeof error[name] === "string", name);
  assert.equal(typeof detail, "object");
  if (detail.upstream === undefined) {
    assert.ok(typeof detail.error === "string" && typeof detail.message === "string", "our own refusal has a code and a message");
  } else {
    assert.equal(detail.upstream, "btl_runtime");
    assert.ok(POOL.includes(detail.model), "the model tried");
    assert.equal(typeof detail.error, "object");
  }
  if (named !== undefined) assert.ok(error.message.includes(named), `${error.message} names ${named}`);
  if (field !== undefined) {
    assert.ok(error.message.includes(field), `${error.message} names ${field}`);
    assert.ok(detail.field?.startsWith(field) && error.param === detail.field, `${detail.field} is ${field}`);
  }
  return answer.body;
}

/**
 * A runtime that a test writes itself: `answer(request, response, body)` is called for each chat
 * call, `requests` keeps their raw bodies and headers, `stop()` ends it. Settings to start a
 * worker before it are in `settings`.
 */
export async function startRuntime(answer) {
  const requests = [];
  const server = createServer(async (request, response) => {
    let raw = "";
    for await (const piece of request.setEncoding("utf8")) raw += piece;
    requests.push({ path: request.url, headers: request.headers, raw });
    await answer(request, response, raw);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${server.address().port}`;
  return {
    url,
    requests,
    settings: { GATEWAY_API_KEY: "key-of-the-runtime", BTL_BASE_URL: `${url}/v1`, EPSILON: 0 },
    answerWith(next) {
      answer = next;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** The body of a completion, with other fields on top. */
export const completion = (content, more = {}) => ({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_783_175_779,
  model: "some-model",
  choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  ...more,
});

/** One chunk of a stream as a line of data; `delta` null for a chunk with `finish_reason`. */
export const chunk = (delta, more = {}) =>
  JSON.stringify({
    id: "chatcmpl-7",
    object: "chat.completion.chunk",
    created: 1_783_175_779,
    model: "some-model",
    choices: [{ index: 0, delta: delta ?? {}, finish_reason: delta === null ? "stop" : null }],
    ...more,
  });

/** A fault of the simulated runtime for chat calls. */
export const fault = (server, kind, { times, match = { role: "chat" } } = {}) => server.sim.control("POST", "/__sim/faults", [{ match, times, fault: kind }]);

/** The answer's text, whatever the model; with what it is charged where that is said. */
export const saying = (text, charge) =>
  charge === undefined
    ? { kind: "content", text }
    : [
        { kind: "content", text },
        { kind: "cost_header", value: charge },
      ];
