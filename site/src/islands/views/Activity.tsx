import { useEffect, useState } from "preact/hooks";

import type { PriceAlert } from "../../api/types";
import { fits, isSet, madeAt, merged, MINE, names, type Filter } from "../../lib/filter";
import { ago, count, moment, usd } from "../../lib/format";
import { hold, useFigure, useNow } from "../../state/feed";
import { useOlder } from "../../state/found";
import { useKey, useOperator } from "../../state/key";
import { usePool } from "../../state/pool";
import { setQuery, useQuery } from "../../state/query";
import { blames } from "../parts/Field";
import { DecisionList } from "../parts/Decisions";
import { Filters } from "../parts/Filters";
import { Card, Empty, Problem, Ready, Stale, TaskTag } from "../parts/ui";

const PAGE = 50;
/** As many as the newest are at the most: where there are fewer, there are no others. */
const NEWEST = 200;

export default function Activity() {
  const newest = useFigure("recent");
  const alerts = useFigure("alerts");
  const pool = usePool();
  const key = useKey();
  const operator = useOperator();
  const filter = Object.fromEntries(names.map((name) => [name, useQuery(name)[0]])) as Filter;
  const [open, setOpen] = useQuery("id");
  const [shown, setShown] = useState(PAGE);
  // What is looked at stays as it is while it is paused.
  const [held, setHeld] = useState<typeof newest | null>(null);
  const recent = held ?? newest;
  useEffect(() => (hold(held !== null), () => hold(false)), [held]);

  const all = recent.value ?? [];
  const whose = operator ? "keys" : key ? "mine" : null;
  // Whose they are is asked with a key; without such a filter everybody sees the same.
  const asker = operator ?? (filter.key === MINE ? key : null);
  const live = filter.key ? [] : all.filter((decision) => fits(decision, filter));
  const older = useOlder(filter, asker, recent.value, live.length === 0 || (live.length < PAGE && all.length >= NEWEST));
  const found = merged(
    live,
    older.rows.filter((decision) => filter.key !== "" || fits(decision, filter)),
  );
  const filtered = isSet(filter);
  const set = (some: Partial<Filter>) => (setShown(PAGE), setQuery(some));
  const clear = () => set(Object.fromEntries(names.map((name) => [name, ""])));
  const tasks = [...new Set(["code", "math", "structured", "factual", "open", ...all.map(({ task }) => task)])];
  const models = [...new Set([...(pool.value?.models ?? []).map(({ id }) => id), ...all.map(({ model }) => model)])].filter(Boolean).sort();

  const further = older.next !== null && (older.next !== undefined || filter.key !== "" || all.length >= NEWEST);
  const reached = older.next ? madeAt(older.next) : null;
  const more = () => {
    if (found.length <= shown && further) older.more();
    setShown(shown + PAGE);
  };
  const known = names.some((name) => blames(older.error, name));

  return (
    <div class="stack">
      <Stale of={[recent, alerts]} />
      <Card
        title="Recent decisions"
        aside={
          <button type="button" class="button small" aria-pressed={held !== null} onClick={() => setHeld(held ? null : newest)}>
            {held ? "Go on" : "Pause"}
          </button>
        }
      >
        <Filters
          filter={filter}
          set={set}
          models={models}
          tasks={tasks}
          whose={whose}
          error={older.error}
          said={
            recent.value
              ? `${count(found.length)} ${filtered ? "found" : "shown"}${reached ? `, back to ${moment(reached)}` : older.next === null ? ", all that are kept" : filtered && !filter.key ? ` of the newest ${count(all.length)}` : ""}`
              : ""
          }
          onClear={clear}
        />
        {older.error && !known && <Problem error={older.error} retry={older.more} />}
        <Ready of={recent} lines={8}>
          {() =>
            found.length > 0 ? (
              <DecisionList decisions={found.slice(0, shown)} open={open} onOpen={setOpen} />
            ) : older.busy ? (
              <p class="quiet" role="status">
                Looking further back…
              </p>
            ) : filtered ? (
              <Empty
                title={further ? "Nothing fits this filter yet" : "Nothing fits this filter"}
                action={
                  <button type="button" class="button" onClick={clear}>
                    Show all
                  </button>
                }
              />
            ) : (
              <Empty
                title="No decisions yet"
                action={
                  <a class="button" href="/app/playground/">
                    Open the playground
                  </a>
                }
              >
                They show up here as soon as requests are routed.
              </Empty>
            )
          }
        </Ready>
        {recent.value && (found.length > shown || further) && (
          <button type="button" class="button more" disabled={older.busy} onClick={more}>
            {older.busy ? "One moment…" : found.length > shown ? "Show more" : "Load more"}
          </button>
        )}
      </Card>
      <Card title="Price shifts" hint="When a model's price per token moves far from what was learned, its figures are dropped and it is tried afresh.">
        <Ready of={alerts} lines={2}>
          {(list) => (list.length > 0 ? <Alerts alerts={list} /> : <p class="quiet">No price has moved.</p>)}
        </Ready>
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
          <span class={alert.direction === "up" ? "bad" : "good"} aria-hidden="true">
            {alert.direction === "up" ? "▲" : "▼"}
          </span>
          <span>
            <strong class="model">{alert.model}</strong> went {alert.direction} for <TaskTag task={alert.task} />
          </span>
          <span class="num">
            {usd(alert.old_unit * 1e6)} → {usd(alert.new_unit * 1e6)} <span class="hint">per 1M tokens</span>
          </span>
          <span class="quiet">{ago(alert.ts, now)}</span>
        </li>
      ))}
    </ul>
  );
}
