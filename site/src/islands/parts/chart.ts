import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";

/** The colours of the tokens, as a canvas needs them. */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    ink: of("--ink"),
    quiet: of("--quiet"),
    line: of("--line"),
    strong: of("--line-strong"),
    accent: of("--accent"),
    soft: of("--accent-soft"),
    band: of("--band"),
    font: `12px ${of("--sans") || "sans-serif"}`,
  };
}

/** The colours of things that are told apart, the last for the rest. */
export function palette(): string[] {
  const style = getComputedStyle(document.documentElement);
  return Array.from({ length: 8 }, (_, i) => style.getPropertyValue(`--m${i}`).trim());
}

/** As few decimals as say the amounts exactly, the same for all. */
export function amounts(splits: number[]): string[] {
  const step = Math.abs((splits[1] ?? 1) - (splits[0] ?? 0)) || 1;
  const exact = (decimals: number) => splits.every((value) => Math.abs(Number(value.toFixed(decimals)) - value) < step / 100);
  let decimals = 2;
  while (decimals < 12 && !exact(decimals)) decimals += 1;
  return splits.map((value) => `${value < 0 ? "−" : ""}$${Math.abs(value).toFixed(value === 0 ? 0 : decimals)}`);
}

/** What all charts have in common. */
export const frame = {
  height: 240,
  legend: { show: false },
  cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
  padding: [12, 8, 0, 0] as [number, number, number, number],
} satisfies Partial<uPlot.Options>;

/** Time below, amounts beside. */
export function axes(c: ReturnType<typeof colours>, label: (ts: number) => string): uPlot.Axis[] {
  const axis = { stroke: c.quiet, font: c.font, grid: { stroke: c.line, width: 1 }, ticks: { show: false } };
  return [
    { ...axis, size: 30, grid: { show: false }, space: 76, values: (_, splits) => splits.map(label) },
    {
      ...axis,
      size: (_, labels) => 14 + 7 * Math.max(3, ...(labels ?? []).map((label) => label.length)),
      values: (_, splits) => amounts(splits),
    },
  ];
}

/** A moment on the axis of these times, in steps of so many seconds; `whole` where it stands alone. */
export function timeLabel(ts: number, times: number[], step: number, whole = false): string {
  const at = new Date(ts * 1000);
  const day = at.toLocaleDateString("en-GB", { day: "numeric", month: "short", ...(step >= 86_400 ? { timeZone: "UTC" } : {}) });
  const clock = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (step >= 86_400) return day;
  if (whole) return `${day}, ${clock}`;
  return (times.at(-1) ?? 0) - (times[0] ?? 0) > 2 * 86_400 ? day : clock;
}

/**
 * Draws with uPlot into the element that the returned ref is put on: again when `draw` changes,
 * when the width does, and when the colour scheme does.
 */
export function useChart(draw: (width: number, Plot: typeof uPlot) => { options: uPlot.Options; data: uPlot.AlignedData } | null, changed: unknown) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let chart: uPlot | null = null;
    let gone = false;
    const paint = async () => {
      // Without it the text beside says what it would have shown.
      const Plot = await import("uplot").then(
        (module) => module.default,
        () => null,
      );
      if (gone || !Plot) return;
      chart?.destroy();
      const plan = draw(Math.max(200, element.clientWidth), Plot);
      chart = plan ? new Plot(plan.options, plan.data, element) : null;
    };
    void paint();
    let width = element.clientWidth;
    const sized = new ResizeObserver(() => {
      if (element.clientWidth === width) return;
      width = element.clientWidth;
      chart?.setSize({ width: Math.max(200, width), height: chart.height });
    });
    sized.observe(element);
    const themed = new MutationObserver(() => void paint());
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => {
      gone = true;
      sized.disconnect();
      themed.disconnect();
      chart?.destroy();
    };
  }, [changed]);
  return place;
}
