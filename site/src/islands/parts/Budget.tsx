import type { ApiError } from "../../api/client";
import type { Price } from "../../api/types";
import { fits, USUAL_OUTPUT, type Fit } from "../../lib/estimate";
import { count, usd } from "../../lib/format";
import { Card, Problem, Skeleton } from "./ui";

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

interface Props {
  models: Price[] | null;
  error: ApiError | null;
  scale: Scale | null;
  position: number;
  onPosition(position: number): void;
  budget: number | null;
  preview: Fit[] | null;
}

/** The budget of a prompt, and which models fit it while the slider moves. */
export function Budget({ models, error, scale, position, onPosition, budget, preview }: Props) {
  if (!models || !scale || !preview) {
    return <Card title="Budget">{error ? <Problem error={error} /> : <Skeleton lines={6} />}</Card>;
  }
  const pool = preview.filter(({ model }) => model.routable);
  const others = preview.filter(({ model }) => !model.routable);
  const inPool = pool.filter((fit) => fit.fits).length;
  const inAll = preview.filter((fit) => fit.fits).length;
  // Two digits are all that the slider sets.
  const said = budget === null ? "No limit" : usd(budget).replace(/(\.\d\d\d*?)0+$/, "$1");
  return (
    <Card title="Budget" class="budget">
      <div class="budget-value"><output for="budget-slider" class="num">{said}</output> <span class="hint">for this prompt</span></div>
      <input id="budget-slider" type="range" min="0" max={STEPS} step="1" value={position} aria-label="Budget for this prompt" aria-valuetext={`${said}: ${inPool} of ${pool.length} routable models fit`} onInput={(event) => onPosition(Number(event.currentTarget.value))} />
      <p class="budget-count"><strong class="num">{inPool}</strong> of {pool.length} routable models fit<span class="hint"> · {count(inAll)} of {count(preview.length)} in the catalogue</span></p>
      {inPool === 0 && <p class="notice notice-warn notice-line">None fits: the cheapest one would be used, and the answer says so.</p>}
      <ul class="fits" aria-label="Routable models">
        {pool.map((fit) => <FitLine key={fit.model.id} fit={fit} />)}
      </ul>
      {others.length > 0 && (
        <details>
          <summary>{count(others.length)} more in the catalogue, not routable</summary>
          <ul class="fits fits-tall" tabIndex={0} aria-label="Models that are not routable">
            {others.map((fit) => <FitLine key={fit.model.id} fit={fit} />)}
          </ul>
        </details>
      )}
      <p class="hint">Estimated from {USUAL_OUTPUT} output tokens and a quarter of a token for every character of the prompt; what is charged is measured.</p>
    </Card>
  );
}

function FitLine({ fit }: { fit: Fit }) {
  return (
    <li data-fits={fit.fits}>
      <span class="fit-mark" aria-hidden="true">{fit.fits ? "✓" : "×"}</span>
      <span class="model">{fit.model.id}<span class="sr-only">{fit.fits ? ", fits" : fit.large ? ", over the budget" : ", context too small"}</span></span>
      <span class="num">{fit.large ? usd(fit.cost) : "too long"}</span>
    </li>
  );
}

