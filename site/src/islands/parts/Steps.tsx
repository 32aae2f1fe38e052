// Requests and times of one name by hour or day.

import type { Series } from "../../api/types";
import { count, millis } from "../../lib/format";
import { requests } from "../../lib/happened";

const HEIGHT = 64;

/** Two rows of marks: how many requests a step had and how many of them failed; from p50 to p95 of their whole times. */
export function Steps({ series, name }: { series: Series; name: string }) {
  const points = series.points.filter((point) => point.name === name);
  if (points.length < 2) return null;
  const first = Math.max(series.from, points[0]!.at);
  const many = Math.max(1, Math.round((series.to - first) / series.step));
  const wide = 100 / many;
  const most = Math.max(...points.map(requests));
  const longest = Math.max(1, ...points.map(({ total_ms }) => total_ms.p95 ?? 0));
  const left = (at: number) => ((at - first) / series.step) * wide + wide * 0.12;
  const high = (part: number) => part * HEIGHT;
  const step = series.step >= 86_400 ? "day" : "hour";
  return (
    <div class="steps">
      <figure>
        <figcaption>
          Requests by {step}, at most {count(most)}; what failed in red
        </figcaption>
        <svg viewBox={`0 0 100 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          {points.map((point) => (
            <g key={point.at}>
              <rect class="bar-plain" x={left(point.at)} width={wide * 0.76} y={HEIGHT - high(requests(point) / most)} height={high(requests(point) / most)} />
              {point.failed > 0 && (
                <rect class="bar-failed" x={left(point.at)} width={wide * 0.76} y={HEIGHT - high(point.failed / most)} height={high(point.failed / most)} />
              )}
            </g>
          ))}
        </svg>
      </figure>
      <figure>
        <figcaption>
          Time of a whole answer by {step}: from that of half of them to that of 95 %, up to {millis(longest)}
        </figcaption>
        <svg viewBox={`0 0 100 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          {points.map(
            ({ at, total_ms: { p50, p95 } }) =>
              p50 !== null &&
              p95 !== null && (
                <rect
                  key={at}
                  class="bar-span"
                  x={left(at)}
                  width={wide * 0.76}
                  y={HEIGHT - high(p95 / longest)}
                  height={Math.max(2, high((p95 - p50) / longest))}
                />
              ),
          )}
        </svg>
      </figure>
    </div>
  );
}
