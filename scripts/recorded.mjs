// Gets the recorded answers that the figures of docs/lab are measured on, and makes files for `replay` of them:
//
//   node scripts/recorded.mjs [--from CHECKOUT] [--out FOLDER] [SET…]
//
// The answers are those that WildEval/ZeroEval publishes (Apache-2.0; questions of CRUXEval, GSM8K
// and MATH under MIT). They are fetched from there once, or read from a checkout that you have. Each is
// scored by its benchmark's rule: the number or the literal that is asked for. Prompts are those of the
// figures (data/recorded/prompts.txt), prices list prices of December 2024 (data/recorded/prices.json). Tokens
// are estimated from characters; what that changes is told in docs/lab/strategies.md.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";

const SOURCE = "https://github.com/WildEval/ZeroEval";
const COMMIT = "8c1485edf12c6efb5f69135a562927c5ad484059";
const root = fileURLToPath(new URL("../", import.meta.url));
const here = (path) => readFileSync(join(root, "data/recorded", path), "utf8");

/** By set: its folder there, its task, how an answer is scored, and characters of a token of its prompts and answers. */
const SETS = {
  crux: { folder: "crux", task: "code", right: literal, chars: [4.13, 3.52] },
  gsm8k: { folder: "gsm", task: "math", right: number, chars: [4.07, 3.43] },
  "math-l5": { folder: "math-l5", task: "math", right: number, chars: [3.51, 2.79] },
};

/** What an answer gives for "answer": from its first JSON object, or from what looks like one. */
function given(output) {
  const whole = output.match(/\{[\s\S]*\}/)?.[0];
  for (const text of whole ? [whole, whole.replaceAll("\n", "")] : []) {
    try {
      const { answer } = JSON.parse(text);
      if (answer !== undefined) return String(answer);
    } catch {
      // As far as it can be read.
    }
  }
  return (output.match(/"answer"\s*:\s*"([^"]*?)"/) ?? output.match(/"?answer"?\s*:\s*"?([^,\s"]+)/))?.[1] ?? null;
}

function number(said, wanted) {
  const of = (text) => {
    const plain = text.replaceAll(/[$,#\s]/g, "");
    const [, over, under] = plain.match(/^(-?[\d.]+)\/([\d.]+)$/) ?? [];
    const found = under ? Number(over) / Number(under) : Number(plain.match(/-?\d+(\.\d+)?/)?.[0] ?? NaN);
    return Number.isFinite(found) ? found : null;
  };
  return of(said) !== null && of(said) === of(wanted);
}

function literal(said, wanted) {
  const bare = (text) => text.replace(/^['"]+|['"]+$/g, "").replaceAll("\n", "\\n");
  return bare(said) === bare(wanted);
}

/** What a model is called here; null for one without a list price. */
function named(file) {
  const name = file
    .replace(/\.json$/, "")
    .toLowerCase()
    .replace(/^meta-/, "")
    .replace(/@(together|nvidia)$/, "");
  const known = {
    "llama-3.1-405b-inst@sambanova": "llama-3.1-405b-instruct",
    "mistral-large-2": "mistral-large-2407",
    "mistral-nemo-instruct-2407": "mistral-nemo-2407",
    "mixtral-8x7b-instruct-v0.1": "mixtral-8x7b-instruct",
    "deepseek-chat": "deepseek-v2-chat-0628",
    "deepseek-coder": "deepseek-v2-coder-0614",
    "deepseek-coder-v2-0724": "deepseek-v2-coder-0724",
  };
  return known[name] ?? name;
}

/** The beginning of a digest of the question: which prompts the figures are of. */
function digest(prompt) {
  const question = prompt.match(/## Question:\s*([\s\S]*?)\s*## Instruction/)?.[1] ?? prompt;
  const words = question
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, " ")
    .trim();
  return createHash("sha256").update(words).digest("hex").slice(0, 8);
}

/** The prompts of a set with what each model made of them. */
export function made(set, folder, prices, prompts) {
  const { task, right, chars } = SETS[set];
  const rows = new Map();
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()) {
    const price = prices[named(file)];
    if (!price) continue;
    for (const { id, chat_history, output, answer } of JSON.parse(readFileSync(join(folder, file), "utf8"))) {
      const prompt = chat_history[0].trim();
      const of = digest(prompt);
      if (!prompts.has(of)) continue;
      const said = given(output[0]);
      const [in_tok, out_tok] = [prompt, output[0]].map((text, at) => Math.max(1, Math.round(text.length / chars[at])));
      const row = rows.get(id) ?? { id: `${set}:${of}`, task, models: {} };
      rows.set(id, row);
      row.models[named(file)] = {
        quality: said !== null && right(said, String(answer)) ? 1 : 0,
        in_tok,
        out_tok,
        cost_usd: (in_tok * price[0] + out_tok * price[1]) / 1e6,
      };
    }
  }
  return [...rows.values()].sort((a, b) => a.id.localeCompare(b.id));
}

function fetched(folders) {
  const checkout = join(root, "target/recorded/ZeroEval");
  if (existsSync(checkout)) return checkout;
  const git = (...words) => execFileSync("git", words, { stdio: "inherit" });
  git("clone", "--quiet", "--filter=blob:none", "--no-checkout", SOURCE, checkout);
  git("-C", checkout, "sparse-checkout", "set", ...folders);
  git("-C", checkout, "checkout", "--quiet", COMMIT);
  return checkout;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { from: { type: "string" }, out: { type: "string" } } });
  const sets = positionals.length ? positionals : Object.keys(SETS);
  const unknown = sets.find((set) => !Object.hasOwn(SETS, set));
  if (unknown) {
    console.error(`usage: node scripts/recorded.mjs [--from CHECKOUT] [--out FOLDER] [${Object.keys(SETS).join("] [")}]`);
    process.exit(2);
  }
  const folderOf = (set) => `result_dirs/${SETS[set].folder}`;
  const from = values.from ?? fetched(Object.keys(SETS).map(folderOf));
  const out = values.out ?? join(root, "target/recorded");
  mkdirSync(out, { recursive: true });
  const prompts = new Set(here("prompts.txt").split("\n"));
  for (const set of sets) {
    const rows = made(set, join(from, folderOf(set)), JSON.parse(here("prices.json")).usd_per_million, prompts);
    const file = join(out, `zeroeval-${set}.jsonl.gz`);
    writeFileSync(file, gzipSync(rows.map((row) => `${JSON.stringify(row)}\n`).join("")));
    console.log(`${file}: ${rows.length} prompts, ${new Set(rows.flatMap(({ models }) => Object.keys(models))).size} models`);
  }
}
