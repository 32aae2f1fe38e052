// A LiteLLM proxy: aliases, codes as text, the cost in a header of whole answers (a zero there on
// streams) and in the last chunk of a stream, prices beside the catalogue at /model/info.

import { answersChat } from "../catalogue.mjs";

const SERVED = ["/v1", ""];
const everywhere = (routes) => Object.fromEntries(SERVED.flatMap((base) => Object.entries(routes).map(([path, answer]) => [`GET ${base}${path}`, answer])));
const perToken = (price) => (price === null ? null : price / 1e6);
const vendor = (id) => (/^(?:gpt|o\d)/.test(id) ? "openai" : /^gemini/.test(id) ? "gemini" : "openrouter");
// It quotes errors of its providers in words of its own.
const bad = (message, name = "BadRequestError") => `litellm.${name}: OpenAIException - ${message}`;

export const litellm = {
  name: "litellm",
  base: "/v1",
  bases: SERVED,
  needsKey: true,
  ids: null,
  free: false,
  charge: "both",
  routes: everywhere({ "/models": listing, "/model/info": info, "/model_group/info": groups }),
  words: {
    key_missing: () => ({ message: "Authentication Error, No api key passed in.", type: "auth_error", param: "None" }),
    key_wrong: () => ({
      message:
        "Authentication Error, Invalid proxy server token passed. Received API Key = sk-...0000, Key Hash (Token) = 0. Unable to find token in cache or `LiteLLM_VerificationTokenTable`",
      type: "token_not_found_in_db",
      param: "key",
    }),
    unknown: ({ model }) => ({
      status: 400,
      message: `{'error': '/chat/completions: Invalid model name passed in model=${model}. Call \`/v1/models\` to view available models for your key.'}`,
      type: "None",
      param: "None",
    }),
    endpoint: ({ model }) => ({ message: bad(`${model} is not a chat model`), type: null, param: null }),
    context: ({ context, used, asked, model }) => ({
      message: `litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError: OpenAIException - This model's maximum context length is ${context} tokens. However, you requested ${used + asked} tokens (${used} in the messages, ${asked} in the completion). Please reduce the length of the messages or completion.. Received Model Group=${model}\nAvailable Model Group Fallbacks=None`,
      type: null,
      param: null,
    }),
    images: ({ model }) => ({
      message: `${bad("Invalid content type. image_url is only supported by certain models.")}. Received Model Group=${model}\nAvailable Model Group Fallbacks=None`,
      type: "invalid_request_error",
      param: "messages.[0].content.[1].type",
    }),
    tools: ({ model }) => ({
      message: `litellm.UnsupportedParamsError: openai does not support parameters: ['tools'], for model=${model}. To drop these, set \`litellm.drop_params=True\` or for proxy:\n\n\`litellm_settings:\n drop_params: true\`\n`,
      type: "None",
      param: "None",
    }),
    response_format: ({ model }) => ({
      message: `litellm.UnsupportedParamsError: openai does not support parameters: ['response_format'], for model=${model}. To drop these, set \`litellm.drop_params=True\``,
      type: "None",
      param: "None",
    }),
    credits: () => ({ status: 400, message: "Budget has been exceeded! Current cost: 10.02, Max budget: 10.0", type: "budget_exceeded" }),
    quota: () => ({ message: bad("You exceeded your current quota, please check your plan and billing details.", "RateLimitError"), type: "throttling_error" }),
    forbidden: ({ model }) => ({
      status: 401,
      message: `key not allowed to access model. This key can only access models=['none']. Tried to access ${model}`,
      type: "key_model_access_denied",
      param: "model",
    }),
    moderation: () => ({
      message: "litellm.ContentPolicyViolationError: The response was filtered due to the prompt triggering content management policy.",
      type: "None",
      param: "None",
    }),
    rate: ({ model }) => ({
      message: `litellm.RateLimitError: No deployments available for selected model, Try again in 5 seconds. Passed model=${model}.`,
      type: "throttling_error",
      param: null,
      headers: { "retry-after": "5" },
    }),
    overloaded: () => ({ message: "litellm.ServiceUnavailableError: OpenAIException - The server is overloaded", type: null }),
    server: () => ({ message: "litellm.InternalServerError: InternalServerError: OpenAIException - Connection error.", type: null }),
  },
  shape: ({ kind, status, message, type, param }) =>
    kind === "no_route" ? { detail: "Not Found" } : { error: { message, type: type ?? "None", param: param ?? "None", code: String(status) } },
  strict: false,
  usage: "asked",
  usageDetails: (usage, cached, reasoning, cost, stream) => ({
    ...usage,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: null },
    completion_tokens_details: { reasoning_tokens: reasoning, audio_tokens: null },
    ...(stream && cost !== null && { cost }),
  }),
  headers: ({ cost, stream, model }) => ({
    "x-litellm-call-id": "call-simulated",
    "x-litellm-model-id": "model-simulated",
    "x-litellm-model-group": model,
    "x-litellm-version": "1.108.7",
    "x-litellm-key-spend": "12.5",
    "x-litellm-response-cost-original": "1.25",
    // It answers before it knows what a stream will have cost.
    ...(cost !== null && { "x-litellm-response-cost": stream ? "0.0" : String(cost) }),
  }),
  chunk: (chunk) => ({
    ...chunk,
    choices: chunk.choices.map(({ index, delta, finish_reason }) => ({ index, delta, ...(finish_reason && { finish_reason }) })),
  }),
  closing: (chunk, usage) => ({ ...chunk, choices: [{ index: 0, delta: {} }], usage }),
};

function listing(models) {
  return { data: [...models].map(([id]) => ({ id, object: "model", created: 1_677_610_602, owned_by: "openai" })), object: "list" };
}

function info(models) {
  return {
    data: [...models].map(([id, m]) => ({
      model_name: id,
      litellm_params: { model: `${vendor(id)}/${id}`, use_in_pass_through: false },
      model_info: {
        id: `deployment-${id}`,
        db_model: false,
        key: id,
        max_tokens: m.max_output,
        max_input_tokens: m.context,
        max_output_tokens: m.max_output,
        input_cost_per_token: perToken(m.in_price),
        output_cost_per_token: perToken(m.out_price),
        cache_read_input_token_cost: perToken(m.cached_in_price),
        litellm_provider: vendor(id),
        mode: answersChat(m) ? "chat" : "embedding",
        supports_vision: m.images !== false,
        supports_function_calling: m.tools !== false,
        supports_response_schema: m.response_format !== false,
      },
    })),
  };
}

function groups(models) {
  return {
    data: [...models].map(([id, m]) => ({
      model_group: id,
      providers: [vendor(id)],
      max_input_tokens: m.context,
      max_output_tokens: m.max_output,
      input_cost_per_token: perToken(m.in_price),
      output_cost_per_token: perToken(m.out_price),
      mode: answersChat(m) ? "chat" : "embedding",
      supports_vision: m.images !== false,
      supports_function_calling: m.tools !== false,
      supports_parallel_function_calling: m.tools !== false,
      supports_reasoning: m.reasoning,
    })),
  };
}
