import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { DIALECTS } from "../../scripts/sim/dialects/index.mjs";
import { REFUSALS } from "../../scripts/sim/dialects/refuse.mjs";
import { startSim } from "../../scripts/sim/server.mjs";
import { contentOf, eventsOf, exchange } from "./client.mjs";

// What each calls the same two models, and one that takes neither pictures nor tools and holds 8k.
const NAMES = {
  btl: ["gpt-4o-mini", "llama-3.1-70b-instruct", null],
  openrouter: ["openai/gpt-4o-mini", "meta-llama/llama-3.1-70b-instruct", "google/gemma-2-9b-it"],
  openai: ["gpt-4o-mini", "gpt-4.1-mini", "gpt-4"],
  litellm: ["gpt-4o-mini", "llama-3.1-70b-instruct", "gemma-2-9b-it"],
  ollama: ["mistral-small3.2:24b", "llama3.1:70b", "gemma2:9b"],
  vllm: ["mistralai/Mistral-Small-3.2-24B-Instruct-2506", "meta-llama/Llama-3.1-70B-Instruct", "google/gemma-2-9b-it"],
};
const TOOLS = [{ type: "function", function: { name: "find", parameters: { type: "object", properties: { city: { type: "string" } } } } }];
const PICTURE = [
  {
    role: "user",
    content: [
      { type: "text", text: "What is this?" },
      { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
    ],
  },
];
const LONG = Array.from({ length: 400 }, (_, i) => `Sentence ${i} of the long text.`).join(" ");

for (const dialect of Object.values(DIALECTS)) {
  describe(dialect.name, () => {
    const [small, large, plain] = NAMES[dialect.name];
    let sim;
    before(async () => (sim = await startSim({ port: 0, seed: 3, dialect: dialect.name })));
    after(() => sim.stop());
    beforeEach(() => {
      sim.state.reset();
      sim.state.patch({ time_scale: 0 });
    });
    const ask = async (body, { path = `${dialect.base}/chat/completions`, ...more } = {}) => {
      const answer = await exchange(sim.url, { path, body: { messages: [{ role: "user", content: "Write a note about tea" }], ...body }, ...more });
      let json;
      try {
        json = JSON.parse(answer.text);
      } catch {
        json = null;
      }
      return { ...answer, json };
    };
    const message = ({ json }) => json.error?.message ?? json.error ?? json.detail;

    it("lists its models under its own ids, each of which answers", async () => {
      const { status, text } = await exchange(sim.url, { method: "GET", path: `${dialect.base}/models` });
      assert.equal(status, 200);
      const ids = JSON.parse(text).data.map(({ id }) => id);
      for (const id of [small, large]) {
        assert.ok(ids.includes(id), id);
        const { status, json } = await ask({ model: id });
        assert.deepEqual([status, json.object, json.choices.length], [200, "chat.completion", 1]);
        assert.ok(json.model.startsWith(id));
      }
    });

    it("names the charge where it does, to the last digit of its books, and nowhere else", async () => {
      let told = 0;
      let streams = 0;
      const bodies = Array.from({ length: 12 }, (_, i) => ({ model: i % 3 ? small : large, messages: [{ role: "user", content: `Calculate ${i} + 7` }] }));
      for (const [i, body] of bodies.entries()) {
        const stream = i % 2 === 0;
        const answer = await ask({ ...body, ...(stream && { stream, stream_options: { include_usage: true } }) });
        const usage = stream ? eventsOf(answer.text).findLast((event) => event.usage)?.usage : answer.json.usage;
        const header = answer.headers["x-btl-customer-charge"] ?? (stream ? undefined : answer.headers["x-litellm-response-cost"]);
        const cost = header ?? usage.cost;
        if (stream) streams += 1;
        if (cost !== undefined) told += Math.round(Number(cost) * 1e12);
      }
      const { total, by_key, by_model, rows } = sim.state.books();
      assert.deepEqual([total.calls, total.streams, by_key.test.calls, rows.length], [12, streams, 12, 2]);
      assert.equal(total.told_pico, told);
      assert.equal(by_model[small].charged_pico + by_model[large].charged_pico, total.charged_pico);
      assert.equal(told > 0, dialect.charge !== "none");
      if (["usage", "both"].includes(dialect.charge)) assert.equal(told, total.charged_pico);
      assert.equal(total.charged_pico > 0, !dialect.free);
    });

    it("charges its list price, token by token", async () => {
      const { json } = await ask({ model: small });
      const { in_price, out_price } = sim.state.models.get(small);
      const pico = json.usage.prompt_tokens * Math.round(in_price * 1e6) + json.usage.completion_tokens * Math.round(out_price * 1e6);
      const [row] = sim.state.books().rows;
      assert.equal(row.charged_pico, dialect.name === "btl" ? Math.round(pico / 1e6) * 1e6 : pico);
      assert.deepEqual([row.prompt_tokens, row.completion_tokens], [json.usage.prompt_tokens, json.usage.completion_tokens]);
    });

    it("refuses each thing in a shape and words of its own", async () => {
      for (const as of REFUSALS) {
        sim.setFaults([{ fault: { kind: "refuse", as } }]);
        const { status, json, text } = await ask({ model: small });
        assert.ok(status >= 400, as);
        if (as !== "no_route") assert.ok(typeof message({ json }) === "string", `${as}: ${text}`);
      }
    });

    it("says so of a model that it does not know, in every way that there is", async () => {
      const WAYS = {
        400: 400,
        404: 404,
        401: 401,
        402: dialect.name === "litellm" ? 400 : dialect.name === "openai" ? 429 : 402,
        403: dialect.name === "litellm" ? 401 : 403,
        context: 400,
        200: 200,
        choice: 200,
      };
      const own = await ask({ model: "no-such-model" });
      assert.equal(own.status, ["openrouter", "litellm"].includes(dialect.name) ? 400 : 404);
      assert.match(message(own), /no-such-model/);
      for (const [unknown, status] of Object.entries(WAYS)) {
        sim.state.patch({ unknown });
        const answer = await ask({ model: "no-such-model" });
        assert.equal(answer.status, status, unknown);
        const error = unknown === "choice" ? answer.json.choices[0].error : answer.json.error;
        assert.ok(error, unknown);
        const streamed = await ask({ model: "no-such-model", stream: true });
        assert.equal(streamed.status, status, unknown);
        if (status === 200) assert.match(streamed.headers["content-type"], /event-stream/);
        assert.equal((await ask({ model: small })).status, 200);
      }
    });

    it("minds what a model cannot do", { skip: plain === null }, async () => {
      const { images, tools, response_format, context } = sim.state.models.get(plain);
      assert.equal(context, 8_192);
      const refusals = [
        [images, { messages: PICTURE }, /image/i],
        [tools, { tools: TOOLS }, /tool/i],
        [response_format, { response_format: { type: "json_object" } }, /./],
      ];
      for (const [able, body, words] of refusals) {
        const answer = await ask({ model: plain, ...body });
        assert.equal(answer.status >= 400, able === false, JSON.stringify(body));
        if (able === false) assert.match(message(answer), words);
      }
      const long = await ask({ model: plain, messages: [{ role: "user", content: LONG.repeat(6) }] });
      if (dialect.cutsContext) assert.equal(long.status, 200);
      else assert.match(message(long), /8192/);
      assert.equal((await ask({ model: small, messages: PICTURE })).status, 200);
    });

    it("treats unknown fields and stream_options as it does", async () => {
      const field = await ask({ model: small, made_up: 1 });
      assert.equal(field.status, dialect.strict ? 400 : 200);
      const usageOf = async (more) => eventsOf((await ask({ model: small, stream: true, ...more })).text).filter((event) => event.usage).length;
      assert.equal(await usageOf({}), dialect.usage === "always" ? 1 : 0);
      assert.equal(await usageOf({ stream_options: { include_usage: true } }), 1);
      sim.state.patch({ refuse_stream_options: true });
      const refused = await ask({ model: small, stream: true, stream_options: { include_usage: true } });
      assert.deepEqual([refused.status, /stream_options/.test(message(refused))], [400, true]);
    });

    it("streams the words of its whole answer, ended in order", async () => {
      const body = { model: small, messages: [{ role: "user", content: "Calculate 40 + 2" }] };
      const whole = (await ask(body)).json.choices[0].message.content;
      sim.state.asked.clear();
      const streamed = await ask({ ...body, stream: true });
      const events = eventsOf(streamed.text);
      assert.deepEqual([contentOf(events), events.at(-1)], [whole, "[DONE]"]);
    });

    it("wants a key or not", async () => {
      const none = { headers: { authorization: "" } };
      assert.equal((await ask({ model: small }, none)).status, dialect.needsKey ? 401 : 200);
      sim.state.patch({ key: "only-this" });
      assert.equal((await ask({ model: small }, none)).status, 401);
      assert.equal((await ask({ model: small }, { headers: { authorization: "Bearer only-this" } })).status, 200);
    });

    it("serves nothing at a path that it does not have", async () => {
      const paths = dialect.name === "litellm" ? ["/v2/chat/completions"] : ["/chat/completions", "/models"];
      for (const path of paths) assert.equal((await ask({ model: small }, { path })).status, 404);
    });

    it("lets a helper be told by what it is asked", async () => {
      const rate = (model, role) =>
        ask({
          model,
          messages: [
            { role: "system", content: "You rate how well an answer serves a request. Reply with a single number from 0 to 1." },
            { role: "user", content: `ANSWER: ${role}` },
          ],
        });
      const { json } = await rate(small, "fine");
      assert.match(json.choices[0].message.content, /^[01]\.\d\d$/);
      assert.equal(sim.state.books().by_role.judge.calls, 1);
    });
  });
}

describe("what marks a dialect", () => {
  const sims = [];
  after(() => Promise.all(sims.map((sim) => sim.stop())));
  const start = async (dialect) => {
    const sim = await startSim({ port: 0, dialect });
    sims.push(sim);
    return sim;
  };
  const get = async (sim, path) => JSON.parse((await exchange(sim.url, { method: "GET", path })).text);
  const streamed = async (sim, model, more = {}) => {
    const body = { model, stream: true, messages: [{ role: "user", content: "Calculate 1 + 1" }], stream_options: { include_usage: true }, ...more };
    const { text, headers } = await exchange(sim.base, { path: `${new URL(sim.base).pathname}/chat/completions`, body });
    return { text, headers, chunks: eventsOf(text).filter((event) => event.object) };
  };

  it("openrouter: prices per token as text, comments, blanks, a closing chunk with an empty delta", async () => {
    const sim = await start("openrouter");
    const { data } = await get(sim, "/api/v1/models");
    const mini = data.find(({ id }) => id === "openai/gpt-4o-mini");
    assert.deepEqual([mini.pricing.prompt, mini.pricing.completion, mini.pricing.input_cache_read], ["0.00000015", "0.0000006", "0.000000075"]);
    assert.equal(data.find(({ id }) => id === "openrouter/auto").pricing.prompt, "-1");
    assert.ok(!data.find(({ id }) => id === "google/gemma-2-9b-it").supported_parameters.includes("tools"));
    const { text, chunks } = await streamed(sim, "openai/gpt-4o-mini");
    assert.match(text, /^: OPENROUTER PROCESSING\n\n/);
    assert.deepEqual([chunks.at(-1).choices[0].delta.content, chunks.at(-1).usage.cost > 0, chunks[0].provider], ["", true, "OpenAI"]);
    const whole = await exchange(sim.url, { path: "/api/v1/chat/completions", body: { model: "openai/gpt-4o", messages: [{ role: "user", content: "Hi" }] } });
    assert.match(whole.text, /^\n +\n\{/);
  });

  it("openai: usage null in every chunk and a usage chunk without choices; dated names", async () => {
    const sim = await start("openai");
    const { chunks } = await streamed(sim, "gpt-4o");
    assert.ok(chunks.slice(0, -1).every(({ usage }) => usage === null));
    assert.deepEqual([chunks.at(-1).choices, chunks[0].model], [[], "gpt-4o-2024-08-06"]);
    const { text } = await exchange(sim.url, { body: { model: "gpt-5", max_tokens: 5, messages: [{ role: "user", content: "Hi" }] } });
    assert.match(JSON.parse(text).error.message, /max_completion_tokens/);
  });

  it("litellm: a zero in the header of a stream, the charge in its last chunk, prices at /model/info", async () => {
    const sim = await start("litellm");
    const { headers, chunks } = await streamed(sim, "gpt-4o");
    assert.equal(headers["x-litellm-response-cost"], "0.0");
    assert.deepEqual([chunks.at(-1).choices[0].delta, chunks.at(-1).usage.cost > 0], [{}, true]);
    const { chunks: unasked } = await streamed(sim, "gpt-4o", { stream_options: undefined });
    assert.ok(unasked.every((chunk) => !chunk.usage));
    for (const path of ["/model/info", "/v1/model/info"]) {
      const { data } = await get(sim, path);
      const { model_info } = data.find(({ model_name }) => model_name === "gpt-4o");
      assert.deepEqual([model_info.input_cost_per_token, model_info.max_input_tokens, model_info.mode], [0.0000025, 128_000, "chat"]);
    }
  });

  it("ollama: calls of tools come whole, all at index 0; its own list stands beside", async () => {
    const sim = await start("ollama");
    sim.state.patch({ models: { "qwen3:32b": { skill: 1 } } });
    const { chunks } = await streamed(sim, "qwen3:32b", { messages: [{ role: "user", content: "Where?" }], tools: TOOLS });
    const calls = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    assert.equal(calls.length, 1);
    assert.equal(typeof JSON.parse(calls[0].function.arguments).city, "string");
    const { models } = await get(sim, "/api/tags");
    assert.ok(models.some(({ name }) => name === "qwen3:32b"));
  });

  it("vllm: the window in the catalogue, codes as numbers", async () => {
    const sim = await start("vllm");
    const { data } = await get(sim, "/v1/models");
    assert.deepEqual([data.at(-1).id, data.at(-1).max_model_len], ["google/gemma-2-9b-it", 8_192]);
    const { text } = await exchange(sim.url, { body: { model: "nobody", messages: [{ role: "user", content: "x" }] } });
    assert.deepEqual([JSON.parse(text).error.code, JSON.parse(text).error.type], [404, "NotFoundError"]);
  });

  it("is one that there is", async () => {
    await assert.rejects(startSim({ port: 0, dialect: "klingon" }), /no dialect 'klingon'/);
  });
});

describe("the cache of prompts", () => {
  let sim;
  before(async () => (sim = await startSim({ port: 0, seed: 9, dialect: "openrouter" })));
  after(() => sim.stop());
  beforeEach(() => sim.state.reset());
  const model = "openai/gpt-4o";
  const usage = async (messages, { key = "a", ...more } = {}) => {
    const { text } = await exchange(sim.url, {
      path: "/api/v1/chat/completions",
      headers: { authorization: `Bearer ${key}` },
      body: { model, messages, ...more },
    });
    return JSON.parse(text).usage;
  };
  const turns = [
    { role: "system", content: LONG },
    { role: "user", content: "Calculate 1 + 2" },
  ];
  const later = [...turns, { role: "assistant", content: "3" }, { role: "user", content: "Calculate 3 + 4" }];

  it("knows what a key had read within five minutes, up to the first message that differs", async () => {
    const first = await usage(turns);
    assert.equal(first.prompt_tokens_details.cached_tokens, 0);
    assert.equal((await usage(later)).prompt_tokens_details.cached_tokens, first.prompt_tokens);
    assert.equal((await usage(later, { key: "b" })).prompt_tokens_details.cached_tokens, 0);
    assert.equal((await usage(later, { model: "openai/gpt-4o-mini" })).prompt_tokens_details.cached_tokens, 0);
    assert.equal((await usage([{ role: "system", content: `${LONG}.` }, ...later.slice(1)])).prompt_tokens_details.cached_tokens, 0);
    sim.state.patch({ clock_ahead: 299 });
    assert.ok((await usage(later)).prompt_tokens_details.cached_tokens > first.prompt_tokens);
    sim.state.patch({ clock_ahead: 299 + 301 });
    assert.equal((await usage(later)).prompt_tokens_details.cached_tokens, 0);
  });

  it("prices those tokens at their own price, exactly", async () => {
    await usage(turns);
    const { prompt_tokens, completion_tokens, cost, prompt_tokens_details } = await usage(later);
    const cached = prompt_tokens_details.cached_tokens;
    const pico = (prompt_tokens - cached) * 2_500_000 + cached * 1_250_000 + completion_tokens * 10_000_000;
    assert.equal(Math.round(cost * 1e12), pico);
    assert.ok(cached > 1_024);
    assert.equal((await usage([{ role: "user", content: "short" }])).prompt_tokens_details.cached_tokens, 0);
  });
});
