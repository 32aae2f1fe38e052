import { useState } from "preact/hooks";

import type { PolicyRow, Price } from "../../api/types";
import { count, price, quality, tokens, usd } from "../../lib/format";
import { winnerOf } from "../../lib/happened";
import { useFigure } from "../../state/feed";
import { useQuery } from "../../state/query";
import QualityPlot from "../parts/QualityPlot";
import { believed } from "./Overview";
import { Card, Empty, Ready, Scroll, Segments, Stale } from "../parts/ui";

const allTasks = ["code", "math", "structured", "factual", "open"];

export default function Models() {
  const policy = useFigure("policy");
  const overview = useFigure("overview");
  const pricing = useFigure("pricing");
  const recent = useFigure("recent");
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
              <Learned rows={rows} tolerance={tolerance} samples={samples} pool={overview.value?.pool_size ?? null} used={recent.value?.find((d) => d.task === chosen && d.mode === "exploit")?.model ?? null} />
            ) : (
              <Empty title={`Nothing learned about “${chosen}” yet`} action={<a class="button" href="/app/playground/">Send a prompt</a>}>
                Every model is tried {samples} times for a task before the cheapest good one wins.
              </Empty>
            );
          }}
        </Ready>
      </Card>
      <Card title="Catalogue" hint="Every chat model of the runtime: those that are routed to first, then by price. Prices in USD per million tokens.">
        <Ready of={pricing} lines={8}>{(models) => <Catalogue models={models} />}</Ready>
      </Card>
    </div>
  );
}

/** `used`: the model of the newest decision that was no exploration. */
function Learned({ rows, tolerance, samples, pool, used }: { rows: PolicyRow[]; tolerance: number; samples: number; pool: number | null; used: string | null }) {
  const winner = winnerOf(rows, used ?? undefined);
  const top = Math.max(...rows.map((row) => row.quality ?? -1));
  const sorted = [...rows].sort((a, b) => (b.quality ?? -1) - (a.quality ?? -1) || (a.avg_cost ?? Infinity) - (b.avg_cost ?? Infinity));
  const missing = Math.max(rows.filter(({ n }) => n < samples).length, 0) + (pool === null ? 0 : Math.max(0, pool - rows.length));
  return (
    <div class="grid-1-1">
      <div>
        <p class="verdict">
          {winner ? (
            <><strong class="model">{winner.model}</strong> wins{winner.avg_cost !== null ? <>: {usd(winner.avg_cost)} a call</> : null} at a quality of {believed(winner)}, where the best has {quality(top)}.</>
          ) : (
            "No winner yet: every request of this task was still to learn from."
          )}
          {missing > 0 && <span class="hint"> {missing} model{missing > 1 ? "s" : ""} still being explored.</span>}
        </p>
        <QualityPlot rows={rows} top={top} tolerance={tolerance} winner={winner?.model ?? null} />
        <p class="hint">Left is cheaper, up is better; a larger dot has more samples. Shaded: within {tolerance} of the best mean. The router also weighs how sure it is: the model it takes is filled with colour.</p>
      </div>
      <Scroll label="What was learned">
        <table class="table compact listed">
          <thead>
            <tr><th scope="col">Model</th><th scope="col" class="right">Samples</th><th scope="col" class="right">Quality</th><th scope="col" class="right">Mean cost</th></tr>
          </thead>
          <tbody>
            {sorted.map((row) => (
              <tr key={row.model} class={row.model === winner?.model ? "winner" : undefined}>
                <th scope="row" class="model">
                  {row.model}
                  {row.model === winner?.model && <span class="badge">wins</span>}
                  {row.quarantined_until && <span class="badge badge-paused">left out</span>}
                </th>
                <td data-label="Samples" class="right num">{count(row.n)}{row.n < samples && <span class="hint"> / {samples}</span>}</td>
                <td data-label="Quality" class="right num">{believed(row)}</td>
                <td data-label="Mean cost" class="right num">{row.n > 0 ? usd(row.avg_cost) : "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </div>
  );
}

function Catalogue({ models }: { models: Price[] }) {
  const [find, setFind] = useState("");
  const [only, setOnly] = useState(false);
  const found = models.filter((model) => (!only || model.routable) && model.id.toLowerCase().includes(find.trim().toLowerCase())).sort((a, b) => Number(b.routable) - Number(a.routable));
  if (models.length === 0) return <Empty title="The catalogue is empty" />;
  return (
    <>
      <div class="filters" role="group" aria-label="Filter">
        <label class="field"><span>Find</span><input type="search" value={find} placeholder="gpt, llama, …" onInput={(event) => setFind(event.currentTarget.value)} /></label>
        <label class="check"><input type="checkbox" checked={only} onChange={(event) => setOnly(event.currentTarget.checked)} /> Only routable</label>
        <p class="hint" role="status">{count(found.length)} of {count(models.length)}</p>
      </div>
      {found.length === 0 ? (
        <Empty title="No model of that name" />
      ) : (
        <Scroll label="Catalogue" class="tall">
          <table class="table compact listed">
            <thead>
              <tr><th scope="col">Model</th><th scope="col" class="right">Input</th><th scope="col" class="right">Output</th><th scope="col" class="right">Context</th></tr>
            </thead>
            <tbody>
              {found.map((model) => (
                <tr key={model.id}>
                  <th scope="row" class="model">{model.id}{model.routable && <span class="badge">routable</span>}</th>
                  <td data-label="Input" class="right num">{price(model.in_price)}</td>
                  <td data-label="Output" class="right num">{price(model.out_price)}</td>
                  <td data-label="Context" class="right num">{tokens(model.context)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </>
  );
}
