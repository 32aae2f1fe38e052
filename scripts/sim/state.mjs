// What the control surface reads and sets, and what the simulator has seen.

import { defaults, model, TASKS } from './catalogue.mjs';
import { Memory } from './helpers.mjs';
import { usd } from './money.mjs';
import { generator, hash } from './random.mjs';

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
  judge: 'deepseek-v4-pro',
  classifier: 'deepseek-v4-flash',
  judge_noise: 0.03,
  classifier_error: 0.04,
};
const NUMBERS = ['in_price', 'out_price', 'multiplier', 'context', 'first_ms', 'tps'];

/** A control request that makes no sense; the message names the field. */
export class BadControl extends Error {}

export class State {
  constructor(seed) {
    this.seed = seed;
    this.reset();
  }

  /** Everything as it was at the start. */
  reset() {
    this.models = defaults();
    this.settings = { ...SETTINGS };
    this.faults = [];
    this.memory = new Memory();
    this.asked = new Map();
    this.cached = new Set();
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
    if (id === this.settings.judge) return 'judge';
    return id === this.settings.classifier ? 'classifier' : 'chat';
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

  /** Adds a charge to the books; `told` where a well-formed header named it. */
  book(id, { micro, told, stream }) {
    const row = this.ledger.get(id) ?? { calls: 0, streams: 0, charged: 0, told: 0 };
    row.calls += 1;
    if (stream) row.streams += 1;
    row.charged += micro;
    if (told) row.told += micro;
    this.ledger.set(id, row);
  }

  /** The header of a booked plain call was delivered after all. */
  tell(id, micro) {
    const row = this.ledger.get(id);
    if (row) row.told += micro;
  }

  books() {
    const sum = (rows) => {
      const total = { calls: 0, streams: 0, charged_micro: 0, told_micro: 0 };
      for (const row of rows) {
        total.calls += row.calls;
        total.streams += row.streams;
        total.charged_micro += row.charged;
        total.told_micro += row.told;
      }
      return { ...total, charged_usd: usd(total.charged_micro), told_usd: usd(total.told_micro) };
    };
    const entries = [...this.ledger];
    const of = (...roles) => sum(entries.filter(([id]) => roles.includes(this.role(id))).map(([, row]) => row));
    return {
      total: sum(entries.map(([, row]) => row)),
      by_role: { chat: of('chat'), judge: of('judge'), classifier: of('classifier') },
      by_model: Object.fromEntries(entries.map(([id, row]) => [id, sum([row])])),
    };
  }

  view() {
    return { seed: this.seed, ...this.settings, models: Object.fromEntries(this.models) };
  }

  /** Merges a patch. All of it is checked before any of it is applied. */
  patch(given) {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new BadControl('body: an object is expected');
    const { models, seed, ...rest } = given;
    for (const [name, value] of Object.entries(rest)) {
      if (!(name in SETTINGS)) throw new BadControl(`${name}: no such setting`);
      const wanted = name === 'key' ? 'string' : typeof SETTINGS[name];
      if (typeof value !== wanted && !(name === 'key' && value === null)) throw new BadControl(`${name}: ${wanted} expected`);
      if (wanted === 'number' && !(Number.isFinite(value) && value >= 0)) throw new BadControl(`${name}: a finite number >= 0 expected`);
    }
    if (rest.quantum_micro !== undefined && !(Number.isInteger(rest.quantum_micro) && rest.quantum_micro > 0)) {
      throw new BadControl('quantum_micro: a whole number > 0 expected');
    }
    if (seed !== undefined && !Number.isInteger(seed)) throw new BadControl('seed: a whole number expected');
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
    if (typeof change !== 'object' || Array.isArray(change)) throw new BadControl(`models.${id}: an object or null expected`);
    const { skill = {}, endpoints, ...numbers } = change;
    for (const [name, value] of Object.entries(numbers)) {
      if (!NUMBERS.includes(name)) throw new BadControl(`models.${id}.${name}: no such field`);
      const empty = value === null && ['in_price', 'out_price', 'context'].includes(name);
      if (!empty && !(Number.isFinite(value) && value >= 0)) throw new BadControl(`models.${id}.${name}: a number >= 0 expected`);
    }
    if (endpoints !== undefined && !(Array.isArray(endpoints) && endpoints.every((e) => typeof e === 'string'))) {
      throw new BadControl(`models.${id}.endpoints: an array of strings expected`);
    }
    const all = typeof skill === 'number' ? Object.fromEntries(TASKS.map((task) => [task, skill])) : skill;
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
