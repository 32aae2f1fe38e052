import "uplot/dist/uPlot.min.css";

import type uPlot from "uplot";

import type { PolicyRow } from "../../api/types";
import { isMeasured } from "../../lib/choice";
import { quality, usd } from "../../lib/format";
import { colours, useChart } from "./chart";
import { place } from "./labels";

interface Props {
  rows: PolicyRow[];
  /** The best mean quality, and how far below it a model is good enough. */
  top: number;
  tolerance: number;
  winner: string | null;
}

/** Quality against mean cost of every model of one task, the tolerance band shaded. */
export default function QualityPlot({ rows, top, tolerance, winner }: Props) {
  const points = rows.filter(isMeasured).sort((a, b) => a.avg_cost - b.avg_cost);
  const element = useChart((width) => {
    if (points.length === 0) return null;
    const c = colours();
    const costs = points.map((row) => Math.max(row.avg_cost, 1e-9));
    const qualities = points.map((row) => row.quality);
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
      const { ctx } = u;
      ctx.save();
      ctx.font = `${11 * ratio}px ${c.font.slice(c.font.indexOf(" ") + 1)}`;
      ctx.textAlign = "left";
      ctx.textBaseline = "middle";
      const marks = points.map((row, i) => {
        const text = row.model.length > 24 ? `${row.model.slice(0, 22)}…` : row.model;
        return { text, x: u.valToPos(costs[i]!, "x", true), y: u.valToPos(qualities[i]!, "y", true), width: ctx.measureText(text).width, first: row.model === winner };
      });
      marks.forEach(({ x, y }, i) => {
        const wins = points[i]!.model === winner;
        ctx.beginPath();
        // By the area: ten times the samples are not ten times as wide.
        ctx.arc(x, y, (3.2 + Math.min(4, Math.log10(points[i]!.n + 1) * 1.6)) * ratio, 0, 2 * Math.PI);
        ctx.fillStyle = wins ? c.accent : c.quiet;
        ctx.fill();
        const { doubt, belief } = points[i]!;
        if (typeof doubt !== "number" || !(doubt > 0)) return;
        const middle = belief ?? points[i]!.quality;
        ctx.beginPath();
        ctx.moveTo(x, u.valToPos(Math.min(1, middle + doubt), "y", true));
        ctx.lineTo(x, u.valToPos(Math.max(0, middle - doubt), "y", true));
        ctx.lineWidth = 1.2 * ratio;
        ctx.strokeStyle = wins ? c.accent : c.strong;
        ctx.stroke();
      });
      // A name for which there is no room is left out; the table beside has it.
      for (const { i, x, y, far } of place(marks, { left: u.bbox.left + 2 * ratio, right: ctx.canvas.width, top: 0, bottom: u.bbox.top + u.bbox.height }, ratio)) {
        const mark = marks[i]!;
        if (far) {
          ctx.beginPath();
          ctx.moveTo(mark.x, mark.y + Math.sign(y - mark.y) * 7 * ratio);
          ctx.lineTo(mark.x, y - Math.sign(y - mark.y) * 7 * ratio);
          ctx.lineWidth = ratio;
          ctx.strokeStyle = c.strong;
          ctx.stroke();
        }
        ctx.fillStyle = mark.first ? c.ink : c.quiet;
        ctx.fillText(mark.text, x, y);
      }
      ctx.restore();
    };
    return {
      data: [costs, qualities],
      options: {
        width,
        height: 310,
        legend: { show: false },
        cursor: { show: false },
        padding: [44, 16, 0, 0],
        scales: {
          // Room beside the outermost dots.
          x: { time: false, distr: 3, log: 10, range: [costs[0]! / 1.6, costs.at(-1)! * 1.6] },
          y: { range: [Math.max(0, low - 0.08), Math.min(1.02, top + 0.04)] },
        },
        axes: [
          { ...axis, size: 28, gap: 6, grid: { show: false }, label: "mean cost a call, USD", labelFont: c.font, labelSize: 18, labelGap: 0, values: (_u: uPlot, s: number[]) => s.map((v) => (v === null || !/^[\d.]*[125]0*$/.test(String(v)) ? "" : usd(v).replace(/(\.\d*?)0+$/, "$1"))) },
          { ...axis, grid: { stroke: c.line, width: 1 }, size: 46, values: (_u: uPlot, s: number[]) => s.map((v) => v.toFixed(2)) },
        ],
        series: [{}, { paths: () => null, points: { show: false } }],
        hooks: { drawAxes: [band], draw: [dots] },
      } satisfies uPlot.Options as uPlot.Options,
    };
  }, JSON.stringify([points, top, tolerance, winner]));
  const said = points.map((row) => `${row.model}: quality ${quality(row.quality)}, ${usd(row.avg_cost)}`).join("; ");
  return <div class="chart chart-plot" ref={element} role="img" aria-label={`Quality against mean cost. ${said}`} />;
}
