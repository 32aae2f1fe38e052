import { lazy, Suspense } from "preact/compat";

import type { Overview as OverviewFigures, Report } from "../../api/types";
import { count, percent, usd } from "../../lib/format";
import { useFigure } from "../../state/feed";
import { DecisionList } from "../parts/Decisions";
import { Boundary } from "../parts/Boundary";
import { Card, Empty, Ready, Skeleton, Stale, Stat } from "../parts/ui";

const SavingsChart = lazy(() => import("../parts/SavingsChart"));

export function Overview() {
  const report = useFigure("report");
  const overview = useFigure("overview");
  const recent = useFigure("recent");

  return (
    <div class="stack">
      <Stale of={[report, overview, recent]} />
      <Ready of={report} lines={4}>{(value) => <Headline report={value} overview={overview.value} />}</Ready>
      <div class="grid-2-1">
        <Card title="Savings over time" hint="What the recent decisions saved against the baseline, added up as they came in.">
          <Ready of={recent} lines={5}>
            {(decisions) =>
              decisions.filter(({ saved }) => saved !== null).length > 1 ? (
                <Boundary><Suspense fallback={<Skeleton lines={5} />}><SavingsChart decisions={decisions} /></Suspense></Boundary>
              ) : (
                <Empty title="Nothing to draw yet">The chart begins once the baseline model has been tried for a task.</Empty>
              )}
          </Ready>
        </Card>
        <Card title="How requests were classified">
          <Ready of={overview}>{(value) => <Classified counts={value.classifier} />}</Ready>
        </Card>
      </div>
      <Card title="Newest decisions" aside={<a href="/app/activity/">All activity</a>}>
        <Ready of={recent} lines={5}>
          {(decisions) =>
            decisions.length > 0 ? (
              <DecisionList decisions={decisions.slice(0, 8)} />
            ) : (
              <Empty title="No decisions yet" action={<a class="button" href="/app/playground/">Send the first prompt</a>}>
                Every routed request shows up here as it happens.
              </Empty>
            )}
        </Ready>
      </Card>
    </div>
  );
}

function Headline({ report, overview }: { report: Report; overview: OverviewFigures | null }) {
  const baseline = overview?.baseline ?? "the baseline";
  const most = Math.max(report.actual_spend, report.baseline_spend, Number.MIN_VALUE);
  const behind = report.saved < 0;
  const overrides = overview ? Object.keys(overview.active_price_overrides).length : 0;
  return (
    <section class="card headline" aria-label="Savings">
      <dl class="headline-main">
        <Stat big label="Saved" value={percent(report.saved_pct)} tone={behind ? "bad" : report.saved > 0 ? "good" : undefined}
          hint={report.calls === 0 ? "Nothing has been routed yet." : behind ? "Exploring first costs a little; it pays back as calls come in." : `${usd(report.saved)} against sending everything to ${baseline}`} />
      </dl>
      <div class="bars" role="img" aria-label={`Spent ${usd(report.actual_spend)}; ${baseline} alone would have cost ${usd(report.baseline_spend)}`}>
        <Bar label="Spent" value={report.actual_spend} most={most} tone="accent" />
        <Bar label={`${baseline} alone`} value={report.baseline_spend} most={most} />
      </div>
      <dl class="stat-row">
        <Stat label="Total saved" value={usd(report.saved)} />
        <Stat label="Calls" value={count(report.calls)} />
        <Stat label="Models in the pool" value={count(overview?.pool_size)} />
        <Stat label="Price shifts caught" value={count(overview?.alerts)} hint={overrides > 0 ? `${overrides} simulated price${overrides > 1 ? "s" : ""} active` : undefined} />
      </dl>
    </section>
  );
}

function Bar({ label, value, most, tone }: { label: string; value: number; most: number; tone?: string }) {
  return (
    <div class="bar-line">
      <span>{label}</span>
      <svg class={`bar ${tone ?? ""}`} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        <rect class="bar-track" width="100" height="10" />
        <rect class="bar-fill" width={Math.max(0.6, (value / most) * 100)} height="10" />
      </svg>
      <span class="num">{usd(value)}</span>
    </div>
  );
}

const ways: Record<string, [string, string]> = {
  rules: ["By local rules", "instant and free"],
  model: ["By asking a model", "one word from a small model"],
  "model-fallback": ["Taken as open", "the classifier had no usable answer"],
};

function Classified({ counts }: { counts: Record<string, number> }) {
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0);
  if (total === 0) return <Empty title="Nothing classified yet">Each request is put into one of five tasks first.</Empty>;
  return (
    <ul class="classified">
      {Object.entries(counts).map(([way, n]) => (
        <li key={way}>
          <div class="classified-line">
            <span>{ways[way]?.[0] ?? way}</span>
            <span class="num">{count(n)} · {percent((n / total) * 100)}</span>
          </div>
          <svg class="bar accent" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
            <rect class="bar-track" width="100" height="10" />
            <rect class="bar-fill" width={(n / total) * 100} height="10" />
          </svg>
          <span class="hint">{ways[way]?.[1]}</span>
        </li>
      ))}
    </ul>
  );
}
