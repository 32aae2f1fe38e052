import "uplot/dist/uPlot.min.css";

import type uPlotType from "uplot";
import { useState } from "preact/hooks";

import type { Series } from "../../api/types";
import { usd } from "../../lib/format";
import { stacked } from "../../lib/happened";
import { axes, colours, frame, palette, timeLabel, useChart } from "./chart";

const MOST = 7;

/** What was spent, stacked by model, with what the baseline alone would have cost as a stroke over each bar. */
export default function SpendChart({ series }: { series: Series }) {
  const { times, names, values, baseline } = stacked(filled(series), MOST);
  const [at, setAt] = useState<number | null>(null);
  // The highest first: the lower ones are drawn over it.
  const sums = names.map((_, i) => times.map((_, t) => values.slice(0, i + 1).reduce((sum, line) => sum + line[t]!, 0)));
  const order = names.map((_, i) => names.length - 1 - i);
  const place = useChart(
    (width, Plot) => {
      const c = colours();
      const paint = palette();
      const bars = Plot.paths.bars!({ size: [0.72, 46], radius: 0 });
      return {
        data: [times, ...order.map((i) => sums[i]!), baseline] as uPlotType.AlignedData,
        options: {
          width,
          ...frame,
          scales: {
            x: { range: [times[0]! - series.step / 2, times.at(-1)! + series.step / 2] },
            y: { range: (_u: unknown, _low: number, high: number) => [0, high * 1.05 || 1] },
          },
          axes: axes(c, (ts) => timeLabel(ts, times, series.step)),
          series: [
            {},
            ...order.map((i) => ({
              fill: paint[names[i] === "others" ? MOST : i]!,
              stroke: paint[names[i] === "others" ? MOST : i]!,
              width: 0,
              paths: bars,
              points: { show: false },
            })),
            { paths: () => null, points: { show: false } },
          ],
          hooks: {
            draw: [(u: uPlotType) => marks(u, times, baseline, series.step, c.ink)],
            setCursor: [(u: uPlotType) => setAt(typeof u.cursor.idx === "number" && u.cursor.left! >= 0 ? u.cursor.idx : null)],
          },
        } satisfies uPlotType.Options as uPlotType.Options,
      };
    },
    JSON.stringify([series.step, times, names, values, baseline]),
  );
  const shown = at !== null && at < times.length ? at : null;
  const spent = values.reduce((sum, line) => sum + line.reduce((a, b) => a + b, 0), 0);
  return (
    <div class="spend">
      <div
        class="chart"
        ref={place}
        role="img"
        aria-label={`Spend of ${names.length} model${names.length === 1 ? "" : "s"}: ${names.map((name, i) => `${name} ${usd(values[i]!.reduce((a, b) => a + b, 0))}`).join(", ")}; ${usd(spent)} in all, ${usd(baseline.reduce((a, b) => a + b, 0))} on the baseline.`}
      />
      <ul class="legend" aria-label="Models">
        {names.map((name, i) => (
          <li key={name}>
            <svg width="10" height="10" aria-hidden="true">
              <rect width="10" height="10" rx="2" class={`m${name === "others" ? MOST : i}`} />
            </svg>
            <span class="model">{name}</span>
            {shown !== null && <span class="num">{usd(values[i]![shown]!)}</span>}
          </li>
        ))}
        <li>
          <svg width="14" height="10" aria-hidden="true">
            <path d="M0 5h14" class="baseline-mark" />
          </svg>
          <span>baseline</span>
          {shown !== null && <span class="num">{usd(baseline[shown]!)}</span>}
        </li>
      </ul>
      <p class="hint chart-note">{shown !== null ? `${timeLabel(times[shown]!, times, series.step, true)}` : " "}</p>
    </div>
  );
}

/** What the baseline would have cost, as a stroke over each bar. */
function marks(u: uPlotType, times: number[], baseline: number[], step: number, ink: string): void {
  const ratio = devicePixelRatio || 1;
  const one = Math.abs(u.valToPos(times[0]! + step, "x", true) - u.valToPos(times[0]!, "x", true));
  const half = Math.min(one * 0.46, 28 * ratio);
  u.ctx.save();
  u.ctx.strokeStyle = ink;
  u.ctx.lineWidth = 2 * ratio;
  u.ctx.beginPath();
  times.forEach((at, i) => {
    if (!baseline[i]) return;
    const x = u.valToPos(at, "x", true);
    const y = u.valToPos(baseline[i]!, "y", true);
    u.ctx.moveTo(x - half, y);
    u.ctx.lineTo(x + half, y);
  });
  u.ctx.stroke();
  u.ctx.restore();
}

/** The points, with an empty one for every step in which nothing was asked; a long span begins with what there is. */
function filled(series: Series) {
  const began = Math.min(...series.points.map(({ at }) => at));
  const first = series.step < 86_400 ? series.from : Math.min(began, series.to - 7 * series.step);
  const have = new Set(series.points.map(({ at }) => at));
  const last = Math.max(series.points.at(-1)?.at ?? first, series.to - series.step);
  const empty = [];
  for (let at = first; at <= last && empty.length < 1_000; at += series.step)
    if (!have.has(at)) empty.push({ ...series.points[0]!, at, spend: 0, baseline_spend: 0 });
  return [...series.points, ...empty];
}
