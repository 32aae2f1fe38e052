// Answers made to bring the graders down: whatever a model writes, the worker goes on answering.
// The stack of WebAssembly is smaller than the native one, so its overflow shows only here.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { call, chat, startBefore } from "./harness.mjs";

const levels = JSON.parse(readFileSync(new URL("../../crates/grading/tests/hostile/levels.json", import.meta.url), "utf8"));
const languages = ["python", "js", "jsx", "ts", "tsx", "rust", "go", "java", "sql", "bash", "json", "yaml", "xml"];
// The guards let through up to 10, 100, 300 or 1,500 levels, by what nests; the last is far beyond.
const depths = [10, 79, 99, 299, 740, 1_400, 20_000];
const atOnce = 6;

// A runtime that answers with the text that stands behind the last line of the prompt.
const answers = new Map();
const runtime = createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  if (!request.url.endsWith("/chat/completions")) return response.writeHead(404).end();
  const { model, messages } = JSON.parse(body);
  const content = answers.get(messages.at(-1).content.split("\n").at(-1)) ?? "0.5";
  response.writeHead(200, { "content-type": "application/json", "x-btl-customer-charge": "0.00001" }).end(
    JSON.stringify({
      id: "x",
      object: "chat.completion",
      created: 1,
      model,
      choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
      usage: { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 },
    }),
  );
});

let server;
before(async () => {
  server = await startBefore(runtime);
});
after(() => server?.stop());

async function graded(text, question = "```python\nx\n```\nFix this code.") {
  const name = `case ${answers.size}`;
  answers.set(name, text);
  const answer = await chat(server, { messages: [{ role: "user", content: `${question}\n${name}` }] });
  answers.set(name, undefined);
  return answer;
}

async function survives(cases) {
  const waiting = [...cases];
  const one = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const answer = await graded(next.text);
      assert.equal(answer.status, 200, `${next.what}: ${answer.text.slice(0, 300)}`);
      assert.equal(answer.body.arbiter.task, "code", next.what);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  const sound = await graded("```python\nprint(1)\n```");
  assert.equal(sound.body.arbiter.quality, 1, JSON.stringify(sound.body.arbiter));
  assert.doesNotMatch(server.log(), /call stack|unreachable|out of bounds|panicked/i);
}

for (const language of languages) {
  test(`no nesting in ${language} takes the worker down`, { timeout: 120_000 }, async () => {
    const cases = levels.flatMap(([open, inside, close]) =>
      depths.flatMap((depth) => {
        const nested = `${open.repeat(depth)}${inside}${close.repeat(depth)}`.slice(0, 120_000);
        const what = `${language}, ${depth} times ${open}`;
        return [{ what, text: `\`\`\`${language}\n${nested}\n\`\`\`` }];
      }),
    );
    await survives(cases);
    assert.equal((await call(server, "GET", "/health")).status, 200);
  });
}
