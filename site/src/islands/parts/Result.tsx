import { lazy, Suspense } from "preact/compat";
import { useState } from "preact/hooks";

import type { Verdict } from "../../api/types";
import { isRunning, type Run } from "../../lib/conversation";
import { count, millis, quality, sentence, usd } from "../../lib/format";
import { Card, CopyButton, Problem, Segments, Skeleton } from "./ui";

// Where it can't be loaded, an answer is shown as it was written.
const Markdown = lazy(() =>
  import("./Markdown").then(
    (module) => ({ default: module.Markdown }),
    () => ({ default: ({ text }: { text: string }) => <p class="plain">{text}</p> }),
  ),
);

const phases: Record<Run["phase"], string> = {
  waiting: "Choosing a model…",
  streaming: "Answering…",
  done: "Done",
  cancelled: "Cancelled",
  failed: "Failed",
};

/** An answer as it comes in, and what was decided about it; more briefly `beside` others, and once it is `past`. */
export function Result({ run, beside, past, onRetry }: { run: Run; beside: boolean; past: boolean; onRetry?: () => void }) {
  const [view, setView] = useState<"answer" | "raw">("answer");
  const shown = run.text !== "" || run.phase !== "failed";
  const raw = run.raw.length > 0 ? run.raw.join("\n\n") : run.error ? pretty(run.error.body ?? run.error.message) : "";
  return (
    <Card
      title={beside ? (run.asked ?? "Arbiter’s choice") : "Answer"}
      class={beside ? "beside" : ""}
      aside={
        <Segments
          label="View"
          value={view}
          options={[
            ["answer", "Answer"],
            ["raw", "Raw"],
          ]}
          onChange={setView}
        />
      }
    >
      <p class="run-state" role="status" data-phase={run.phase}>
        {phases[run.phase]}
        {!beside && took(run)}
      </p>
      {run.error && <Problem error={run.error} retry={run.error.status === 403 ? undefined : onRetry} />}
      {view === "raw" ? (
        <div class="snippet">
          <pre class="raw" tabIndex={0} aria-label="Raw response">
            <code>{raw || "Nothing has arrived yet."}</code>
          </pre>
          <CopyButton text={raw} />
        </div>
      ) : (
        shown && (
          <div class="answer" dir="auto" aria-busy={isRunning(run)}>
            {run.phase === "waiting" && <Skeleton lines={3} />}
            {run.text && (
              <Suspense fallback={<p class="plain">{run.text}</p>}>
                <Markdown text={run.text} />
              </Suspense>
            )}
            {run.phase === "done" && !run.text && <p class="quiet">The model answered with nothing.</p>}
            {run.phase === "cancelled" && <p class="hint">Cancelled: what was generated until then is still charged.</p>}
          </div>
        )
      )}
      {run.verdict.model && (beside ? <Briefly run={run} /> : <Decided run={run} past={past} />)}
    </Card>
  );
}

type Fact = [label: string, value: string, hint: string];

const costOf = ({ verdict: v, phase }: Run): Fact => [
  "Cost",
  v.cost === undefined ? (phase === "done" ? "–" : "…") : `${v.cost_estimated ? "≈ " : ""}${usd(v.cost)}`,
  v.cost_source === "charge"
    ? "Charged: named by the runtime."
    : v.cost_source === "computed"
      ? "Computed from its tokens."
      : v.cost_source === "estimated" || v.cost_estimated
        ? "Estimated: the runtime named nothing."
        : v.cost === undefined
          ? "Known at its end."
          : "What this call was charged.",
];

const qualityOf = ({ verdict: v, phase }: Run): Fact => [
  "Quality",
  v.quality === null ? "unknown" : v.quality === undefined ? (phase === "done" ? "–" : "…") : quality(v.quality),
  v.quality_reason ? `Of 1. ${sentence(v.quality_reason.slice(0, 300))}` : "0 to 1: checked where it can be checked, else judged or learned.",
];

const firstWord = ({ firstMs, request }: Run) => (firstMs !== null && request.stream ? `the first word after ${millis(firstMs)}` : "");

/** How long it took, as seen from here. */
const took = (run: Run) => (run.phase !== "done" || run.totalMs === null ? "" : ` in ${millis(run.totalMs)}${firstWord(run) && `, ${firstWord(run)}`}`);

function Decided({ run, past }: { run: Run; past: boolean }) {
  const v = run.verdict;
  const done = run.phase === "done";
  const facts: Fact[] = [
    [
      "Task",
      v.task ?? "–",
      v.classified_by === "rules"
        ? "Recognised by local rules, at no cost."
        : v.classified_by === "model"
          ? "The classifier model was asked for one word."
          : "No clear answer from the classifier: taken as open.",
    ],
    ["Model", v.model ?? "–", v.failover_from?.length ? `It stood in for ${v.failover_from.join(", ")}, which failed.` : "The one that answered."],
    ["Mode", v.mode ?? "–", v.mode === "explore" ? "Gathering figures about a model." : "Using what was learned."],
    qualityOf(run),
    costOf(run),
    [
      "Baseline",
      v.baseline_cost === undefined
        ? done && v.saved != null && v.cost != null
          ? usd(v.saved + v.cost)
          : done
            ? "–"
            : "…"
        : v.baseline_cost === null
          ? "not known yet"
          : usd(v.baseline_cost),
      "What the baseline model costs for such a task, on average.",
    ],
    ["Saved", v.saved === undefined ? (done ? "–" : "…") : v.saved === null ? "not known yet" : usd(v.saved), "The baseline, less what this call cost."],
    ["Eligible models", count(v.eligible_models), "Large enough for the prompt, and within the budget."],
  ];
  const told = (
    <>
      {v.reason && (
        <p class="reason">
          <span class="hint">Reason</span> {v.reason}
        </p>
      )}
      <Facts of={facts} />
    </>
  );
  return (
    <div class="decided">
      {done && <p class="verdict">{summary(v)}</p>}
      {past ? (
        <details>
          <summary>All figures</summary>
          {told}
        </details>
      ) : (
        told
      )}
    </div>
  );
}

/** What is compared where answers stand side by side. */
function Briefly({ run }: { run: Run }) {
  const { verdict: v, asked } = run;
  const facts = [
    ...(asked === null ? [["Model", v.model ?? "–", ""] as Fact] : []),
    costOf(run),
    ["Time", run.totalMs === null ? "…" : millis(run.totalMs), firstWord(run) && sentence(firstWord(run))] as Fact,
    qualityOf(run),
  ];
  return (
    <div class="decided">
      {asked !== null && v.model !== asked && <p class="hint">Answered by {v.model}.</p>}
      <Facts of={facts} />
    </div>
  );
}

function Facts({ of }: { of: Fact[] }) {
  return (
    <dl class="facts">
      {of.map(([label, value, hint]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd class="num">{value}</dd>
          {hint && <dd class="hint">{hint}</dd>}
        </div>
      ))}
    </dl>
  );
}

/** What happened, in a sentence or two. */
export function summary(v: Verdict): string {
  const why = v.mode === "explore" ? "to learn how it does" : "as the cheapest that is good enough";
  const article = /^[aeiou]/.test(v.task ?? "") ? "an" : "a";
  const cost = v.cost === undefined || v.cost === null ? "" : ` It cost ${v.cost_estimated ? "about " : ""}${usd(v.cost)}`;
  const saved =
    v.saved === undefined || v.saved === null
      ? "."
      : v.saved > 0
        ? `, ${usd(v.saved)} less than the baseline.`
        : v.saved < 0
          ? `, ${usd(-v.saved)} more than the baseline: exploring pays off later.`
          : ", the same as the baseline.";
  return `Arbiter took this for ${article} ${v.task ?? "open"} task and sent it to ${v.model}, ${why}.${cost}${cost ? saved : ""}`;
}

function pretty(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
