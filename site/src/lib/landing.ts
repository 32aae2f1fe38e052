// The little that moves on the front page: this host in the snippet, its copy button, live figures.

import { api } from "../api/client";
import type { Point } from "../api/types";
import { ago, count, percent, quality, usd } from "./format";
import { OTHERS, requests, seriesPath, stackedBy } from "./happened";
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

const places = ["calls", "saved_pct", "saved", "quality", "graded", "pool"] as const;

interface Live {
  figures: Record<(typeof places)[number], string>;
  /** Nothing was ever routed. */
  empty: boolean;
  hours: Point[];
}

function show({ figures, empty, hours }: Live, note: string): void {
  for (const name of places) {
    const place = document.querySelector(`[data-live="${name}"]`);
    if (place) place.textContent = figures[name];
  }
  document.getElementById("live")?.toggleAttribute("hidden", empty);
  draw(hours);
  say(note);
}

function say(note: string): void {
  const said = document.getElementById("live-note");
  if (said && said.textContent !== note) said.textContent = note;
}

const HOUR = 3_600;
const HOURS = 24;
/** Models that are told apart; the others are one. */
const MOST = 4;

/** Bars of an hour each, stacked by model. */
function draw(points: Point[]): void {
  const picture = document.querySelector<HTMLElement>(".live-picture");
  const svg = picture?.querySelector("svg");
  const legend = picture?.querySelector("ul");
  if (!picture || !svg || !legend) return;
  picture.hidden = points.length === 0;
  const { times, names, values } = stackedBy(points, MOST, requests);
  const first = Math.max(...times) - (HOURS - 1) * HOUR;
  const tall = Math.max(1, ...times.map((_, i) => values.reduce((sum, line) => sum + line[i]!, 0)));
  svg.replaceChildren(
    ...times.flatMap((at, i) => {
      let below = 0;
      return values.map((line, model) => {
        const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
        const high = (line[i]! / tall) * 70;
        below += high;
        for (const [name, value] of Object.entries({
          x: ((at - first) / HOUR) * 10 + 1,
          width: 8,
          y: 72 - below,
          height: high,
          class: `m${colour(names, model)}`,
        }))
          bar.setAttribute(name, String(value));
        return bar;
      });
    }),
  );
  legend.replaceChildren(
    ...names.map((name, model) => {
      const item = document.createElement("li");
      const mark = item.appendChild(document.createElement("i"));
      mark.className = `m${colour(names, model)}`;
      item.append(
        name,
        " ",
        Object.assign(document.createElement("span"), { className: "num", textContent: count(values[model]!.reduce((a, b) => a + b, 0)) }),
      );
      return item;
    }),
  );
}

const colour = (names: string[], model: number) => (names[model] === OTHERS ? 7 : model);

let failures = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

async function ask(): Promise<void> {
  clearTimeout(timer);
  if (document.hidden) return;
  let wait = EVERY_MS;
  try {
    const now = Math.floor(Date.now() / 1000 / HOUR) * HOUR;
    const [report, overview, status, hours, all] = await Promise.all([
      api.report(),
      api.overview(),
      api.status().catch(() => null),
      api.series(`/v1/timeseries?by=model&step=hour&from=${now - (HOURS - 1) * HOUR}`),
      api.series(seriesPath("total:all:whole", Date.now())),
    ]);
    const sums = all.points[0];
    const { saved, saved_pct, baseline_spend } = report.like_for_like ?? report;
    const live: Live = {
      figures: {
        calls: count(sums ? requests(sums) : report.calls),
        saved_pct: percent(saved_pct),
        saved: report.calls > 0 ? `${usd(saved)} of ${usd(baseline_spend)}` : "",
        quality: quality(sums?.quality),
        graded: sums?.graded ? `of 1, over ${count(sums.graded)} graded answers` : "nothing was graded yet",
        pool: count(overview.pool_size),
      },
      empty: report.calls === 0 && (!sums || requests(sums) === 0),
      hours: hours.points.filter((point) => requests(point) > 0),
    };
    keepFigures("landing.2", live);
    const wrong =
      status && status.status !== "ok"
        ? `${status.status === "down" ? "Arbiter is down here" : "Something is wrong here"}: ${status.reasons.map(({ message }) => message).join("; ")}.`
        : "";
    show(
      live,
      wrong ||
        (live.empty ? `Nothing has been routed here yet: the first request shows up here, and one of ${count(overview.pool_size)} models answers it.` : ""),
    );
    failures = 0;
  } catch (error) {
    if ((error as { closed?: boolean }).closed) return say("This deployment shows its figures to operators only.");
    failures += 1;
    const after = (error as { retryAfter?: number | null }).retryAfter ?? 0;
    wait = Math.max(after * 1_000, Math.min(SLOWEST_MS, EVERY_MS * 2 ** failures));
    const kept = keptFigures<Live>("landing.2");
    if (kept) show(kept.value, `Arbiter can't be reached: these figures came in ${ago(kept.at / 1000, Date.now())}.`);
    else say("The figures are not available at the moment.");
  }
  timer = setTimeout(ask, wait);
}

document.addEventListener("visibilitychange", () => document.hidden || void ask());
void ask();
