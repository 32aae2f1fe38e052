// What happened in a span of time, put together from the series of the API. Pure: nothing here
// chooses a model or weighs a risk; that is the server's, and what it says is shown.

import type { Overview, Point, Policy, PolicyRow } from "../api/types";

export type Range = "1h" | "24h" | "7d" | "30d" | "all";

export const ranges: readonly (readonly [Range, string])[] = [
  ["1h", "1 h"],
  ["24h", "24 h"],
  ["7d", "7 d"],
  ["30d", "30 d"],
  ["all", "All"],
];

const HOUR = 3_600;
const DAY = 24 * HOUR;
const SPAN: Record<Range, number> = { "1h": HOUR, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, all: 400 * DAY };

export const rangeOf = (text: string): Range => (text in SPAN ? (text as Range) : "24h");

/** In a sentence: "in the last 24 hours". The hours are whole ones. */
export const said: Record<Range, string> = {
  "1h": "in the last hour",
  "24h": "in the last 24 hours",
  "7d": "in the last 7 days",
  "30d": "in the last 30 days",
  all: "until now",
};

/** Steps by which a range is drawn. */
export const stepOf = (range: Range) => (range === "30d" || range === "all" ? "day" : "hour");

/** The call for a series that is named `by:range` or `by:range:whole`, one step of all of it. */
export function seriesPath(name: string, nowMs: number): string {
  const [by = "total", text = "", whole] = name.split(":");
  const range = rangeOf(text);
  const step = stepOf(range) === "day" ? DAY : HOUR;
  // From the beginning of a step, so that the same question stays the same for as long.
  const from = Math.max(0, Math.floor((nowMs / 1000 - SPAN[range]) / step) * step);
  return `/v1/timeseries?by=${by}&step=${whole ? "all" : stepOf(range)}&from=${from}`;
}

export const requests = (point: Pick<Point, "calls" | "dropped" | "failed">) => point.calls + point.dropped + point.failed;

/**
 * The quality of what was answered, beside what the baseline has on the same tasks: both weighed
 * by how often each was graded in the span. Null where the baseline is known on none of them.
 */
export function compared(tasks: Point[], policy: Policy | null, baseline: string | undefined): { ours: number; theirs: number } | null {
  let weight = 0;
  let ours = 0;
  let theirs = 0;
  for (const { name, quality, graded } of tasks) {
    const row = policy?.[name ?? ""]?.find(({ model }) => model === baseline);
    if (quality === null || graded === 0 || !row || row.quality === null) continue;
    weight += graded;
    ours += quality * graded;
    theirs += row.quality * graded;
  }
  return weight > 0 ? { ours: ours / weight, theirs: theirs / weight } : null;
}

/** Whether the baseline's cost is known for any task: else no saving is claimed. */
export function hasBaseline(policy: Policy | null, baseline: string | undefined): boolean {
  return Object.values(policy ?? {}).some((rows) => rows.some((row) => row.model === baseline && row.avg_cost !== null));
}

/** The model that the server says it takes; null while it says none. */
export const winnerOf = (rows: PolicyRow[]): PolicyRow | null => rows.find(({ winner }) => winner === true) ?? null;

export type Tone = "good" | "warn" | "bad" | "plain";

/** How the saving may be coloured: good only where nothing that it cost is hidden by it. */
export function toneOfSaving(
  total: Point,
  quality: { ours: number; theirs: number } | null,
  overview: Pick<Overview, "quality_tolerance"> | null,
  status: string | undefined,
): Tone {
  const failed = total.failed / Math.max(1, requests(total));
  if (total.saved < 0) return "bad";
  if (total.saved === 0 || failed >= 0.05 || (status !== undefined && status !== "ok")) return "plain";
  if (!quality || quality.ours < quality.theirs - (overview?.quality_tolerance ?? 0.05)) return "plain";
  return "good";
}

/** What stands for the names that are not told apart. */
export const OTHERS = "others";

/** Points by step and name, for a stacked chart: the names by what they add up to, the rest together. */
export function stackedBy(points: Point[], most: number, of: (point: Point) => number): { times: number[]; names: string[]; values: number[][] } {
  const times = [...new Set(points.map(({ at }) => at))].sort((a, b) => a - b);
  const sums = new Map<string, number>();
  for (const point of points) sums.set(point.name ?? "", (sums.get(point.name ?? "") ?? 0) + of(point));
  const order = [...sums]
    .filter(([, sum]) => sum > 0)
    .sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))
    .map(([name]) => name);
  const shown = order.length > most ? order.slice(0, most - 1) : order;
  const names = order.length > most ? [...shown, OTHERS] : shown;
  const row = new Map(times.map((at, i) => [at, i]));
  const values = names.map(() => times.map(() => 0));
  for (const point of points) {
    const place = shown.indexOf(point.name ?? "");
    const line = values[place === -1 ? names.length - 1 : place];
    const value = of(point);
    if (line && value > 0) line[row.get(point.at)!]! += value;
  }
  return { times, names, values };
}

/** What was spent by step and model, and what the baseline would have cost in each step. */
export function stacked(points: Point[], most: number): { times: number[]; names: string[]; values: number[][]; baseline: number[] } {
  const { times, names, values } = stackedBy(points, most, ({ spend }) => spend);
  const sums = new Map<number, number>();
  for (const { at, baseline_spend } of points) sums.set(at, (sums.get(at) ?? 0) + baseline_spend);
  const baseline = times.map((at) => sums.get(at)!);
  return { times, names, values, baseline };
}
