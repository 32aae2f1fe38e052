import { useState } from "preact/hooks";

import type { PriceAlert } from "../../api/types";
import { ago, count, usd } from "../../lib/format";
import { useFigure, useNow } from "../../state/feed";
import { setQuery, useQuery } from "../../state/query";
import { DecisionList } from "../parts/Decisions";
import { Card, Choice, Empty, Ready, Stale, TaskTag } from "../parts/ui";

const PAGE = 50;

export default function Activity() {
  const newest = useFigure("recent");
  const alerts = useFigure("alerts");
  const [task, setTask] = useQuery("task");
  const [model, setModel] = useQuery("model");
  const [mode, setMode] = useQuery("mode");
  const [outcome, setOutcome] = useQuery("outcome");
  const [open, setOpen] = useQuery("id");
  const [shown, setShown] = useState(PAGE);
  // What is looked at stays as it is while it is paused.
  const [held, setHeld] = useState<typeof newest | null>(null);
  const recent = held ?? newest;

  const all = recent.value ?? [];
  const found = all.filter((d) => (!task || d.task === task) && (!model || d.model === model) && (!mode || d.mode === mode) && (!outcome || (d.outcome ?? "finished") === outcome));
  const names = (pick: (d: (typeof all)[number]) => string, chosen: string) => [...new Set([...all.map(pick), ...(chosen ? [chosen] : [])])].sort();
  const filtered = Boolean(task || model || mode || outcome);
  const clear = () => setQuery({ task: "", model: "", mode: "", outcome: "" });

  return (
    <div class="stack">
      <Stale of={[recent, alerts]} />
      <Card title="Recent decisions" aside={<button type="button" class="button small" aria-pressed={held !== null} onClick={() => setHeld(held ? null : newest)}>{held ? "Go on" : "Pause"}</button>}>
        <div class="filters" role="group" aria-label="Filter">
          <Choice label="Task" value={task} options={names((d) => d.task, task)} onChange={setTask} />
          <Choice label="Model" value={model} options={names((d) => d.model, model)} onChange={setModel} />
          <Choice label="Mode" value={mode} options={names((d) => d.mode, mode)} onChange={setMode} />
          <Choice label="Outcome" value={outcome} options={names((d) => d.outcome ?? "finished", outcome)} onChange={setOutcome} />
          <p class="hint" role="status">{recent.value ? `${count(found.length)} of ${count(all.length)}` : ""}</p>
          {filtered && <button type="button" class="button small" onClick={clear}>Clear</button>}
        </div>
        <Ready of={recent} lines={8}>
          {() =>
            found.length > 0 ? (
              <>
                <DecisionList decisions={found.slice(0, shown)} open={open} onOpen={setOpen} />
                {found.length > shown && <button type="button" class="button more" onClick={() => setShown(shown + PAGE)}>Show more</button>}
              </>
            ) : filtered ? (
              <Empty title="Nothing fits this filter" action={<button type="button" class="button" onClick={clear}>Show all</button>} />
            ) : (
              <Empty title="No decisions yet" action={<a class="button" href="/app/playground/">Open the playground</a>}>They show up here as soon as requests are routed.</Empty>
            )}
        </Ready>
      </Card>
      <Card title="Price shifts" hint="When a model's price per token moves far from what was learned, its figures are dropped and it is tried afresh.">
        <Ready of={alerts} lines={2}>{(list) => (list.length > 0 ? <Alerts alerts={list} /> : <p class="quiet">No price has moved.</p>)}</Ready>
      </Card>
    </div>
  );
}

function Alerts({ alerts }: { alerts: PriceAlert[] }) {
  const now = useNow();
  return (
    <ul class="alerts">
      {alerts.slice(0, 20).map((alert, index) => (
        <li key={`${alert.ts} ${index}`}>
          <span class={alert.direction === "up" ? "bad" : "good"} aria-hidden="true">{alert.direction === "up" ? "▲" : "▼"}</span>
          <span><strong class="model">{alert.model}</strong> went {alert.direction} for <TaskTag task={alert.task} /></span>
          <span class="num">{usd(alert.old_unit * 1e6)} → {usd(alert.new_unit * 1e6)} <span class="hint">per 1M tokens</span></span>
          <span class="quiet">{ago(alert.ts, now)}</span>
        </li>
      ))}
    </ul>
  );
}
