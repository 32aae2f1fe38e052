// What the pages show of the shared brain, kept fresh by one poll loop. A view says which figures
// it needs; the loop asks for the union of these, pauses while the tab is hidden, slows down when
// the API is away or says "later", and keeps the last figures for when there is no network.

import { useEffect, useState } from "preact/hooks";

import { api, ApiError } from "../api/client";
import type { Decision, Overview, Policy, Price, PriceAlert, Report } from "../api/types";
import { keepFigures, keptFigures } from "../lib/keep";

interface Figures {
  report: Report;
  overview: Overview;
  policy: Policy;
  recent: Decision[];
  alerts: PriceAlert[];
  pricing: Price[];
}

export type Name = keyof Figures;

export interface Figure<T> {
  value: T | null;
  /** When it was fetched, ms; older than this page where it comes from the last visit. */
  at: number | null;
  error: ApiError | null;
}

const EVERY_MS = 4_000;
const SLOWEST_MS = 60_000;
/** Prices change rarely. */
const PRICING_EVERY_MS = 300_000;

const figures = new Map<Name, Figure<unknown>>();
const wanted = new Map<Name, number>();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;
let asking: AbortController | null = null;
let failures = 0;
let notBefore = 0;

function figure(name: Name): Figure<unknown> {
  let known = figures.get(name);
  if (!known) {
    const kept = keptFigures(name);
    known = { value: kept?.value ?? null, at: kept?.at ?? null, error: null };
    figures.set(name, known);
  }
  return known;
}

async function ask(name: Name, signal: AbortSignal): Promise<ApiError | null> {
  try {
    const value = await api[name](signal);
    figures.set(name, { value, at: Date.now(), error: null });
    keepFigures(name, value);
    return null;
  } catch (error) {
    if (signal.aborted) return null;
    const told = error instanceof ApiError ? error : new ApiError(0, String(error));
    figures.set(name, { ...figure(name), error: told });
    return told;
  }
}

function due(name: Name): boolean {
  const { at, error } = figure(name);
  return name !== "pricing" || error !== null || at === null || Date.now() - at > PRICING_EVERY_MS || at < performance.timeOrigin;
}

async function round(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  if (asking || document.hidden || wanted.size === 0) return;
  const wait = notBefore - Date.now();
  if (wait > 0) return plan(wait);
  asking = new AbortController();
  const errors = (await Promise.all([...wanted.keys()].filter(due).map((name) => ask(name, asking!.signal)))).filter((error) => error !== null);
  asking = null;
  failures = errors.length > 0 ? failures + 1 : 0;
  const told = Math.max(0, ...errors.map((error) => error.retryAfter ?? 0)) * 1000;
  notBefore = Date.now() + Math.max(told, Math.min(SLOWEST_MS, EVERY_MS * 2 ** Math.min(failures, 5)) - (failures ? 0 : EVERY_MS));
  listeners.forEach((changed) => changed());
  plan(Math.max(EVERY_MS, notBefore - Date.now()));
}

function plan(ms: number): void {
  clearTimeout(timer);
  timer = setTimeout(round, ms);
}

/** Asks again now, whatever was planned: after a run of one's own, or when someone presses "try again". */
export function refresh(): void {
  notBefore = 0;
  void round();
}

if (typeof document !== "undefined") {
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void round();
  });
  addEventListener("online", refresh);
}

/** The figure `name`, kept fresh for as long as the component is there. */
export function useFigure<N extends Name>(name: N): Figure<Figures[N]> {
  const [, redraw] = useState(0);
  useEffect(() => {
    const changed = () => redraw((n) => n + 1);
    listeners.add(changed);
    wanted.set(name, (wanted.get(name) ?? 0) + 1);
    // Together with the other figures of the view that is being shown.
    queueMicrotask(() => void round());
    return () => {
      listeners.delete(changed);
      const left = (wanted.get(name) ?? 1) - 1;
      if (left > 0) wanted.set(name, left);
      else wanted.delete(name);
    };
  }, [name]);
  return figure(name) as Figure<Figures[N]>;
}

/** The present, renewed every `everyMs`, for "5 s ago". */
export function useNow(everyMs = 5_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const tick = setInterval(() => document.hidden || setNow(Date.now()), everyMs);
    return () => clearInterval(tick);
  }, [everyMs]);
  return now;
}
