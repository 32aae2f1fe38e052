// From a request that is in order to what will be sent: the completion, its
// price, and the chunks in which it travels.

import { answer } from "./answers/index.mjs";
import { classification, judgement } from "./helpers.mjs";
import { benchmark, charge, MICRO, usdOfPico } from "./money.mjs";
import { hash } from "./random.mjs";
import { countTokens, cutTokens, promptTokens, words } from "./tokens.mjs";

const PICO = 1e12;

/** The choices of an answer, before faults: `{message, finish, tokens, quality}` each. */
function choices(state, body, { role, task, entry, rng, scenario }) {
  const limits = [body.max_completion_tokens ?? body.max_tokens, scenario.get("cut")?.tokens].filter((limit) => limit !== undefined && limit !== null);
  const limit = limits.length ? Math.min(...limits) : null;
  return Array.from({ length: body.n ?? 1 }, () => {
    if (role === "judge") return spoken(judgement(body, state.memory, rng, state.settings), limit, 1);
    if (role === "classifier") return spoken(classification(body, rng, state.settings), limit, 1);
    const given = answer(body, task, entry.skill, rng, scenario);
    const choice = given.tools ? toolChoice(given.tools, rng, given.quality, given.content) : spoken(given.content, limit, given.quality);
    if (scenario.has("thinking")) choice.thinking = THOUGHT;
    choice.tokens += countTokens(choice.thinking);
    return choice;
  });
}

const THOUGHT = "The user wants this done. First I look at what is there, then I decide which step is next, and I check the result before I say more.";

function spoken(content, limit, quality) {
  const { text, cut } = limit === null ? { text: content, cut: false } : cutTokens(content, limit);
  return {
    message: { role: "assistant", content: text, refusal: null },
    finish: cut ? "length" : "stop",
    tokens: countTokens(text),
    quality: cut ? quality * 0.6 : quality,
  };
}

function toolChoice(calls, rng, quality, content = null) {
  const tool_calls = calls.map(({ name, arguments: text }) => {
    const id = `call_${rng.whole(0, 0xffffffff).toString(16).padStart(8, "0")}`;
    return { id, type: "function", function: { name, arguments: text } };
  });
  return {
    message: { role: "assistant", content, refusal: null, tool_calls },
    finish: "tool_calls",
    tokens: countTokens(content) + calls.reduce((sum, call) => sum + 8 + countTokens(call.arguments), 0),
    quality,
  };
}

/** Faults that change what the model says. */
function distort(list, faults, rng) {
  for (const choice of list) {
    const say = (content) => Object.assign(choice, { message: { role: "assistant", content, refusal: null } });
    if (faults.has("content")) say(faults.get("content").text ?? "").tokens = countTokens(choice.message.content);
    if (faults.has("content_empty")) say("").tokens = 0;
    if (faults.has("content_wrong")) say(faults.get("content_wrong").value ?? 42);
    if (faults.has("content_null")) say(null);
    if (faults.has("refusal")) say(null).message.refusal = faults.get("refusal").text ?? "I cannot help with that.";
    if (faults.has("big_body")) say("word ".repeat(Math.ceil(((faults.get("big_body").mb ?? 8) * 1_048_576) / 5)));
    if (faults.has("tool_call")) {
      const { name = "lookup", arguments: text = "{}" } = faults.get("tool_call");
      Object.assign(choice, toolChoice([{ name, arguments: text }], rng, 0));
    }
    if (faults.has("finish_reason")) choice.finish = faults.get("finish_reason").value;
  }
}

/** The whole answer to one request, priced. */
export function compose(state, body, request, faults) {
  const { rng, model, dialect } = request;
  const list = choices(state, body, request);
  distort(list, faults, rng);
  if (request.role === "chat") {
    for (const { message, quality } of list) {
      const text = message.tool_calls?.[0].function.arguments ?? message.content;
      if (typeof text === "string") state.memory.remember(text, quality);
    }
  }
  const inTokens = promptTokens(body);
  const outTokens = list.reduce((sum, choice) => sum + choice.tokens, 0);
  const thought = list.reduce((sum, choice) => sum + countTokens(choice.thinking), 0);
  const tokens = { prompt: inTokens, cached: cachedTokens(state, body, request), completion: outTokens };
  const price = priced(state, request, tokens);
  const cost = dialect.charge === "none" || faults.has("cost_missing") ? null : price.pico / PICO;
  return {
    id: `chatcmpl-${hash(`${state.seed}|${state.calls}|${request.text}`).toString(16).padStart(8, "0")}${state.calls}`,
    created: Math.floor(Date.now() / 1000),
    model: dialect.answers?.(model) ?? model,
    asked: model,
    dialect,
    choices: list,
    tokens,
    cost,
    usage: faults.has("usage_missing")
      ? undefined
      : faults.has("usage_wrong")
        ? (faults.get("usage_wrong").value ?? "many")
        : usageOf(dialect, tokens, thought, cost, request.stream),
    outTokens,
    ...price,
  };
}

function usageOf(dialect, { prompt, cached, completion }, thought, cost, stream) {
  const usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
  if (dialect.usageDetails) return dialect.usageDetails(usage, cached, thought, cost, stream);
  return {
    ...usage,
    ...(cached > 0 && { prompt_tokens_details: { cached_tokens: cached } }),
    ...(thought > 0 && { completion_tokens_details: { reasoning_tokens: thought } }),
  };
}

function cachedTokens(state, body, { entry, model, key }) {
  const { prompt_cache, prompt_cache_seconds: seconds, prompt_cache_tokens: atLeast } = state.settings;
  if (!prompt_cache || entry.cached_in_price === null) return 0;
  return state.promptCache.read(`${key}|${model}`, body, { now: state.now(), seconds, atLeast });
}

function priced(state, { entry, model, text, dialect }, tokens) {
  const { settings } = state;
  const cacheKey = `${model}|${hash(text)}|${text.length}`;
  const hit = settings.cache_hits && state.cached.has(cacheKey);
  if (settings.cache_hits) state.cached.add(cacheKey);
  const base = {
    inTokens: tokens.prompt,
    cachedTokens: tokens.cached,
    outTokens: tokens.completion,
    inPrice: entry.in_price ?? 0,
    cachedPrice: entry.cached_in_price ?? entry.in_price ?? 0,
    outPrice: entry.out_price ?? 0,
  };
  const price = (outTokens) =>
    charge({
      ...base,
      outTokens,
      factor: entry.multiplier * settings.charge_factor * (hit ? settings.cache_factor : 1),
      // Only the first runtime rounds its charges, to a quantum of its own.
      quantum: dialect.name === "btl" ? settings.quantum_micro * MICRO : 1,
      minOne: settings.charge_at_least_one_quantum,
    });
  const partly = (share) => Math.ceil(tokens.completion * share);
  return {
    hit,
    pico: price(tokens.completion),
    partial: (share) => ({ pico: price(partly(share)), tokens: { ...tokens, completion: partly(share) } }),
    list: benchmark(base),
  };
}

/** The headers of an answer, those that tell what it cost among them. */
export function answerHeaders(reply, faults, { stream, told }) {
  const { dialect, cost, asked: model } = reply;
  if (dialect.name !== "btl") return dialect.headers?.({ cost, stream, model }) ?? {};
  return !stream || told ? costHeaders(reply, faults) : {};
}

function costHeaders(reply, faults) {
  const headers = {
    "x-btl-request-id": `btl_${hash(reply.id).toString(16).padStart(8, "0")}`,
    "x-btl-customer-charge": usdOfPico(reply.pico),
    "x-btl-benchmark-cost": reply.list,
    "x-btl-saved": (Number(reply.list) - reply.pico / PICO).toFixed(9),
  };
  if (reply.hit) headers["x-btl-cache-tier"] = "exact";
  if (faults.has("cost_missing")) delete headers["x-btl-customer-charge"];
  if (faults.has("cost_header")) {
    const { value, values } = faults.get("cost_header");
    headers["x-btl-customer-charge"] = values ? values.map(String) : String(value ?? "NaN");
  }
  return headers;
}

const thinkingField = (dialect) => dialect.thinking ?? "reasoning_content";

/** The body of an answer that is not streamed. */
export function completion(reply, faults) {
  const { dialect } = reply;
  const body = {
    id: reply.id,
    object: "chat.completion",
    created: reply.created,
    model: reply.model,
    choices: reply.choices.map(({ message, finish, thinking }, index) => ({
      index,
      message: thinking ? { ...message, [thinkingField(dialect)]: thinking } : message,
      logprobs: null,
      finish_reason: finish,
    })),
    usage: reply.usage,
    system_fingerprint: "fp_simulated",
  };
  const whole = dialect.whole?.(body) ?? body;
  if (faults.has("error_choice"))
    Object.assign(whole.choices[0], {
      error: choiceError(faults.get("error_choice")),
      finish_reason: "error",
      message: { role: "assistant", content: "", refusal: null },
    });
  return whole;
}

/** The events of a streamed answer, before they become bytes; `share` is how much of it is out by then. */
export function events(reply, body, faults) {
  const list = [];
  const { dialect } = reply;
  const wantsUsage = dialect.usage === "always" || body.stream_options?.include_usage === true;
  const dress = dialect.chunk ?? ((chunk) => chunk);
  const chunk = (index, delta, finish_reason = null) =>
    dress({
      id: reply.id,
      object: "chat.completion.chunk",
      created: reply.created,
      model: reply.model,
      choices: [{ index, delta, logprobs: null, finish_reason }],
      ...(wantsUsage && dialect.nullUsage ? { usage: null } : {}),
    });
  const add = (data, weight = 0) => list.push({ data, weight });
  if (faults.has("error_frame_first")) return [{ data: errorFrame(faults.get("error_frame_first")), weight: 0 }];
  if (faults.has("error_choice")) {
    add({
      ...chunk(0, { role: "assistant", content: "" }),
      choices: [{ index: 0, delta: { content: "" }, finish_reason: "error", error: choiceError(faults.get("error_choice")) }],
    });
    add("[DONE]");
    return list;
  }
  for (const [index, { message, finish, thinking }] of reply.choices.entries()) {
    const said = (delta, weight) => add(chunk(index, delta), weight);
    said({ role: "assistant", content: message.tool_calls ? null : "" });
    for (const word of words(thinking ?? "")) said({ [thinkingField(dialect)]: word }, 1);
    if (typeof message.content === "string") for (const word of words(message.content)) said({ content: word }, 1);
    else if (message.content !== null) said({ content: message.content }, 1);
    for (const [at, call] of (message.tool_calls ?? []).entries()) addCall(call, dialect.wholeCalls ? 0 : at, dialect.wholeCalls, said);
    if (message.refusal) said({ refusal: message.refusal }, 1);
    const finished = !faults.has("no_finish") && (!faults.has("no_done") || faults.get("no_done").finish === true);
    if (finished) add(chunk(index, {}, finish));
  }
  if (faults.has("error_frame_mid")) {
    const fault = faults.get("error_frame_mid");
    const last = dialect.broken ? dialect.broken(chunk(0, {}), fault.error) : errorFrame(fault);
    return [...list.slice(0, fault.after_chunks ?? 3), { data: last, weight: 0 }];
  }
  if (wantsUsage || faults.has("unasked_usage_chunk")) {
    const head = chunk(0, {});
    if (reply.usage !== undefined) add(dialect.closing ? dialect.closing(head, reply.usage) : { ...head, choices: [], usage: reply.usage });
  }
  if (!faults.has("no_done")) add("[DONE]");
  return list;
}

/** Whether the last chunk of a stream names the charge. */
export const streamTells = (reply, body) =>
  reply.cost !== null &&
  ["usage", "both"].includes(reply.dialect.charge) &&
  reply.usage !== undefined &&
  (reply.dialect.usage === "always" || body.stream_options?.include_usage === true);

function addCall({ id, type, function: { name, arguments: text } }, index, whole, said) {
  if (whole) return said({ tool_calls: [{ id, index, type, function: { name, arguments: text } }] }, 1);
  said({ tool_calls: [{ index, id, type, function: { name, arguments: "" } }] }, 1);
  for (const piece of text.match(/[\s\S]{1,12}/gu) ?? []) said({ tool_calls: [{ index, function: { arguments: piece } }] }, 1);
}

const choiceError = ({ error }) =>
  error ?? { code: 502, message: "Provider returned error", metadata: { provider_name: "Simulated", raw: "upstream connect error" } };

const errorFrame = ({ error }) => ({
  error: error ?? { message: "The provider failed in the middle of the answer.", type: "server_error", code: "provider_error", param: null },
});
