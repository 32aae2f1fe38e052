// Which decisions are looked at: what stands in the address, as the server's query has it.

import type { Decision } from "../api/types";

/** Of the query, by the names that the server has for them. */
export const names = ["task", "model", "mode", "outcome", "min_quality", "max_quality", "key", "from", "to"] as const;
export type Filter = Record<(typeof names)[number], string>;

/** Stands for the key of this browser. */
export const MINE = "mine";

export const isSet = (filter: Filter): boolean => names.some((name) => filter[name] !== "");

/** Whether a decision of the newest is one of these. Whose it was is not told of them: that only the server knows. */
export function fits(decision: Decision, filter: Filter): boolean {
  const same = (wanted: string, is: string) => wanted === "" || wanted === is;
  const within = (value: number | null, least: string, most: string) =>
    (least === "" || (value !== null && value >= Number(least))) && (most === "" || (value !== null && value <= Number(most)));
  return (
    same(filter.task, decision.task) &&
    same(filter.model, decision.model) &&
    same(filter.mode, decision.mode) &&
    same(filter.outcome, decision.outcome ?? "finished") &&
    within(decision.quality, filter.min_quality, filter.max_quality) &&
    within(decision.ts, filter.from, filter.to)
  );
}

/** The query for a page of them; `cursor` is where it goes on. */
export function queryOf(filter: Filter, cursor: string | null): string {
  const query = new URLSearchParams();
  for (const name of names) if (filter[name] !== "" && !(name === "key" && filter.key === MINE)) query.set(name, filter[name]);
  query.set("limit", "200");
  if (cursor) query.set("cursor", cursor);
  return query.toString();
}

/** When the request of an id was made, Unix seconds: ids begin with it. */
export function madeAt(id: string): number | null {
  const milliseconds = /^req_[0-9a-f]{11}/.test(id) ? parseInt(id.slice(4, 15), 16) : NaN;
  return Number.isFinite(milliseconds) ? milliseconds / 1000 : null;
}

/** Newest first, each once. */
export function merged(...lists: Decision[][]): Decision[] {
  const seen = new Set<string>();
  const all = lists.flat().filter(({ id, ts }) => {
    const name = id ?? String(ts);
    return !seen.has(name) && Boolean(seen.add(name));
  });
  return all.sort((a, b) => b.ts - a.ts);
}

/** A moment as a field of a form has it, in the time of this place. */
export function local(seconds: string): string {
  const at = Number(seconds);
  if (seconds === "" || !Number.isFinite(at)) return "";
  const date = new Date(at * 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function secondsOf(local: string): string {
  const at = new Date(local).getTime();
  return local === "" || !Number.isFinite(at) ? "" : String(Math.floor(at / 1000));
}
