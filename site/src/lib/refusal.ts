// Every way in which a request is refused or lost, as a title and sentences.

import type { ApiError } from "../api/client";
import { count, sentence } from "./format.ts";

// Maps, for the words that are looked up come from outside.
const needs = new Map([
  ["tools", "tools"],
  ["images", "pictures"],
  ["audio", "sound"],
  ["files", "files"],
  ["json_schema", "a JSON schema"],
  ["reasoning", "reasoning"],
  ["output", "so long an answer"],
  ["order", "this order of messages"],
  ["parameters", "these parameters"],
]);

const outs = new Map([
  ["out", "failed lately"],
  ["key", "not for this key"],
  ["context", "window too small"],
  ["budget", "over the budget"],
  ["latency", "too slow"],
  ["needs", "can't do what is asked"],
  ["arbiter_models", "not among those asked for"],
  ["arbiter_exclude", "excluded by the request"],
  ["arbiter_tags", "without the tags asked for"],
]);

/** What a request needs, in words. */
export const needInWords = (need: string) => needs.get(need) ?? need;

/** Why a model is out of the running, in a few words. */
export function whyOut(word: string): string {
  const [, verb, need] = word.match(/^(cannot|refused)_(.+)$/) ?? [];
  if (!verb || !need) return outs.get(word) ?? word;
  return `${verb === "cannot" ? "can't do" : "refused"} ${needInWords(need)}`;
}

const titles = new Map([
  ["budget_exceeded", "The budget is used up"],
  ["no_model_fits", "No model fits"],
  ["no_model_allowed", "No model fits"],
  ["not_serving", "Switched off"],
  ["busy", "Too busy at the moment"],
  ["store_unavailable", "Too busy at the moment"],
  ["setting", "Not set up"],
  ["broken_off", "The answer broke off"],
]);

function titleOf(error: ApiError): string {
  if (error.offline) return "No connection";
  if (error.limited) return "Rate limited";
  if (error.status === 401) return "The key is not valid";
  return (
    titles.get(error.code ?? "") ?? (error.status === 402 ? "Out of money" : error.status >= 500 ? "Something behind Arbiter failed" : "That did not work")
  );
}

/** A refusal in words: what it is, what was said, and what else is known of it. */
export function inWords(error: ApiError): { title: string; says: string[] } {
  const says = [sentence(error.message)];
  const detail = (error.body as { detail?: Record<string, unknown> } | null)?.detail ?? {};
  if (error.code === "no_model_fits") {
    const excluded = Object.entries((detail.excluded as Record<string, number> | undefined) ?? {}).filter(([, number]) => typeof number === "number");
    if (excluded.length > 0) says.push(`Left out: ${excluded.map(([why, number]) => `${count(number)} ${whyOut(why)}`).join(", ")}.`);
  }
  if (error.code === "budget_exceeded") {
    const at = detail.resets_at;
    if (typeof at === "number")
      says.push(`It begins anew on ${new Date(at * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "long", timeZone: "UTC" })}.`);
  }
  return { title: titleOf(error), says };
}
