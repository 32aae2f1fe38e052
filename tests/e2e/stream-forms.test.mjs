// Runtimes and clients that write what is legal but rare, through the real worker.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { eventsOf } from "../../scripts/lib/sse.mjs";
import { adminKey, startBefore } from "./harness.mjs";

const chunk = (delta, finish_reason = null) => ({ id: "c1", object: "chat.completion.chunk", created: 5, model: "m", choices: [{ index: 0, delta, finish_reason }] });
const events = [chunk({ role: "assistant", content: "" }), chunk({ content: "Gr\u00fc\u00dfe " }), chunk({ content: "\u{1f980}" }), chunk({}, "stop")];
const lines = (text, end) => text.split("\n").map((line) => `data: ${line}${end}`).join("");
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

const ask = (prefix = "") =>
  fetch(`${server.url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${adminKey}`, "content-type": "application/json" },
    body: prefix + JSON.stringify({ messages: [{ role: "user", content: "Calculate 2+2" }], stream: true }),
  });

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

test("a request behind a byte order mark is read", async () => {
  form = { text: stream(0, "\n"), size: 100_000 };
  const answer = await ask("\ufeff");
  assert.equal(answer.status, 200, await answer.text());
});
