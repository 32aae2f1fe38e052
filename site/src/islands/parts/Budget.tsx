import type { Price } from "../../api/types";
import { fits } from "../../lib/estimate";
import { usd } from "../../lib/format";

/** The range of the slider, in USD. */
interface Scale {
  from: number;
  to: number;
}

const STEPS = 100;

/** From below the cheapest paid estimate to above the dearest routable one, for this prompt. */
export function scaleOf(models: Price[], prompt: string): Scale {
  const all = fits(models, prompt, null);
  const paid = all.filter(({ cost }) => cost > 0);
  const routable = paid.filter(({ model }) => model.routable);
  const from = (paid[0]?.cost ?? 1e-6) / 2;
  const to = ((routable.at(-1) ?? paid.at(-1))?.cost ?? 1e-2) * 1.25;
  return { from, to: Math.max(to, from * 10) };
}

/** The budget at a position of the slider (0..100), rounded to two digits; null, no limit, at its end. */
export function budgetOf({ from, to }: Scale, position: number): number | null {
  if (position >= STEPS) return null;
  return Number((from * (to / from) ** (position / (STEPS - 1))).toPrecision(2));
}

/** The budget of a prompt; `fitting` of `all` models of the pool are within it. */
export function Budget({
  budget,
  position,
  onPosition,
  fitting,
  all,
}: {
  budget: number | null;
  position: number;
  onPosition(position: number): void;
  fitting: number;
  all: number;
}) {
  // Two digits are all that the slider sets.
  const said = budget === null ? "No limit" : usd(budget).replace(/(\.\d\d\d*?)0+$/, "$1");
  return (
    <div class="budget">
      <p class="option-name">Budget for this prompt</p>
      <output for="budget-slider" class="budget-value num">
        {said}
      </output>
      <input
        id="budget-slider"
        type="range"
        min="0"
        max={STEPS}
        step="1"
        value={position}
        aria-label="Budget for this prompt"
        aria-valuetext={`${said}: ${fitting} of ${all} models may answer`}
        onInput={(event) => onPosition(Number(event.currentTarget.value))}
      />
      <p class="budget-count">
        <strong class="num">{fitting}</strong> of {all} models may answer
      </p>
      {fitting === 0 && <p class="notice notice-warn notice-line">None fits: the cheapest one would be used, and the answer says so.</p>}
    </div>
  );
}
