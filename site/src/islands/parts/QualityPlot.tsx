// Quality against mean cost of every model of a task. Whom the router takes, what it expects of each and
// how far it is in doubt is the server's word: nothing is decided here.

import { useEffect, useRef, useState } from "preact/hooks";

import type { PolicyRow } from "../../api/types";
import { count, quality, share, usd, within } from "../../lib/format";
import { modelPath } from "../../lib/models";
import { dotsOf, radius, scales, type Dot, type Frame } from "../../lib/plot";
import { place } from "./labels";

interface Props {
  rows: PolicyRow[];
  /** How far below the best a model is good enough. */
  tolerance: number;
  winner: string | null;
}

const HEIGHT = 330;
/** Of a letter of the names, px. */
const LETTER = 6.7;
const LONGEST = 24;

export default function QualityPlot({ rows, tolerance, winner }: Props) {
  const [box, width] = useWidth();
  const dots = dotsOf(rows);
  const [near, setNear] = useState(false);
  const hidden = dots.length === 0;
  return (
    <div class="plot" ref={box}>
      {hidden ? (
        <p class="quiet">No model has both a grade and a cost yet.</p>
      ) : (
        <>
          <div class="plot-head">
            <button type="button" class="button small" aria-pressed={near} onClick={() => setNear(!near)}>
              {near ? "Show all" : "Zoom to the band"}
            </button>
          </div>
          {width > 0 && <Drawn key={String(near)} dots={dots} tolerance={tolerance} winner={winner} near={near} width={width} />}
        </>
      )}
    </div>
  );
}

function Drawn({ dots, tolerance, winner, near, width }: { dots: Dot[]; tolerance: number; winner: string | null; near: boolean; width: number }) {
  const frame: Frame = { width, height: HEIGHT, left: 40, right: 14, top: 16, bottom: 46 };
  const best = Math.max(...dots.map(({ at }) => at));
  const line = best - tolerance;
  const { x, y, costs, qualities, shown } = scales(dots, line, best, near, frame);
  const [seen, setSeen] = useState<string | null>(null);
  const [current, setCurrent] = useState<string | null>(winner);
  const svg = useRef<SVGSVGElement>(null);
  const first = shown.find(({ row }) => row.model === current) ?? shown[0];
  const short = (model: string) => (model.length > LONGEST ? `${model.slice(0, LONGEST - 1)}…` : model);
  const marks = shown.map(({ row, at, doubt, cost }) => ({
    x: x(cost),
    y: y(at),
    width: short(row.model).length * LETTER,
    first: row.model === winner,
    reach: Math.abs(y(at - doubt) - y(at)),
  }));
  // A name for which there is no room is left out; it is told where the dot is pointed at.
  const names = place(marks, { left: frame.left + 2, right: width - 2, top: 4, bottom: HEIGHT - frame.bottom + 2 }, 1);
  const floor = HEIGHT - frame.bottom;

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Escape") return setSeen(null);
    const at = shown.findIndex(({ row }) => row.model === first?.row.model);
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: shown.length - 1 }[event.key];
    const next = to === undefined ? undefined : shown[Math.min(shown.length - 1, Math.max(0, to))];
    if (!next) return;
    event.preventDefault();
    setCurrent(next.row.model);
    svg.current?.querySelectorAll<SVGAElement>("a.dot")[shown.indexOf(next)]?.focus();
  }

  const told = shown.find(({ row }) => row.model === seen);
  const below = dots.length - shown.length;
  return (
    <>
      <svg
        ref={svg}
        width={width}
        height={HEIGHT}
        viewBox={`0 0 ${width} ${HEIGHT}`}
        role="group"
        aria-label={`Quality against mean cost of ${count(shown.length)} models: the arrow keys go from one to the next`}
        onKeyDown={onKeyDown}
      >
        <clipPath id="plot-area">
          <rect x={frame.left} y={2} width={width - frame.left} height={floor - 2} />
        </clipPath>
        {qualities.map((value) => (
          <g key={value} class="tick" aria-hidden="true">
            <path d={`M${frame.left} ${y(value)}H${width}`} />
            <text x={frame.left - 8} y={y(value)} text-anchor="end" dominant-baseline="middle">
              {value.toFixed(2)}
            </text>
          </g>
        ))}
        {costs.map((value) => (
          <g key={value} class="tick" aria-hidden="true">
            <text x={x(value)} y={floor + 16} text-anchor="middle">
              {usd(value).replace(/(\.\d*?)0+$/, "$1")}
            </text>
          </g>
        ))}
        <text class="axis" x={width - 2} y={HEIGHT - 6} text-anchor="end" aria-hidden="true">
          mean cost of a call, USD
        </text>
        <g clip-path="url(#plot-area)" aria-hidden="true">
          <rect class="band" x={frame.left} y={y(best)} width={width - frame.left} height={Math.max(1, y(line) - y(best))} />
          <path class="deciding" d={`M${frame.left} ${y(line)}H${width}`} />
          {shown.map(
            ({ row, at, doubt, cost }) =>
              doubt > 0 && (
                <path
                  key={row.model}
                  class={`whisker ${row.model === winner ? "won" : ""}`}
                  d={whisker(x(cost), y(Math.min(1, at + doubt)), y(Math.max(0, at - doubt)))}
                />
              ),
          )}
        </g>
        <g class="names" aria-hidden="true">
          {names.map(({ i, x: left, y: middle, far }) => {
            const mark = marks[i]!;
            const way = Math.sign(middle - mark.y);
            return (
              <g key={shown[i]!.row.model} class={mark.first ? "won" : undefined}>
                {far && <path d={`M${mark.x} ${mark.y + way * 7}V${middle - way * 7}`} />}
                <text x={left} y={middle} dominant-baseline="middle">
                  {short(shown[i]!.row.model)}
                </text>
              </g>
            );
          })}
        </g>
        {shown.map((dot) => {
          const { model, n, quarantined_until } = dot.row;
          return (
            <a
              key={model}
              class={`dot ${model === winner ? "won" : ""} ${quarantined_until ? "out" : ""}`}
              href={modelPath(model)}
              tabIndex={dot === first ? 0 : -1}
              aria-label={said(dot, model === winner)}
              onPointerEnter={() => setSeen(model)}
              onPointerLeave={() => setSeen(null)}
              onFocus={() => (setSeen(model), setCurrent(model))}
              onBlur={() => setSeen(null)}
            >
              <circle class="reach" cx={x(dot.cost)} cy={y(dot.at)} r="13" />
              <circle class="mark" cx={x(dot.cost)} cy={y(dot.at)} r={radius(n)} />
            </a>
          );
        })}
      </svg>
      {told && (
        <div
          class="plot-tip"
          aria-hidden="true"
          style={
            x(told.cost) > width / 2
              ? { right: `${width - x(told.cost) + 12}px`, top: `${y(told.at) + 8}px` }
              : { left: `${x(told.cost) + 12}px`, top: `${y(told.at) + 8}px` }
          }
        >
          <strong class="model">{told.row.model}</strong>
          <dl>
            <div>
              <dt>Quality</dt>
              <dd class="num">
                {quality(told.at)}
                {within(told.doubt)}
              </dd>
            </div>
            <div>
              <dt>A call</dt>
              <dd class="num">{usd(told.cost)}</dd>
            </div>
            <div>
              <dt>Samples</dt>
              <dd class="num">{count(told.row.n)}</dd>
            </div>
            <div>
              <dt>Chosen</dt>
              <dd class="num">{share(told.row.share)}</dd>
            </div>
          </dl>
          {told.row.model === winner && <span class="badge badge-active">wins</span>}
          {told.row.quarantined_until && <span class="badge badge-paused">left out</span>}
        </div>
      )}
      <p class="hint">
        Left is cheaper, up is better; a larger dot has more samples, a whisker is as long as the quality is in doubt. The dashed line decides,{" "}
        {quality(tolerance)} below the best; doubt is weighed too, so that a cheap model that may reach it can win.
        {below > 0 && (
          <>
            {" "}
            {count(below)} more {below === 1 ? "is" : "are"} further off.
          </>
        )}
      </p>
    </>
  );
}

const whisker = (x: number, top: number, bottom: number) => `M${x} ${top}V${bottom}M${x - 3.5} ${top}h7M${x - 3.5} ${bottom}h7`;

function said({ row, at, doubt, cost }: Dot, wins: boolean): string {
  const parts = [`quality ${quality(at)}${within(doubt)}`, `${usd(cost)} a call`, `${count(row.n)} samples`];
  if (typeof row.share === "number") parts.push(`chosen in ${share(row.share)}`);
  if (wins) parts.push("wins");
  if (row.quarantined_until) parts.push("left out");
  return `${row.model}: ${parts.join(", ")}`;
}

/** How wide an element is, px; 0 before it is there. */
function useWidth() {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    setWidth(element.clientWidth);
    const sized = new ResizeObserver(() => setWidth(element.clientWidth));
    sized.observe(element);
    return () => sized.disconnect();
  }, []);
  return [place, width] as const;
}
