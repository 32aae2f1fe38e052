import type { ApiError } from "../../api/client";
import type { Candidate, DryRun } from "../../api/types";
import { count, percent, sentence } from "../../lib/format";
import { needInWords } from "../../lib/refusal";
import type { Preview } from "../../state/route";
import { Candidates } from "./Candidates";
import { Card, Problem, Skeleton } from "./ui";

/** Who would answer: as the router says, or, where it can't be asked, as far as list prices tell. */
export function WhoWould({ preview, estimated, why, error }: { preview: Preview; estimated: Candidate[] | null; why: string; error: ApiError | null }) {
  const { value, fresh } = preview;
  const rows = value?.candidates ?? estimated;
  if (!rows) return <Card title="Who would answer">{error ? <Problem error={error} /> : <Skeleton lines={6} />}</Card>;
  const best = value?.candidates[0];
  return (
    <Card
      title="Who would answer"
      class="would"
      hint={value ? undefined : `${preview.why || why} So far it is estimated: list prices, a quarter of a token for every character, 512 tokens of answer.`}
    >
      <div class="would-body" data-fresh={value === null || fresh} aria-busy={value !== null && !fresh}>
        {value && <Told run={value} />}
        <Candidates of={rows} chosen={best && !best.excluded ? best.model : undefined} estimated={value === null} />
      </div>
    </Card>
  );
}

function Told({ run }: { run: DryRun }) {
  const {
    decision,
    needs = [],
    candidates: [best],
  } = run;
  const article = /^[aeiou]/.test(run.task) ? "an" : "a";
  return (
    <>
      <p class="verdict">
        {run.would_ask_classifier ? (
          <>
            The rules do not know the task: the classifier model would be asked. Taken for {article} {run.task} one,{" "}
          </>
        ) : (
          <>
            Taken for {article} <strong>{run.task}</strong> task,{" "}
          </>
        )}
        it would go to <strong class="model">{best?.model}</strong>
        {typeof best?.probability === "number" && best.probability < 0.9995 ? <> with {percent(best.probability * 100)}</> : null}.
      </p>
      {best?.model === decision.model && (
        <p class="reason">
          <span class="hint">Reason</span> {sentence(decision.reason)}
        </p>
      )}
      {run.budget_met === false && <p class="notice notice-warn notice-line">None is within the budget: the cheapest would answer.</p>}
      <p class="hint">
        {count(run.tokens_needed)} tokens are needed{needs.length > 0 ? `; and ${needs.map(needInWords).join(", ")}` : ""}.
      </p>
    </>
  );
}
