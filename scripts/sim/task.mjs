// The simulator's own idea of what a prompt is: it picks the skill that counts,
// and is what the simulated classifier model answers.

import { DATE_OR_PHONE } from "./answers/arithmetic.mjs";
import { kitOf } from "./answers/agent.mjs";
import { lastUserText } from "./conversation.mjs";

const LANGUAGES = [
  ["typescript", /\btypescript\b|\bts (?:function|type|interface)\b/i],
  ["javascript", /\bjavascript\b|\bnode(?:\.?js)?\b|\bjs\b/i],
  ["python", /\bpython\b|\bpandas\b|\bdef \w+\(/i],
  ["rust", /\brust\b|\bcargo\b|\bfn \w+\(/i],
  ["go", /\bgolang\b|\bin go\b|\bgo (?:function|program|code|struct|snippet|method)\b|\bfunc \w+\(/i],
  ["java", /\bjava\b/i],
  ["sql", /\bsql\b|\bpostgres\w*|\bmysql\b|\bsqlite\b|\bselect .+ from\b/i],
  ["bash", /\bbash\b|\bshell (?:script|command|function)\b|\bposix sh\b/i],
];

/** The programming language that a prompt asks for, or null. */
export function languageOf(text) {
  const asked = text.match(/\b(?:in|into|to) (typescript|javascript|python|rust|go|golang|java|sql|bash)\b/i);
  if (asked) return asked[1].toLowerCase().replace("golang", "go");
  return LANGUAGES.find(([, pattern]) => pattern.test(text))?.[0] ?? null;
}

const FORMATS = [
  ["table", /\bmarkdown table\b|\ba table\b|\bas table\b|\btabulate\b|\btable with\b/i],
  ["json", /\bjson\b/i],
  ["yaml", /\byaml\b/i],
  ["csv", /\bcsv\b|\bcomma[- ]separated\b/i],
  ["xml", /\bxml\b/i],
  ["list", /\b(?:bullet(?:ed|ted)?|numbered)\b.{0,12}\b(?:list|points)\b|\bbullet points\b/i],
];

/** The data format that a prompt asks for, or null. */
export function formatOf(text) {
  return FORMATS.find(([, pattern]) => pattern.test(text))?.[0] ?? null;
}

const CODE_WORDS =
  /```|\b(?:implement|refactor|debug|compile|regex|stack trace|unit tests?|code|function|class|script|program|snippet|algorithm|endpoint|method|quer(?:y|ies))\b/i;
const WRITES = /\b(?:write|implement|create|fix|refactor|port|translate|debug|complete|optimi[sz]e|give me|build|convert|rewrite|show)\b/i;
const EXPRESSION = /\d\s*\$?(?:[-+*/^×÷]|\*\*|\bplus\b|\bminus\b|\btimes\b|\bdivided by\b)\s*\$?\(*\s*-?\d/i;
const MATH_WORDS =
  /\b(?:calculate|compute|evaluate|solve|multiply|divide|add up|total of|squared|cubed|find [a-z] if|how many|how much|percent|square root|sqrt|factorial|average of|mean of|sum of|product of|remainder|probability|perimeter|area of|derivative|integral|equation)\b|\d\s*%/i;
const FACT_WORDS =
  /^\s*(?:who|what|when|where|which|whose|in which|in what|is|are|was|were|did|does|do|how (?:old|tall|far|long|deep|big|fast|many|high)|name the|define|true or false)\b/i;
const OPEN_WORDS =
  /\b(?:write|compose|draft|suggest|brainstorm|imagine|poem|story|essay|opinion|advice|recommend|should i|ideas?|slogan|email|letter|plan|feel|help me|pros and cons|persuade|speech)\b/i;

/** One of the five tasks for a text. */
export function taskOfText(text) {
  const head = text.slice(0, 20_000);
  const language = languageOf(head);
  const format = formatOf(head);
  if (language && (CODE_WORDS.test(head) || WRITES.test(head) || !FACT_WORDS.test(head))) return "code";
  if (format) return "structured";
  if (/```/.test(head)) return "code";
  if (CODE_WORDS.test(head) && WRITES.test(head) && !OPEN_WORDS.test(head.replace(/\bwrite\b/gi, ""))) return "code";
  const undated = head.replace(DATE_OR_PHONE, " ");
  if (EXPRESSION.test(undated)) return "math";
  if (MATH_WORDS.test(undated) && /\d/.test(undated)) return "math";
  if (FACT_WORDS.test(head) && !OPEN_WORDS.test(head)) return "factual";
  return OPEN_WORDS.test(head) || !/\?\s*$/.test(head) ? "open" : "factual";
}

/** The task of a whole request. */
export function taskOf(body) {
  if (body.tool_choice !== "none" && kitOf(body.tools)) return "code";
  if (Array.isArray(body.tools) && body.tools.length > 0 && body.tool_choice !== "none") return "structured";
  const format = body.response_format?.type;
  if (format === "json_object" || format === "json_schema") return "structured";
  return taskOfText(lastUserText(body.messages));
}
