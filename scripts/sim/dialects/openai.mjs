// OpenAI: ids only in the catalogue, no cost anywhere, dated names in the answers, and no patience
// for a field that it does not know.

import { answersChat } from "../catalogue.mjs";
import { plainShape } from "./refuse.mjs";

const IDS = Object.fromEntries(
  ["gpt-4o-mini", "gpt-4.1-mini", "gpt-4o", "gpt-4.1", "gpt-4.1-nano", "gpt-5-mini", "gpt-5", "o4-mini", "gpt-4", "text-embedding-3-small"].map((id) => [
    id,
    id,
  ]),
);
const DATED = {
  "gpt-4o": "gpt-4o-2024-08-06",
  "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
  "gpt-4.1": "gpt-4.1-2025-04-14",
  "gpt-4.1-mini": "gpt-4.1-mini-2025-04-14",
  "gpt-4.1-nano": "gpt-4.1-nano-2025-04-14",
  "gpt-5": "gpt-5-2025-08-07",
  "gpt-5-mini": "gpt-5-mini-2025-08-07",
  "o4-mini": "o4-mini-2025-04-16",
  "gpt-4": "gpt-4-0613",
};

export const openai = {
  name: "openai",
  base: "/v1",
  needsKey: true,
  ids: IDS,
  free: false,
  charge: "none",
  routes: { "GET /v1/models": listing },
  words: {
    key_missing: () => ({
      message:
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
      code: null,
    }),
    key_wrong: ({ key }) => ({
      message: `Incorrect API key provided: ${String(key ?? "").slice(0, 4)}****. You can find your API key at https://platform.openai.com/account/api-keys.`,
    }),
    no_route: ({ method, path }) => ({ message: `Invalid URL (${method} ${path})`, code: null }),
    field: ({ name }) => ({ message: `Unknown parameter: '${name}'.`, param: name, code: "unknown_parameter" }),
    unknown: ({ model }) => ({ message: `The model \`${model}\` does not exist or you do not have access to it.`, param: null }),
    endpoint: () => ({
      status: 404,
      message: "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use v1/completions?",
      code: null,
    }),
    context: ({ context, used, asked }) => ({
      message: asked
        ? `This model's maximum context length is ${context} tokens. However, you requested ${used + asked} tokens (${used} in the messages, ${asked} in the completion). Please reduce the length of the messages or completion.`
        : `This model's maximum context length is ${context} tokens. However, your messages resulted in ${used} tokens. Please reduce the length of the messages.`,
    }),
    images: ({ at = 0, part = 0 }) => ({
      message: "Invalid content type. image_url is only supported by certain models.",
      param: `messages.[${at}].content.[${part}].type`,
      code: null,
    }),
    tools: () => ({
      message:
        "tools is not supported in this model. For a list of supported models, refer to https://platform.openai.com/docs/guides/function-calling#models-supporting-function-calling.",
      param: null,
      code: null,
    }),
    response_format: ({ format }) => ({
      message: `Invalid parameter: 'response_format' of type '${format}' is not supported with this model. Learn more about supported models at the Structured Outputs guide: https://platform.openai.com/docs/guides/structured-outputs`,
      param: null,
      code: null,
    }),
    credits: () => ({
      status: 429,
      message:
        "You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
      type: "insufficient_quota",
      code: "insufficient_quota",
    }),
    quota: () => ({
      message:
        "You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
    }),
    forbidden: ({ model }) => ({ message: `Project \`proj_simulated\` does not have access to model \`${model}\``, code: "model_not_found" }),
    moderation: () => ({
      message: "Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a different prompt.",
      code: "invalid_prompt",
    }),
    rate: ({ model }) => ({
      message: `Rate limit reached for ${model} in organization org-simulated on tokens per min (TPM): Limit 200000, Used 199000, Requested 2000. Please try again in 300ms.`,
      type: "tokens",
      headers: { "retry-after": "1", "retry-after-ms": "300", "x-ratelimit-remaining-tokens": "0" },
    }),
    overloaded: () => ({
      message:
        "That model is currently overloaded with other requests. You can retry your request, or contact us through our help center at help.openai.com if the error persists.",
      code: null,
    }),
  },
  shape: plainShape,
  strict: true,
  usage: "asked",
  nullUsage: true,
  check,
  usageDetails: (usage, cached, reasoning) => ({
    ...usage,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: reasoning, audio_tokens: 0, accepted_prediction_tokens: 0, rejected_prediction_tokens: 0 },
  }),
  answers: (model) => DATED[model] ?? model,
  headers: () => ({ "openai-version": "2020-10-01", "openai-organization": "org-simulated", "openai-processing-ms": "12", "x-request-id": "req_simulated" }),
  whole: (body) => ({
    ...body,
    choices: body.choices.map(({ message, ...rest }) => ({ ...rest, message: { ...message, annotations: [] } })),
    service_tier: "default",
  }),
  chunk: (chunk) => ({ ...chunk, service_tier: "default", system_fingerprint: "fp_simulated", obfuscation: "aB3" }),
};

function listing(models) {
  return {
    object: "list",
    data: [...models].map(([id, m]) => ({ id, object: "model", created: 1_715_367_049, owned_by: answersChat(m) ? "system" : "openai-internal" })),
  };
}

// What it refuses of a request that others take.
function check(body, model) {
  if (Array.isArray(body.tools) && body.tools.length === 0)
    return ["invalid", { message: "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.", param: "tools" }];
  for (const name of ["tool_choice", "parallel_tool_calls"]) {
    if (body[name] !== undefined && body.tools === undefined)
      return ["invalid", { message: `Invalid value for '${name}': '${name}' is only allowed when 'tools' are specified.`, param: name }];
  }
  if (body.metadata !== undefined && body.store !== true)
    return ["invalid", { message: "The 'metadata' parameter is only allowed when 'store' is enabled.", param: "metadata" }];
  if (model.reasoning && body.max_tokens !== undefined) {
    return [
      "invalid",
      { message: "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", param: "max_tokens" },
    ];
  }
  if (model.reasoning && body.temperature !== undefined && body.temperature !== 1) {
    return [
      "invalid",
      {
        message: `Unsupported value: 'temperature' does not support ${body.temperature} with this model. Only the default (1) value is supported.`,
        param: "temperature",
      },
    ];
  }
  if (!model.reasoning && body.reasoning_effort !== undefined) {
    return ["invalid", { message: "Unrecognized request argument supplied: reasoning_effort" }];
  }
  const asked = body.max_completion_tokens ?? body.max_tokens;
  if (asked > model.max_output) {
    const message = `max_tokens is too large: ${asked}. This model supports at most ${model.max_output} completion tokens, whereas you provided ${asked}.`;
    return ["invalid", { message, param: "max_tokens" }];
  }
  return null;
}
