import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";
import { after, before, beforeEach, describe, it } from "node:test";
import { startSim } from "../../scripts/sim/server.mjs";
import { chat, chatBody, contentOf, eventsOf, exchange } from "./client.mjs";

let sim;
before(async () => (sim = await startSim({ port: 0, seed: 5 })));
after(() => sim.stop());
beforeEach(() => sim.state.reset());

const LONG = "Write a long essay on rivers";
/** One exchange under one fault. */
function under(fault, { stream = false, ...more } = {}) {
  sim.setFaults([{ fault }]);
  return exchange(sim.url, { body: chatBody("gpt-4o", LONG, { stream }), ...more });
}
const last = () => sim.state.requests.at(-1);
/** The record of the last request, once the server has seen its end. */
async function settled() {
  while (last().open) await new Promise((resolve) => setImmediate(resolve));
  return last();
}

describe("before the head", () => {
  it("any status, body and header can be answered", async () => {
    const answer = await under({ kind: "status", code: 429, headers: { "retry-after": "7" }, body: { error: { message: "slow down" } } });
    assert.deepEqual([answer.status, answer.headers["retry-after"]], [429, "7"]);
    assert.equal(JSON.parse(answer.text).error.message, "slow down");
    assert.equal(sim.state.books().total.calls, 0);
  });

  it("the connection can be reset", async () => {
    const answer = await under("reset");
    assert.deepEqual([answer.status, answer.failed], [null, "ECONNRESET"]);
    assert.equal((await settled()).ended, "reset");
  });

  it("silence lasts until the client leaves, which is recorded", async () => {
    const answer = await under("hang_before_head", { giveUpAfter: 40 });
    assert.equal(answer.status, null);
    assert.equal((await settled()).aborted.after_bytes, 0);
  });

  it("silence can end by itself", async () => {
    assert.equal((await under({ kind: "hang_before_head", ms: 5 })).status, 200);
  });

  it("the head can come a line at a time", async () => {
    const answer = await under({ kind: "slow_headers", ms: 2 });
    assert.equal(answer.status, 200);
    assert.ok(JSON.parse(answer.text).usage && answer.headers["x-btl-customer-charge"]);
    assert.equal((await settled()).ended, "finished");
  });
});

describe("a 200 that is no answer", () => {
  const CASES = {
    html: (text) => assert.match(text, /^<!doctype html>/),
    empty: (text) => assert.equal(text, ""),
    truncated: (text) => assert.throws(() => JSON.parse(text)),
    array: (text) => assert.deepEqual(JSON.parse(text), []),
    error_200: (text) => assert.ok(JSON.parse(text).error.message),
  };
  for (const [kind, check] of Object.entries(CASES)) {
    it(kind, async () => {
      const answer = await under(kind);
      assert.deepEqual([answer.status, answer.failed], [200, null]);
      check(answer.text);
    });
  }
});

describe("in the middle of a body", () => {
  for (const stream of [false, true]) {
    it(`a reset, stream ${stream}`, async () => {
      const answer = await under("reset_mid", { stream });
      assert.equal(answer.status, 200);
      assert.ok(answer.bytes.length > 0);
      assert.equal(answer.failed, "ECONNRESET");
    });

    it(`silence, stream ${stream}`, async () => {
      const answer = await under({ kind: "hang_mid", after_bytes: 50 }, { stream, giveUpAfter: 60 });
      assert.equal(answer.bytes.length, 50);
      assert.equal((await settled()).aborted.after_bytes, 50);
    });

    it(`filler for a while, stream ${stream}`, async () => {
      const answer = await under({ kind: "drip", ms: 1, seconds: 0.03 }, { stream });
      assert.match(answer.text, stream ? /^: wait/ : /^ +\{/);
      if (stream) assert.equal(eventsOf(answer.text).at(-1), "[DONE]");
      else assert.ok(JSON.parse(answer.text).id);
    });

    it(`filler for ever, stream ${stream}`, async () => {
      const answer = await under({ kind: "drip", ms: 1 }, { stream, giveUpAfter: 60 });
      assert.match(answer.text, stream ? /^[: wait\n]+$/ : /^ +$/);
    });
  }

  it("a stream can end there in good order", async () => {
    const answer = await under({ kind: "end_mid", after_chunks: 4 }, { stream: true });
    assert.deepEqual([answer.failed, eventsOf(answer.text).length, (await settled()).ended], [null, 4, "end_mid"]);
  });
});

describe("a stream", () => {
  it("can begin with an error", async () => {
    const events = eventsOf((await under("error_frame_first", { stream: true })).text);
    assert.ok(events.length === 1 && events[0].error.message);
  });

  it("can end with an error", async () => {
    const events = eventsOf((await under({ kind: "error_frame_mid", after_chunks: 2 }, { stream: true })).text);
    assert.ok(events.length === 3 && events[1].choices && events[2].error);
  });

  it("can end without [DONE], with or without a finish_reason", async () => {
    const none = eventsOf((await under("no_done", { stream: true })).text).at(-1);
    assert.equal(none.choices[0].finish_reason, null);
    const some = eventsOf((await under({ kind: "no_done", finish: true }, { stream: true })).text).at(-1);
    assert.equal(some.choices[0].finish_reason, "stop");
  });

  it("reads the same in every dress", async () => {
    const text = "Three short words, naïve ones. 🙂 The end.";
    for (const fault of ["crlf", "comments", "coalesce", "split", { kind: "split", bytes: 7 }, "no_space", ["crlf", "comments", "split"]]) {
      const answer = await under([{ kind: "content", text }, ...[fault].flat()], { stream: true });
      const events = eventsOf(answer.text);
      assert.deepEqual([contentOf(events), events.at(-1)], [text, "[DONE]"], JSON.stringify(fault));
    }
    assert.match((await under("crlf", { stream: true })).text, /\r\n\r\n/);
    assert.match((await under("comments", { stream: true })).text, /^: keep-alive\n/);
    assert.match((await under("no_space", { stream: true })).text, /^data:\{/);
  });

  it("can be split inside a character", async () => {
    const text = "naïve café 日本語 🙂";
    const answer = await under(
      [
        { kind: "content", text },
        { kind: "split", bytes: 1 },
      ],
      { stream: true },
    );
    assert.equal(contentOf(eventsOf(answer.text)), text);
  });

  it("that is dropped is charged for what was sent", async () => {
    sim.state.patch({ time_scale: 30 });
    const body = chatBody("gpt-4o", LONG, { stream: true });
    const { bytes } = await exchange(sim.url, { body, stopAfter: 5 });
    const entry = await settled();
    assert.ok(entry.aborted.after_bytes >= bytes.length);
    sim.state.patch({ time_scale: 0 });
    sim.state.asked.clear();
    await exchange(sim.url, { body });
    assert.ok(entry.charged_micro > 0 && entry.charged_micro < (await settled()).charged_micro);
  });
});

describe("headers and fields", () => {
  const costs = async (fault) =>
    (await under(fault)).rawHeaders.map((h) => h.toLowerCase()).flatMap((h, i, all) => (h === "x-btl-customer-charge" ? [all[i + 1]] : []));
  it("the cost can be missing, malformed or doubled", async () => {
    assert.deepEqual(await costs("cost_missing"), []);
    assert.deepEqual(await costs({ kind: "cost_header", value: "-0.5" }), ["-0.5"]);
    assert.deepEqual(await costs({ kind: "cost_header", values: ["0.1", "0.2"] }), ["0.1", "0.2"]);
    const { total } = sim.state.books();
    assert.ok(total.charged_micro > 0 && total.told_micro === 0);
  });

  const of = async (fault) => JSON.parse((await under(fault)).text);
  it("usage can be missing or of the wrong type", async () => {
    assert.equal("usage" in (await of("usage_missing")), false);
    assert.equal((await of("usage_wrong")).usage, "many");
  });

  it("content can be anything", async () => {
    const message = async (fault) => (await of(fault)).choices[0].message;
    assert.equal((await message("content_wrong")).content, 42);
    assert.equal((await message("content_null")).content, null);
    assert.equal((await message("content_empty")).content, "");
    assert.ok((await message("refusal")).refusal);
    assert.equal((await message({ kind: "tool_call", name: "x" })).tool_calls[0].function.name, "x");
  });

  it("the body can be compressed", async () => {
    const answer = await under("gzip");
    assert.equal(answer.headers["content-encoding"], "gzip");
    assert.ok(JSON.parse(gunzipSync(answer.bytes)).id);
    const stream = await under("gzip", { stream: true });
    assert.equal(eventsOf(gunzipSync(stream.bytes).toString()).at(-1), "[DONE]");
  });

  it("the body can be big", async () => {
    assert.ok((await under({ kind: "big_body", mb: 3 })).bytes.length > 3_000_000);
  });
});

describe("rules", () => {
  const statuses = async (n, model = "gpt-4o") => {
    const list = [];
    for (let i = 0; i < n; i++) list.push((await chat(sim.url, model, "Calculate 1+1")).status);
    return list;
  };

  it("meet what they match, as often as they say", async () => {
    sim.setFaults([{ match: { model: "gpt-4o", task: "math" }, times: 2, fault: "status" }]);
    assert.deepEqual(await statuses(3, "gpt-4.1"), [200, 200, 200]);
    assert.deepEqual(await statuses(3), [500, 500, 200]);
  });

  it("fall by chance where they say so", async () => {
    sim.setFaults([{ probability: 0.5, fault: "status" }]);
    const failed = (await statuses(60)).filter((status) => status === 500).length;
    assert.ok(failed > 12 && failed < 48, String(failed));
  });

  it("leave the judge, the classifier and the catalogue alone unless they are meant", async () => {
    sim.setFaults([{ fault: "status" }]);
    assert.deepEqual(await statuses(1, "deepseek-v4-pro"), [200]);
    sim.setFaults([
      { match: { role: "judge" }, fault: "status" },
      { match: { role: "models" }, fault: "html" },
    ]);
    assert.deepEqual(await statuses(1, "deepseek-v4-pro"), [500]);
    assert.match((await exchange(sim.url, { method: "GET", path: "/v1/models" })).text, /html/);
  });
});
