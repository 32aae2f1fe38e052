// OpenRouter: vendors in the ids, prices per token as text, the cost in `usage`, comments before the
// first word, blanks before a whole answer, and errors whose code is a number.

import { answersChat } from "../catalogue.mjs";

const IDS = {
  "mistral-small-3.2-24b-instruct-2506": "mistralai/mistral-small-3.2-24b-instruct",
  "deepseek-chat-v3": "deepseek/deepseek-chat-v3-0324",
  "llama-3.1-70b-instruct": "meta-llama/llama-3.1-70b-instruct",
  "gpt-4.1-mini": "openai/gpt-4.1-mini",
  "gemini-2.5-flash": "google/gemini-2.5-flash",
  "gpt-4o-mini": "openai/gpt-4o-mini",
  "gpt-4.1": "openai/gpt-4.1",
  "gemini-2.5-pro": "google/gemini-2.5-pro",
  "gpt-4o": "openai/gpt-4o",
  "deepseek-v4-flash": "deepseek/deepseek-v4-flash",
  "deepseek-v4-pro": "deepseek/deepseek-v4-pro",
  "gpt-5-mini": "openai/gpt-5-mini",
  "gpt-5": "openai/gpt-5",
  "o4-mini": "openai/o4-mini",
  "llama-3.3-70b-instruct": "meta-llama/llama-3.3-70b-instruct",
  "llama-3.1-8b-instruct": "meta-llama/llama-3.1-8b-instruct",
  "qwen3-235b-a22b": "qwen/qwen3-235b-a22b-2507",
  "qwen3-32b": "qwen/qwen3-32b",
  "mistral-nemo": "mistralai/mistral-nemo",
  "kimi-k2": "moonshotai/kimi-k2",
  "glm-4.5-air": "z-ai/glm-4.5-air",
  "phi-4": "microsoft/phi-4",
  "gemma-3-27b-it": "google/gemma-3-27b-it",
  "gemma-2-9b-it": "google/gemma-2-9b-it",
  "gpt-4": "openai/gpt-4",
};
const PARAMETERS = ["max_tokens", "temperature", "top_p", "stop", "seed", "frequency_penalty", "presence_penalty"];
const provider = (model) => ({ openai: "OpenAI", google: "Google", mistralai: "Mistral", deepseek: "DeepInfra" })[model.split("/")[0]] ?? "Together";

export const openrouter = {
  name: "openrouter",
  base: "/api/v1",
  needsKey: true,
  ids: IDS,
  free: false,
  charge: "usage",
  routes: { "GET /api/v1/models": listing },
  words: {
    key_missing: () => ({ message: "No auth credentials found" }),
    key_wrong: () => ({ message: "User not found." }),
    unknown: ({ model }) => ({ status: 400, message: `${model} is not a valid model ID` }),
    endpoint: ({ model }) => ({ status: 404, message: `No endpoints found for ${model}.` }),
    context: ({ context, used, asked }) => ({
      message: `This endpoint's maximum context length is ${context} tokens. However, you requested about ${used + asked} tokens (${used} of text input, ${asked} in the output). Please reduce the length of either one, or use the "middle-out" transform to compress your prompt automatically.`,
    }),
    images: () => ({ status: 404, message: "No endpoints found that support image input" }),
    tools: () => ({
      status: 404,
      message: "No endpoints found that support tool use. To learn more about provider routing, visit: https://openrouter.ai/docs/provider-routing",
    }),
    response_format: () => ({
      status: 404,
      message:
        "No endpoints found that can handle the requested parameters. To learn more about provider routing, visit: https://openrouter.ai/docs/provider-routing",
    }),
    credits: () => ({ message: "Insufficient credits. Add more using https://openrouter.ai/settings/credits" }),
    forbidden: ({ model }) => ({
      message: `${model} requires moderation on OpenAI. Your input was flagged for "violence". No credits were charged.`,
      metadata: { reasons: ["violence"], flagged_input: "…", provider_name: provider(model), model_slug: model },
    }),
    moderation: () => ({
      status: 403,
      message: 'Your input was flagged for "violence". No credits were charged.',
      metadata: { reasons: ["violence"], flagged_input: "…", provider_name: "OpenAI" },
    }),
    rate: ({ model }) => ({
      message: "Provider returned error",
      metadata: { raw: `${model} is temporarily rate-limited upstream. Please retry shortly.`, provider_name: provider(model) },
      headers: { "retry-after": "2" },
    }),
    quota: () => ({
      message: "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day",
      metadata: { headers: { "X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "0" } },
    }),
    overloaded: ({ model = "" }) => ({ message: "Provider returned error", metadata: { raw: '{"error":"overloaded"}', provider_name: provider(model) } }),
    server: () => ({ status: 502, message: "Provider returned error", metadata: { raw: "upstream connect error", provider_name: "DeepInfra" } }),
  },
  shape: ({ status, message, metadata }) => ({ error: { message, code: status, ...(metadata && { metadata }) }, user_id: "user_simulated" }),
  page,
  strict: false,
  usage: "always",
  usageDetails: (usage, cached, reasoning, cost) => ({
    ...usage,
    ...(cost !== null && {
      cost,
      is_byok: false,
      cost_details: { upstream_inference_cost: null, upstream_inference_prompt_cost: 0, upstream_inference_completions_cost: 0 },
    }),
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: reasoning, image_tokens: 0 },
  }),
  thinking: "reasoning",
  opening: (slow) => Array(slow ? 3 : 1).fill(": OPENROUTER PROCESSING\n\n"),
  padding: "\n         \n",
  headers: () => ({ "x-generation-id": "gen-simulated" }),
  whole: (body) => ({
    ...body,
    provider: provider(body.model),
    choices: body.choices.map((choice) => ({ ...choice, native_finish_reason: choice.finish_reason })),
  }),
  chunk: (chunk) => ({
    ...chunk,
    provider: provider(chunk.model),
    choices: chunk.choices.map(({ delta, finish_reason, ...rest }) => ({
      ...rest,
      delta: { role: "assistant", content: "", ...delta },
      finish_reason,
      native_finish_reason: finish_reason,
    })),
  }),
  closing: (chunk, usage) => ({
    ...chunk,
    choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null, native_finish_reason: null }],
    usage,
  }),
  broken: (chunk, error) => ({
    ...chunk,
    error: error ?? { code: "server_error", message: "Provider disconnected unexpectedly" },
    choices: [{ index: 0, delta: { content: "" }, finish_reason: "error" }],
  }),
};

const perToken = (price) => (price === null ? "-1" : (price / 1e6).toFixed(12).replace(/\.?0+$/, ""));

function listing(models) {
  const data = [];
  for (const [id, m] of models) {
    const input = m.images === false ? ["text"] : ["text", "image"];
    data.push({
      id,
      canonical_slug: id,
      name: id,
      created: 1_745_000_000,
      description: "",
      context_length: m.context,
      architecture: {
        modality: `${input.join("+")}->text`,
        input_modalities: input,
        output_modalities: answersChat(m) ? ["text"] : ["embeddings"],
        tokenizer: "Other",
        instruct_type: null,
      },
      pricing: {
        prompt: perToken(m.in_price),
        completion: perToken(m.out_price),
        request: "0",
        image: "0",
        web_search: "0",
        internal_reasoning: "0",
        ...(m.cached_in_price !== null && { input_cache_read: perToken(m.cached_in_price) }),
      },
      top_provider: { context_length: m.context, max_completion_tokens: m.max_output, is_moderated: id.startsWith("openai/") },
      per_request_limits: null,
      supported_parameters: [
        ...PARAMETERS,
        ...(m.tools === false ? [] : ["tools", "tool_choice"]),
        ...(m.response_format === false ? [] : ["response_format", "structured_outputs"]),
        ...(m.reasoning ? ["reasoning", "include_reasoning"] : []),
      ],
    });
  }
  // It prices its own router at -1: nobody can know.
  data.push({
    ...data[0],
    id: "openrouter/auto",
    canonical_slug: "openrouter/auto",
    name: "Auto Router",
    context_length: 2_000_000,
    pricing: { prompt: "-1", completion: "-1" },
  });
  return { data };
}

function page({ data }, { path, query, headers }, size) {
  const from = Number(new URLSearchParams(query).get("offset") ?? 0);
  const next = from + size < data.length ? `http://${headers.host}${path}?offset=${from + size}` : null;
  return { data: data.slice(from, from + size), links: { next } };
}
