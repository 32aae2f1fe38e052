// The shapes of the API under the names that the pages call them by. They come from its description, docs/openapi:
// `openapi.d.ts` is made of that before each build and check. Nothing that is described there is written here again.

import type { components } from "./openapi";

type Schemas = components["schemas"];

export type Task = Schemas["Task"];
export type Mode = Schemas["Mode"];
export type ClassifiedBy = Schemas["ClassifiedBy"];
export type Report = Schemas["Report"];
export type Policy = Schemas["Policy"];
export type PolicyRow = Schemas["PolicyRow"];
export type Decision = Schemas["Decision"];
export type Candidate = Schemas["Candidate"];
export type Quantiles = Schemas["Quantiles"];
export type Point = Schemas["Point"];
export type Series = Schemas["Series"];
export type Status = Schemas["Status"];
export type Overview = Schemas["Overview"];
export type PriceAlert = Schemas["PriceAlert"];
export type PriceHistory = Schemas["PriceHistory"];
export type PriceSince = Schemas["PriceSince"];
export type Price = Schemas["Priced"];
export type Tier = PoolModel["tier"];
export type PriceFrom = PoolModel["price_from"];
export type Accepts = Schemas["Accepts"];
export type PoolModel = Schemas["PoolModel"];
export type Pool = Schemas["Pool"];
export type Import = Schemas["PoolChanges"];
/** Input, output, cached input. */
export type Prices = Import["repriced"][number]["from"];
export type KeyUsage = Schemas["KeyUsage"];
export type Terms = Schemas["NewKey"];
export type KeyRow = Schemas["KeyRow"];
export type Deed = Schemas["Deed"];
export type DryRun = Schemas["DryRun"];

export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}

/** What the pages ask of a model. */
export type ChatRequest = Omit<Schemas["ChatRequest"], "messages"> & { messages: Message[]; [field: string]: unknown };

/** What is known so far of an answer: of one that is streamed, first what its headers tell. */
export type Verdict = Partial<Schemas["Verdict"]>;

/** An event of a stream, as the runtime writes it. */
export interface Chunk {
  model?: string;
  choices?: { index: number; delta?: { content?: string | null; role?: string }; finish_reason?: string | null }[];
  error?: { message?: string };
  detail?: unknown;
}

/** A whole answer, as the runtime writes it. */
export interface Completion {
  choices?: { message?: { content?: string | null; refusal?: string | null } }[];
  arbiter?: Verdict;
}
