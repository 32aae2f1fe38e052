// Ollama: no key, no price, ids with a tag, a window that cuts instead of refusing, every delta with
// its role, and calls of tools that come whole, all at index 0.

const IDS = {
  "mistral-small-3.2-24b-instruct-2506": "mistral-small3.2:24b",
  "llama-3.1-70b-instruct": "llama3.1:70b",
  "llama-3.1-8b-instruct": "llama3.1:8b",
  "llama-3.3-70b-instruct": "llama3.3:70b",
  "qwen3-32b": "qwen3:32b",
  "qwen2.5-coder-32b-instruct": "qwen2.5-coder:32b",
  "gemma-3-27b-it": "gemma3:27b",
  "phi-4": "phi4:14b",
  "gemma-2-9b-it": "gemma2:9b",
};

export const ollama = {
  name: "ollama",
  base: "/v1",
  needsKey: false,
  ids: IDS,
  free: true,
  charge: "none",
  routes: {
    "GET /v1/models": listing,
    "GET /api/tags": tags,
    "GET /api/version": () => ({ version: "0.14.2" }),
  },
  words: {
    unknown: ({ model }) => ({ message: `model "${model}" not found, try pulling it first`, type: "not_found_error", param: null, code: null }),
    images: () => ({ status: 500, message: "this model is missing data required for image input", type: "api_error", param: null, code: null }),
    tools: ({ model }) => ({ message: `registry.ollama.ai/library/${model} does not support tools`, param: null, code: null }),
    response_format: () => ({ message: 'invalid format: expected "json" or a JSON schema', param: null, code: null }),
    overloaded: () => ({ message: "server busy, please try again. maximum pending requests exceeded", type: "api_error", code: null }),
    server: () => ({ message: "llama runner process has terminated: exit status 2", type: "api_error", code: null }),
  },
  shape: ({ kind, message, type, param, code }) => (kind === "no_route" ? "404 page not found" : { error: { message, type, param, code } }),
  strict: false,
  cutsContext: true,
  usage: "asked",
  answers: (model) => model,
  thinking: "reasoning",
  chunk: (chunk) => ({
    ...chunk,
    system_fingerprint: "fp_ollama",
    choices: chunk.choices.map(({ delta, ...rest }) => ({ ...rest, delta: { role: "assistant", content: "", ...delta } })),
  }),
  wholeCalls: true,
  whole: (body) => ({ ...body, system_fingerprint: "fp_ollama" }),
};

function listing(models) {
  return { object: "list", data: [...models].map(([id]) => ({ id, object: "model", created: 1_760_000_000, owned_by: "library" })) };
}

function tags(models) {
  return {
    models: [...models].map(([name]) => ({
      name,
      model: name,
      modified_at: "2026-10-01T10:00:00Z",
      size: 9_000_000_000,
      digest: "sha-simulated",
      details: {
        parent_model: "",
        format: "gguf",
        family: name.split(/[\d.:]/)[0],
        parameter_size: name.split(":")[1].toUpperCase(),
        quantization_level: "Q4_K_M",
      },
    })),
  };
}
