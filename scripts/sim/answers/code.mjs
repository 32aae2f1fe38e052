// Code in the language that was asked for: it parses when the model is skilled
// enough, otherwise it carries damage after which no parser accepts it.

import { languageOf } from "../task.mjs";
import { SNIPPETS } from "./snippets.mjs";

const closing = (code, bracket) => {
  const at = code.lastIndexOf(bracket);
  return code.slice(0, at) + code.slice(at + 1);
};
const unclosed = (code, rng) => closing(code, code.includes("}") && rng.chance(0.5) ? "}" : ")");
const cutOff = (code) => {
  // Up to the last bracket that opens, which then never closes.
  const at = Math.max(code.lastIndexOf("{"), code.lastIndexOf("("));
  return code.slice(0, at + 1);
};

const DAMAGE = {
  python: [
    (code) => code.replace(/(def \w+\([^)]*)\)/, "$1"),
    (code) => code.replace(/^(\s*def [^\n]*):$/m, "$1"),
    (code) => code.replace(/return ([^\n]+)$/, "return ($1"),
  ],
  bash: [(code) => code.replace(/\n\s*(fi|done)\b(?![\s\S]*\b(?:fi|done)\b)/, ""), (code) => code.replace(/echo "([^"]*)"(?![\s\S]*echo)/, 'echo "$1')],
  sql: [(code) => closing(code, ")"), (code) => code.replace(/\bFROM\b/, "FROM FROM,").replace(/TEXT NOT NULL,/, "TEXT NOT NOT ((,")],
  braces: [unclosed, cutOff, (code) => code.replace(/\(([^()]*)\)/, "(($1)")],
};

/** Damaged code. Never the original. */
export function damage(language, code, rng) {
  for (const hurt of rng.shuffle(DAMAGE[language] ?? DAMAGE.braces)) {
    const hurtCode = hurt(code, rng);
    if (hurtCode !== code) return hurtCode;
  }
  return closing(code, ")");
}

const LEADS = ["Here is one way to do it:", "This does what you describe:", "A short version with no dependencies:"];
const TAILS = {
  good: [
    "It runs in a single pass over the input, and handles an empty input without a special case.",
    "The edge cases worth a test are the empty input, a single element and repeated elements.",
    "Names and types follow the usual conventions of the language, so that it drops into an existing project.",
  ],
  bad: ["That should work.", "I have not tried it."],
};

function choose(list, prompt, rng) {
  const text = prompt.toLowerCase();
  const scored = list.map(([topics, code]) => [topics.split(" ").filter((word) => text.includes(word)).length, code]);
  const best = Math.max(...scored.map(([score]) => score));
  return rng.pick(scored.filter(([score]) => score === best))[1];
}

/** An answer with a program in a fence, and its true quality. */
export function codeAnswer(prompt, skill, rng) {
  const language = languageOf(prompt) ?? "python";
  const right = rng.chance(skill);
  const whole = choose(SNIPPETS[language], prompt, rng);
  const code = right ? whole : damage(language, whole, rng);
  const fence = `\`\`\`${language}\n${code}\n\`\`\``;
  const content = rng.chance(0.2) ? fence : `${rng.pick(LEADS)}\n\n${fence}\n\n${rng.pick(right ? TAILS.good : TAILS.bad)}`;
  return { content, quality: right ? 0.95 : 0.1, language };
}
