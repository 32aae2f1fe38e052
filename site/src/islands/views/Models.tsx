import type { PolicyRow } from "../../api/types";
import { count, quality, share, usd } from "../../lib/format";
import { winnerOf } from "../../lib/happened";
import { modelPath } from "../../lib/models";
import { dotsOf } from "../../lib/plot";
import { useFigure } from "../../state/feed";
import { useQuery } from "../../state/query";
import { Catalogue } from "../parts/Catalogue";
import { ModelPage } from "../parts/ModelPage";
import { PoolCard } from "../parts/PoolCard";
import QualityPlot from "../parts/QualityPlot";
import { believed } from "./Overview";
import { Card, Columns, Empty, Ready, Scroll, Segments, Stale } from "../parts/ui";

const allTasks = ["code", "math", "structured", "factual", "open"];

export default function Models() {
  const [model] = useQuery("model");
  return model ? <ModelPage key={model} model={model} /> : <All />;
}

function All() {
  const policy = useFigure("policy");
  const overview = useFigure("overview");
  const pricing = useFigure("pricing");
  const [task, setTask] = useQuery("task");

  const tasks = [...new Set([...(overview.value?.tasks ?? allTasks), ...Object.keys(policy.value ?? {})])];
  const rich = (name: string) => (policy.value?.[name] ?? []).filter(({ n }) => n > 0).length;
  const chosen = task || tasks.reduce((a, b) => (rich(b) > rich(a) ? b : a), tasks[0] ?? "code");
  const tolerance = overview.value?.quality_tolerance ?? 0.05;
  const samples = overview.value?.min_samples ?? 2;

  return (
    <div class="stack">
      <Stale of={[policy, overview, pricing]} />
      <Card title="What was learned" aside={<Segments label="Task" value={chosen} options={tasks.map((name) => [name, name] as const)} onChange={setTask} />}>
        <Ready of={policy} lines={8}>
          {(value) => {
            const rows = value[chosen] ?? [];
            return rows.some(({ n }) => n > 0) ? (
              <Learned key={chosen} rows={rows} tolerance={tolerance} samples={samples} pool={overview.value?.pool_size ?? null} />
            ) : (
              <Empty
                title={`Nothing learned about “${chosen}” yet`}
                action={
                  <a class="button" href="/app/playground/">
                    Send a prompt
                  </a>
                }
              >
                Every model is tried {samples} times for a task before the cheapest good one wins.
              </Empty>
            );
          }}
        </Ready>
      </Card>
      <PoolCard overview={overview} />
      <Card title="The rest of the catalogue" hint="What the runtime offers for chat beside the pool, by price. Prices in USD per million tokens.">
        <Ready of={pricing} lines={8}>
          {(models) => <Catalogue models={models} />}
        </Ready>
      </Card>
    </div>
  );
}

function Learned({ rows, tolerance, samples, pool }: { rows: PolicyRow[]; tolerance: number; samples: number; pool: number | null }) {
  const winner = winnerOf(rows);
  const best = Math.max(...dotsOf(rows).map(({ at }) => at));
  const at = (row: PolicyRow) => row.belief ?? row.quality ?? -1;
  const sorted = [...rows].sort((a, b) => at(b) - at(a) || (a.avg_cost ?? Infinity) - (b.avg_cost ?? Infinity));
  const missing = rows.filter(({ n }) => n < samples).length + (pool === null ? 0 : Math.max(0, pool - rows.length));
  return (
    <div class="learned">
      <p class="verdict">
        {winner ? (
          <>
            <strong class="model">{winner.model}</strong> wins{winner.avg_cost !== null ? <>: {usd(winner.avg_cost)} a call</> : null} at a quality of{" "}
            {believed(winner)}
            {Number.isFinite(best) && <>, where the best has {quality(best)}</>}.
          </>
        ) : (
          "No winner yet: requests of this task still go to models that are being measured."
        )}
        {missing > 0 && (
          <span class="hint">
            {" "}
            {missing} model{missing > 1 ? "s" : ""} still being explored.
          </span>
        )}
      </p>
      <QualityPlot rows={rows} tolerance={tolerance} winner={winner?.model ?? null} />
      <Scroll label="What was learned">
        <table class="table compact listed pairs">
          <Columns of={["Model", "Samples", "Quality", "Mean cost", "Chosen"]} right={["Samples", "Quality", "Mean cost", "Chosen"]} />
          <tbody>
            {sorted.map((row) => (
              <tr key={row.model} class={row === winner ? "winner" : undefined}>
                <th scope="row" class="model">
                  <a href={modelPath(row.model)}>{row.model}</a>
                  {row === winner && <span class="badge">wins</span>}
                  {row.quarantined_until && <span class="badge badge-paused">left out</span>}
                </th>
                <td data-label="Samples" class="right num">
                  {count(row.n)}
                  {row.n < samples && <span class="hint"> / {samples}</span>}
                </td>
                <td data-label="Quality" class="right num">
                  {believed(row)}
                </td>
                <td data-label="Mean cost" class="right num">
                  {usd(row.avg_cost)}
                </td>
                <td data-label="Chosen" class="right num">
                  {share(row.share)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </div>
  );
}
