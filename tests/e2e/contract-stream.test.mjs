// POST /v1/chat/completions with a stream: what comes when, and how it ends.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { POEM, POOL, SUM, chunk, isNumber, refused, startRuntime, user } from "./contract.mjs";
import { call, chat, eventually, sse, start } from "./harness.mjs";

let server;
let runtime;
before(async () => {
  runtime = await startRuntime();
  server = await start({ sim: false, settings: { ...runtime.settings, JUDGE_STREAM_WAIT: 1, MAX_ATTEMPTS: 1 } });
});
after(async () => {
  await server?.stop();
  await runtime?.stop();
});
beforeEach(() => call(server, "POST", "/v1/reset", { key: server.adminKey }));

const DONE = "data: [DONE]\n\n";
const event = (data) => `data: ${data}\n\n`;
const answerOf = (text) =>
  [chunk({ role: "assistant", content: "" }), ...text.split(/(?<= )/).map((content) => chunk({ content })), chunk(null)].map(event).join("");
const whole = `${answerOf("17 * 23 = 391")}${DONE}`;
const open = (response, headers = {}) => response.writeHead(200, { "content-type": "text/event-stream", ...headers });

/** Chat calls get these pieces, each written by itself; the judge is asked nothing here. */
function sending(pieces, headers) {
  runtime.answerWith(async (_, response) => {
    open(response, headers);
    for (const piece of [pieces].flat()) {
      response.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  });
}

/** The events of a whole stream: the chunks, `[DONE]`, ours. */
function parts({ events, status, text }) {
  assert.equal(status, 200, text);
  const done = events.findIndex(({ data }) => data === "[DONE]");
  assert.equal(done, events.length - 2, `[DONE] is the last but one:\n${text}`);
  const last = events.at(-1);
  assert.equal(last.event, "arbiter");
  return { chunks: events.slice(0, done).map(({ json }) => json), last: last.json };
}
const contentOf = (chunks) => chunks.map(({ choices }) => choices[0]?.delta?.content ?? "").join("");

test("the first byte is here before the runtime has finished, and each chunk as it comes", { timeout: 30_000 }, async () => {
  let go;
  const steps = [];
  runtime.answerWith(async (_, response) => {
    open(response);
    for (const piece of [chunk({ role: "assistant", content: "17 * 23" }), chunk({ content: " = " }), chunk({ content: "391" })]) {
      const seen = new Promise((resolve) => (go = resolve));
      response.write(event(piece));
      steps.push("written");
      // Nothing more is sent until the client has this: a worker that waits for the end waits for ever.
      await seen;
    }
    response.end(`${event(chunk(null))}${DONE}`);
  });
  const answer = await sse(server, SUM, {
    until(text) {
      const seen = text.split("data: ").length - 1;
      if (seen <= 3 && seen > steps.filter((step) => step === "seen").length) {
        steps.push("seen");
        go();
      }
      return false;
    },
  });
  assert.deepEqual(steps, ["written", "seen", "written", "seen", "written", "seen"]);
  const { chunks, last } = parts(answer);
  assert.equal(contentOf(chunks), "17 * 23 = 391");
  assert.equal(last.quality, 1);
});

test("headers tell the route before anything else", async () => {
  sending(whole);
  const answer = await sse(server, SUM);
  assert.equal(answer.headers.get("content-type"), "text/event-stream; charset=utf-8");
  assert.equal(answer.headers.get("cache-control"), "no-cache, no-transform");
  const { last } = parts(answer);
  const said = ["model", "task", "mode", "classified-by"].map((name) => answer.headers.get(`x-arbiter-${name}`));
  assert.deepEqual(said, [last.model, last.task, last.mode, last.classified_by]);
  assert.equal(answer.headers.get("x-arbiter-eligible"), String(POOL.length));
  for (const name of ["connection", "content-length", "content-encoding"]) assert.ok(!/^(gzip|close)/.test(answer.headers.get(name) ?? ""), name);
});

test("the last event dresses as an empty chunk of the stream, in one write with [DONE]", async () => {
  sending(whole);
  const answer = await sse(server, SUM);
  const { last } = parts(answer);
  assert.equal(last.id, "chatcmpl-7");
  assert.equal(last.object, "chat.completion.chunk");
  assert.equal(last.created, 1_783_175_779);
  assert.ok(POOL.includes(last.model), "the routed model, not the runtime's name for it");
  assert.deepEqual(last.choices, [{ index: 0, delta: {}, finish_reason: null }]);
  assert.equal(last.task, "math");
  assert.equal(last.mode, "explore");
  assert.ok(["rules", "model"].includes(last.classified_by));
  assert.equal(last.quality, 1);
  assert.ok(isNumber(last.cost) && last.cost >= 0);
  assert.deepEqual([last.cost_estimated, last.cost_source], [true, "estimated"]);
  assert.deepEqual([last.saved, last.baseline_cost], [null, null]);
  assert.match(last.quality_reason, /arithmetic|equals|result/i);
  assert.ok(!("error" in last));
  assert.ok(
    answer.chunks.some(({ text }) => text.includes("[DONE]") && text.includes("event: arbiter")),
    "one write",
  );
});

test("chunks are passed on as they were written", async () => {
  const odd = `data: ${chunk({ content: "391" }).replace('"index":0', '"index":0,"logprob":-1.50e-07,"big":12345678901234567890')}\n\n`;
  sending([event(chunk({ role: "assistant" })), odd, event(chunk(null)), DONE]);
  const answer = await sse(server, SUM);
  parts(answer);
  assert.ok(answer.text.includes(odd), answer.text);
});

test("a cost header on a stream is used; without one the call is priced at the learned mean", async () => {
  sending(whole, { "x-btl-customer-charge": "0.000123" });
  const told = parts(await sse(server, SUM)).last;
  assert.deepEqual([told.cost, told.cost_estimated], [0.000123, false]);
  await eventually(async () => (await call(server, "GET", "/v1/report")).body.calls === 1);
  sending(whole);
  // Every other model is explored first; then the first one comes again.
  let again;
  for (let n = 0; n < 3 * POOL.length && again === undefined; n++) {
    const { last } = parts(await sse(server, SUM));
    if (last.model === told.model) again = last;
  }
  assert.deepEqual([again?.cost, again?.cost_estimated], [0.000123, true]);
  const { actual_spend: spend } = (await call(server, "GET", "/v1/report")).body;
  assert.ok(spend >= 0.000246);
  const { math } = (await call(server, "GET", "/v1/policy")).body;
  const row = math.find(({ model }) => model === told.model);
  assert.ok(Math.abs(row.avg_cost - 0.000123) < 1e-12, "an estimate is no measurement");
});

test("carriage returns, comments, split characters, many events at once, no space: all legal", async () => {
  const said = "naïve – 😀 391";
  const text = `${answerOf(said)}${DONE}`;
  const bytes = Buffer.from(text);
  const forms = {
    crlf: text.replaceAll("\n", "\r\n"),
    comments: text.replaceAll("data:", ": keep-alive\n\n:\ndata:"),
    "no space": text.replaceAll("data: ", "data:"),
    "one write": text,
    "bytes one by one": Array.from(bytes, (byte) => Buffer.of(byte)),
    "pieces of three": Array.from({ length: Math.ceil(bytes.length / 3) }, (_, n) => bytes.subarray(3 * n, 3 * n + 3)),
    "no blank line at the end": text.slice(0, -2),
    "other fields": text.replaceAll("data: {", "id: 1\nretry: 5\ndata: {"),
    "a byte order of its own": `\n\n${text}`,
  };
  for (const [name, form] of Object.entries(forms)) {
    sending(form);
    const { chunks, last } = parts(await sse(server, SUM));
    assert.equal(contentOf(chunks), said, name);
    assert.equal(last.quality, 1, name);
  }
});

test("a usage chunk is for those who ask for one", async () => {
  const usage = { prompt_tokens: 9, completion_tokens: 7, total_tokens: 16 };
  const head = answerOf("391");
  for (const unasked of [chunk({}, { choices: [], usage }), chunk({}, { choices: undefined, usage })]) {
    sending(`${head}${event(unasked)}${DONE}`);
    for (const options of [{}, { stream_options: null }, { stream_options: { include_usage: false } }]) {
      const { chunks } = parts(await sse(server, { ...SUM, ...options }));
      assert.ok(
        chunks.every((one) => one.usage === undefined),
        JSON.stringify(options),
      );
    }
  }
  sending(`${head}${event(chunk({}, { choices: [], usage }))}${DONE}`);
  const { chunks } = parts(await sse(server, { ...SUM, stream_options: { include_usage: true } }));
  assert.deepEqual(chunks.at(-1).usage, usage);
  assert.deepEqual(JSON.parse(runtime.requests.at(-1).raw).stream_options, { include_usage: true });
});

test("[DONE] is never held back for the judge; a late one leaves the quality null and still counts", async () => {
  let judged;
  const rating = new Promise((resolve) => (judged = resolve));
  runtime.answerWith(async (_, response, raw) => {
    if (JSON.parse(raw).stream) {
      open(response);
      response.end(`${answerOf("The sea is wide.")}${DONE}`);
      return;
    }
    await rating;
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ id: "j", object: "chat.completion", choices: [{ index: 0, message: { role: "assistant", content: "0.8" }, finish_reason: "stop" }] }),
    );
  });
  const answer = await sse(server, POEM);
  const { last } = parts(answer);
  assert.deepEqual([last.quality, last.quality_reason], [null, null]);
  const done = answer.chunks.find(({ text }) => text.includes("[DONE]"));
  assert.ok(!done.text.includes("event: arbiter"), "[DONE] did not wait");
  judged();
  const row = await eventually(
    async () => (await call(server, "GET", "/v1/policy")).body.open?.[0]?.quality != null && (await call(server, "GET", "/v1/policy")).body.open[0],
    { what: "the grade that came later" },
  );
  assert.deepEqual([row.n, row.quality], [1, 0.8]);
});

test("a judge in time is in the event", async () => {
  runtime.answerWith((_, response, raw) => {
    if (JSON.parse(raw).stream) return open(response).end(`${answerOf("The sea is wide.")}${DONE}`);
    return response
      .setHeader("content-type", "application/json")
      .end(JSON.stringify({ choices: [{ index: 0, message: { role: "assistant", content: "0.7" }, finish_reason: "stop" }] }));
  });
  assert.equal(parts(await sse(server, POEM)).last.quality, 0.7);
});

test("an error in the middle ends the stream with one error event, and teaches nothing", async () => {
  const inside = { error: { message: "overloaded", type: "server_error", code: 503, param: 5 } };
  sending([event(chunk({ role: "assistant", content: "17" })), event(JSON.stringify(inside)), event(chunk(null)), DONE]);
  const answer = await sse(server, SUM);
  assert.equal(answer.status, 200);
  assert.ok(!answer.text.includes("[DONE]"));
  const last = answer.events.at(-1);
  assert.equal(last.event, "message", "unnamed");
  assert.ok(last.data.startsWith('{"error":{'), "compact, error first");
  assert.deepEqual(Object.keys(last.json), ["error", "detail"]);
  assert.equal(last.json.error.message, "overloaded");
  for (const name of ["code", "param"]) assert.ok(last.json.error[name] === null || typeof last.json.error[name] === "string", name);
  assert.equal(last.json.detail.upstream, "btl_runtime");
  sending(whole);
  parts(await sse(server, SUM));
  const policy = (await call(server, "GET", "/v1/policy")).body;
  assert.equal(
    Object.values(policy)
      .flat()
      .reduce((sum, { n }) => sum + n, 0),
    1,
    "only the next, whole one was folded",
  );
  assert.equal((await call(server, "GET", "/v1/report")).body.calls, 1);
});

test("bytes that end too early are a failure; a finish_reason without [DONE] is none", async () => {
  sending([event(chunk({ role: "assistant", content: "17" })), event(chunk({ content: " * " }))]);
  const cut = await sse(server, SUM);
  assert.ok(!cut.text.includes("[DONE]"));
  assert.ok(cut.events.at(-1).json.error, cut.text);
  runtime.answerWith(async (_, response) => {
    open(response);
    response.write(event(chunk({ content: "17" })), () => response.destroy());
  });
  const torn = await sse(server, SUM);
  assert.ok(!torn.text.includes("[DONE]"));
  assert.ok(torn.events.at(-1).json.error, torn.text);
  sending(answerOf("391"));
  const finished = await sse(server, SUM);
  assert.ok(!finished.text.includes("[DONE]"), "none is invented");
  assert.equal(finished.events.at(-1).event, "arbiter");
  assert.equal(finished.events.at(-1).json.quality, 1);
});

test("a stream that fails before its first byte is an ordinary error", async () => {
  sending(event(JSON.stringify({ error: { message: "bad prompt", type: "invalid_request_error", code: "400" } })));
  assert.equal(refused(await sse(server, SUM), 400).error.message, "bad prompt");
  runtime.answerWith((_, response) =>
    response
      .writeHead(400, { "content-type": "application/json" })
      .end('{"error":{"message":"no","type":"invalid_request_error","code":null,"param":"messages"}}'),
  );
  const no = refused(await sse(server, SUM), 400);
  assert.deepEqual([no.error.message, no.error.param], ["no", "messages"]);
  for (const nonsense of ["", "<html>no</html>", ": only a comment\n\n", DONE, "data: [1, 2]\n\n"]) {
    sending(nonsense);
    refused(await sse(server, SUM), 502);
  }
});

test("tool calls and several choices stream through whole", async () => {
  const call = (more) => ({ tool_calls: [{ index: 0, ...more }] });
  const tooled = (delta, finish_reason = null) => event(chunk({}, { choices: [{ index: 0, delta, finish_reason }] }));
  sending([
    tooled({ role: "assistant", content: null, ...call({ id: "call_1", type: "function", function: { name: "look", arguments: "" } }) }),
    tooled(call({ function: { arguments: '{"q":' } })),
    tooled(call({ function: { arguments: '"x"}' } })),
    tooled({}, "tool_calls"),
    DONE,
  ]);
  const tools = [{ type: "function", function: { name: "look", parameters: { type: "object", properties: { q: { type: "string" } } } } }];
  const { chunks, last } = parts(await sse(server, { ...user("Look up x."), tools }));
  const text = chunks.map(({ choices }) => choices[0].delta.tool_calls?.[0].function.arguments ?? "").join("");
  assert.equal(text, '{"q":"x"}');
  assert.ok(last.quality === null || last.quality > 0, "not simply empty");
  const two = (index, content, finish_reason = null) => event(chunk({}, { choices: [{ index, delta: { content }, finish_reason }] }));
  sending([two(0, "391"), two(1, "391"), two(0, "", "stop"), two(1, "", "stop"), DONE]);
  assert.equal(parts(await sse(server, { ...SUM, n: 2 })).chunks.length, 4);
});

test("stream false or null is no stream", async () => {
  runtime.answerWith((_, response) =>
    response
      .setHeader("content-type", "application/json")
      .end('{"choices":[{"index":0,"message":{"role":"assistant","content":"391"},"finish_reason":"stop"}]}'),
  );
  for (const stream of [false, null]) {
    const answer = await chat(server, { ...SUM, stream });
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.arbiter.quality, 1);
  }
});
