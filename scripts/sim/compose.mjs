// From a request that is in order to what will be sent: the completion, its
// price, and the chunks in which it travels.

import { answer } from './answers/index.mjs';
import { classification, judgement } from './helpers.mjs';
import { benchmark, charge, MICRO, usd } from './money.mjs';
import { hash } from './random.mjs';
import { countTokens, cutTokens, promptTokens, words } from './tokens.mjs';

/** The choices of an answer, before faults: `{message, finish, tokens, quality}` each. */
function choices(state, body, { role, task, entry, rng }) {
  const limit = body.max_completion_tokens ?? body.max_tokens ?? null;
  return Array.from({ length: body.n ?? 1 }, () => {
    if (role === 'judge') return spoken(judgement(body, state.memory, rng, state.settings), limit, 1);
    if (role === 'classifier') return spoken(classification(body, rng, state.settings), limit, 1);
    const given = answer(body, task, entry.skill[task], rng);
    if (!given.tool) return spoken(given.content, limit, given.quality);
    const call = { name: given.tool.name, arguments: given.tool.arguments };
    return toolChoice(call, rng, given.quality);
  });
}

function spoken(content, limit, quality) {
  const { text, cut } = limit === null ? { text: content, cut: false } : cutTokens(content, limit);
  return {
    message: { role: 'assistant', content: text, refusal: null },
    finish: cut ? 'length' : 'stop',
    tokens: countTokens(text),
    quality: cut ? quality * 0.6 : quality,
  };
}

function toolChoice(call, rng, quality) {
  const id = `call_${rng.whole(0, 0xffffffff).toString(16).padStart(8, '0')}`;
  return {
    message: { role: 'assistant', content: null, refusal: null, tool_calls: [{ id, type: 'function', function: call }] },
    finish: 'tool_calls',
    tokens: 8 + countTokens(call.arguments),
    quality,
  };
}

/** Faults that change what the model says. */
function distort(list, faults, rng) {
  for (const choice of list) {
    const say = (content) => Object.assign(choice, { message: { role: 'assistant', content, refusal: null } });
    if (faults.has('content')) say(faults.get('content').text ?? '').tokens = countTokens(choice.message.content);
    if (faults.has('content_empty')) say('').tokens = 0;
    if (faults.has('content_wrong')) say(faults.get('content_wrong').value ?? 42);
    if (faults.has('content_null')) say(null);
    if (faults.has('refusal')) say(null).message.refusal = faults.get('refusal').text ?? 'I cannot help with that.';
    if (faults.has('big_body')) say('word '.repeat(Math.ceil(((faults.get('big_body').mb ?? 8) * 1_048_576) / 5)));
    if (faults.has('tool_call')) {
      const { name = 'lookup', arguments: text = '{}' } = faults.get('tool_call');
      Object.assign(choice, toolChoice({ name, arguments: text }, rng, 0));
    }
    if (faults.has('finish_reason')) choice.finish = faults.get('finish_reason').value;
  }
}

/** The whole answer to one request, priced. */
export function compose(state, body, request, faults) {
  const { entry, rng, model } = request;
  const list = choices(state, body, request);
  distort(list, faults, rng);
  if (request.role === 'chat') {
    for (const { message, quality } of list) {
      const text = message.content ?? message.tool_calls?.[0].function.arguments;
      if (typeof text === 'string') state.memory.remember(text, quality);
    }
  }
  const inTokens = promptTokens(body);
  const outTokens = list.reduce((sum, choice) => sum + choice.tokens, 0);
  const usage = { prompt_tokens: inTokens, completion_tokens: outTokens, total_tokens: inTokens + outTokens };
  const price = priced(state, request, usage);
  return {
    id: `chatcmpl-${hash(`${state.seed}|${state.calls}|${request.text}`).toString(16).padStart(8, '0')}${state.calls}`,
    created: Math.floor(Date.now() / 1000),
    model,
    choices: list,
    usage: faults.has('usage_missing') ? undefined : faults.has('usage_wrong') ? (faults.get('usage_wrong').value ?? 'many') : usage,
    outTokens,
    ...price,
  };
}

function priced(state, { entry, model, text }, usage) {
  const { settings } = state;
  const cacheKey = `${model}|${hash(text)}|${text.length}`;
  const hit = settings.cache_hits && state.cached.has(cacheKey);
  if (settings.cache_hits) state.cached.add(cacheKey);
  const base = {
    inTokens: usage.prompt_tokens,
    outTokens: usage.completion_tokens,
    inPrice: entry.in_price ?? 0,
    outPrice: entry.out_price ?? 0,
  };
  const price = (outTokens) =>
    charge({
      ...base,
      outTokens,
      factor: entry.multiplier * settings.charge_factor * (hit ? settings.cache_factor : 1),
      quantum: settings.quantum_micro,
      minOne: settings.charge_at_least_one_quantum,
    });
  return { hit, micro: price(base.outTokens), partial: (share) => price(Math.ceil(base.outTokens * share)), list: benchmark(base) };
}

/** The headers that tell what an answer cost: on plain answers; on streams only where asked for. */
export function costHeaders(reply, faults) {
  const headers = {
    'x-btl-request-id': `btl_${hash(reply.id).toString(16).padStart(8, '0')}`,
    'x-btl-customer-charge': usd(reply.micro),
    'x-btl-benchmark-cost': reply.list,
    'x-btl-saved': (Number(reply.list) - reply.micro / MICRO).toFixed(9),
  };
  if (reply.hit) headers['x-btl-cache-tier'] = 'exact';
  if (faults.has('cost_missing')) delete headers['x-btl-customer-charge'];
  if (faults.has('cost_header')) {
    const { value, values } = faults.get('cost_header');
    headers['x-btl-customer-charge'] = values ? values.map(String) : String(value ?? 'NaN');
  }
  return headers;
}

/** The body of an answer that is not streamed. */
export function completion(reply) {
  return {
    id: reply.id,
    object: 'chat.completion',
    created: reply.created,
    model: reply.model,
    choices: reply.choices.map(({ message, finish }, index) => ({ index, message, logprobs: null, finish_reason: finish })),
    usage: reply.usage,
    system_fingerprint: 'fp_simulated',
  };
}

/** The events of a streamed answer, before they become bytes; `share` is how much of it is out by then. */
export function events(reply, body, faults) {
  const list = [];
  const wantsUsage = body.stream_options?.include_usage === true;
  const chunk = (index, delta, finish_reason = null) => ({
    id: reply.id,
    object: 'chat.completion.chunk',
    created: reply.created,
    model: reply.model,
    choices: [{ index, delta, logprobs: null, finish_reason }],
    ...(wantsUsage ? { usage: null } : {}),
  });
  const add = (data, weight = 0) => list.push({ data, weight });
  if (faults.has('error_frame_first')) return [{ data: errorFrame(faults.get('error_frame_first')), weight: 0 }];
  for (const [index, { message, finish }] of reply.choices.entries()) {
    add(chunk(index, { role: 'assistant', content: message.tool_calls ? null : '' }));
    if (message.tool_calls) addCall(message.tool_calls[0], (delta, weight) => add(chunk(index, delta), weight));
    else if (typeof message.content === 'string') {
      for (const word of words(message.content)) add(chunk(index, { content: word }), 1);
    } else if (message.content !== null) add(chunk(index, { content: message.content }), 1);
    if (message.refusal) add(chunk(index, { refusal: message.refusal }), 1);
    const finished = !faults.has('no_finish') && (!faults.has('no_done') || faults.get('no_done').finish === true);
    if (finished) add(chunk(index, {}, finish));
  }
  if (faults.has('error_frame_mid')) {
    const fault = faults.get('error_frame_mid');
    return [...list.slice(0, fault.after_chunks ?? 3), { data: errorFrame(fault), weight: 0 }];
  }
  if (wantsUsage || faults.has('unasked_usage_chunk')) {
    const { choices: _, ...head } = chunk(0, {});
    if (reply.usage !== undefined) add({ ...head, choices: [], usage: reply.usage });
  }
  if (!faults.has('no_done')) add('[DONE]');
  return list;
}

function addCall({ id, type, function: { name, arguments: text } }, add) {
  add({ tool_calls: [{ index: 0, id, type, function: { name, arguments: '' } }] }, 1);
  for (const piece of text.match(/[\s\S]{1,12}/gu) ?? []) add({ tool_calls: [{ index: 0, function: { arguments: piece } }] }, 1);
}

const errorFrame = ({ error }) => ({
  error: error ?? { message: 'The provider failed in the middle of the answer.', type: 'server_error', code: 'provider_error', param: null },
});
