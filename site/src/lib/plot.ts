// Where things stand in the plot of quality against cost. Pure: figures in, pixels out.

import type { PolicyRow } from "../api/types";

/** A row with both figures that a plot needs. */
export interface Dot {
  row: PolicyRow;
  /** What is expected of it, else its mean. */
  at: number;
  doubt: number;
  cost: number;
}

export function dotsOf(rows: PolicyRow[]): Dot[] {
  const dots: Dot[] = [];
  for (const row of rows) {
    const at = row.belief ?? row.quality;
    if (row.n === 0 || at === null || row.avg_cost === null) continue;
    dots.push({ row, at, doubt: row.doubt ?? 0, cost: row.avg_cost });
  }
  return dots.sort((a, b) => a.cost - b.cost || a.row.model.localeCompare(b.row.model));
}

export interface Frame {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Scales {
  x: (cost: number) => number;
  y: (quality: number) => number;
  costs: number[];
  qualities: number[];
  /** What is within view. */
  shown: Dot[];
}

/**
 * Cost on a logarithmic axis, quality on a linear one. `line` is what decides and `best` the best; near:
 * only what is about the band between them.
 */
export function scales(dots: Dot[], line: number, best: number, near: boolean, frame: Frame): Scales {
  const band = Math.max(best - line, 0.01);
  const ends = dots.flatMap(({ at, doubt }) => [at - doubt, at + doubt]);
  const low = near ? line - band * 0.9 : Math.max(0, Math.min(line, ...ends) - 0.02);
  const high = near ? best + band * 0.9 : Math.min(1, Math.max(best, ...ends)) + 0.02;
  const shown = dots.filter(({ at }) => at >= low && at <= high);
  const paid = shown.map(({ cost }) => cost).filter((cost) => cost > 0);
  // What costs nothing stands left of all that does.
  const least = paid.length > 0 ? Math.min(...paid) : 1e-6;
  const from = (shown.some(({ cost }) => cost === 0) ? least / 4 : least) / 1.5;
  const to = Math.max(from * 4, (paid.length > 0 ? Math.max(...paid) : least) * 1.5);
  const wide = frame.width - frame.left - frame.right;
  const tall = frame.height - frame.top - frame.bottom;
  return {
    x: (cost) => frame.left + (Math.log(Math.max(cost, from * 1.5) / from) / Math.log(to / from)) * wide,
    y: (quality) => frame.top + ((high - quality) / (high - low)) * tall,
    costs: decades(from, to, wide),
    qualities: even(low, high),
    shown,
  };
}

/** 1, 2 and 5 of each decade, or as many of these as there is room for. */
function decades(from: number, to: number, wide: number): number[] {
  const all = [[1, 2, 5], [1, 3], [1]].map((heads) => {
    const found: number[] = [];
    for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power += 1) {
      for (const head of heads) {
        const value = Number(`${head}e${power}`);
        if (value >= from && value <= to) found.push(value);
      }
    }
    return found;
  });
  return all.find((ticks) => ticks.length <= wide / 64) ?? all.at(-1)!;
}

function even(low: number, high: number): number[] {
  const step = [0.01, 0.02, 0.05, 0.1, 0.2].find((step) => (high - low) / step <= 6) ?? 0.25;
  const found: number[] = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + 1e-9 && n * step <= 1 + 1e-9; n += 1) found.push(Number((n * step).toFixed(2)));
  return found;
}

/** By the area: ten times the samples are not ten times as wide. */
export const radius = (n: number): number => 3.4 + Math.min(4.6, Math.log10(n + 1) * 1.6);
