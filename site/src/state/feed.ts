// What the pages show of the shared brain, kept fresh by one loop. A view names the figures it
// needs; the loop asks for the union of these. It stops while the tab is hidden, slows down the
// longer nobody touches the page, when the API is away or says "later", and keeps the last figures
// for when there is no network.
//
// One stream tells what happens: decisions and alerts come with it, and other figures are asked for
// less often. Where it can't be had they are all asked for by the clock.

import { useEffect, useState } from "preact/hooks";

import { ApiError, happening, seeWith, view } from "../api/client";
import type { Decision, Overview, Policy, Price, PriceAlert, PriceHistory, Report, Series, Status } from "../api/types";
import { seriesPath } from "../lib/happened";
import { dropFigures, keepFigures, keptFigures } from "../lib/keep";
import { onOperator, operatorKey } from "./key";

interface Plain {
  report: Report;
  overview: Overview;
  policy: Policy;
  recent: Decision[];
  alerts: PriceAlert[];
  pricing: Price[];
  status: Status;
}

export type Name = keyof Plain | `series:${string}` | `pricing/history?${string}`;
export type ValueOf<N extends Name> = N extends keyof Plain ? Plain[N] : N extends `series:${string}` ? Series : PriceHistory;

export interface Figure<T> {
  value: T | null;
  /** When it was fetched, ms; older than this page where it comes from the last visit. */
  at: number | null;
  error: ApiError | null;
}

/** How often is asked, by the time since somebody last touched the page: both in ms. */
const PACE: readonly (readonly [number, number])[] = [
  [60_000, 4_000],
  [600_000, 15_000],
  [3_600_000, 60_000],
  [Infinity, 300_000],
];
const FIRST_MS = 4_000;
const SLOWEST_MS = 60_000;
/** Prices change rarely. */
const PRICING_EVERY_MS = 300_000;
/** Between two rounds while the stream tells what happens, but for its first moments: what happened
 * just before is still being written down. */
const LIVE_MS = 15_000;
/** Until the stream is opened again: at first, and at most. */
const AGAIN_MS = 3_000;
const AGAIN_AT_MOST_MS = 300_000;
/** Rows of the newest decisions and alerts, as the server shows them. */
const NEWEST = 200;

const figures = new Map<string, Figure<unknown> & { mark?: string | null }>();
const wanted = new Map<Name, number>();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;
let asking: AbortController | null = null;
let failures = 0;
let notBefore = 0;
let touched = Date.now();
let again = false;

let stream: AbortController | null = null;
/** When the stream began to tell, ms; null while it does not. */
let liveSince: number | null = null;
let breaks = 0;
let streamAgain: ReturnType<typeof setTimeout> | undefined;
let paused = false;
/** When something happened last, as far as is known, ms. */
let happened = 0;
let asked = 0;

/** Figures are for operators only, and the page has no key that opens them. */
let closed = false;
/** Only operators may see them, and the key that they are asked with. */
let operatorSees = false;
let seenWith: string | null = null;

function seeing(key: string | null): void {
  seenWith = key;
  seeWith(key);
}

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
  const sent = seenWith;
  try {
    const { value, mark } = await view(pathOf(name), signal);
    const same = mark !== null && mark === figure(name).mark;
    const first = figure(name).value === null;
    figures.set(name, { value: same ? figure(name).value : value, at: Date.now(), error: null, mark });
    // What nothing was known of is shown as it comes, not with the slowest of its round.
    if (first) listeners.forEach((changed) => changed());
    // What only operators may see is gone with the page.
    if (!same && !operatorSees) keepFigures(name, value);
    return null;
  } catch (error) {
    if (signal.aborted) return null;
    const told = error instanceof ApiError ? error : new ApiError(0, String(error));
    if (told.closed) {
      // What was kept while it was open, or in the same moment, is gone too.
      if (!operatorSees) for (const kept of figures.keys()) dropFigures(kept);
      operatorSees = true;
      // The page may have such a key from before it was known that it takes one.
      if (sent === operatorKey()) closed = true;
      else {
        seeing(operatorKey());
        again = true;
      }
      dropFigures(name);
      figures.set(name, { value: null, at: null, error: closed ? told : null });
      return null;
    }
    figures.set(name, { ...figure(name), error: told });
    // What this deployment does not serve is no failure.
    return told.missing ? null : told;
  }
}

function due(name: Name): boolean {
  const { at, error } = figure(name);
  if (error?.missing) return false;
  if (liveSince !== null && at !== null && error === null && at >= liveSince) {
    // The stream itself tells these.
    if (name === "recent" || name === "alerts") return false;
    if (name !== "pricing") return at < happened || Date.now() - at > FIRST_MS / 2;
  }
  return name !== "pricing" || error !== null || at === null || Date.now() - at > PRICING_EVERY_MS || at < performance.timeOrigin;
}

function pace(): number {
  const idle = Date.now() - touched;
  return PACE.find(([until]) => idle < until)?.[1] ?? FIRST_MS;
}

/** Between two rounds, ms. */
function beat(): number {
  const calm = liveSince !== null && Date.now() - liveSince > LIVE_MS;
  return Math.max(pace(), calm ? LIVE_MS : 0);
}

async function round(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  if (asking) {
    again = true;
    return;
  }
  if (document.hidden || wanted.size === 0 || paused || closed) return;
  const wait = notBefore - Date.now();
  if (wait > 0) return plan(wait);
  void listen();
  asked = Date.now();
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
  plan(Math.max(beat(), notBefore - Date.now()));
}

function plan(ms: number): void {
  clearTimeout(timer);
  timer = setTimeout(round, ms);
}

/** Listens to what happens, until the stream ends or nobody looks; then it is opened again by and by. */
async function listen(): Promise<void> {
  if (stream || streamAgain || document.hidden || paused || closed) return;
  const own = (stream = new AbortController());
  let wait: number | null = null;
  try {
    for await (const { event, data } of happening(own.signal)) take(event, data);
  } catch (error) {
    if (error instanceof ApiError && error.missing) wait = Infinity;
    else if (error instanceof ApiError && error.retryAfter !== null) wait = error.retryAfter * 1000;
  }
  if (stream === own) {
    stream = null;
    liveSince = null;
  }
  if (own.signal.aborted || wait === Infinity) return;
  breaks += 1;
  streamAgain = setTimeout(
    () => {
      streamAgain = undefined;
      if (wanted.size > 0) void listen();
    },
    Math.max(wait ?? 0, Math.min(AGAIN_AT_MOST_MS, AGAIN_MS * 2 ** Math.min(breaks - 1, 7))),
  );
}

function hush(): void {
  stream?.abort();
  stream = null;
  liveSince = null;
}

function take(event: string, data: unknown): void {
  if (event === "open" || event === "reset") {
    // What happened while nobody listened is asked for once.
    liveSince = happened = Date.now();
    breaks = 0;
    return void round();
  }
  const name = event === "decision" ? "recent" : event === "alert" ? "alerts" : null;
  if (!name || typeof data !== "object" || data === null) return;
  happened = Date.now();
  const known = figure(name);
  if (Array.isArray(known.value)) {
    const same = (row: Decision) => (data as Decision).id !== undefined && row.id === (data as Decision).id;
    if (!(known.value as Decision[]).some(same)) figures.set(name, { ...known, mark: null, value: [data, ...known.value].slice(0, NEWEST) });
  }
  listeners.forEach((changed) => changed());
  // The first after a while shows at once; of many, each round shows all.
  if (!asking) plan(Math.max(1_000, asked + beat() - Date.now(), notBefore - Date.now()));
}

/** Whether what is shown is to stay as it is: nothing is listened to or asked for. */
export function hold(on: boolean): void {
  if (paused === on) return;
  paused = on;
  if (on) hush();
  else refresh();
}

/** Asks again now, whatever was planned: after a run of one's own, or when someone presses "try again". */
export function refresh(): void {
  notBefore = 0;
  happened = Date.now();
  void round();
}

function onTouch(): void {
  const slow = pace() > FIRST_MS;
  touched = Date.now();
  if (slow) void round();
}

if (typeof document !== "undefined") {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer), hush();
    else onTouch(), void round();
  });
  for (const sign of ["pointerdown", "pointermove", "keydown", "scroll"]) addEventListener(sign, onTouch, { passive: true });
  addEventListener("online", refresh);
  onOperator((key) => {
    if (!operatorSees) return;
    seeing(key);
    closed = key === null;
    hush();
    clearTimeout(streamAgain);
    streamAgain = undefined;
    for (const name of figures.keys()) figures.set(name, { value: null, at: null, error: null });
    refresh();
    listeners.forEach((changed) => changed());
  });
}

/** Are the figures for operators only, and the page has no key that opens them. */
export function useClosed(): boolean {
  const [is, set] = useState(closed);
  useEffect(() => {
    const changed = () => set(closed);
    changed();
    listeners.add(changed);
    return () => void listeners.delete(changed);
  }, []);
  return is;
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
