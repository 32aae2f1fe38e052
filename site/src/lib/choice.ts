import type { PolicyRow } from "../api/types";

// Means that are equal on paper must not differ by a rounding error.
const EPSILON = 1e-9;

/** A row with both figures that the rule compares. */
export type Measured = PolicyRow & { quality: number; avg_cost: number };

export function isMeasured(row: PolicyRow): row is Measured {
  return row.n > 0 && row.quality !== null && row.avg_cost !== null;
}

export function inBand(row: PolicyRow, top: number, tolerance: number): boolean {
  return row.quality !== null && row.quality >= top - tolerance - EPSILON;
}

/**
 * The model that the router would exploit: the cheapest by mean measured cost whose quality is
 * within `tolerance` of the best. Among models sampled often enough where there are any, and only
 * among those whose cost was measured.
 */
export function best(rows: PolicyRow[], tolerance: number, samples: number): Measured | null {
  const measured = rows.filter(isMeasured);
  const enough = measured.filter((row) => row.n >= samples);
  const among = enough.length > 0 ? enough : measured;
  const top = Math.max(...measured.map((row) => row.quality));
  const good = among.filter((row) => inBand(row, top, tolerance));
  return (good.length > 0 ? good : among).reduce<Measured | null>((a, b) => (a === null || b.avg_cost < a.avg_cost ? b : a), null);
}
