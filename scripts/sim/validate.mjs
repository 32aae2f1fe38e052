// What the runtime refuses, in the shape that OpenAI clients read.

import { answersChat } from './catalogue.mjs';
import { promptTokens } from './tokens.mjs';

/** An error answer: `[status, body]`. */
export function refusal(status, message, { type = 'invalid_request_error', param = null, code = null } = {}) {
  return { status, body: { error: { message, type, param, code } } };
}

/** The refusal of a request without the right key, or null. */
export function checkKey(headers, key) {
  const given = /^bearer\s+(.*)$/i.exec(headers.authorization ?? '')?.[1]?.trim();
  if (!given) return refusal(401, 'No API key was given: send Authorization: Bearer KEY.', { code: 'missing_api_key' });
  if (key !== null && given !== key) return refusal(401, 'Incorrect API key.', { code: 'invalid_api_key' });
  return null;
}

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'];
const given = (value) => value !== undefined && value !== null;
const wholeFrom = (low, high) => (value) => Number.isInteger(value) && value >= low && value <= high;
const FIELDS = {
  max_tokens: [wholeFrom(1, 1e9), 'a whole number > 0'],
  max_completion_tokens: [wholeFrom(1, 1e9), 'a whole number > 0'],
  n: [wholeFrom(1, 128), 'a whole number from 1 to 128'],
  temperature: [(value) => value >= 0 && value <= 2, 'a number from 0 to 2'],
  top_p: [(value) => value >= 0 && value <= 1, 'a number from 0 to 1'],
  stream: [(value) => typeof value === 'boolean', 'true or false'],
  tools: [Array.isArray, 'an array'],
  response_format: [(value) => typeof value === 'object' && !Array.isArray(value), 'an object'],
};

/** The refusal of a request body, or null where it can be answered. */
export function checkBody(body, models) {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return refusal(400, 'The body of the request is not a JSON object.');
  }
  if (typeof body.model !== 'string' || !body.model) return refusal(400, 'A model must be named.', { param: 'model' });
  const entry = models.get(body.model);
  if (!entry) {
    const message = `The model '${body.model.slice(0, 100)}' does not exist.`;
    return refusal(404, message, { param: 'model', code: 'model_not_found' });
  }
  if (!answersChat(entry)) {
    const message = `The model '${body.model}' does not answer on /v1/chat/completions, but on ${entry.endpoints.join(', ')}.`;
    return refusal(400, message, { param: 'model', code: 'unsupported_endpoint' });
  }
  const { messages } = body;
  if (!Array.isArray(messages) || messages.length === 0) {
    return refusal(400, "'messages' must be a non-empty array.", { param: 'messages' });
  }
  for (const [i, message] of messages.entries()) {
    if (!ROLES.includes(message?.role)) {
      return refusal(400, `messages[${i}].role must be one of ${ROLES.join(', ')}.`, { param: `messages[${i}].role` });
    }
    if (given(message.content) && typeof message.content !== 'string' && !Array.isArray(message.content)) {
      const param = `messages[${i}].content`;
      return refusal(400, `${param} must be a string or an array of parts.`, { param });
    }
  }
  for (const [name, [fits, wanted]] of Object.entries(FIELDS)) {
    if (given(body[name]) && !fits(body[name])) return refusal(400, `'${name}' must be ${wanted}.`, { param: name });
  }
  if (given(body.stream_options) && body.stream !== true) {
    return refusal(400, "'stream_options' needs 'stream': true.", { param: 'stream_options' });
  }
  return checkWindow(body, entry);
}

function checkWindow(body, entry) {
  if (entry.context === null) return null;
  const asked = body.max_completion_tokens ?? body.max_tokens ?? 0;
  const used = promptTokens(body);
  if (used + asked <= entry.context) return null;
  const message = `The model holds ${entry.context} tokens, but ${used} in the messages and ${asked} in the completion were asked for.`;
  return refusal(400, message, { param: 'messages', code: 'context_length_exceeded' });
}
