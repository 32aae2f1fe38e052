// Numbers as people read them. A dash stands for what is not known.

const DASH = "–";
const NARROW = "\u202f";

/**
 * USD: cents for large sums, as many decimals as a small one needs: `$12.30`, `$0.0123`, `$0.000006`;
 * `fewest` are enough for an amount of cents.
 */
export function usd(value: number | null | undefined, fewest?: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  const sign = value < 0 ? "−" : "";
  const size = Math.abs(value);
  if (size === 0) return "$0";
  if (size >= 1) return `${sign}$${size.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  if (size >= 0.01) return `${sign}$${size.toFixed(fewest ?? 4)}`;
  if (size >= 0.000001) return `${sign}$${size.toFixed(6)}`;
  return `${sign}$${size.toFixed(Math.min(20, 1 - Math.floor(Math.log10(size))))}`;
}

/** `71.4 %` of a number that is already in percent. */
export function percent(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  const text = Math.abs(value).toFixed(1);
  return `${value < 0 && text !== "0.0" ? "−" : ""}${text}${NARROW}%`;
}

/** A share of 0..1 as a percentage. */
export function share(value: number | null | undefined): string {
  return value === null || value === undefined ? DASH : percent(value * 100);
}

export function count(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? DASH : value.toLocaleString("en-US");
}

/** Quality 0..1 with two decimals. */
export function quality(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? DASH : value.toFixed(2);
}

/** How far a quality is in doubt: ` ± 0.03`, with a third digit where the second says nothing. Nothing where it is not. */
export function within(doubt: number | null | undefined): string {
  if (typeof doubt !== "number" || !(doubt > 0)) return "";
  return ` ± ${doubt < 0.01 ? Math.max(doubt, 0.001).toFixed(3) : doubt.toFixed(2)}`;
}

/** A context window: `128K`, `1M`. */
export function tokens(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return DASH;
  if (value >= 1_000_000) return `${+(value / 1_000_000).toFixed(1)}M`;
  return value >= 1_000 ? `${Math.round(value / 1_000)}K` : String(value);
}

/** USD per million tokens. */
export function price(value: number): string {
  return value === 0 ? "free" : `$${value < 0.1 ? value.toFixed(3) : value.toFixed(2)}`;
}

/** The same, where nobody may know it: that is said, and is not 0. */
export const listPrice = (value: number | null): string => (value === null ? "not known" : price(value));

/** `just now`, `12 s ago`, `5 min ago`, `3 h ago`, else the date. `ts` in seconds, `now` in ms. */
export function ago(ts: number, now: number): string {
  const seconds = Math.max(0, Math.round(now / 1000 - ts));
  if (seconds < 3) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return new Date(ts * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

/** A span of seconds: `42 s`, `7 min`, `5 h 20 min`, `6 d 3 h`. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.ceil(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.ceil(s / 60)} min`;
  const [big, small, bigName, smallName] = s < 86_400 ? ([3600, 60, "h", "min"] as const) : ([86_400, 3600, "d", "h"] as const);
  const rest = Math.floor((s % big) / small);
  return `${Math.floor(s / big)} ${bigName}${rest ? ` ${rest} ${smallName}` : ""}`;
}

/** A time in milliseconds: `84 ms`, `1.2 s`, `2 min`. */
export function millis(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH;
  if (value < 999.5) return `${Math.round(value)} ms`;
  return value < 59_950 ? `${(value / 1000).toFixed(1)} s` : span(value / 1000);
}

export function clock(ts: number): string {
  return new Date(ts * 1000).toLocaleTimeString("en-GB");
}

/** A phrase with the marks of a sentence; a name that it begins with, as of a model, stays as it is. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  return `${trimmed.replace(/^[a-z](?=[a-z']*([\s,:;.!?…]|$))/, (first) => first.toUpperCase())}${/[.!?…]$/.test(trimmed) ? "" : "."}`;
}

/** A day and a time: `27 Nov, 06:40`. */
export function moment(ts: number): string {
  return new Date(ts * 1000).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}

/** The same of whatever year: `27 Nov 2026, 06:40`. */
export function dated(ts: number): string {
  return new Date(ts * 1000).toLocaleString("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });
}
