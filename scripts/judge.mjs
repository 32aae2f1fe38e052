// Asks a judge model at any OpenAI-compatible address, for `judgement judge-bias`:
//
//   cargo run --release --example judgement -- judge-bias FILE --prompts > prompts.jsonl
//   JUDGE_KEY=… node scripts/judge.mjs https://host/v1 MODEL [N] < prompts.jsonl > replies.jsonl
//   cargo run --release --example judgement -- judge-bias FILE --scores replies.jsonl
//
// Reads {"id","system","user"}, writes {"id","reply"}, one JSON object a line; of N answers at most
// (all where it is left out), evenly spread, each as it is and padded. A call that fails is left out
// and counted on stderr.

import { createInterface } from "node:readline";

const [base, model, most = "Infinity"] = process.argv.slice(2);
if (!base || !model || !(Number(most) > 0)) {
  console.error("usage: node scripts/judge.mjs BASE_URL MODEL [N] < PROMPTS > REPLIES");
  process.exit(1);
}
const atOnce = 4;
const timeout = 60_000;

const prompts = [];
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() !== "") prompts.push(JSON.parse(line));
}
const answerOf = ({ id }) => id.replace(/:padded$/, "");
const answers = [...new Set(prompts.map(answerOf))];
const step = Math.max(1, answers.length / Number(most));
const wanted = new Set(answers.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step)));
const chosen = prompts.filter((prompt) => wanted.has(answerOf(prompt)));

let failed = 0;
async function ask({ id, system, user }) {
  try {
    const response = await fetch(`${base.replace(/\/$/, "")}/chat/completions`, {
      method: "POST",
      signal: AbortSignal.timeout(timeout),
      headers: { "content-type": "application/json", authorization: `Bearer ${process.env.JUDGE_KEY ?? "none"}` },
      // As the worker asks (src/pipeline/ask.rs, grade.rs).
      body: JSON.stringify({
        model,
        temperature: 0,
        max_tokens: 64,
        messages: [
          { role: "system", content: system },
          { role: "user", content: user },
        ],
      }),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const reply = (await response.json()).choices?.[0]?.message?.content;
    process.stdout.write(`${JSON.stringify({ id, reply: typeof reply === "string" ? reply : "" })}\n`);
  } catch (error) {
    failed++;
    console.error(`${id}: ${error.message}`);
  }
}

async function work() {
  for (let next = chosen.pop(); next; next = chosen.pop()) await ask(next);
}
await Promise.all(Array.from({ length: atOnce }, work));
if (failed > 0) {
  console.error(`${failed} calls failed`);
  process.exitCode = 1;
}
