// What the runtime refuses, as `[kind, what is known of the case]`; the words are the dialect's.

import { answersChat } from "./catalogue.mjs";
import { picturesIn, promptTokens } from "./tokens.mjs";

/** The key of a request, or null: of a bearer, or in a header of its own. */
export function keyOf(headers) {
  return /^bearer\s+(.*)$/i.exec(headers.authorization ?? "")?.[1]?.trim() || headers["api-key"] || headers["x-api-key"] || null;
}

/** The refusal of a request without the right key, or null. */
export function checkKey(given, wanted, needed) {
  if (given === null) return needed || wanted !== null ? ["key_missing", {}] : null;
  return wanted !== null && given !== wanted ? ["key_wrong", { key: given }] : null;
}

const ROLES = ["system", "developer", "user", "assistant", "tool", "function"];
const given = (value) => value !== undefined && value !== null;
const wholeFrom = (low, high) => (value) => Number.isInteger(value) && value >= low && value <= high;
const FIELDS = {
  max_tokens: [wholeFrom(1, 1e9), "a whole number > 0"],
  max_completion_tokens: [wholeFrom(1, 1e9), "a whole number > 0"],
  n: [wholeFrom(1, 128), "a whole number from 1 to 128"],
  temperature: [(value) => value >= 0 && value <= 2, "a number from 0 to 2"],
  top_p: [(value) => value >= 0 && value <= 1, "a number from 0 to 1"],
  stream: [(value) => typeof value === "boolean", "true or false"],
  tools: [Array.isArray, "an array"],
  response_format: [(value) => typeof value === "object" && !Array.isArray(value), "an object"],
};

const KNOWN = new Set([
  ...Object.keys(FIELDS),
  ...["model", "messages", "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs", "metadata", "modalities"],
  ...["parallel_tool_calls", "prediction", "presence_penalty", "prompt_cache_key", "prompt_cache_retention", "reasoning_effort"],
  ...["safety_identifier", "seed", "service_tier", "stop", "store", "stream_options", "tool_choice", "top_logprobs", "user", "verbosity", "web_search_options"],
]);

/** The refusal of a request body, or null where it can be answered. */
export function checkBody(body, { models, dialect, settings }) {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return ["invalid", { message: "The body of the request is not a JSON object." }];
  }
  if (typeof body.model !== "string" || !body.model) return ["invalid", { message: "A model must be named.", param: "model" }];
  const model = body.model.slice(0, 100);
  const entry = models.get(body.model);
  if (!entry) return ["unknown", { model }];
  if (!answersChat(entry)) return ["endpoint", { model, endpoints: entry.endpoints }];
  const { messages } = body;
  if (!Array.isArray(messages) || messages.length === 0) {
    return ["invalid", { message: "'messages' must be a non-empty array.", param: "messages" }];
  }
  for (const [i, message] of messages.entries()) {
    if (!ROLES.includes(message?.role)) {
      return ["invalid", { message: `messages[${i}].role must be one of ${ROLES.join(", ")}.`, param: `messages[${i}].role` }];
    }
    if (given(message.content) && typeof message.content !== "string" && !Array.isArray(message.content)) {
      const param = `messages[${i}].content`;
      return ["invalid", { message: `${param} must be a string or an array of parts.`, param }];
    }
  }
  for (const [name, [fits, wanted]] of Object.entries(FIELDS)) {
    if (given(body[name]) && !fits(body[name])) return ["invalid", { message: `'${name}' must be ${wanted}.`, param: name }];
  }
  if (given(body.stream_options)) {
    if (settings.refuse_stream_options) return ["field", { name: "stream_options" }];
    if (body.stream !== true) return ["invalid", { message: "'stream_options' needs 'stream': true.", param: "stream_options" }];
  }
  if (dialect.strict) {
    const name = Object.keys(body).find((field) => !KNOWN.has(field));
    if (name !== undefined) return ["field", { name: name.slice(0, 100) }];
  }
  return checkNeeds(body, entry, model) ?? dialect.check?.(body, entry) ?? checkWindow(body, entry, dialect);
}

function checkNeeds(body, entry, model) {
  const at = body.messages.findIndex(picturesIn);
  if (entry.images === false && at >= 0) {
    return ["images", { model, at, part: body.messages[at].content.findIndex((part) => part?.type === "image_url") }];
  }
  if (entry.tools === false && Array.isArray(body.tools) && body.tools.length) return ["tools", { model }];
  const format = body.response_format?.type;
  if (entry.response_format === false && given(format) && format !== "text") return ["response_format", { model, format: String(format).slice(0, 40) }];
  return null;
}

function checkWindow(body, entry, dialect) {
  if (entry.context === null || dialect.cutsContext) return null;
  const asked = body.max_completion_tokens ?? body.max_tokens ?? 0;
  const used = promptTokens(body);
  if (used + asked <= entry.context) return null;
  return ["context", { model: body.model.slice(0, 100), context: entry.context, used, asked }];
}
