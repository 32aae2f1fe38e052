import { useEffect, useState } from "preact/hooks";

import { api } from "../../api/client";
import type { Decision } from "../../api/types";
import { ago, clock, count, millis, percent, quality, usd } from "../../lib/format";
import { modelPath } from "../../lib/models";
import { useNow } from "../../state/feed";
import { useKey } from "../../state/key";
import { Candidates } from "./Candidates";
import { Columns, CopyButton, ModeTag, Scroll, TaskTag } from "./ui";

/** Decisions as a table, which turns into a list of cards on a narrow screen. A row opens into all that is known of it. */
export function DecisionList({ decisions, open, onOpen }: { decisions: Decision[]; open: string; onOpen: (id: string) => void }) {
  const now = useNow();
  return (
    <Scroll label="Decisions">
      <table class="table decisions">
        <Columns of={["When", "Task", "Model", "Mode", "Quality", "Cost", "Saved"]} right={["Quality", "Cost", "Saved"]} last="Details" />
        <tbody>
          {decisions.map((decision, index) => {
            const id = decision.id ?? `${decision.ts} ${index}`;
            const opened = id === open;
            return [
              <tr key={id} data-outcome={decision.outcome ?? "finished"}>
                <td data-label="When" class="quiet">
                  <time dateTime={new Date(decision.ts * 1000).toISOString()} title={clock(decision.ts)}>
                    {ago(decision.ts, now)}
                  </time>
                </td>
                <td data-label="Task">
                  <TaskTag task={decision.task} />
                </td>
                <td data-label="Model" class="model">
                  {decision.model ? <a href={modelPath(decision.model)}>{decision.model}</a> : "–"}
                </td>
                <td data-label="Mode">
                  {decision.outcome === "failed" ? (
                    <span class="bad">failed</span>
                  ) : decision.outcome === "dropped" ? (
                    <span class="warn">left by its client</span>
                  ) : (
                    <ModeTag mode={decision.mode} />
                  )}
                </td>
                <td data-label="Quality" class="right num">
                  {quality(decision.quality)}
                </td>
                <td data-label="Cost" class="right num">
                  {decision.cost_estimated ? "≈ " : ""}
                  {usd(decision.cost)}
                </td>
                <td data-label="Saved" class={`right num ${decision.saved === null ? "quiet" : decision.saved < 0 ? "bad" : ""}`}>
                  {usd(decision.saved)}
                </td>
                <td class="opener">
                  <button
                    type="button"
                    class="button small"
                    aria-expanded={opened}
                    aria-label={`${opened ? "Close" : "Why"}: the ${decision.task} request of ${clock(decision.ts)}`}
                    onClick={() => onOpen(opened ? "" : id)}
                  >
                    {opened ? "Close" : "Why"}
                  </button>
                </td>
              </tr>,
              opened && (
                <tr key={`${id} open`} class="opened">
                  <td colSpan={8}>
                    <Opened decision={decision} />
                  </td>
                </tr>
              ),
            ];
          })}
        </tbody>
      </table>
    </Scroll>
  );
}

const sources: Record<string, string> = {
  charge: "named by the runtime",
  charged: "named by the runtime",
  computed: "tokens at list price",
  estimated: "estimated",
};
const graders: Record<string, string> = {
  check: "checked by rules",
  judge: "judged by a model",
  learned: "learned, not measured",
  feedback: "said by its user",
};
const reasons: Record<string, string> = {
  gathering: "figures about it were still being gathered",
  recheck: "it was tried again, to see whether it is still as good",
  cheapest_within: "the cheapest that is good enough",
  only_eligible: "no other was eligible",
  budget_fallback: "none was within the budget: the cheapest",
  context_fallback: "none was large enough: the largest window",
  stays: "the conversation stays with its model",
  moved: "the conversation moved to it",
  pinned: "the request named it",
  failover: "those before it failed",
};

function Opened({ decision: known }: { decision: Decision }) {
  const key = useKey();
  const [whole, setWhole] = useState<Decision | null>(null);
  useEffect(() => {
    if (!key || !known.id) return;
    const leaving = new AbortController();
    // Another key's request: what everyone may see of it is shown.
    api.decision(known.id, key, leaving.signal).then(setWhole, () => {});
    return () => leaving.abort();
  }, [key, known.id]);
  const d = whole ?? known;
  const facts: [string, string | undefined][] = [
    ["Why", d.reason_code && (reasons[d.reason_code] ?? d.reason_code)],
    ["Chosen with", d.propensity === undefined ? undefined : percent(d.propensity * 100)],
    ["Classified", d.classified_by === "rules" ? "by rules" : d.classified_by === "model" ? "by a model" : "taken as open"],
    ["Failed before it", d.failover_from?.length ? d.failover_from.join(", ") : undefined],
    ["Status", d.status === undefined ? d.error : `${d.status}${d.error ? `, ${d.error}` : ""}`],
    ["First byte", d.first_ms === undefined ? undefined : millis(d.first_ms)],
    ["In all", d.total_ms === undefined ? undefined : millis(d.total_ms)],
    [
      "Tokens",
      d.in_tokens === undefined && d.out_tokens === undefined
        ? undefined
        : `${count(d.in_tokens)} in${d.cached_tokens ? ` (${count(d.cached_tokens)} cached)` : ""}, ${count(d.out_tokens)} out`,
    ],
    ["Cost", d.cost_source ? `${usd(d.cost)}, ${sources[d.cost_source] ?? d.cost_source}` : undefined],
    ["Baseline", d.baseline === undefined ? undefined : usd(d.baseline)],
    ["Quality", d.graded_by ? (graders[d.graded_by] ?? d.graded_by) : undefined],
    ["Session", d.session],
    ["Key", d.key],
    [
      "Tags",
      d.tags && Object.keys(d.tags).length > 0
        ? Object.entries(d.tags)
            .map(([name, value]) => `${name}=${value}`)
            .join(", ")
        : undefined,
    ],
  ];
  return (
    <div class="opened-body">
      <dl class="facts">
        {facts
          .filter(([, value]) => value)
          .map(([label, value]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      {d.candidates && d.candidates.length > 0 && <Candidates of={d.candidates} chosen={d.model} />}
      {d.id && (
        <div class="secret">
          <code>{d.id}</code>
          <CopyButton text={d.id} label="Copy id" />
        </div>
      )}
    </div>
  );
}
