import "uplot/dist/uPlot.min.css";

import type uPlot from "uplot";

import type { PolicyRow } from "../../api/types";
import { quality, usd } from "../../lib/format";
import { colours, useChart } from "./chart";

/** Quality against mean cost of every model of one task, the tolerance band shaded. */
export default function QualityPlot({ rows, top, tolerance, winner }: { rows: PolicyRow[]; top: number; tolerance: number; winner: string | null }) {
  const points = rows.filter((row) => row.n > 0 && row.quality !== null).sort((a, b) => a.avg_cost - b.avg_cost);
  const place = useChart((width) => {
    if (points.length === 0) return null;
    const c = colours();
    const costs = points.map((row) => Math.max(row.avg_cost, 1e-9));
    const qualities = points.map((row) => row.quality ?? 0);
    const low = Math.min(...qualities, top - tolerance);
    const axis = { stroke: c.quiet, font: c.font, ticks: { show: false } };
    const band = (u: uPlot) => {
      const upper = u.valToPos(top, "y", true);
      const lower = u.valToPos(top - tolerance, "y", true);
      u.ctx.save();
      u.ctx.fillStyle = c.band;
      u.ctx.fillRect(u.bbox.left, upper, u.bbox.width, lower - upper);
      u.ctx.restore();
    };
    const dots = (u: uPlot) => {
      const ratio = devicePixelRatio || 1;
      u.ctx.save();
      u.ctx.font = `${11 * ratio}px ${c.font.slice(c.font.indexOf(" ") + 1)}`;
      u.ctx.textAlign = "left";
      u.ctx.textBaseline = "middle";
      // The dots themselves first: no name runs over another model's dot.
      const taken = points.map((_, i) => ({ x: u.valToPos(costs[i]!, "x", true) - 5 * ratio, y: u.valToPos(qualities[i]!, "y", true), w: 10 * ratio, own: i }));
      points.forEach((row, i) => {
        const x = u.valToPos(costs[i]!, "x", true);
        const y = u.valToPos(qualities[i]!, "y", true);
        const wins = row.model === winner;
        u.ctx.beginPath();
        u.ctx.arc(x, y, (wins ? 6 : 4.5) * ratio, 0, 2 * Math.PI);
        u.ctx.fillStyle = wins ? c.accent : c.quiet;
        u.ctx.fill();
        const text = row.model.length > 22 ? `${row.model.slice(0, 20)}…` : row.model;
        const w = u.ctx.measureText(text).width;
        const left = x + w + 10 * ratio > u.bbox.left + u.bbox.width ? x - w - 9 * ratio : x + 9 * ratio;
        // A name that would run into another is left out; the table beside has it.
        const crowded = taken.some((t) => t.own !== i && Math.abs(t.y - y) < 13 * ratio && left < t.x + t.w && t.x < left + w);
        if (crowded && !wins) return;
        taken.push({ x: left, y, w, own: i });
        u.ctx.fillStyle = wins ? c.ink : c.quiet;
        u.ctx.fillText(text, left, y);
      });
      u.ctx.restore();
    };
    return {
      data: [costs, qualities],
      options: {
        width,
        height: 300,
        legend: { show: false },
        cursor: { show: false },
        padding: [16, 16, 0, 0],
        scales: {
          // Room beside the outermost dots.
          x: { time: false, distr: 3, log: 10, range: [costs[0]! / 1.6, costs.at(-1)! * 1.6] },
          y: { range: [Math.max(0, low - 0.08), Math.min(1.04, top + 0.06)] },
        },
        axes: [
          { ...axis, grid: { show: false }, label: "mean cost a call", labelFont: c.font, labelSize: 20, values: (_u: uPlot, s: number[]) => s.map((v) => (v === null || !/^[\d.]*[125]0*$/.test(String(v)) ? "" : usd(v).replace(/(\.\d*?)0+$/, "$1"))) },
          { ...axis, grid: { stroke: c.line, width: 1 }, size: 46, values: (_u: uPlot, s: number[]) => s.map((v) => v.toFixed(2)) },
        ],
        series: [{}, { paths: () => null, points: { show: false } }],
        hooks: { drawAxes: [band], draw: [dots] },
      } satisfies uPlot.Options as uPlot.Options,
    };
  }, JSON.stringify([points, top, tolerance, winner]));
  const said = points.map((row) => `${row.model}: quality ${quality(row.quality)}, ${usd(row.avg_cost)}`).join("; ");
  return <div class="chart chart-plot" ref={place} role="img" aria-label={`Quality against mean cost. ${said}`} />;
}
