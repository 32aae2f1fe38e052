// The models that the simulated runtime knows: the routed pool with skills of
// its own, the two helpers at $0, and enough others to make a catalogue.

const CHAT = "/v1/chat/completions";
const MESSAGES = "/v1/messages";

// id, context, in $/1M, out $/1M, first token ms, tokens/s,
// skill: code, math, structured, factual, open
const POOL = [
  ["mistral-small-3.2-24b-instruct-2506", 128_000, 0.075, 0.2, 4, 20_000, 0.7, 0.6, 0.995, 0.62, 0.7],
  ["deepseek-chat-v3", 128_000, 0.2, 0.8, 8, 9_000, 0.995, 0.78, 0.8, 0.8, 0.76],
  ["llama-3.1-70b-instruct", 131_072, 0.4, 0.4, 6, 12_000, 0.74, 0.66, 0.72, 0.91, 0.72],
  ["gpt-4.1-mini", 1_047_576, 0.4, 1.6, 7, 14_000, 0.98, 0.98, 0.99, 0.84, 0.91],
  ["gemini-2.5-flash", 1_048_576, 0.3, 2.5, 5, 18_000, 0.92, 0.98, 0.97, 0.87, 0.86],
  ["gpt-4o-mini", 128_000, 0.15, 0.6, 6, 14_000, 0.84, 0.995, 0.9, 0.78, 0.8],
  ["gpt-4.1", 1_047_576, 2, 8, 10, 9_000, 0.995, 0.99, 0.995, 0.92, 0.92],
  ["gemini-2.5-pro", 1_048_576, 1.25, 10, 18, 7_000, 0.995, 0.995, 0.99, 0.92, 0.92],
  ["gpt-4o", 128_000, 2.5, 10, 9, 9_000, 0.995, 0.98, 0.99, 0.92, 0.92],
  ["deepseek-v4-flash", 128_000, 0, 0, 2, 40_000, 0.8, 0.8, 0.8, 0.8, 0.8],
  ["deepseek-v4-pro", 128_000, 0, 0, 4, 30_000, 0.9, 0.9, 0.9, 0.9, 0.9],
];

// Other chat models: id, context, in, out, one skill for every task.
const OTHERS = [
  ["gpt-4.1-nano", 1_047_576, 0.1, 0.4, 0.7],
  ["gpt-5-mini", 400_000, 0.25, 2, 0.92],
  ["gpt-5", 400_000, 1.25, 10, 0.95],
  ["o4-mini", 200_000, 1.1, 4.4, 0.93],
  ["gemini-2.5-flash-lite", 1_048_576, 0.1, 0.4, 0.72],
  ["gemini-2.0-flash", 1_048_576, 0.1, 0.4, 0.74],
  ["llama-3.3-70b-instruct", 131_072, 0.13, 0.4, 0.8],
  ["llama-3.1-8b-instruct", 131_072, 0.02, 0.05, 0.5],
  ["llama-4-maverick", 1_048_576, 0.2, 0.6, 0.82],
  ["llama-4-scout", 327_680, 0.11, 0.34, 0.74],
  ["qwen3-235b-a22b", 262_144, 0.2, 0.6, 0.88],
  ["qwen3-32b", 131_072, 0.1, 0.3, 0.8],
  ["qwen2.5-coder-32b-instruct", 32_768, 0.08, 0.18, 0.78],
  ["mistral-large-2411", 131_072, 2, 6, 0.88],
  ["mistral-nemo", 131_072, 0.02, 0.07, 0.5],
  ["codestral-2501", 262_144, 0.3, 0.9, 0.8],
  ["ministral-8b", 131_072, 0.1, 0.1, 0.55],
  ["grok-3-mini", 131_072, 0.3, 0.5, 0.84],
  ["grok-3", 131_072, 3, 15, 0.92],
  ["kimi-k2", 131_072, 0.55, 2.2, 0.9],
  ["glm-4.5-air", 131_072, 0.2, 1.1, 0.85],
  ["command-r-plus", 128_000, 2.5, 10, 0.8],
  ["phi-4", 16_384, 0.07, 0.14, 0.7],
  ["gemma-3-27b-it", 131_072, 0.1, 0.2, 0.75],
];

// Old or small models that some runtimes still have; not in the catalogue of the first one.
const ELSEWHERE = [
  ["gpt-4", 8_192, 30, 60, 0.85],
  ["gemma-2-9b-it", 8_192, 0.03, 0.09, 0.6],
];

// What one million tokens cost that the runtime has lately read already. Others know no cache.
const CACHED = {
  "gpt-4o-mini": 0.075,
  "gpt-4o": 1.25,
  "gpt-4.1": 0.5,
  "gpt-4.1-mini": 0.1,
  "gpt-4.1-nano": 0.025,
  "gpt-5": 0.125,
  "gpt-5-mini": 0.025,
  "o4-mini": 0.275,
  "gemini-2.5-flash": 0.075,
  "gemini-2.5-pro": 0.31,
  "deepseek-chat-v3": 0.05,
};

// What a model cannot do, where a runtime minds (the first one lets every model do everything).
const MULTIMODAL = /^(?:gpt-(?:4o|4\.1|5)|o4|gemini|gemma-3|mistral-small|llama-4|claude)/;
const UNABLE = { "gemma-2-9b-it": { tools: false, response_format: false }, "gpt-4": { response_format: false }, "phi-4": { tools: false } };
const REASONING = ["gpt-5", "gpt-5-mini", "o4-mini"];
// Without a helper at $0 its models cost what they cost elsewhere.
const HELPERS = { "deepseek-v4-flash": [0.1, 0.4], "deepseek-v4-pro": [0.5, 2] };

// Entries that belong to no chat catalogue: shape of the entry, as listed.
const UNROUTABLE = [
  { id: "claude-opus-4", endpoints: [MESSAGES], prices: [15, 75], context: 200_000 },
  { id: "claude-sonnet-4", endpoints: [MESSAGES], prices: [3, 15], context: 200_000 },
  { id: "claude-3.5-haiku", endpoints: [MESSAGES], prices: [0.8, 4], context: 200_000 },
  { id: "text-embedding-3-small", endpoints: ["/v1/embeddings"], prices: [0.02, 0], context: 8_191 },
  { id: "preview-unpriced", endpoints: [CHAT], prices: null, context: 65_536 },
  { id: "preview-half-priced", endpoints: [CHAT], prices: [0.5, null], context: 65_536 },
  { id: "preview-no-context", endpoints: [CHAT], prices: [0.5, 1], context: null },
];

const TASKS = ["code", "math", "structured", "factual", "open"];
export { TASKS };

/** A model's full settings from a partial description. */
export function model(given) {
  const flat = (value) => Object.fromEntries(TASKS.map((task) => [task, value]));
  return {
    in_price: 0.5,
    out_price: 1.5,
    cached_in_price: null,
    context: 128_000,
    max_output: 16_384,
    images: null,
    tools: null,
    response_format: null,
    reasoning: false,
    multiplier: 1,
    first_ms: 6,
    tps: 12_000,
    endpoints: [CHAT],
    ...given,
    skill: { ...flat(0.8), ...given.skill },
  };
}

/** A fresh copy of the default models of the first runtime, by id, in catalogue order. */
function ours() {
  const models = new Map();
  const flat = (all) => Object.fromEntries(TASKS.map((task) => [task, all]));
  const add = (id, given) => models.set(id, model({ cached_in_price: CACHED[id] ?? null, ...given }));
  for (const [id, context, in_price, out_price, first_ms, tps, ...skills] of POOL) {
    const skill = Object.fromEntries(TASKS.map((task, i) => [task, skills[i]]));
    add(id, { context, in_price, out_price, first_ms, tps, skill });
  }
  for (const [id, context, in_price, out_price, all] of OTHERS) add(id, { context, in_price, out_price, skill: flat(all) });
  for (const { id, endpoints, prices, context } of UNROUTABLE) {
    const [in_price, out_price] = prices ?? [null, null];
    add(id, { endpoints, in_price, out_price, context });
  }
  return models;
}

/** A fresh copy of the default models as a dialect has them, by its own ids. */
export function defaults({ name, ids, free } = { name: "btl", ids: null, free: false }) {
  const all = ours();
  if (name === "btl") return all;
  const flat = (value) => Object.fromEntries(TASKS.map((task) => [task, value]));
  for (const [id, context, in_price, out_price, value] of ELSEWHERE)
    all.set(id, model({ context, in_price, out_price, max_output: 4_096, skill: flat(value) }));
  const entries = ids ? Object.entries(ids) : [...all.keys()].filter((id) => !id.startsWith("preview-")).map((id) => [id, id]);
  return new Map(
    entries.map(([id, theirs]) => {
      const [in_price, out_price] = HELPERS[id] ?? [all.get(id).in_price, all.get(id).out_price];
      const changes = { in_price, out_price, images: MULTIMODAL.test(id), reasoning: REASONING.includes(id), ...UNABLE[id] };
      const prices = free ? { in_price: 0, out_price: 0, cached_in_price: null } : {};
      return [theirs, { ...all.get(id), ...changes, ...prices }];
    }),
  );
}

export const answersChat = (m) => m.endpoints.includes(CHAT);
