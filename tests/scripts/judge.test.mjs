// The asking of a judge: which answers of many it is asked about, and what is kept of its replies.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../../scripts/judge.mjs", import.meta.url));

const asked = [];
const judge = createServer(async (request, response) => {
  const body = JSON.parse(await text(request));
  asked.push({ ...body, authorization: request.headers.authorization });
  if (body.messages[1].content === "broken") {
    response.writeHead(500).end();
    return;
  }
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ choices: [{ message: { content: `Score: ${body.messages[1].content.length / 10}` } }] }));
});
let base;
before(async () => {
  judge.listen(0, "127.0.0.1");
  await once(judge, "listening");
  base = `http://127.0.0.1:${judge.address().port}/v1`;
});
after(() => judge.close());

/** Runs the script over prompts; gives its exit status and its replies. */
async function run(prompts, ...most) {
  asked.length = 0;
  const child = spawn(process.execPath, [script, base, "a-judge", ...most], { env: { JUDGE_KEY: "k" } });
  child.stdin.end(prompts.map((prompt) => `${JSON.stringify(prompt)}\n`).join(""));
  const [said, , [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return {
    status,
    replies: said
      .trim()
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  };
}

const pair = (id) => [
  { id, system: "rate", user: "short" },
  { id: `${id}:padded`, system: "rate", user: "longer" },
];

test("of some answers only, each is asked about as it is and padded", async () => {
  const { status, replies } = await run(["a", "b", "c", "d", "e", "f"].flatMap(pair), "3");
  assert.equal(status, 0);
  assert.equal(replies.length, 6);
  const ids = replies.map((reply) => reply.id);
  const whole = ids.filter((id) => !id.endsWith(":padded"));
  assert.equal(whole.length, 3);
  assert.ok(whole.every((id) => ids.includes(`${id}:padded`)));
  assert.ok(asked.every((body) => body.model === "a-judge" && body.temperature === 0 && body.authorization === "Bearer k"));
});

test("a call that fails is left out, counted, and told by the exit status", async () => {
  const { status, replies } = await run([...pair("a"), { id: "b", system: "rate", user: "broken" }]);
  assert.equal(status, 1);
  assert.deepEqual(replies.map((reply) => reply.id).sort(), ["a", "a:padded"]);
  assert.equal(replies.find((reply) => reply.id === "a").reply, "Score: 0.5");
});
