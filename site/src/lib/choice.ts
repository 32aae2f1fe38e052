import type { PolicyRow } from "../api/types";

/** A row with both figures that a plot needs. */
export type Measured = PolicyRow & { quality: number; avg_cost: number };

export function isMeasured(row: PolicyRow): row is Measured {
  return row.n > 0 && row.quality !== null && row.avg_cost !== null;
}
