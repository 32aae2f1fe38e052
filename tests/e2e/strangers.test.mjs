// Runtimes of other makers than those that the simulated one plays, each in its own way to count, to end, to fill
// the wait and to fail: an answer is an answer, costs what its tokens cost, and an error is told in its own words.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { gzipSync } from "node:zlib";

import { adminKey, call, chat, sse, startBefore } from "./harness.mjs";

let answer;
const runtime = createServer(async (request, response) => {
  let raw = "";
  for await (const piece of request) raw += piece;
  const { status = 200, headers = {}, body } = answer(JSON.parse(raw || "{}"));
  const streams = body.includes?.("data:");
  response.writeHead(status, { "content-type": streams || headers["content-encoding"] ? "text/event-stream" : "application/json", ...headers });
  const bytes = Buffer.from(body);
  // In pieces that mind neither lines nor characters.
  for (let at = 0; at < bytes.length; at += 37) {
    response.write(bytes.subarray(at, at + 37));
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end();
});
let server;
before(async () => {
  server = await startBefore(runtime);
});
after(() => server?.stop());
beforeEach(() => call(server, "POST", "/v1/reset", { key: adminKey }));

// One model, whose list price is known: $0.15 and $0.60 a million.
const SUM = { messages: [{ role: "user", content: "Calculate 17 * 23" }], arbiter_models: ["gpt-4o-mini"] };
const price = (input, output) => (input * 0.15 + output * 0.6) / 1e6;
const TEXT = "17 * 23 = 391";
const whole = (fields, choice = {}) =>
  JSON.stringify({
    id: "c",
    object: "chat.completion",
    created: 5,
    model: "m",
    choices: [{ index: 0, message: { role: "assistant", content: TEXT }, finish_reason: "stop", ...choice }],
    ...fields,
  });
const chunk = (delta, fields = {}, choice = {}) =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 5, model: "m", choices: [{ index: 0, delta, finish_reason: null, ...choice }], ...fields })}\n\n`;
const pieces = (...last) => [chunk({ role: "assistant", content: "17 * 23 " }), chunk({ content: "= 391" }), ...last, "data: [DONE]\n\n"].join("");
const alone = (usage) => `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 5, model: "m", choices: [], usage })}\n\n`;
const usage = { prompt_tokens: 12, completion_tokens: 8, total_tokens: 20 };
const ends = chunk({}, {}, { finish_reason: "stop" });

/** Who, a whole answer, a streamed one, and the tokens of input and output that it is to be billed for. */
const MAKERS = [
  ["Groq, usage in its own object", whole({ usage, x_groq: { id: "r" } }), pieces(chunk({}, { x_groq: { id: "r", usage } }, { finish_reason: "stop" })), 12, 8],
  ["Moonshot, usage in the last choice", whole({}, { usage }), pieces(chunk({}, {}, { finish_reason: "stop", usage })), 12, 8],
  [
    "Google, thoughts in the sum only",
    whole({ usage: { prompt_tokens: 12, completion_tokens: 8, total_tokens: 320 } }),
    pieces(chunk({}, { usage: { prompt_tokens: 12, completion_tokens: 8, total_tokens: 320 } }, { finish_reason: "stop" })),
    12,
    308,
  ],
  [
    "Azure, a filter's verdict ahead of the answer",
    whole({ usage, prompt_filter_results: [{ prompt_index: 0 }] }, { content_filter_results: { hate: { filtered: false } } }),
    `data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0}]}\n\n${pieces(ends, alone(usage))}`,
    12,
    8,
  ],
  [
    "DeepSeek, empty lines and comments while it waits",
    `\n\n\n${whole({ usage: { ...usage, prompt_cache_hit_tokens: 0, prompt_cache_miss_tokens: 12 } })}`,
    `: keep-alive\n\n: keep-alive\n\n${pieces(ends, alone(usage))}`,
    12,
    8,
  ],
  ["Together, its own word for the end", whole({ usage }, { finish_reason: "eos" }), pieces(chunk({}, { usage }, { finish_reason: "eos" })), 12, 8],
  [
    "numbers as text, and one that is null",
    whole({ usage: { prompt_tokens: "12", completion_tokens: null, total_tokens: "20" } }),
    pieces(ends, alone({ prompt_tokens: "12", completion_tokens: null, total_tokens: "20" })),
    12,
    8,
  ],
  [
    "two halves of usage, null between",
    whole({ usage }),
    pieces(chunk({}, { usage: { prompt_tokens: 12 } }), chunk({}, { usage: null }), chunk({}, { usage: { completion_tokens: 8 } }, { finish_reason: "stop" })),
    12,
    8,
  ],
  [
    "an empty reason on every chunk, a blank missing, lines that end in both",
    whole({ usage }, { finish_reason: "" }),
    pieces(chunk({ content: "" }, {}, { finish_reason: "" }), ends, alone(usage))
      .replaceAll("data: ", "data:")
      .replaceAll("\n", "\r\n"),
    12,
    8,
  ],
];

for (const [who, plain, streamed, input, output] of MAKERS) {
  test(`${who}: an answer, whole and streamed, that costs what its tokens cost`, async () => {
    answer = ({ stream }) => ({ body: stream ? streamed : plain });
    const one = await chat(server, SUM);
    assert.equal(one.status, 200, one.text);
    const other = await sse(server, SUM);
    assert.equal(other.status, 200, other.text);
    assert.match(other.text, /\[DONE\]/);
    for (const told of [one.body.arbiter, other.events.at(-1).json]) {
      assert.equal(told.cost_source, "computed", JSON.stringify(told));
      assert.equal(told.cost.toFixed(12), price(input, output).toFixed(12));
      assert.equal(told.quality, 1, "the sum is right");
    }
  });
}

test("a compressed stream is a stream", async () => {
  answer = () => ({ body: gzipSync(pieces(ends, alone(usage))), headers: { "content-encoding": "gzip" } });
  const told = await sse(server, SUM, { headers: { "accept-encoding": "identity" } });
  assert.equal(told.status, 200, told.text);
  assert.equal(told.events.at(-1).json.cost.toFixed(12), price(12, 8).toFixed(12));
});

test("an answer that broke off by its own word is none, whole or streamed", async () => {
  for (const finish_reason of ["insufficient_system_resource", "abort"]) {
    answer = ({ stream }) => ({ body: stream ? pieces(chunk({}, {}, { finish_reason })) : whole({ usage }, { finish_reason }) });
    assert.equal((await chat(server, SUM)).status, 502);
    assert.doesNotMatch((await sse(server, SUM)).text, /\[DONE\]/);
  }
});

for (const [who, status, body, told, words] of [
  [
    "Google, a list of one",
    400,
    [{ error: { code: 400, message: 'Unknown name "foo": cannot find field', status: "INVALID_ARGUMENT" } }],
    400,
    /cannot find field/,
  ],
  [
    "Google, a key refused by 400",
    400,
    [{ error: { code: 400, message: "API key not valid. Please pass a valid API key.", status: "INVALID_ARGUMENT" } }],
    400,
    /key of this deployment, not yours|API key not valid/,
  ],
  [
    "xAI, text beside a code",
    400,
    { code: "Client specified an invalid argument", error: "Argument not supported on this model: stop" },
    400,
    /Argument not supported/,
  ],
  [
    "Mistral, the detail in the message",
    422,
    { object: "error", message: { detail: [{ type: "missing", loc: ["body", "x"], msg: "Field required" }] }, type: "invalid_request_error", code: null },
    422,
    /Field required/,
  ],
  ["LM Studio, a text in a 200", 200, { error: "Model unloaded." }, 502, /Model unloaded/],
  ["llama.cpp, still loading", 503, { error: { code: 503, message: "Loading model", type: "unavailable_error" } }, 503, /Loading model/],
  ["a number for a code", 400, { error: { message: "no such field", code: 1500, param: 7 } }, 400, /no such field/],
]) {
  test(`${who}: the error is told in its own words, with its status`, async () => {
    answer = () => ({ status, body: JSON.stringify(body) });
    for (const ask of [chat, sse]) {
      const { status: got, body: refusal, text } = await ask(server, SUM);
      assert.equal(got, told, text);
      assert.match(refusal.error.message, words);
      for (const field of ["code", "param"]) assert.ok([null, "string"].includes(refusal.error[field] && typeof refusal.error[field]), text);
    }
  });
}
