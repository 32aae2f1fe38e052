// One chat call to a deployment of Arbiter, plain or streamed, timed and checked
// against the contract. Never throws: what went wrong is in the outcome.

import { eventsIn } from '../lib/sse.mjs';

const fail = (status, message, more = {}) => ({ ok: false, status, message: String(message).slice(0, 300), ...more });

const textOf = (message) => (typeof message?.content === 'string' ? message.content : '');

/** Reads a streamed answer; `began` is when the call began. */
async function readStream(response, began) {
  let firstMs = null;
  let text = '';
  let finished = false;
  let arbiter = null;
  for await (const { event, data } of eventsIn(response.body)) {
    firstMs ??= performance.now() - began;
    if (event === 'arbiter') arbiter = JSON.parse(data);
    else if (data === '[DONE]') finished = true;
    else {
      const chunk = JSON.parse(data);
      if (chunk.error) return fail('stream', `error in the stream: ${chunk.error.message}`, { firstMs });
      text += chunk.choices?.[0]?.delta?.content ?? '';
    }
  }
  if (!finished) return fail('stream', 'the stream ended without [DONE]', { firstMs });
  if (!arbiter) return fail('stream', 'no arbiter event came after [DONE]', { firstMs });
  const model = response.headers.get('x-arbiter-model');
  return { ok: true, status: 200, firstMs, text, arbiter: { ...arbiter, model: model ?? arbiter.model } };
}

async function readWhole(response) {
  const body = await response.json();
  if (!Array.isArray(body.choices) || !body.arbiter) return fail('contract', 'a 200 without choices or without the arbiter object');
  return { ok: true, status: 200, firstMs: null, text: textOf(body.choices[0]?.message), arbiter: body.arbiter };
}

async function refusal(response) {
  const text = await response.text();
  let message = text;
  try {
    message = JSON.parse(text).error?.message ?? text;
  } catch {
    // Not JSON: the text itself tells more than nothing.
  }
  return fail(response.status, message, { model: response.headers.get('x-arbiter-model') });
}

/**
 * Sends one prompt. The outcome has `ok`, `status` (a code, or `network`, `timeout`, `stream`,
 * `contract`), `ms`, `firstMs` (streams: first event), `text`, `arbiter`.
 */
export async function call({ url, key, prompt, stream, timeoutMs, signal }) {
  const began = performance.now();
  const bound = AbortSignal.timeout(timeoutMs);
  let outcome;
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'auto', ...prompt.body, ...(stream ? { stream: true } : {}) }),
      signal: AbortSignal.any([bound, signal]),
    });
    if (!response.ok) outcome = await refusal(response);
    else outcome = stream ? await readStream(response, began) : await readWhole(response);
  } catch (error) {
    if (signal.aborted) return { ok: false, status: 'stopped' };
    outcome = bound.aborted
      ? fail('timeout', `no whole answer within ${timeoutMs / 1000} s`)
      : fail('network', error.cause?.message || error.cause?.code || error.message);
  }
  return { ...outcome, ms: performance.now() - began, prompt };
}

/** A JSON answer of one of the other endpoints; throws with the status where it is refused. */
export async function ask(url, path, { method = 'GET', key, body } = {}) {
  const headers = { ...(key ? { authorization: `Bearer ${key}` } : {}), ...(body ? { 'content-type': 'application/json' } : {}) };
  const response = await fetch(`${url}${path}`, {
    method,
    headers,
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(15_000),
  });
  if (!response.ok) {
    const { message } = await refusal(response);
    throw Object.assign(new Error(`${method} ${path}: ${response.status} ${message}`), { status: response.status });
  }
  return response.json();
}
