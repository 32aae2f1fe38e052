// The shapes of http-api: what every endpoint takes and answers. USD are plain numbers, `ts` Unix
// seconds with a fraction. Fields marked optional are additions that an older worker may lack.

export type Task = "code" | "math" | "structured" | "factual" | "open";
export type Mode = "explore" | "exploit";
export type ClassifiedBy = "rules" | "model" | "model-fallback";

export interface Report {
  calls: number;
  actual_spend: number;
  baseline_spend: number;
  saved: number;
  saved_pct: number;
}

export interface PolicyRow {
  model: string;
  n: number;
  quality: number | null;
  /** Null while nothing was charged or computed. */
  avg_cost: number | null;
  /** Until when it is left out, Unix seconds. */
  quarantined_until?: number;
  /** What the router expects of its quality, how unsure of that it is, and how likely it takes it. */
  belief?: number | null;
  doubt?: number | null;
  share?: number | null;
  /** Whom the router takes where nothing is explored. */
  winner?: boolean;
  /** What was charged for each USD of list price; null while nobody knows. */
  charged_of_list?: number | null;
}

export type Policy = Record<string, PolicyRow[]>;

export interface Decision {
  ts: number;
  task: string;
  classified_by: string;
  model: string;
  mode: string;
  quality: number | null;
  cost: number;
  saved: number | null;
  cost_estimated?: boolean;
  id?: string;
  propensity?: number;
  outcome?: "finished" | "dropped" | "failed";
  failover_from?: string[];
  confidence?: number;
  session?: string;
  reason_code?: string;
  candidates?: Candidate[];
  status?: number;
  error?: string;
  cost_source?: string;
  baseline?: number;
  in_tokens?: number;
  cached_tokens?: number;
  out_tokens?: number;
  first_ms?: number;
  total_ms?: number;
  graded_by?: string;
  key?: string;
  tags?: Record<string, string>;
  weight?: number;
  [more: string]: unknown;
}

/** A model that could have been chosen, or why not. */
export interface Candidate {
  model: string;
  excluded?: string | null;
  belief?: number | null;
  sd?: number | null;
  expected_cost?: number | null;
  probability?: number | null;
}

export interface Quantiles {
  p50: number | null;
  p95: number | null;
}

/** Sums of a step of time; money in USD. */
export interface Point {
  at: number;
  name?: string;
  calls: number;
  dropped: number;
  failed: number;
  failovers: number;
  spend: number;
  charged: number;
  estimated: number;
  baseline_spend: number;
  saved: number;
  overhead: number;
  quality: number | null;
  graded: number;
  in_tokens: number;
  cached_tokens: number;
  out_tokens: number;
  first_ms: Quantiles;
  total_ms: Quantiles;
}

export interface Series {
  from: number;
  to: number;
  step: number;
  by: string;
  points: Point[];
}

export interface Status {
  status: "ok" | "degraded" | "down";
  reasons: { code: string; message: string }[];
  models_out?: Record<string, number>;
  requests_5m?: number;
  failed_share_5m?: number;
  last_error?: string | null;
  [more: string]: unknown;
}

export interface Overview {
  pool_size: number;
  classifier: Record<string, number>;
  alerts: number;
  active_price_overrides: Record<string, number>;
  quarantined?: Record<string, { until: number; failed_at?: number; failures?: number }>;
  baseline?: string;
  tasks?: string[];
  quality_tolerance?: number;
  min_samples?: number;
}

export interface PriceAlert {
  task: string;
  model: string;
  old_unit: number;
  new_unit: number;
  direction: "up" | "down";
  ts: number;
}

/** Prices in USD per million tokens. */
export interface Price {
  id: string;
  in_price: number;
  out_price: number;
  /** Tokens; null where the runtime does not say. */
  context: number | null;
  routable: boolean;
}

export type Tier = "small" | "mid" | "large";
export type PriceFrom = "operator" | "catalogue" | "built-in";

/** What a model takes: null where nobody knows. */
export interface Accepts {
  tools: boolean | null;
  images: boolean | null;
  audio: boolean | null;
  files: boolean | null;
  json_schema: boolean | null;
  reasoning: boolean | null;
}

/** A row of the pool. Prices in USD per million tokens; null: not known, which is not 0. */
export interface PoolModel {
  id: string;
  runtime: string;
  upstream_id: string;
  enabled: boolean;
  tier: Tier;
  context: number;
  max_output: number | null;
  in_price: number | null;
  out_price: number | null;
  cached_in_price: number | null;
  accepts: Accepts;
  tags: string[];
  price_from: PriceFrom;
  position: number;
}

export interface Pool {
  version: number;
  models: PoolModel[];
}

/** Input, output, cached input. */
export type Prices = [number | null, number | null, number | null];

/** What a runtime's catalogue changes of the pool, and all that it offers. */
export interface Import {
  runtime: string;
  version: number;
  applied: boolean;
  added: PoolModel[];
  repriced: { id: string; from: Prices; to: Prices }[];
  gone: string[];
  offered: { id: string; in_price: number | null; out_price: number | null; context: number | null }[];
}

export interface KeyUsage {
  email: string | null;
  status: string;
  used_6h: number | null;
  limit_6h: number | null;
  used_week: number | null;
  limit_week: number | null;
  frees_6h_seconds?: number | null;
  frees_week_seconds?: number | null;
  id?: string;
  spent?: number | null;
  budget?: { limit: number; spent: number; reserved: number; resets_at: number | null } | null;
}

export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

export interface ChatRequest {
  messages: Message[];
  stream?: boolean;
  arbiter_max_cost?: number;
  [field: string]: unknown;
}

/** What Arbiter says of a decision: the object of a plain answer, or what is known of a stream. */
export interface Verdict {
  task?: string;
  classified_by?: string;
  model?: string;
  mode?: string;
  reason?: string;
  quality?: number | null;
  quality_reason?: string;
  cost?: number | null;
  cost_estimated?: boolean;
  cost_source?: string;
  baseline_cost?: number | null;
  saved?: number | null;
  tokens_needed?: number;
  eligible_models?: number;
  budget_max_cost?: number | null;
  budget_met?: boolean | null;
  failover_from?: string[];
}

export interface Chunk {
  model?: string;
  choices?: { index: number; delta?: { content?: string | null; role?: string }; finish_reason?: string | null }[];
  error?: { message?: string };
  detail?: unknown;
}

/** Terms of a key: what is null is taken away. */
export interface Terms {
  email?: string;
  label?: string | null;
  limit_6h?: number | null;
  limit_week?: number | null;
  budget_usd?: number | null;
  budget_period?: string | null;
  expires?: number | null;
}

export interface KeyRow {
  id: string;
  hint: string | null;
  email: string;
  status: string;
  created: number;
  terms: Terms;
  used_6h: number | null;
  used_week: number | null;
  spent: number;
  last_used: number | null;
}

export interface Deed {
  id: number;
  ts: number;
  deed: string;
  who: string;
  subject: string | null;
  detail: unknown;
}
