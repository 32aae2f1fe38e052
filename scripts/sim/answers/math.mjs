// Sums: right when the model is skilled enough, otherwise wrong in the way
// that models are wrong (a slip, a lost digit, a sign).

import { findExpression, show, solveLinear } from "./arithmetic.mjs";

function slip(text, rng) {
  const negative = text.startsWith("-");
  const bare = negative ? text.slice(1) : text;
  const position = rng.whole(0, bare.length - 1);
  const digitAt = /\d/.test(bare[position]) ? position : 0;
  const digit = Number(bare[digitAt]);
  const other = (digit + rng.whole(1, 8)) % 10 || (digit === 9 ? 8 : 9);
  const wrong = bare.slice(0, digitAt) + other + bare.slice(digitAt + 1);
  return (negative ? "-" : "") + (wrong === bare ? `${bare}1` : wrong);
}

function grouped(text) {
  const [whole, part] = text.split(".");
  const commas = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return part === undefined ? commas : `${commas}.${part}`;
}

const PRETTY = (expression) => expression.replace(/\*\*/g, "^").replace(/\s+/g, " ").trim();

function phrase(expression, result, exact, rng) {
  const shown = PRETTY(expression);
  const sign = exact ? "=" : "≈";
  switch (rng.whole(0, 5)) {
    case 0:
      return `${result}`;
    case 1:
      return `${shown} ${sign} ${result}`;
    case 2:
      return `The answer is **${grouped(result)}**.`;
    case 3:
      return `Working through it in the usual order of operations:\n\n${shown} ${sign} ${result}\n\nSo the result is ${result}.`;
    case 4:
      return `$$${shown.replace(/\*/g, " \\times ")} ${exact ? "=" : "\\approx"} ${result}$$\n\nTherefore the answer is \\boxed{${result}}.`;
    default:
      return `Result: ${grouped(result)}`;
  }
}

/** The answer to a sum, equation or word problem, with its true quality. */
export function mathAnswer(prompt, skill, rng) {
  const right = rng.chance(skill);
  const quality = right ? 1 : 0;
  const found = findExpression(prompt);
  if (found) {
    const { text, exact } = show(found.value);
    const result = right ? text : slip(text, rng);
    return { content: phrase(found.expression, result, exact, rng), quality };
  }
  const solved = solveLinear(prompt);
  if (solved) {
    const { text } = show(solved.value);
    const result = right ? text : slip(text, rng);
    return { content: `Isolating the unknown gives ${solved.variable} = ${result}.`, quality };
  }
  return { content: wordProblem(prompt, right, rng), quality: right ? 0.95 : 0.15 };
}

// Nobody here can read: a number that the figures of the text make plausible.
function wordProblem(prompt, right, rng) {
  const figures = (prompt.match(/\d+(?:\.\d+)?/g) ?? []).slice(0, 6).map(Number);
  const [a, b] = [figures[0] ?? rng.whole(2, 20), figures[1] ?? rng.whole(2, 20)];
  const guess = rng.pick([a + b, a * b, Math.abs(a - b)]);
  const result = Math.round(guess * 100) / 100;
  if (!right) return `I think it is about ${result + rng.whole(1, 9)}.`;
  return [
    `Let us take it in steps.`,
    `1. The figures given are ${figures.length ? figures.join(", ") : "few, so I assume round ones"}.`,
    `2. Combining them as the question asks gives ${result}.`,
    `3. A check against the conditions of the question holds.`,
    ``,
    `The answer is ${result}.`,
  ].join("\n");
}
