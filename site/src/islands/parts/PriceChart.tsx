import "uplot/dist/uPlot.min.css";

import type uPlotType from "uplot";
import { useState } from "preact/hooks";

import type { PriceSince } from "../../api/types";
import { dated, listPrice } from "../../lib/format";
import { axes, colours, frame, palette, timeLabel, useChart } from "./chart";

const LINES = [
  ["Input", "in_price"],
  ["Output", "out_price"],
  ["Cached input", "cached_in_price"],
] as const;

/** What a model has cost by list, as steps from price to price until now. */
export default function PriceChart({ prices }: { prices: PriceSince[] }) {
  const [at, setAt] = useState<number | null>(null);
  const lines = LINES.filter(([, field]) => prices.some((price) => price[field] !== null));
  const place = useChart((width, Plot) => {
    const c = colours();
    const paint = palette();
    const last = prices.at(-1)!;
    const times = [...prices.map(({ since }) => since), Math.max(last.since + 60, Date.now() / 1000)];
    return {
      data: [times, ...lines.map(([, field]) => [...prices, last].map((price) => price[field]))] as uPlotType.AlignedData,
      options: {
        width,
        ...frame,
        height: 180,
        scales: { y: { range: (_u: unknown, _low: number, high: number) => [0, high * 1.08 || 1] } },
        axes: axes(c, (ts) => timeLabel(ts, times, 0)),
        series: [{}, ...lines.map((_, i) => ({ stroke: paint[i]!, width: 2, paths: Plot.paths.stepped!({ align: 1 }), points: { show: false } }))],
        hooks: {
          setCursor: [
            (u: uPlotType) => {
              // What holds at a moment is the price before it.
              const ts = u.cursor.left! >= 0 ? u.posToVal(u.cursor.left!, "x") : null;
              setAt(
                ts === null
                  ? null
                  : Math.max(
                      0,
                      prices.findLastIndex(({ since }) => since <= ts),
                    ),
              );
            },
          ],
        },
      } satisfies uPlotType.Options as uPlotType.Options,
    };
  }, JSON.stringify(prices));
  const shown = at === null ? undefined : prices[at];
  const said = (price: PriceSince) => lines.map(([name, field]) => `${name.toLowerCase()} ${listPrice(price[field])}`).join(", ");
  return (
    <div class="spend">
      <div
        class="chart price-chart"
        ref={place}
        role="img"
        aria-label={`List price, USD per million tokens. ${prices.map((price) => `Since ${dated(price.since)}: ${said(price)}`).join(". ")}.`}
      />
      <ul class="legend" aria-label="Prices">
        {lines.map(([name, field], i) => (
          <li key={field}>
            <svg width="10" height="10" aria-hidden="true">
              <rect width="10" height="10" rx="2" class={`m${i}`} />
            </svg>
            <span>{name}</span>
            {shown && <span class="num">{listPrice(shown[field])}</span>}
          </li>
        ))}
      </ul>
      <p class="hint chart-note">{shown ? `since ${dated(shown.since)}` : " "}</p>
    </div>
  );
}
