import type { Decision } from "../../api/types";
import { ago, clock, quality, usd } from "../../lib/format";
import { useNow } from "../../state/feed";
import { ModeTag, Scroll, TaskTag } from "./ui";

/** Decisions as a table, which turns into a list of cards on a narrow screen. */
export function DecisionList({ decisions }: { decisions: Decision[] }) {
  const now = useNow();
  return (
    <Scroll label="Decisions">
      <table class="table decisions">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Task</th>
            <th scope="col">Model</th>
            <th scope="col">Mode</th>
            <th scope="col" class="right">Quality</th>
            <th scope="col" class="right">Cost</th>
            <th scope="col" class="right">Saved</th>
          </tr>
        </thead>
        <tbody>
          {decisions.map((decision, index) => (
            <tr key={decision.id ?? `${decision.ts} ${index}`}>
              <td data-label="When" class="quiet"><time dateTime={new Date(decision.ts * 1000).toISOString()} title={clock(decision.ts)}>{ago(decision.ts, now)}</time></td>
              <td data-label="Task"><TaskTag task={decision.task} /></td>
              <td data-label="Model" class="model">{decision.model}</td>
              <td data-label="Mode"><ModeTag mode={decision.mode} /></td>
              <td data-label="Quality" class="right num">{quality(decision.quality)}</td>
              <td data-label="Cost" class="right num">{decision.cost_estimated ? "≈ " : ""}{usd(decision.cost)}</td>
              <td data-label="Saved" class={`right num ${decision.saved === null ? "quiet" : decision.saved < 0 ? "bad" : "good"}`}>{usd(decision.saved)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
