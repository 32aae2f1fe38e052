// The Vercel AI SDK talks to Arbiter; it reads past [DONE] and rejects whatever is no chunk.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, Output, generateObject, generateText, streamObject, streamText, tool } from "ai";
import { z } from "zod";

import { fault, saying } from "./contract.mjs";
import { adminKey, start } from "./harness.mjs";

let server;
let model;
before(async () => {
  server = await start({ settings: { MAX_ATTEMPTS: 1, QUARANTINE_SECONDS: 0 } });
  await server.sim.control("POST", "/__sim/state", { time_scale: 0 });
  const arbiter = createOpenAICompatible({
    name: "arbiter",
    baseURL: `${server.url}/v1`,
    apiKey: adminKey,
    supportsStructuredOutputs: true,
    includeUsage: true,
  });
  model = arbiter("auto");
});
after(() => server?.stop());
beforeEach(() => server.sim.control("DELETE", "/__sim/faults"));

const SUM = { prompt: "Calculate 17 * 23", maxRetries: 0 };
const City = z.object({ name: z.string(), people: z.number() });
const TURIN = { name: "Turin", people: 850_000 };

test("generateText", async () => {
  await fault(server, saying("17 * 23 = 391"));
  const { text, finishReason, usage, response } = await generateText({ model, ...SUM });
  assert.deepEqual([text, finishReason], ["17 * 23 = 391", "stop"]);
  assert.ok(usage.totalTokens > 0);
  assert.equal(response.headers["x-arbiter-task"], "math");
});

test("streamText reads to the end of the body without an error", async () => {
  await fault(server, saying("17 * 23 = 391"));
  const errors = [];
  const result = streamText({ model, ...SUM, onError: ({ error }) => errors.push(error) });
  let text = "";
  const kinds = new Set();
  for await (const part of result.fullStream) {
    kinds.add(part.type);
    if (part.type === "text-delta") text += part.text;
  }
  assert.equal(text, "17 * 23 = 391");
  assert.deepEqual(errors, []);
  assert.ok(kinds.has("finish") && !kinds.has("error"), [...kinds].join());
  assert.equal(await result.finishReason, "stop");
  assert.ok((await result.usage).totalTokens > 0, "the usage that it asked for");
});

test("streamText where the judge has to be asked after [DONE]", async () => {
  const errors = [];
  const result = streamText({ model, prompt: "Write a short poem about the sea.", maxRetries: 0, onError: ({ error }) => errors.push(error) });
  assert.ok((await result.text).length > 0);
  assert.deepEqual(errors, []);
});

test("generateObject and streamObject", async () => {
  await fault(server, saying(JSON.stringify(TURIN)));
  const request = { model, schema: City, prompt: "Tell me about Turin.", maxRetries: 0 };
  assert.deepEqual((await generateObject(request)).object, TURIN);
  const errors = [];
  const streamed = streamObject({ ...request, onError: ({ error }) => errors.push(error) });
  let last;
  for await (const object of streamed.partialObjectStream) last = object;
  assert.deepEqual([last, await streamed.object, errors], [TURIN, TURIN, []]);
  const { output } = await generateText({ model, prompt: request.prompt, maxRetries: 0, output: Output.object({ schema: City }) });
  assert.deepEqual(output, TURIN);
});

test("tools are called, whole and streamed", async () => {
  await fault(server, { kind: "tool_call", name: "weather", arguments: '{"city":"Turin"}' });
  const weather = tool({ description: "The weather.", inputSchema: z.object({ city: z.string() }) });
  const request = { model, prompt: "How is the weather in Turin?", tools: { weather }, maxRetries: 0 };
  const whole = await generateText(request);
  assert.deepEqual(
    whole.toolCalls.map(({ toolName, input }) => [toolName, input]),
    [["weather", { city: "Turin" }]],
  );
  const streamed = streamText(request);
  assert.deepEqual(
    (await streamed.toolCalls).map(({ input }) => input),
    [{ city: "Turin" }],
  );
  assert.equal(await streamed.finishReason, "tool-calls");
});

test("a refusal is an error with its status and message", async () => {
  await fault(server, { kind: "status", code: 400, body: { error: { message: "said by the runtime", type: "t", code: 400, param: null } } });
  await assert.rejects(generateText({ model, ...SUM }), (error) => {
    assert.ok(APICallError.isInstance(error));
    assert.deepEqual([error.statusCode, error.message], [400, "said by the runtime"]);
    return true;
  });
});

test("an error in the middle of a stream is told as one", async () => {
  await fault(server, [
    { kind: "content", text: "one two three four five six" },
    { kind: "error_frame_mid", after_chunks: 2 },
  ]);
  const errors = [];
  const result = streamText({ model, ...SUM, onError: ({ error }) => errors.push(error) });
  let text = "";
  for await (const part of result.fullStream) if (part.type === "text-delta") text += part.text;
  assert.ok(text.startsWith("one"));
  assert.equal(errors.length, 1);
});
