// Runtimes and clients that write what is legal but rare, through the real worker.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { eventsOf } from "../../scripts/lib/sse.mjs";
import { adminKey, startBefore } from "./harness.mjs";

const chunk = (delta, finish_reason = null) => ({
  id: "c1",
  object: "chat.completion.chunk",
  created: 5,
  model: "m",
  choices: [{ index: 0, delta, finish_reason }],
});
const events = [chunk({ role: "assistant", content: "" }), chunk({ content: "Gr\u00fc\u00dfe " }), chunk({ content: "\u{1f980}" }), chunk({}, "stop")];
const lines = (text, end) =>
  text
    .split("\n")
    .map((line) => `data: ${line}${end}`)
    .join("");
const stream = (indent, end) => [...events.map((event) => JSON.stringify(event, null, indent)), "[DONE]"].map((text) => lines(text, end) + end).join("");

// How the runtime writes its stream, and in pieces of how many bytes.
let form;
const runtime = createServer(async (request, response) => {
  for await (const _ of request);
  response.writeHead(200, { "content-type": "text/event-stream" });
  const bytes = Buffer.from(form.text);
  for (let at = 0; at < bytes.length; at += form.size) {
    response.write(bytes.subarray(at, at + form.size));
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end();
});

let server;
before(async () => {
  server = await startBefore(runtime);
});
after(() => server?.stop());

const post = (path, body) =>
  fetch(`${server.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${adminKey}`, "content-type": "application/json" },
    body,
  });
const ask = (prefix = "") => post("/v1/chat/completions", prefix + JSON.stringify({ messages: [{ role: "user", content: "Calculate 2+2" }], stream: true }));

for (const [name, text] of [
  ["data over several lines", stream(1, "\n")],
  ["data over several lines that end in both", stream(2, "\r\n")],
  ["lines that end in a bare return", stream(0, "\r")],
  ["a byte order mark", `\ufeff: hello\n\n${stream(0, "\n")}`],
]) {
  for (const size of [7, 100_000]) {
    test(`a stream with ${name}, in pieces of ${size}, is an answer`, async () => {
      form = { text, size };
      const answer = await ask();
      assert.equal(answer.status, 200);
      const data = eventsOf(Buffer.from(await answer.arrayBuffer()).toString()).map((event) => event.data);
      const at = data.indexOf("[DONE]");
      const said = data.slice(0, at).map((event) => JSON.parse(event).choices[0].delta.content ?? "");
      assert.equal(said.join(""), "Gr\u00fc\u00dfe \u{1f980}");
      assert.equal(data.length, at + 2);
      assert.equal(JSON.parse(data[at + 1]).task, "math");
    });
  }
}

test("a first event as large as a picture or a file is an answer through every door", { timeout: 60_000 }, async () => {
  const long = "four ".repeat(300_000);
  form = { text: `data: ${JSON.stringify(chunk({ content: long }))}\n\ndata: ${JSON.stringify(chunk({}, "stop"))}\n\ndata: [DONE]\n\n`, size: 60_000 };
  const messages = [{ role: "user", content: "Calculate 2+2" }];
  for (const [path, more, textOf] of [
    ["/v1/chat/completions", { messages }, (event) => event.choices?.[0].delta.content],
    ["/v1/responses", { input: messages }, (event) => event.type === "response.output_text.delta" && event.delta],
    ["/v1/messages", { messages, max_tokens: 9 }, (event) => event.delta?.text],
  ]) {
    const answer = await post(path, JSON.stringify({ ...more, stream: true }));
    assert.equal(answer.status, 200);
    const data = eventsOf(await answer.text()).map((event) => event.data);
    const said = data.filter((event) => event !== "[DONE]").map((event) => textOf(JSON.parse(event)) || "");
    assert.ok(said.join("") === long, `${path}: ${data.at(-1).slice(0, 300)}`);
  }
});

const doors = [
  ["/v1/chat/completions", { messages: [{ role: "user", content: "Calculate 2+2" }] }, (event) => event.choices?.[0]?.delta.content],
  ["/v1/responses", { input: "Calculate 2+2" }, (event) => event.type === "response.output_text.delta" && event.delta],
  ["/v1/messages", { messages: [{ role: "user", content: "Calculate 2+2" }], max_tokens: 9 }, (event) => event.delta?.text],
];

/** What a client of each door is told, and how the stream ended. */
async function toldThrough([path, more, textOf]) {
  const answer = await post(path, JSON.stringify({ ...more, stream: true }));
  const told = eventsOf(await answer.text()).filter(({ data }) => data !== "[DONE]");
  return { status: answer.status, said: told.map(({ data }) => textOf(JSON.parse(data)) || "").join(""), last: told.at(-1)?.event };
}

test("an answer whose last event the runtime does not end is given whole through every door", async () => {
  const one = JSON.stringify(chunk({ content: "= 4" }, "stop"));
  const begun = `data: ${JSON.stringify(chunk({ content: "= 4" }))}\n\ndata: ${JSON.stringify(chunk({}, "stop"))}`;
  for (const text of [`data: ${one}`, `data: ${one}\n`, `data: ${one}\r`, `: hi\n\ndata: ${one}`, begun, `${begun}\n`, `${begun}\r\n`]) {
    form = { text, size: 100_000 };
    for (const [at, last] of ["arbiter", "response.completed", "message_stop"].entries()) {
      assert.deepEqual(await toldThrough(doors[at]), { status: 200, said: "= 4", last }, JSON.stringify(text));
    }
  }
});

test("bytes that are no UTF-8 are passed on, and make no answer an empty one", async () => {
  const [before, after] = stream(0, "\n").split("Gr\u00fc\u00dfe ");
  form = { text: Buffer.concat([Buffer.from(`${before}= 4 `), Buffer.from([0xff]), Buffer.from(after)]), size: 7 };
  const answer = await ask();
  assert.equal(answer.status, 200);
  const data = eventsOf(await answer.text()).map((event) => event.data);
  assert.match(
    data.find((event) => event.includes("= 4")),
    /= 4 \ufffd/,
  );
  assert.notEqual(JSON.parse(data.at(-1)).quality_reason, "empty answer");
});

test("an event that a runtime names as we name ours reaches no client", async () => {
  const [first, ...others] = events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
  const ours = `event: arbiter\ndata: ${JSON.stringify({ ...chunk({}), quality: 1, cost: 0, saved: 7 })}\n\n`;
  for (const size of [7, 100_000]) {
    form = { text: [first, ours, ...others, ours, "data: [DONE]\n\n", ours].join(""), size };
    const answer = await ask();
    const told = eventsOf(await answer.text()).filter(({ event }) => event === "arbiter");
    assert.equal(told.length, 1);
    assert.ok(!("saved" in JSON.parse(told[0].data)) || JSON.parse(told[0].data).saved !== 7);
    assert.equal(JSON.parse(told[0].data).task, "math", "it is our own");
  }
});

test("a request behind a byte order mark is read", async () => {
  form = { text: stream(0, "\n"), size: 100_000 };
  const answer = await ask("\ufeff");
  assert.equal(answer.status, 200, await answer.text());
});
