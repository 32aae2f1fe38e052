import { useEffect, useState } from "preact/hooks";

import { api, ApiError } from "../api/client";
import type { KeyUsage } from "../api/types";
import { forgetKey, keepKey, keptKey } from "../lib/keep";

const changes = new Set<() => void>();

// An operator's key opens everything: it is held by this page alone, and gone with it.
let operator: string | null = null;

/** Takes an operator's key for as long as the page is there, or puts it away. */
export function setOperator(key: string | null): void {
  operator = key;
  if (key !== null && keptKey() === key) forgetKey();
  changes.forEach((changed) => changed());
}

export const operatorKey = () => operator;

/** Calls back with the operator's key whenever the page is given one, or puts it away. */
export function onOperator(changed: (key: string | null) => void): void {
  changes.add(() => changed(operator));
}

/** The operator's key that this page was given. */
export function useOperator(): string | null {
  const [key, set] = useState(operator);
  useEffect(() => {
    const changed = () => set(operator);
    changed();
    changes.add(changed);
    return () => void changes.delete(changed);
  }, []);
  return key;
}

/** Keeps a key in this browser, or forgets it (null), and tells every view. */
export function setKey(key: string | null): void {
  if (key === null) forgetKey();
  else keepKey(key);
  changes.forEach((changed) => changed());
}

/** The key that requests are sent with: an operator's while there is one, else what this browser keeps. */
export function useKey(): string | null {
  const [key, set] = useState<string | null>(() => operator ?? keptKey());
  useEffect(() => {
    const changed = () => set(operator ?? keptKey());
    changes.add(changed);
    // Another tab has registered or revoked.
    addEventListener("storage", changed);
    return () => {
      changes.delete(changed);
      removeEventListener("storage", changed);
    };
  }, []);
  return key;
}

export interface Usage {
  value: KeyUsage | null;
  at: number;
  error: ApiError | null;
  reload(): void;
}

/** What the API says of a key: asked for at once, and again every half minute, or `everyMs`, while the tab is seen. */
export function useUsage(key: string | null, everyMs = 30_000): Usage {
  const [state, set] = useState<{ value: KeyUsage | null; at: number; error: ApiError | null }>({ value: null, at: 0, error: null });
  const [round, reload] = useState(0);
  useEffect(() => {
    if (!key) {
      set({ value: null, at: 0, error: null });
      return;
    }
    const leaving = new AbortController();
    const ask = () =>
      api.key(key, leaving.signal).then(
        (value) => set({ value, at: Date.now(), error: null }),
        (error) => leaving.signal.aborted || set((old) => ({ ...old, error: error instanceof ApiError ? error : new ApiError(0, String(error)) })),
      );
    void ask();
    const timer = setInterval(() => document.hidden || void ask(), everyMs);
    return () => {
      leaving.abort();
      clearInterval(timer);
    };
  }, [key, round, everyMs]);
  return { ...state, reload: () => reload((n) => n + 1) };
}
