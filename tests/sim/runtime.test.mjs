import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { startSim } from "../../scripts/sim/server.mjs";
import { chat, chatBody, contentOf, eventsOf, exchange } from "./client.mjs";

let sim;
before(async () => (sim = await startSim({ port: 0, seed: 7 })));
after(() => sim.stop());
beforeEach(() => sim.state.reset());

describe("the catalogue", () => {
  it("lists the pool at list prices, in the documented shape", async () => {
    const { data } = JSON.parse((await exchange(sim.url, { method: "GET", path: "/v1/models" })).text);
    const of = (id) => data.find((entry) => entry.id === id);
    assert.ok(data.length >= 40);
    assert.deepEqual(of("gpt-4.1-mini"), {
      id: "gpt-4.1-mini",
      compatible_endpoints: ["/v1/chat/completions"],
      benchmark_pricing: { input_per_mtok_min: 0.4, output_per_mtok_min: 1.6 },
      context_window: 1_047_576,
    });
    assert.deepEqual(of("deepseek-v4-pro").benchmark_pricing, { input_per_mtok_min: 0, output_per_mtok_min: 0 });
    assert.deepEqual(of("claude-sonnet-4").compatible_endpoints, ["/v1/messages"]);
    assert.equal(of("preview-unpriced").benchmark_pricing, null);
  });
});

describe("a plain answer", () => {
  it("has an OpenAI body and charges list price, rounded to a micro-dollar", async () => {
    const { status, headers, json } = await chat(sim.url, "gpt-4o", "Write a long letter to a friend about spring");
    assert.equal(status, 200);
    assert.equal(json.object, "chat.completion");
    assert.equal(json.model, "gpt-4o");
    assert.equal(json.choices[0].finish_reason, "stop");
    const { prompt_tokens, completion_tokens, total_tokens } = json.usage;
    assert.equal(total_tokens, prompt_tokens + completion_tokens);
    assert.match(headers["x-btl-customer-charge"], /^\d+\.\d{6}$/);
    assert.equal(Math.round(Number(headers["x-btl-customer-charge"]) * 1e6), Math.round(prompt_tokens * 2.5 + completion_tokens * 10));
    assert.ok(headers["x-btl-benchmark-cost"] && headers["x-btl-saved"] && headers["x-btl-request-id"]);
    assert.equal(headers["x-btl-cache-tier"], undefined);
  });

  it("never costs less than a quantum unless told so", async () => {
    sim.state.patch({ models: { "gpt-4o-mini": { in_price: 0.0001, out_price: 0.0001 } } });
    assert.equal((await chat(sim.url, "gpt-4o-mini", "Hi")).headers["x-btl-customer-charge"], "0.000001");
    sim.state.patch({ charge_at_least_one_quantum: false });
    assert.equal((await chat(sim.url, "gpt-4o-mini", "Hi")).headers["x-btl-customer-charge"], "0.000000");
  });

  it("honours n and max_tokens", async () => {
    const { json } = await chat(sim.url, "gpt-4.1", "Write an essay on rivers", { n: 3, max_tokens: 5 });
    assert.deepEqual(
      json.choices.map((choice) => [choice.index, choice.finish_reason]),
      [
        [0, "length"],
        [1, "length"],
        [2, "length"],
      ],
    );
    assert.equal(json.usage.completion_tokens, 15);
    assert.equal((await chat(sim.url, "gpt-4.1", "Hello", { max_tokens: null })).status, 200);
  });

  it("names the cache tier of a repeated question once caching is on", async () => {
    sim.state.patch({ cache_hits: true, cache_factor: 0.5 });
    const [first, second] = [await chat(sim.url, "gpt-4o", "Calculate 6*7"), await chat(sim.url, "gpt-4o", "Calculate 6*7")];
    assert.equal(first.headers["x-btl-cache-tier"], undefined);
    assert.equal(second.headers["x-btl-cache-tier"], "exact");
  });

  it("follows a price multiplier at once", async () => {
    const cost = async () => {
      const { headers, json } = await chat(sim.url, "gpt-4o", "Write a letter about tea");
      return Number(headers["x-btl-customer-charge"]) / (json.usage.prompt_tokens * 2.5 + json.usage.completion_tokens * 10);
    };
    const before = await cost();
    sim.state.patch({ models: { "gpt-4o": { multiplier: 8 } } });
    assert.ok(Math.abs((await cost()) / before - 8) < 0.05);
  });
});

describe("a streamed answer", () => {
  it("has a role chunk, a chunk a word, a finish chunk and [DONE], and no cost headers", async () => {
    const answer = await exchange(sim.url, { body: chatBody("gpt-4o", "Calculate 2+3", { stream: true }) });
    const events = eventsOf(answer.text);
    assert.match(answer.headers["content-type"], /^text\/event-stream/);
    assert.ok(Object.keys(answer.headers).every((name) => !name.startsWith("x-btl-")));
    assert.equal(events[0].choices[0].delta.role, "assistant");
    assert.equal(events.at(-1), "[DONE]");
    assert.equal(events.at(-2).choices[0].finish_reason, "stop");
    assert.ok(events.slice(0, -1).every((event) => event.object === "chat.completion.chunk" && !("usage" in event)));
    assert.match(contentOf(events), /5/);
  });

  it("has a usage chunk only when asked", async () => {
    const body = chatBody("gpt-4o", "Calculate 2+3", { stream: true, stream_options: { include_usage: true } });
    const events = eventsOf((await exchange(sim.url, { body })).text);
    assert.deepEqual(events.at(-2).choices, []);
    assert.ok(events.at(-2).usage.total_tokens > 0);
  });

  it("carries cost headers once the control asks for it", async () => {
    sim.state.patch({ stream_headers: true });
    const answer = await exchange(sim.url, { body: chatBody("gpt-4o", "Hi", { stream: true }) });
    assert.ok(Number(answer.headers["x-btl-customer-charge"]) > 0);
  });

  it("brings tool calls in pieces that join to JSON", async () => {
    sim.state.patch({ models: { "gpt-4o": { skill: { structured: 1 } } } });
    const tools = [
      {
        type: "function",
        function: { name: "find", parameters: { type: "object", properties: { city: { type: "string" }, days: { type: "integer" } }, required: ["city"] } },
      },
    ];
    const events = eventsOf((await exchange(sim.url, { body: chatBody("gpt-4o", "Weather?", { stream: true, tools }) })).text);
    const calls = events.flatMap((event) => event.choices?.[0].delta.tool_calls ?? []);
    assert.equal(calls[0].function.name, "find");
    assert.equal(typeof JSON.parse(calls.map((call) => call.function.arguments).join("")).city, "string");
    assert.equal(events.at(-2).choices[0].finish_reason, "tool_calls");
  });
});

describe("what is refused", () => {
  const refused = async (body, headers) => {
    const answer = await exchange(sim.url, { body, headers });
    return [answer.status, JSON.parse(answer.text).error.param, JSON.parse(answer.text).error.code];
  };

  it("is told apart by status, field and code", async () => {
    assert.deepEqual(await refused(chatBody("gpt-4o", "x"), { authorization: "" }), [401, null, "missing_api_key"]);
    assert.deepEqual(await refused('{"model":'), [400, null, null]);
    assert.deepEqual(await refused(chatBody("no-such-model", "x")), [404, "model", "model_not_found"]);
    assert.deepEqual(await refused(chatBody("claude-opus-4", "x")), [400, "model", "unsupported_endpoint"]);
    assert.deepEqual(await refused({ model: "gpt-4o" }), [400, "messages", null]);
    assert.deepEqual(await refused({ model: "gpt-4o", messages: [{ role: "pirate" }] }), [400, "messages[0].role", null]);
    assert.deepEqual(await refused(chatBody("gpt-4o", "x", { max_tokens: 0 })), [400, "max_tokens", null]);
    assert.deepEqual(await refused(chatBody("gpt-4o", "x", { max_tokens: 128_000 })), [400, "messages", "context_length_exceeded"]);
  });

  it("includes every key but the demanded one", async () => {
    sim.state.patch({ key: "only-this" });
    assert.equal((await refused(chatBody("gpt-4o", "x")))[2], "invalid_api_key");
    assert.equal((await exchange(sim.url, { body: chatBody("gpt-4o", "x"), headers: { authorization: "bearer only-this" } })).status, 200);
  });
});

describe("many at once", () => {
  it("answers 500 concurrent calls and books each to the micro-dollar", async () => {
    const bodies = Array.from({ length: 500 }, (_, i) => chatBody("gpt-4.1-mini", `Calculate ${i}+${i * 3}`, { stream: i % 2 === 0 }));
    const answers = await Promise.all(bodies.map((body) => exchange(sim.url, { body })));
    assert.ok(answers.every(({ status, failed }) => status === 200 && failed === null));
    const told = answers.reduce((sum, { headers }) => sum + Math.round(Number(headers["x-btl-customer-charge"] ?? 0) * 1e6), 0);
    const { total } = sim.state.books();
    assert.deepEqual([total.calls, total.streams, total.told_micro], [500, 250, told]);
    assert.ok(total.charged_micro > told);
  });

  it("gives the same answers to the same questions under the same seed, in any order", async () => {
    const asked = Array.from({ length: 20 }, (_, i) => `Write a note about river ${i}`);
    const all = (list) => Promise.all(list.map(async (text) => [text, (await chat(sim.url, "gpt-4o-mini", text)).json.choices[0].message.content]));
    const first = new Map(await all(asked));
    sim.state.reset();
    const second = new Map(await all([...asked].reverse()));
    assert.deepEqual(
      asked.map((text) => first.get(text)),
      asked.map((text) => second.get(text)),
    );
  });
});
