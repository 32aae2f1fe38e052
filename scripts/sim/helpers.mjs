// The two helper models: the judge, which knows what the simulator answered,
// and the classifier, which goes by keywords and errs now and then.

import { qualityByFeatures } from "./answers/prose.mjs";
import { fill } from "./answers/schema.mjs";
import { clamp } from "./random.mjs";
import { taskOfText } from "./task.mjs";
import { lastUserText } from "./conversation.mjs";
import { messageText } from "./tokens.mjs";
import { TASKS } from "./catalogue.mjs";

const REMEMBERED = 4_000;
const COMPARED = 3_000;
const TELLING = 12;

const squeeze = (text) =>
  text
    .slice(0, 60_000)
    .replace(/\\[nrt]/g, " ")
    .replace(/\\u[0-9a-f]{4}/gi, " ")
    .replace(/[^\p{L}\p{N}]+/gu, "");

/** The answers given lately, with their true quality. */
export class Memory {
  constructor() {
    this.byText = new Map();
  }

  remember(text, quality) {
    const key = squeeze(text).slice(0, COMPARED);
    if (!key) return;
    this.byText.delete(key);
    this.byText.set(key, quality);
    if (this.byText.size > REMEMBERED) this.byText.delete(this.byText.keys().next().value);
  }

  /** The quality of an answer that is shown, or of the longest remembered one that stands in a text, or null. */
  recall(text, answer) {
    const exact = this.byText.get(squeeze(answer).slice(0, COMPARED));
    if (exact !== undefined) return exact;
    const shown = squeeze(text);
    let best = null;
    for (const [key, quality] of this.byText) {
      // A few letters stand in many texts and prove nothing.
      if (key.length >= TELLING && (best === null || key.length > best.length) && shown.includes(key)) best = { length: key.length, quality };
    }
    return best?.quality ?? null;
  }
}

const PART = /(?:"""|<answer>|<response>|(?:answer|response|reply)[^\S\n]*:)\s*([\s\S]*)/i;

/** What the judge model answers. */
export function judgement(body, memory, rng, settings) {
  const text = body.messages.map(messageText).join("\n");
  const shown = text.match(PART)?.[1] ?? lastUserText(body.messages);
  const quality = memory.recall(text, shown) ?? qualityByFeatures(shown);
  const score = clamp(quality + settings.judge_noise * rng.normal());
  const scale = /\b(?:0|1|zero|one)\s*(?:to|-|–|and|\.\.)\s*100\b|out of 100/i.test(text)
    ? 100
    : /\b(?:0|1|zero|one)\s*(?:to|-|–|and|\.\.)\s*(?:10|ten)\b(?![.\d])|out of (?:10|ten)\b/i.test(text)
      ? 10
      : 1;
  const value = scale === 1 ? Math.round(score * 100) / 100 : Math.round(score * scale);
  const format = body.response_format;
  if (format?.type === "json_schema" && format.json_schema?.schema) {
    return JSON.stringify(withNumber(fill(format.json_schema.schema, rng), value));
  }
  const key = text.match(/\{\s*"(score|rating|quality|grade)"\s*:/i)?.[1];
  if (format?.type === "json_object" || key) return JSON.stringify({ [key ?? "score"]: value });
  return scale === 1 ? value.toFixed(2) : String(value);
}

function withNumber(value, number) {
  if (typeof value === "number") return number;
  if (Array.isArray(value)) return value.map((item) => withNumber(item, number));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withNumber(part, number)]));
}

const QUOTED = [
  /<(prompt|request|message|text|user|input|query)[^>]*>([\s\S]*?)<\/\1>/i,
  /()"""([\s\S]*?)"""/,
  /()(?:^|\n)\s*(?:user )?(?:prompt|request|message|question|text|input|query)\s*:\s*([\s\S]*)/i,
];

/** The words to classify, out of what the classifier model was sent. */
export function classified(messages) {
  const text = lastUserText(messages);
  const named = TASKS.filter((task) => text.toLowerCase().includes(task)).length;
  if (named < 4) return text;
  for (const pattern of QUOTED) {
    const hit = text.match(pattern);
    if (hit?.[2].trim()) return hit[2];
  }
  return text.split(/\n\s*\n/).at(-1);
}

/** What the classifier model answers: one word. */
export function classification(body, rng, settings) {
  const task = taskOfText(classified(body.messages));
  if (!rng.chance(settings.classifier_error)) return task;
  return rng.pick(TASKS.filter((other) => other !== task));
}

const NUMBER_WANTED = /\bnumber from (?:0|zero)\b|\bfrom 0 to 1\b|\bscale of\b/i;

/** The helper that a request asks for by its form, whatever the model, or null. */
export function roleByForm({ messages, tools }) {
  if (tools?.length || messages.length > 2 || messages[0]?.role === "user") return null;
  const system = messageText(messages[0]);
  if (TASKS.every((task) => new RegExp(`\\b${task}\\b`).test(system)) && /\b(?:one|single) word\b/.test(system)) return "classifier";
  return /\brate\b/i.test(system) && /\banswer\b/i.test(system) && NUMBER_WANTED.test(system) ? "judge" : null;
}
