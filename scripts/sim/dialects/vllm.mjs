// vLLM's own server: few models, their windows in the catalogue, no price, no key unless one was
// set, and fields of its own in every answer.

const IDS = {
  "llama-3.1-70b-instruct": "meta-llama/Llama-3.1-70B-Instruct",
  "llama-3.1-8b-instruct": "meta-llama/Llama-3.1-8B-Instruct",
  "qwen3-32b": "Qwen/Qwen3-32B",
  "mistral-small-3.2-24b-instruct-2506": "mistralai/Mistral-Small-3.2-24B-Instruct-2506",
  "gemma-2-9b-it": "google/gemma-2-9b-it",
};
const TYPES = {
  400: "BadRequestError",
  401: "AuthenticationError",
  403: "PermissionDeniedError",
  404: "NotFoundError",
  429: "RateLimitError",
  500: "InternalServerError",
  503: "ServiceUnavailableError",
};

export const vllm = {
  name: "vllm",
  base: "/v1",
  needsKey: false,
  ids: IDS,
  free: true,
  charge: "none",
  routes: {
    "GET /v1/models": listing,
    "GET /health": () => "",
    "GET /version": () => ({ version: "0.14.0" }),
  },
  words: {
    key_wrong: () => ({ bare: "Unauthorized" }),
    key_missing: () => ({ bare: "Unauthorized" }),
    unknown: ({ model }) => ({ message: `The model \`${model}\` does not exist.`, param: "model" }),
    context: ({ context, used, asked }) => ({
      message: asked
        ? `'max_tokens' or 'max_completion_tokens' is too large: ${asked}. This model's maximum context length is ${context} tokens and your request has ${used} input tokens (${asked} > ${context} - ${used}).`
        : `This model's maximum context length is ${context} tokens. However, your request has ${used} input tokens. Please reduce the length of the input messages.`,
      param: null,
    }),
    images: () => ({ message: "At most 0 image(s) may be provided in one prompt.", param: null }),
    tools: () => ({ message: '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set', param: null }),
    response_format: () => ({ message: "The grammar backend does not support this response_format.", param: null }),
  },
  shape: ({ kind, status, message, param, bare }) =>
    bare
      ? { error: bare }
      : kind === "no_route"
        ? { detail: "Not Found" }
        : { error: { message, type: TYPES[status] ?? "BadRequestError", param, code: status } },
  strict: false,
  usage: "asked",
  usageDetails: (usage, cached) => ({ ...usage, prompt_tokens_details: cached ? { cached_tokens: cached } : null }),
  whole: (body) => ({
    ...body,
    choices: body.choices.map(({ message, ...rest }) => ({
      ...rest,
      message: { reasoning_content: null, tool_calls: [], annotations: null, audio: null, ...message },
      stop_reason: null,
      token_ids: null,
    })),
    service_tier: null,
    prompt_logprobs: null,
    prompt_token_ids: null,
    kv_transfer_params: null,
  }),
  chunk: (chunk) => ({
    ...chunk,
    choices: chunk.choices.map((choice) => (choice.finish_reason ? { ...choice, stop_reason: null } : { ...choice, token_ids: null })),
  }),
};

function listing(models) {
  return {
    object: "list",
    data: [...models].map(([id, m]) => ({
      id,
      object: "model",
      created: 1_760_000_000,
      owned_by: "vllm",
      root: id,
      parent: null,
      max_model_len: m.context,
      permission: [],
    })),
  };
}
