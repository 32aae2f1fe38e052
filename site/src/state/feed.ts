// What the pages show of the shared brain, kept fresh by one loop. A view names the figures it
// needs; the loop asks for the union of these. It stops while the tab is hidden, slows down the
// longer nobody touches the page, when the API is away or says "later", and keeps the last figures
// for when there is no network.

import { useEffect, useState } from "preact/hooks";

import { ApiError, view } from "../api/client";
import type { Decision, Overview, Policy, Price, PriceAlert, Report, Series, Status } from "../api/types";
import { seriesPath } from "../lib/happened";
import { keepFigures, keptFigures } from "../lib/keep";

interface Plain {
  report: Report;
  overview: Overview;
  policy: Policy;
  recent: Decision[];
  alerts: PriceAlert[];
  pricing: Price[];
  status: Status;
}

export type Name = keyof Plain | `series:${string}`;
export type ValueOf<N extends Name> = N extends keyof Plain ? Plain[N] : Series;

export interface Figure<T> {
  value: T | null;
  /** When it was fetched, ms; older than this page where it comes from the last visit. */
  at: number | null;
  error: ApiError | null;
}

/** How often is asked, by the time since somebody last touched the page: both in ms. */
const PACE: readonly (readonly [number, number])[] = [[60_000, 4_000], [600_000, 15_000], [3_600_000, 60_000], [Infinity, 300_000]];
const FIRST_MS = 4_000;
const SLOWEST_MS = 60_000;
/** Prices change rarely. */
const PRICING_EVERY_MS = 300_000;

const figures = new Map<string, Figure<unknown> & { mark?: string | null }>();
const wanted = new Map<Name, number>();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;
let asking: AbortController | null = null;
let failures = 0;
let notBefore = 0;
let touched = Date.now();
let again = false;

function figure(name: Name): Figure<unknown> & { mark?: string | null } {
  let known = figures.get(name);
  if (!known) {
    const kept = keptFigures(name);
    known = { value: kept?.value ?? null, at: kept?.at ?? null, error: null };
    figures.set(name, known);
  }
  return known;
}

const pathOf = (name: Name) => (name.startsWith("series:") ? seriesPath(name.slice(7), Date.now()) : `/v1/${name}`);

async function ask(name: Name, signal: AbortSignal): Promise<ApiError | null> {
  try {
    const { value, mark } = await view(pathOf(name), signal);
    const same = mark !== null && mark === figure(name).mark;
    figures.set(name, { value: same ? figure(name).value : value, at: Date.now(), error: null, mark });
    if (!same) keepFigures(name, value);
    return null;
  } catch (error) {
    if (signal.aborted) return null;
    const told = error instanceof ApiError ? error : new ApiError(0, String(error));
    figures.set(name, { ...figure(name), error: told });
    // What this deployment does not serve is no failure.
    return told.missing ? null : told;
  }
}

function due(name: Name): boolean {
  const { at, error } = figure(name);
  if (error?.missing) return false;
  return name !== "pricing" || error !== null || at === null || Date.now() - at > PRICING_EVERY_MS || at < performance.timeOrigin;
}

function pace(): number {
  const idle = Date.now() - touched;
  return PACE.find(([until]) => idle < until)?.[1] ?? FIRST_MS;
}

async function round(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  if (asking) {
    again = true;
    return;
  }
  if (document.hidden || wanted.size === 0) return;
  const wait = notBefore - Date.now();
  if (wait > 0) return plan(wait);
  asking = new AbortController();
  const errors = (await Promise.all([...wanted.keys()].filter(due).map((name) => ask(name, asking!.signal)))).filter((error) => error !== null);
  asking = null;
  failures = errors.length > 0 ? failures + 1 : 0;
  const told = Math.max(0, ...errors.map((error) => error.retryAfter ?? 0)) * 1000;
  notBefore = Date.now() + Math.max(told, failures ? Math.min(SLOWEST_MS, FIRST_MS * 2 ** Math.min(failures, 5)) : 0);
  listeners.forEach((changed) => changed());
  // A view has opened meanwhile, whose figures were not asked for.
  if (again) {
    again = false;
    if ([...wanted.keys()].some((name) => figure(name).at === null && !figure(name).error)) return void round();
  }
  plan(Math.max(pace(), notBefore - Date.now()));
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

function onTouch(): void {
  const slow = pace() > FIRST_MS;
  touched = Date.now();
  if (slow) void round();
}

if (typeof document !== "undefined") {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else onTouch(), void round();
  });
  for (const sign of ["pointerdown", "pointermove", "keydown", "scroll"]) addEventListener(sign, onTouch, { passive: true });
  addEventListener("online", refresh);
}

/** The figure `name`, kept fresh for as long as the component is there. */
export function useFigure<N extends Name>(name: N): Figure<ValueOf<N>> {
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
  return figure(name) as Figure<ValueOf<N>>;
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
