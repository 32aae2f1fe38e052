// The pool, asked for when a view shows it and after every change made here. It changes when an
// operator changes it: nothing polls for it.

import { useEffect, useState } from "preact/hooks";

import { api, ApiError } from "../api/client";
import type { Pool } from "../api/types";
import { keepFigures, keptFigures } from "../lib/keep";
import type { Figure } from "./feed";

let known: Figure<Pool> | null = null;
const listeners = new Set<() => void>();

function tell(next: Figure<Pool>): void {
  known = next;
  listeners.forEach((changed) => changed());
}

/** The pool as a change has left it. */
export function setPool({ version, models }: Pool): void {
  const value = { version, models };
  keepFigures("pool", value);
  tell({ value, at: Date.now(), error: null });
}

/** Reads it anew, and tells every view; null where it can't be had. */
export async function reloadPool(): Promise<Pool | null> {
  try {
    const pool = await api.pool();
    setPool(pool);
    return pool;
  } catch (error) {
    tell({ ...now(), error: error instanceof ApiError ? error : new ApiError(0, String(error)) });
    return null;
  }
}

function now(): Figure<Pool> {
  const kept = known ? null : keptFigures<Pool>("pool");
  known ??= { value: kept?.value ?? null, at: kept?.at ?? null, error: null };
  return known;
}

export function usePool(): Figure<Pool> {
  const [, redraw] = useState(0);
  useEffect(() => {
    const changed = () => redraw((n) => n + 1);
    listeners.add(changed);
    void reloadPool();
    return () => void listeners.delete(changed);
  }, []);
  return now();
}
