// Arithmetic with exact fractions: finds the expression in a prompt and
// evaluates it. Bounded in length, depth and size of the numbers.

const MAX_LENGTH = 2_000;
const MAX_PROMPT = 3_000;
const MAX_DEPTH = 100;
const MAX_BITS = 20_000n;
/** Digits with dashes or slashes that are no sum. */
export const DATE_OR_PHONE = /\b\d{4}-\d{1,2}-\d{1,2}\b|\b\d{1,2}\/\d{1,2}\/\d{2,4}\b|\+?\d{1,3}[- ]\d{3}[- ]\d{3,4}(?:[- ]\d{2,4})?\b/g;

const gcd = (a, b) => {
  a = a < 0n ? -a : a;
  while (b) [a, b] = [b, a % b];
  return a;
};
function fraction(n, d) {
  if (d === 0n) throw new Error("division by zero");
  if (d < 0n) [n, d] = [-n, -d];
  const g = gcd(n, d) || 1n;
  if (n / g > 1n << MAX_BITS || d / g > 1n << MAX_BITS) throw new Error("too large");
  return { n: n / g, d: d / g };
}
function decimal(text) {
  const [whole, part = ""] = text.replace(/,/g, "").split(".");
  return fraction(BigInt((whole || "0") + part), 10n ** BigInt(part.length));
}
function power(base, exponent) {
  if (exponent.d !== 1n) throw new Error("fractional power");
  const e = exponent.n < 0n ? -exponent.n : exponent.n;
  const size = BigInt((base.n < 0n ? -base.n : base.n).toString(2).length + base.d.toString(2).length);
  if (e > 10_000n || e * size > MAX_BITS) throw new Error("too large");
  return exponent.n < 0n ? fraction(base.d ** e, base.n ** e) : fraction(base.n ** e, base.d ** e);
}

/** Value of an expression as `{n, d}`; throws where it is none. */
export function evaluate(text) {
  if (text.length > MAX_LENGTH) throw new Error("too long");
  const tokens = text.match(/\d[\d,]*(?:\.\d+)?|\.\d+|\*\*|[-+*/^()%]|\S/g) ?? [];
  let at = 0;
  let depth = 0;
  const take = (...wanted) => (wanted.includes(tokens[at]) ? tokens[at++] : null);
  const sum = () => {
    if (++depth > MAX_DEPTH) throw new Error("too deep");
    let left = product();
    for (let op; (op = take("+", "-")); ) {
      const right = product();
      const sign = op === "+" ? 1n : -1n;
      left = fraction(left.n * right.d + sign * right.n * left.d, left.d * right.d);
    }
    depth--;
    return left;
  };
  const product = () => {
    let left = unary();
    for (let op; (op = take("*", "/", "%")); ) {
      const right = unary();
      if (op === "*") left = fraction(left.n * right.n, left.d * right.d);
      else if (op === "/") left = fraction(left.n * right.d, left.d * right.n);
      else if (left.d === 1n && right.d === 1n && right.n !== 0n) left = fraction(left.n % right.n, 1n);
      else throw new Error("remainder of fractions");
    }
    return left;
  };
  const unary = () => {
    let negative = false;
    for (let op; (op = take("-", "+")); ) negative = negative !== (op === "-");
    const value = raised();
    return negative ? fraction(-value.n, value.d) : value;
  };
  const raised = () => {
    const base = atom();
    if (!take("^", "**")) return base;
    if (++depth > MAX_DEPTH) throw new Error("too deep");
    const result = power(base, unary());
    depth--;
    return result;
  };
  const atom = () => {
    if (take("(")) {
      const value = sum();
      if (!take(")")) throw new Error("no closing bracket");
      return value;
    }
    const token = tokens[at++];
    if (!/^[\d.]/.test(token ?? "")) throw new Error("no number");
    return decimal(token);
  };
  const value = sum();
  if (at !== tokens.length) throw new Error("left over");
  return value;
}

/** A fraction as people write it: exact where it ends, else six places. */
export function show({ n, d }) {
  if (d === 1n) return { text: String(n), exact: true };
  const scale = 10n ** 10n;
  const exact = (n * scale) % d === 0n;
  const places = exact ? 10 : 6;
  const s = 10n ** BigInt(places);
  const absolute = n < 0n ? -n : n;
  const scaled = exact ? (absolute * s) / d : (2n * absolute * s + d) / (2n * d);
  const digits = String(scaled).padStart(places + 1, "0");
  const text = `${digits.slice(0, -places)}.${digits.slice(-places)}`.replace(/\.?0+$/, "");
  return { text: n < 0n ? `-${text}` : text, exact };
}

const NUMBER = String.raw`(-?\d[\d,]*(?:\.\d+)?)`;
const SPOKEN = [
  [new RegExp(`${NUMBER}\\s*(?:%|percent)\\s+of\\s+\\$?${NUMBER}`, "i"), (a, b) => `(${a}/100)*${b}`],
  [new RegExp(`${NUMBER}\\s+squared`, "i"), (a) => `${a}^2`],
  [new RegExp(`${NUMBER}\\s+cubed`, "i"), (a) => `${a}^3`],
];
const LISTS = [
  [/\b(?:average|mean) of\b([^?.]*\d[^?]*)/i, (list) => `(${list.join("+")})/${list.length}`],
  [/\bsum of\b([^?]*\d[^?]*)/i, (list) => list.join("+")],
  [/\bproduct of\b([^?]*\d[^?]*)/i, (list) => list.join("*")],
];

/** The expression that a prompt asks to evaluate, with its value, or null. */
export function findExpression(prompt) {
  const plain = prompt
    .slice(0, MAX_PROMPT)
    .replace(DATE_OR_PHONE, " ; ")
    .replace(/\\times|[×·]/g, "*")
    .replace(/\\div|÷/g, "/")
    .replace(/[−–]/g, "-")
    .replace(/(\d)\s*x\s*(?=\d)/gi, "$1*")
    .replace(/\bplus\b/gi, "+")
    .replace(/\bminus\b/gi, "-")
    .replace(/\b(?:times|multiplied by)\b/gi, "*")
    .replace(/\bdivided by\b/gi, "/")
    .replace(/\bto the power of\b/gi, "^")
    .replace(/\$(?=\d)/g, "");
  for (const [pattern, build] of SPOKEN) {
    const hit = plain.match(pattern);
    if (hit) return attempt(build(...hit.slice(1)));
  }
  for (const [pattern, build] of LISTS) {
    const hit = plain.match(pattern);
    const numbers = hit?.[1].match(/-?\d+(?:\.\d+)?/g);
    if (numbers && numbers.length > 1) return attempt(build(numbers.map((n) => (n[0] === "-" ? `(${n})` : n))));
  }
  const runs = plain.match(/[-(\d.][-+*/^%()\d.,\s]*[\d)]/g) ?? [];
  runs.sort((a, b) => b.length - a.length);
  for (const run of runs) {
    if (!/\d[\s)]*[-+*/^%]+[\s(]*[-\d(.]/.test(run)) continue;
    const found = attempt(run.trim());
    if (found) return found;
  }
  return null;
}

function attempt(expression) {
  try {
    return { expression, value: evaluate(expression) };
  } catch {
    return null;
  }
}

const DIGIT = /\d/;
const LETTER = /[a-z]/i;
const BLANK = /\s/;

/**
 * The numbers, letters and signs of a text with what stood before each, in one pass: every
 * character is read once, so that blanks without end cost no more than as many letters.
 */
function lexemes(text) {
  const list = [];
  const end = Math.min(text.length, MAX_PROMPT);
  let close = true;
  let number = null;
  for (let at = 0; at < end; at++) {
    const character = text[at];
    const digit = DIGIT.test(character);
    if (digit && number) number.text += character;
    else if (!BLANK.test(character)) {
      const lexeme = { text: character, close, kind: digit ? "number" : LETTER.test(character) ? "letter" : "sign" };
      list.push(lexeme);
      number = digit ? lexeme : null;
    } else number = null;
    close = !BLANK.test(character);
  }
  return list;
}

/** `ax + b = c`, the one equation that is solved, or null. */
export function solveLinear(prompt) {
  const list = lexemes(prompt);
  const is = (at, kind, ...texts) => list[at]?.kind === kind && (texts.length === 0 || texts.includes(list[at].text));
  // A sign belongs to the number that it touches.
  const signed = (at) => (is(at - 1, "sign", "-") && list[at].close ? -1n : 1n) * BigInt(list[at].text);
  for (let equals = 3; equals < list.length; equals++) {
    const left = is(equals, "sign", "=") && is(equals - 1, "number") && is(equals - 2, "sign", "+", "-") && is(equals - 3, "letter");
    const negative = is(equals + 1, "sign", "-") && list[equals + 2]?.close;
    const right = negative ? equals + 2 : equals + 1;
    if (!left || !is(right, "number") || (is(right + 1, "letter") && list[right + 1].close)) continue;
    let before = equals - 4;
    if (is(before, "sign", "*")) before -= 1;
    const factor = is(before, "number") ? signed(before) : is(before, "sign", "-") && before === equals - 4 ? -1n : 1n;
    if (factor === 0n) return null;
    const shift = BigInt(list[equals - 1].text) * (list[equals - 2].text === "+" ? 1n : -1n);
    return { variable: list[equals - 3].text, value: fraction(signed(right) - shift, factor) };
  }
  return null;
}
