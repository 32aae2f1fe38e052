// The Vercel AI SDK's own providers of the agents' protocols: Responses and Messages.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { APICallError, Output, generateText, isStepCount, streamText, tool } from "ai";
import { z } from "zod";

import { fault, saying } from "./contract.mjs";
import { adminKey, register, start } from "./harness.mjs";

let server;
const models = {};
before(async () => {
  server = await start({ settings: { MAX_ATTEMPTS: 1, QUARANTINE_SECONDS: 0 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
  const at = { baseURL: `${server.url}/v1`, apiKey: adminKey };
  models.openai = { model: createOpenAI(at)("auto"), providerOptions: { openai: { store: false } } };
  models.anthropic = { model: createAnthropic(at)("auto") };
});
after(() => server?.stop());
beforeEach(() => server.sim.control("DELETE", "/__sim/faults"));

const City = z.object({ name: z.string(), people: z.number() });
const TURIN = { name: "Turin", people: 850_000 };

for (const name of ["openai", "anthropic"]) {
  const asked = (more) => ({ ...models[name], maxRetries: 0, ...more });
  const SUM = { prompt: "Calculate 17 * 23" };

  test(`@ai-sdk/${name}: text, whole and streamed`, async () => {
    await fault(server, saying("17 * 23 = 391"));
    const whole = await generateText(asked(SUM));
    assert.deepEqual([whole.text, whole.finishReason], ["17 * 23 = 391", "stop"]);
    assert.ok(whole.usage.totalTokens > 0);
    assert.equal(whole.response.headers["x-arbiter-task"], "math");
    const errors = [];
    const streamed = streamText(asked({ ...SUM, onError: ({ error }) => errors.push(error) }));
    let text = "";
    const kinds = new Set();
    for await (const part of streamed.fullStream) {
      kinds.add(part.type);
      if (part.type === "text-delta") text += part.text;
    }
    assert.deepEqual([text, errors, await streamed.finishReason], ["17 * 23 = 391", [], "stop"]);
    assert.ok(kinds.has("finish") && !kinds.has("error"), [...kinds].join());
    assert.ok((await streamed.usage).totalTokens > 0);
  });

  test(`@ai-sdk/${name}: a tool is called, run, and an answer comes of it`, async () => {
    for (const ask of [generateText, streamText]) {
      await server.sim.control("DELETE", "/__sim/faults");
      await server.sim.control("POST", "/__sim/faults", [
        { match: { role: "chat" }, times: 1, fault: { kind: "tool_call", name: "weather", arguments: '{"city":"Turin"}' } },
        { match: { role: "chat" }, fault: { kind: "content", text: "It rains in Turin." } },
      ]);
      const cities = [];
      const weather = tool({ description: "The weather.", inputSchema: z.object({ city: z.string() }), execute: ({ city }) => (cities.push(city), "rain") });
      const errors = [];
      const answer = await ask(
        asked({ prompt: "How is the weather in Turin?", tools: { weather }, stopWhen: isStepCount(3), onError: ({ error }) => errors.push(error) }),
      );
      assert.equal(await answer.text, "It rains in Turin.");
      assert.deepEqual([cities, errors, (await answer.steps).length], [["Turin"], [], 2]);
    }
  });

  test(`@ai-sdk/${name}: structured output`, async () => {
    await fault(server, saying(JSON.stringify(TURIN)));
    const request = asked({ prompt: "Tell me about Turin.", output: Output.object({ schema: City }) });
    assert.deepEqual((await generateText(request)).output, TURIN);
    assert.deepEqual(await streamText(request).output, TURIN);
  });

  test(`@ai-sdk/${name}: refusals are errors with their status and message, also in the middle of a stream`, async () => {
    const wrong = { openai: createOpenAI, anthropic: createAnthropic }[name]({ baseURL: `${server.url}/v1`, apiKey: "arb_wrong" })("auto");
    await assert.rejects(generateText(asked({ ...SUM, model: wrong })), (error) => {
      assert.ok(APICallError.isInstance(error));
      assert.equal(error.statusCode, 401);
      assert.match(error.message, /key/);
      return true;
    });
    await fault(server, [
      { kind: "content", text: "one two three four five six" },
      { kind: "error_frame_mid", after_chunks: 2 },
    ]);
    const errors = [];
    let text = "";
    for await (const part of streamText(asked({ ...SUM, onError: ({ error }) => errors.push(error) })).fullStream)
      if (part.type === "text-delta") text += part.text;
    assert.ok(text.startsWith("one"));
    assert.equal(errors.length, 1);
  });
}

test("a limit is told with the time to wait", async () => {
  const limited = await start({ sim: server.sim, settings: { LIMIT_6H: 1 } });
  try {
    const key = await register(limited);
    const model = createAnthropic({ baseURL: `${limited.url}/v1`, apiKey: key })("auto");
    await generateText({ model, prompt: "Calculate 17 * 23", maxRetries: 0 });
    await assert.rejects(generateText({ model, prompt: "Calculate 17 * 23", maxRetries: 0 }), (error) => {
      assert.equal(error.statusCode, 429);
      assert.ok(Number(error.responseHeaders["retry-after"]) > 0);
      return true;
    });
  } finally {
    await limited.stop();
  }
});
