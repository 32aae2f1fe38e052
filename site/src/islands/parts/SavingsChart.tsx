import "uplot/dist/uPlot.min.css";

import type { Decision } from "../../api/types";
import { usd } from "../../lib/format";
import { colours, useChart } from "./chart";

/** The running sum of what was saved over the recent decisions. */
export default function SavingsChart({ decisions }: { decisions: Decision[] }) {
  const points = decisions.filter(({ saved }) => saved !== null).reverse();
  const times = points.map(({ ts }) => ts);
  let sum = 0;
  const sums = points.map(({ saved }) => (sum += saved ?? 0));
  const place = useChart((width) => {
    const c = colours();
    const axis = { stroke: c.quiet, font: c.font, grid: { stroke: c.line, width: 1 }, ticks: { show: false } };
    return {
      data: [times, sums],
      options: {
        width,
        height: 232,
        legend: { show: false },
        cursor: { y: false, points: { size: 7, fill: c.accent } },
        padding: [12, 28, 0, 0],
        axes: [
          { ...axis, size: 30, grid: { show: false }, space: 80, values: (_: unknown, splits: number[]) => splits.map(timeLabel(times)) },
          { ...axis, size: (_: unknown, labels: string[] | null) => 14 + 7 * Math.max(3, ...(labels ?? []).map((label) => label.length)), values: (_: unknown, splits: number[]) => amounts(splits) },
        ],
        series: [{}, { stroke: c.accent, width: 2, fill: c.soft, points: { show: points.length < 3 } }],
      },
    };
  }, `${times.length} ${times.at(-1)}`);
  return (
    <div>
      <div class="chart" ref={place} role="img" aria-label={`Over the last ${points.length} decisions with a known baseline, ${usd(sum)} were saved.`} />
      <p class="hint">The last {points.length} decisions with a known baseline: {usd(sum)} saved.</p>
    </div>
  );
}

// As few decimals as say the amounts exactly, the same for all.
function amounts(splits: number[]): string[] {
  const step = Math.abs((splits[1] ?? 1) - (splits[0] ?? 0)) || 1;
  const exact = (decimals: number) => splits.every((value) => Math.abs(Number(value.toFixed(decimals)) - value) < step / 100);
  let decimals = 2;
  while (decimals < 12 && !exact(decimals)) decimals += 1;
  return splits.map((value) => `${value < 0 ? "−" : ""}$${Math.abs(value).toFixed(value === 0 ? 0 : decimals)}`);
}

function timeLabel(times: number[]) {
  const days = (times.at(-1) ?? 0) - (times[0] ?? 0) > 86_400;
  const short = (times.at(-1) ?? 0) - (times[0] ?? 0) < 600;
  return (ts: number) => {
    const at = new Date(ts * 1000);
    if (days) return at.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
    return at.toLocaleTimeString("en-GB", short ? {} : { hour: "2-digit", minute: "2-digit" });
  };
}
