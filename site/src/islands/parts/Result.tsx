import { lazy, Suspense } from "preact/compat";
import { useState } from "preact/hooks";

import type { ApiError } from "../../api/client";
import type { Verdict } from "../../api/types";
import { count, quality, usd } from "../../lib/format";
import { Card, CopyButton, Problem, Segments, Skeleton } from "./ui";

// Where it can't be loaded, an answer is shown as it was written.
const Markdown = lazy(() => import("./Markdown").then((module) => ({ default: module.Markdown }), () => ({ default: ({ text }: { text: string }) => <p class="plain">{text}</p> })));

export interface Run {
  phase: "idle" | "waiting" | "streaming" | "done" | "cancelled" | "failed";
  prompt: string;
  text: string;
  /** Events as they came. */
  raw: string[];
  verdict: Verdict;
  error: ApiError | null;
}

const phases: Record<Run["phase"], string> = {
  idle: "",
  waiting: "Choosing a model…",
  streaming: "Answering…",
  done: "Done",
  cancelled: "Cancelled",
  failed: "Failed",
};

/** An answer as it comes in, and what was decided about it. */
export function Result({ run, onRetry }: { run: Run; onRetry: () => void }) {
  const [view, setView] = useState<"answer" | "raw">("answer");
  if (run.phase === "idle") {
    return (
      <Card title="Answer">
        <p class="quiet">The answer comes in here word by word, with what was decided and what it cost.</p>
      </Card>
    );
  }
  const raw = run.raw.length > 0 ? run.raw.join("\n\n") : run.error ? pretty(run.error.body ?? run.error.message) : "";
  return (
    <Card title="Answer" aside={<Segments label="View" value={view} options={[["answer", "Answer"], ["raw", "Raw"]]} onChange={setView} />}>
      <p class="run-state" role="status" data-phase={run.phase}>{phases[run.phase]}</p>
      {run.error && <Problem error={run.error} retry={run.error.status === 403 ? undefined : onRetry} />}
      {view === "raw" ? (
        <div class="snippet"><pre class="raw" tabIndex={0} aria-label="Raw response"><code>{raw || "Nothing has arrived yet."}</code></pre><CopyButton text={raw} /></div>
      ) : (
        <div class="answer" dir="auto" aria-busy={run.phase === "streaming"}>
          {run.phase === "waiting" && <Skeleton lines={3} />}
          {run.text && <Suspense fallback={<p class="plain">{run.text}</p>}><Markdown text={run.text} /></Suspense>}
          {run.phase === "done" && !run.text && <p class="quiet">The model answered with nothing.</p>}
          {run.phase === "cancelled" && <p class="hint">Cancelled: what was generated until then is still charged.</p>}
        </div>
      )}
      {run.verdict.model && <Decided verdict={run.verdict} done={run.phase === "done"} />}
    </Card>
  );
}

function Decided({ verdict: v, done }: { verdict: Verdict; done: boolean }) {
  const facts: [string, string, string][] = [
    ["Task", v.task ?? "–", v.classified_by === "rules" ? "Recognised by local rules, at no cost." : v.classified_by === "model" ? "The classifier model was asked for one word." : "No clear answer from the classifier: taken as open."],
    ["Model", v.model ?? "–", v.failover_from?.length ? `It stood in for ${v.failover_from.join(", ")}, which failed.` : "The one that answered."],
    ["Mode", v.mode ?? "–", v.mode === "explore" ? "Gathering figures about a model." : "Using what was learned."],
    ["Quality", v.quality === null ? "unknown" : v.quality === undefined ? (done ? "–" : "…") : quality(v.quality), v.quality_reason ? `Of 1. ${sentence(v.quality_reason)}` : "0 to 1: checked where it can be checked, else judged or learned."],
    ["Cost", v.cost === undefined ? (done ? "–" : "…") : `${v.cost_estimated ? "≈ " : ""}${usd(v.cost)}`, v.cost_source === "computed" ? "Its tokens at list price." : v.cost_estimated ? "Estimated: nothing was named." : "What this call was charged."],
    ["Baseline", v.baseline_cost === undefined ? (done && v.saved != null && v.cost != null ? usd(v.saved + v.cost) : done ? "–" : "…") : v.baseline_cost === null ? "not known yet" : usd(v.baseline_cost), "What the baseline model costs for such a task, on average."],
    ["Saved", v.saved === undefined ? (done ? "–" : "…") : v.saved === null ? "not known yet" : usd(v.saved), "The baseline, less what this call cost."],
    ["Eligible models", count(v.eligible_models), "Large enough for the prompt, and within the budget."],
  ];
  return (
    <div class="decided">
      {done && <p class="verdict">{summary(v)}</p>}
      {v.reason && <p class="reason"><span class="hint">Reason</span> {v.reason}</p>}
      <dl class="facts">
        {facts.map(([label, value, hint]) => (
          <div key={label}><dt>{label}</dt><dd class="num">{value}</dd><dd class="hint">{hint}</dd></div>
        ))}
      </dl>
    </div>
  );
}

/** What happened, in a sentence or two. */
export function summary(v: Verdict): string {
  const why = v.mode === "explore" ? "to learn how it does" : "as the cheapest that is good enough";
  const article = /^[aeiou]/.test(v.task ?? "") ? "an" : "a";
  const cost = v.cost === undefined || v.cost === null ? "" : ` It cost ${v.cost_estimated ? "about " : ""}${usd(v.cost)}`;
  const saved =
    v.saved === undefined || v.saved === null ? "." : v.saved > 0 ? `, ${usd(v.saved)} less than the baseline.` : v.saved < 0 ? `, ${usd(-v.saved)} more than the baseline: exploring pays off later.` : ", the same as the baseline.";
  return `Arbiter took this for ${article} ${v.task ?? "open"} task and sent it to ${v.model}, ${why}.${cost}${cost ? saved : ""}`;
}

// As it stands within a line, with the marks of a sentence.
function sentence(text: string): string {
  const trimmed = text.trim().slice(0, 300);
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}${/[.!?]$/.test(trimmed) ? "" : "."}`;
}

function pretty(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}
