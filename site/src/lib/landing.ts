// The little that moves on the front page: this host in the snippet, its copy button, live figures.

import { api } from "../api/client";
import { ago, count, percent, usd } from "./format";
import { keepFigures, keptFigures } from "./keep";

const EVERY_MS = 10_000;
const SLOWEST_MS = 120_000;

const line = `base_url="${location.origin}/v1",`;
document.querySelectorAll("[data-origin]").forEach((place) => (place.textContent = location.origin));

const copy = document.getElementById("copy-line");
copy?.addEventListener("click", async () => {
  const label = copy.querySelector("span");
  if (!label) return;
  try {
    await navigator.clipboard.writeText(line);
    label.textContent = "Copied";
  } catch {
    label.textContent = "Select and copy by hand";
  }
  setTimeout(() => (label.textContent = "Copy"), 2_000);
});

type Live = Record<"saved_pct" | "saved" | "spend" | "calls" | "pool", string>;

function show(live: Live, note: string): void {
  for (const [name, text] of Object.entries(live)) {
    const place = document.querySelector(`[data-live="${name}"]`);
    if (place) place.textContent = text;
  }
  const said = document.getElementById("live-note");
  if (said && said.textContent !== note) said.textContent = note;
}

let failures = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

async function ask(): Promise<void> {
  clearTimeout(timer);
  if (document.hidden) return;
  let wait = EVERY_MS;
  try {
    const [report, overview, status] = await Promise.all([api.report(), api.overview(), api.status().catch(() => null)]);
    const live: Live = {
      saved_pct: percent(report.saved_pct),
      saved: usd(report.saved),
      spend: usd(report.actual_spend),
      calls: count(report.calls),
      pool: count(overview.pool_size),
    };
    keepFigures("landing", live);
    const wrong = status && status.status !== "ok" ? `${status.status === "down" ? "Arbiter is down here" : "Something is wrong here"}: ${status.reasons.map(({ message }) => message).join("; ")}.` : "";
    show(live, wrong || (report.calls === 0 ? "Nothing has been routed here yet." : ""));
    failures = 0;
  } catch (error) {
    failures += 1;
    const after = (error as { retryAfter?: number | null }).retryAfter ?? 0;
    wait = Math.max(after * 1_000, Math.min(SLOWEST_MS, EVERY_MS * 2 ** failures));
    const kept = keptFigures<Live>("landing");
    if (kept) show(kept.value, `Arbiter can't be reached: these figures came in ${ago(kept.at / 1000, Date.now())}.`);
    else show({} as Live, "The figures are not available at the moment.");
  }
  timer = setTimeout(ask, wait);
}

document.addEventListener("visibilitychange", () => document.hidden || void ask());
void ask();
