// Recorded answers become files for `replay`: scored by their benchmark's rule, priced, of the prompts of the figures.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { made } from "../../scripts/recorded.mjs";

const prompt = (question) => `\n## Question: \n\n${question}\n\n\n## Instruction \n\nAnswer in JSON.\n`;
const digest = (words) => createHash("sha256").update(words).digest("hex").slice(0, 8);

/** What a set makes of such answers, by model: `{file: [[question, output, answer]]}`. */
function madeOf(set, files, words) {
  const folder = mkdtempSync(join(tmpdir(), "arbiter-recorded-"));
  try {
    mkdirSync(folder, { recursive: true });
    for (const [file, rows] of Object.entries(files))
      writeFileSync(
        join(folder, `${file}.json`),
        JSON.stringify(rows.map(([question, output, answer], at) => ({ id: `${question} ${at}`, chat_history: [prompt(question)], output: [output], answer }))),
      );
    return made(set, folder, { "gpt-4o-mini": [1, 10], "llama-3-8b-instruct": [2, 2] }, new Set(words.map(digest)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("an answer is scored by the number that is asked for, however it is written", () => {
  const right = [
    '{"reasoning": "…", "answer": "$1,200.50"}',
    'So {\n"answer": 1200.5}',
    '{"reasoning": "a \n b", "answer": "2401/2"}',
    '"answer": "1200.50 dollars',
  ];
  const wrong = ['{"answer": "1200"}', "1200.5", "", '{"answer": ""}', '{"reasoning": 1200.5}'];
  for (const [outputs, quality] of [
    [right, 1],
    [wrong, 0],
  ])
    for (const output of outputs) {
      const [row] = madeOf("gsm8k", { "gpt-4o-mini": [["How much?", output, "# 1,200.50"]] }, ["how much"]);
      assert.equal(row.models["gpt-4o-mini"].quality, quality, output);
    }
});

test("a program's output is compared as a literal", () => {
  const of = (output, answer) => madeOf("crux", { "gpt-4o-mini": [["f(1)?", output, answer]] }, ["f 1"])[0].models["gpt-4o-mini"].quality;
  assert.equal(of('{"answer": "[1, 2]"}', "[1, 2]"), 1);
  assert.equal(of(`{"answer": "'ab'"}`, "'ab'"), 1);
  assert.equal(of('{"answer": "[1,2]"}', "[1, 2]"), 0);
});

test("a row has what each priced model made of a prompt of the figures, and no prompt or answer", () => {
  const good = '{"answer": "4"}';
  const rows = madeOf(
    "math-l5",
    {
      "gpt-4o-mini": [
        ["What is 2 + 2?", good, "4"],
        ["Another?", good, "4"],
      ],
      "Meta-Llama-3-8B-Instruct": [["What is 2 + 2?", '{"answer": "5"}', "4"]],
      "nobody-knows-its-price": [["What is 2 + 2?", good, "4"]],
    },
    ["what is 2 2"],
  );
  assert.equal(rows.length, 1);
  const [{ id, task, models }] = rows;
  assert.deepEqual([id, task, Object.keys(models).sort()], [`math-l5:${digest("what is 2 2")}`, "math", ["gpt-4o-mini", "llama-3-8b-instruct"]]);
  assert.deepEqual([models["gpt-4o-mini"].quality, models["llama-3-8b-instruct"].quality], [1, 0]);
  for (const [name, [input, output]] of [
    ["gpt-4o-mini", [1, 10]],
    ["llama-3-8b-instruct", [2, 2]],
  ]) {
    const { in_tok, out_tok, cost_usd } = models[name];
    assert.ok(in_tok > 0 && out_tok > 0);
    assert.equal(cost_usd, (in_tok * input + out_tok * output) / 1e6);
  }
  assert.ok(!JSON.stringify(rows).includes("2 + 2"));
});
