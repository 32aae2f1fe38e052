// Decisions older than the newest: asked of the server a page at a time, by the filter that is set.

import { useEffect, useRef, useState } from "preact/hooks";

import { api, ApiError } from "../api/client";
import type { Decision } from "../api/types";
import { isSet, merged, queryOf, type Filter } from "../lib/filter";

/** A page looks through 2,000 decisions: so many are looked through for one question at the most. */
const MOST_PAGES = 5;

interface Older {
  rows: Decision[];
  /** Where it goes on; null: that was all. Undefined before anything was asked. */
  next: string | null | undefined;
  busy: boolean;
  error: ApiError | null;
}

const nothing: Older = { rows: [], next: undefined, busy: false, error: null };

/**
 * What was asked for beyond `newest`, and how to ask for more. A filter that finds few among the newest
 * looks further back by itself, once.
 */
export function useOlder(filter: Filter, key: string | null, newest: Decision[] | null, few: boolean): Older & { more: () => void } {
  const [older, set] = useState<Older>(nothing);
  const asked = JSON.stringify([filter, key]);
  const leaving = useRef<AbortController | null>(null);
  const turn = useRef(asked);

  const more = async () => {
    const start = older.next === undefined || turn.current !== asked ? (filter.key ? null : (newest?.at(-1)?.id ?? null)) : older.next;
    const fresh = older.next === undefined || turn.current !== asked;
    turn.current = asked;
    leaving.current?.abort();
    const { signal } = (leaving.current = new AbortController());
    // The newest of now stay, also when they are no longer among the newest.
    let rows = fresh ? (filter.key ? [] : (newest ?? [])) : older.rows;
    let cursor: string | null = start;
    set({ rows, next: start, busy: true, error: null });
    try {
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const found = await api.found(queryOf(filter, cursor), key ?? undefined, signal);
        rows = merged(rows, found.rows);
        cursor = found.next;
        if (!cursor || found.rows.length > 0) break;
      }
      set({ rows, next: cursor, busy: false, error: null });
    } catch (error) {
      if (signal.aborted) return;
      set({ rows, next: start, busy: false, error: error instanceof ApiError ? error : new ApiError(0, String(error)) });
    }
  };

  useEffect(() => {
    leaving.current?.abort();
    set(nothing);
    if (!isSet(filter) || newest === null || !few) return;
    const soon = setTimeout(() => void more(), 250);
    return () => clearTimeout(soon);
  }, [asked, newest === null]);
  useEffect(() => () => leaving.current?.abort(), []);
  return { ...(turn.current === asked ? older : nothing), more: () => void more() };
}
