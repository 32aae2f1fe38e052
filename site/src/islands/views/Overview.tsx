// What happened: one sentence, how things stand, and what explains it. No figure stands here twice,
// and none is green that is not good.

import { lazy, Suspense } from "preact/compat";

import type { Overview as OverviewFigures, Point, Policy, Series, Status } from "../../api/types";
import { count, millis, percent, quality, share, usd, within } from "../../lib/format";
import { compared, hasBaseline, rangeOf, ranges, requests, said, stepOf, toneOfSaving, winnerOf, type Range } from "../../lib/happened";
import { useFigure, type Figure } from "../../state/feed";
import { useQuery } from "../../state/query";
import { Boundary } from "../parts/Boundary";
import { Card, Empty, Measured, Ready, Segments, Skeleton, Stale, TaskTag } from "../parts/ui";

const SpendChart = lazy(() => import("../parts/SpendChart"));

export function Overview() {
  const [text, setRange] = useQuery("range");
  const range = rangeOf(text);
  const status = useFigure("status");
  const overview = useFigure("overview");
  const policy = useFigure("policy");
  const report = useFigure("report");
  const total = useFigure(`series:total:${range}:whole`);
  const tasks = useFigure(`series:task:${range}:whole`);
  const models = useFigure(`series:model:${range}`);
  // A reset while they are fetched, or a span of which nothing is left.
  const sums = total.value ? (total.value.points[0] ?? null) : null;
  const empty = total.value !== null && (!sums || requests(sums) === 0);

  return (
    <div class="stack">
      <Stale of={[total, tasks, models, overview, policy]} />
      <StatusLine of={status} overrides={overview.value?.active_price_overrides} />
      <section class="card headline" aria-label="In a sentence">
        <div class="headline-top">
          {status.value?.status === "ok" && !status.error ? (
            <p class="status status-ok" role="status" data-status="ok">
              <strong>Everything works</strong>
            </p>
          ) : (
            <span />
          )}
          <Segments label="Time" value={range} options={ranges} onChange={(to) => setRange(to === "24h" ? "" : to)} />
        </div>
        <Ready of={total} lines={2}>
          {() =>
            empty || !sums ? (
              <Nothing range={range} ever={report.value ? report.value.calls > 0 : null} onAll={() => setRange("all")} />
            ) : (
              <Story
                sums={sums}
                tasks={tasks.value?.points ?? []}
                policy={policy.value}
                overview={overview.value}
                status={status.value?.status}
                range={range}
              />
            )
          }
        </Ready>
      </section>
      {sums && !empty && (
        <>
          <Card
            title={stepOf(range) === "day" ? "Spend by day" : "Spend by hour"}
            hint={<>Stacked by model; the stroke above is what {overview.value?.baseline ?? "the baseline"} alone would have cost.</>}
          >
            <Ready of={models} lines={5}>
              {(series) => <Spend series={series} />}
            </Ready>
          </Card>
          <Card title="Tasks">
            <Ready of={tasks} lines={4}>
              {(series) => <Tasks series={series} policy={policy} quarantined={overview.value} />}
            </Ready>
          </Card>
          <Ran sums={sums} overview={overview.value} />
        </>
      )}
    </div>
  );
}

/** How things stand, by what the server says of itself. */
function StatusLine({ of, overrides }: { of: Figure<Status>; overrides: Record<string, number> | undefined }) {
  const moved = Object.entries(overrides ?? {});
  const status = of.value;
  return (
    <>
      {status && !of.error && status.status !== "ok" && (
        <div class={`status status-${status.status}`} role="alert" data-status={status.status}>
          <strong>{status.status === "down" ? "Arbiter is down" : "Something is wrong"}</strong>
          <ul>
            {status.reasons.map(({ code, message }) => (
              <li key={code + message}>{sentence(message)}</li>
            ))}
          </ul>
          {status.last_error && (
            <p>
              The last error was <code>{status.last_error}</code>.
            </p>
          )}
        </div>
      )}
      {moved.length > 0 && (
        <p class="notice notice-warn">
          Prices are being simulated: {moved.map(([model, by]) => `${model} × ${by}`).join(", ")}. The costs here are not what the runtime charges.
        </p>
      )}
    </>
  );
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;

function Nothing({ range, ever, onAll }: { range: Range; ever: boolean | null; onAll: () => void }) {
  return (
    <Empty
      title={range === "all" || ever === false ? "Nothing has been routed yet" : `Nothing was routed ${said[range]}`}
      action={
        <span class="row">
          {range !== "all" && ever !== false && (
            <button type="button" class="button" onClick={onAll}>
              Show all
            </button>
          )}
          <a class="button" href="/app/playground/">
            Send a prompt
          </a>
        </span>
      }
    >
      What requests cost, what that saved and how good the answers were is said here.
    </Empty>
  );
}

function Story({
  sums,
  tasks,
  policy,
  overview,
  status,
  range,
}: {
  sums: Point;
  tasks: Point[];
  policy: Policy | null;
  overview: OverviewFigures | null;
  status: string | undefined;
  range: Range;
}) {
  const all = requests(sums);
  const answered = all - sums.failed;
  const baseline = overview?.baseline;
  const when = said[range];
  if (answered === 0) {
    return (
      <p class="story" data-tone="bad">
        <strong class="bad">
          {all === 1 ? "The one request" : `All ${count(all)} requests`} {when} failed.
        </strong>{" "}
        None was answered.
      </p>
    );
  }
  const both = compared(tasks, policy, baseline);
  const tone = toneOfSaving(sums, both, overview, status);
  const known = hasBaseline(policy, baseline);
  const failing = sums.failed / all >= 0.05;
  const part = sums.baseline_spend > 0 ? (Math.abs(sums.saved) / sums.baseline_spend) * 100 : 0;
  const free = sums.spend === 0;
  return (
    <p class="story" data-tone={tone}>
      {capital(when)},{" "}
      <strong class={failing ? "bad" : undefined}>
        {sums.failed > 0 ? `${count(answered)} of ${count(all)} requests were answered` : `${count(all)} request${all === 1 ? " was" : "s were"} answered`}
      </strong>{" "}
      {free ? (
        "at no cost that is known"
      ) : (
        <>
          for <strong>{usd(sums.spend)}</strong>
        </>
      )}
      {free ? (
        ""
      ) : !known ? (
        ""
      ) : sums.saved < 0 ? (
        <>
          , <strong class="bad">{usd(-sums.saved)} more</strong> than {baseline} alone would have cost: trying models costs a little before it pays
        </>
      ) : sums.saved > 0 ? (
        <>
          ,{" "}
          <strong class={tone === "good" ? "good" : undefined}>
            {usd(sums.saved)} ({percent(part)}) less
          </strong>{" "}
          than {baseline} alone would have cost
        </>
      ) : (
        <>, as much as {baseline} alone would have cost</>
      )}
      {both ? (
        <>
          , with a quality of <strong class={both.ours < both.theirs - (overview?.quality_tolerance ?? 0.05) ? "bad" : undefined}>{quality(both.ours)}</strong>{" "}
          where {baseline} has {quality(both.theirs)}
        </>
      ) : sums.quality !== null ? (
        <>
          , with a quality of <strong>{quality(sums.quality)}</strong>
        </>
      ) : null}
      . {!known && !free && <span class="quiet">{baseline ?? "The baseline"} has not been measured yet, so no saving is claimed. </span>}
      {sums.estimated > 0 && (
        <span class="quiet">
          {sums.estimated >= sums.spend * 0.995 ? "All of the cost is estimated." : `${share(sums.estimated / sums.spend)} of the cost is estimated.`}
        </span>
      )}
    </p>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function Spend({ series }: { series: Series }) {
  if (series.points.every(({ spend }) => spend === 0)) return <Empty title="Nothing to draw">Neither a charge nor a price is known for what was called.</Empty>;
  return (
    <Boundary>
      <Suspense fallback={<Skeleton lines={5} />}>
        <SpendChart series={series} />
      </Suspense>
    </Boundary>
  );
}

function Tasks({ series, policy, quarantined }: { series: Series; policy: Figure<Policy>; quarantined: OverviewFigures | null }) {
  const points = [...series.points].sort((a, b) => requests(b) - requests(a));
  const out = quarantined?.quarantined ?? {};
  return (
    <ul class="task-strip">
      {points.map((point) => {
        const rows = policy.value?.[point.name ?? ""] ?? [];
        const winner = winnerOf(rows);
        const answered = point.calls + point.dropped;
        return (
          <li key={point.name}>
            <a href={`/app/models/?task=${encodeURIComponent(point.name ?? "")}`}>
              <TaskTag task={point.name ?? ""} />
            </a>
            <p class="model winner-name">
              {winner ? winner.model : <span class="quiet none">no winner yet</span>}
              {winner && out[winner.model] && <span class="badge badge-paused">left out</span>}
            </p>
            <dl>
              <div>
                <dt>Quality</dt>
                <dd class="num">{winner ? believed(winner) : quality(point.quality)}</dd>
              </div>
              <div>
                <dt>1,000 calls</dt>
                <dd class="num">
                  {winner && winner.avg_cost !== null
                    ? usd(winner.avg_cost * 1000, 2)
                    : answered > 0 && point.spend > 0
                      ? usd((point.spend / answered) * 1000, 2)
                      : "–"}
                </dd>
              </div>
            </dl>
          </li>
        );
      })}
    </ul>
  );
}

/** `0.91 ± 0.02`, as far as the server says how unsure it is. */
export function believed(row: { belief?: number | null; doubt?: number | null; quality: number | null }): string {
  const middle = row.belief ?? row.quality;
  return middle === null ? quality(null) : `${quality(middle)}${within(row.doubt)}`;
}

function Ran({ sums, overview }: { sums: Point; overview: OverviewFigures | null }) {
  const all = requests(sums);
  const classified = Object.values(overview?.classifier ?? {}).reduce((sum, n) => sum + n, 0);
  const rules = overview?.classifier.rules ?? 0;
  const failed = sums.failed / Math.max(1, all);
  const facts: [string, string, string, string?][] = [
    [
      "Failed",
      share(failed),
      sums.dropped > 0 ? `${count(sums.dropped)} more were left by their client` : sums.failed === 0 ? "every request was answered" : "no model answered",
      failed >= 0.05 ? "bad" : failed > 0 ? "warn" : undefined,
    ],
    ["Failovers", count(sums.failovers), sums.failovers > 0 ? "requests that needed a second model" : "no second model was needed"],
    [
      "First byte",
      millis(sums.first_ms.p50),
      sums.first_ms.p50 === null ? "no answer was streamed" : `half are quicker; 95 % within ${millis(sums.first_ms.p95)}`,
    ],
    [
      "Whole answer",
      millis(sums.total_ms.p50),
      sums.total_ms.p50 === null ? "no answer came to its end" : `half are quicker; 95 % within ${millis(sums.total_ms.p95)}`,
    ],
    [
      "Judging and classifying",
      usd(sums.overhead),
      classified > 0 ? `${percent((rules / classified) * 100)} were classified by rules, for nothing` : "kept apart from the cost above",
    ],
  ];
  return (
    <Card title="How it ran">
      <Measured facts={facts} />
    </Card>
  );
}
