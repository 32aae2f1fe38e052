// What the control surface reads and sets, and what the simulator has seen.

import { defaults, model, TASKS } from "./catalogue.mjs";
import { Memory } from "./helpers.mjs";
import { dialectOf } from "./dialects/index.mjs";
import { UNKNOWN_WAYS } from "./dialects/refuse.mjs";
import { usdOfPico } from "./money.mjs";
import { PromptCache } from "./prompt-cache.mjs";
import { generator, hash } from "./random.mjs";

const KEPT_REQUESTS = 10_000;
const KEPT_RAW = 256 * 1024;

const SETTINGS = {
  key: null,
  time_scale: 1,
  quantum_micro: 1,
  charge_at_least_one_quantum: true,
  charge_factor: 1,
  stream_headers: false,
  cache_hits: false,
  cache_factor: 0,
  prompt_cache: true,
  prompt_cache_seconds: 300,
  prompt_cache_tokens: 1_024,
  clock_ahead: 0,
  unknown: "own",
  refuse_stream_options: false,
  catalogue_page: 0,
  judge: "deepseek-v4-pro",
  classifier: "deepseek-v4-flash",
  judge_noise: 0.03,
  classifier_error: 0.04,
};
const NUMBERS = ["in_price", "out_price", "cached_in_price", "multiplier", "context", "max_output", "first_ms", "tps"];
const MAY_BE_EMPTY = ["in_price", "out_price", "cached_in_price", "context"];
const FLAGS = ["images", "tools", "response_format", "reasoning"];

/** A control request that makes no sense; the message names the field. */
export class BadControl extends Error {}

export class State {
  constructor(seed, dialect = "btl") {
    this.seed = seed;
    this.dialect = dialectOf(dialect);
    this.reset();
  }

  /** Everything as it was at the start. */
  reset() {
    this.models = defaults(this.dialect);
    // The helpers, by what the dialect calls them; it may have neither.
    const named = (id) => (this.dialect.ids ? (this.dialect.ids[id] ?? "none") : id);
    this.settings = { ...SETTINGS, judge: named(SETTINGS.judge), classifier: named(SETTINGS.classifier) };
    this.faults = [];
    this.memory = new Memory();
    this.asked = new Map();
    this.cached = new Set();
    this.promptCache = new PromptCache();
    this.scenarios = new Map();
    this.clearRequests();
    this.calls = 0;
    this.ledger = new Map();
  }

  clearRequests() {
    this.requests = [];
    this.seen = 0;
  }

  /** The role that a model plays. */
  role(id) {
    if (id === this.settings.judge) return "judge";
    return id === this.settings.classifier ? "classifier" : "chat";
  }

  /** Randomness for one request: the same question asked again draws anew, but repeatably. */
  draw(id, question) {
    const key = `${this.seed}|${id}|${question.length}|${hash(question)}`;
    const times = (this.asked.get(key) ?? 0) + 1;
    if (this.asked.size > 50_000) this.asked.clear();
    this.asked.set(key, times);
    return generator(`${key}|${times}`);
  }

  record(entry) {
    this.seen += 1;
    if (entry.raw?.length > KEPT_RAW) {
      entry.raw_bytes = Buffer.byteLength(entry.raw);
      entry.raw = null;
    }
    this.requests.push(entry);
    if (this.requests.length > KEPT_REQUESTS) this.requests.splice(0, 1_000);
    return entry;
  }

  /** Seconds of the simulator's own clock, which the control may set ahead. */
  now = () => Date.now() / 1000 + this.settings.clock_ahead;

  /** Adds a call to the books; `told` where the answer has named its charge. */
  book({ model, role, key, pico, usage, told, stream }) {
    const id = JSON.stringify([model, role, key]);
    const row = this.ledger.get(id) ?? { model, role, key, calls: 0, streams: 0, charged: 0, told: 0, prompt: 0, cached: 0, completion: 0 };
    row.calls += 1;
    if (stream) row.streams += 1;
    row.charged += pico;
    if (told) row.told += pico;
    row.prompt += usage.prompt;
    row.cached += usage.cached;
    row.completion += usage.completion;
    this.ledger.set(id, row);
  }

  /** The header of a booked plain call was delivered after all. */
  tell({ model, role, key, pico }) {
    const row = this.ledger.get(JSON.stringify([model, role, key]));
    if (row) row.told += pico;
  }

  /** What was charged and what was told of it: in all, by role, model and key, and row by row. */
  books() {
    const rows = [...this.ledger.values()];
    const by = (field) => {
      const groups = {};
      for (const row of rows) (groups[row[field]] ??= []).push(row);
      return Object.fromEntries(Object.entries(groups).map(([name, list]) => [name, sum(list)]));
    };
    const roles = by("role");
    return {
      total: sum(rows),
      by_role: Object.fromEntries(["chat", "judge", "classifier"].map((role) => [role, roles[role] ?? sum([])])),
      by_model: by("model"),
      by_key: by("key"),
      rows: rows.map((row) => ({ model: row.model, role: row.role, key: row.key, ...sum([row]) })),
    };
  }

  view() {
    return { dialect: this.dialect.name, seed: this.seed, ...this.settings, models: Object.fromEntries(this.models) };
  }

  /** Merges a patch. All of it is checked before any of it is applied. */
  patch(given) {
    if (typeof given !== "object" || given === null || Array.isArray(given)) throw new BadControl("body: an object is expected");
    const { models, seed, ...rest } = given;
    for (const [name, value] of Object.entries(rest)) {
      if (!(name in SETTINGS)) throw new BadControl(`${name}: no such setting`);
      const wanted = name === "key" ? "string" : typeof SETTINGS[name];
      if (typeof value !== wanted && !(name === "key" && value === null)) throw new BadControl(`${name}: ${wanted} expected`);
      if (wanted === "number" && !(Number.isFinite(value) && value >= 0)) throw new BadControl(`${name}: a finite number >= 0 expected`);
    }
    if (rest.quantum_micro !== undefined && !(Number.isInteger(rest.quantum_micro) && rest.quantum_micro > 0)) {
      throw new BadControl("quantum_micro: a whole number > 0 expected");
    }
    if (rest.unknown !== undefined && !UNKNOWN_WAYS.includes(rest.unknown)) throw new BadControl(`unknown: one of ${UNKNOWN_WAYS.join(", ")} expected`);
    if (seed !== undefined && !Number.isInteger(seed)) throw new BadControl("seed: a whole number expected");
    const changed = Object.entries(models ?? {}).map(([id, change]) => [id, this.changedModel(id, change)]);
    for (const [id, next] of changed) {
      if (next === null) this.models.delete(id);
      else this.models.set(id, next);
    }
    Object.assign(this.settings, rest);
    if (seed !== undefined) this.seed = seed;
  }

  changedModel(id, change) {
    if (change === null) return null;
    if (typeof change !== "object" || Array.isArray(change)) throw new BadControl(`models.${id}: an object or null expected`);
    const { skill = {}, endpoints, ...numbers } = change;
    for (const [name, value] of Object.entries(numbers)) {
      if (!NUMBERS.includes(name) && !FLAGS.includes(name)) throw new BadControl(`models.${id}.${name}: no such field`);
      if (FLAGS.includes(name)) {
        if (value !== null && typeof value !== "boolean") throw new BadControl(`models.${id}.${name}: true, false or null expected`);
        continue;
      }
      const empty = value === null && MAY_BE_EMPTY.includes(name);
      if (!empty && !(Number.isFinite(value) && value >= 0)) throw new BadControl(`models.${id}.${name}: a number >= 0 expected`);
    }
    if (endpoints !== undefined && !(Array.isArray(endpoints) && endpoints.every((e) => typeof e === "string"))) {
      throw new BadControl(`models.${id}.endpoints: an array of strings expected`);
    }
    const all = typeof skill === "number" ? Object.fromEntries(TASKS.map((task) => [task, skill])) : skill;
    for (const [task, value] of Object.entries(all)) {
      if (!TASKS.includes(task)) throw new BadControl(`models.${id}.skill.${task}: no such task`);
      if (!(value >= 0 && value <= 1)) throw new BadControl(`models.${id}.skill.${task}: a number from 0 to 1 expected`);
    }
    const before = this.models.get(id);
    const next = { ...before, ...numbers, skill: { ...before?.skill, ...all } };
    if (endpoints) next.endpoints = endpoints;
    return before ? next : model(next);
  }
}

function sum(rows) {
  const total = { calls: 0, streams: 0, charged: 0, told: 0, prompt: 0, cached: 0, completion: 0 };
  for (const row of rows) for (const name of Object.keys(total)) total[name] += row[name];
  const { charged, told, prompt, cached, completion, ...counts } = total;
  return {
    ...counts,
    charged_pico: charged,
    told_pico: told,
    charged_micro: charged / 1e6,
    told_micro: told / 1e6,
    charged_usd: usdOfPico(charged),
    told_usd: usdOfPico(told),
    prompt_tokens: prompt,
    cached_tokens: cached,
    completion_tokens: completion,
  };
}
