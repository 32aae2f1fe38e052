// All that is known of one model, at an address of its own.

import type { Overview, Point, Policy, PoolModel, Price, PriceAlert, PriceSince, Status } from "../../api/types";
import { ago, clock, count, dated, listPrice, millis, quality, share, span, tokens, usd } from "../../lib/format";
import { rangeOf, ranges, requests, said } from "../../lib/happened";
import { useFigure, useNow } from "../../state/feed";
import { usePool } from "../../state/pool";
import { useQuery } from "../../state/query";
import { believed } from "../views/Overview";
import { abilities } from "./ModelForm";
import { sources } from "./PoolCard";
import PriceChart from "./PriceChart";
import { Steps } from "./Steps";
import { Card, Columns, Empty, Measured, Ready, Scroll, Segments, Skeleton, Stale, TaskTag } from "./ui";

export function ModelPage({ model }: { model: string }) {
  const [text, setRange] = useQuery("range");
  const range = rangeOf(text);
  const pool = usePool();
  const policy = useFigure("policy");
  const overview = useFigure("overview");
  const status = useFigure("status");
  const alerts = useFigure("alerts");
  const pricing = useFigure("pricing");
  const history = useFigure(`pricing/history?model=${encodeURIComponent(model)}`);
  const whole = useFigure(`series:model:${range}:whole`);
  const steps = useFigure(`series:model:${range}`);

  const row = pool.value?.models.find(({ id }) => id === model) ?? null;
  const listed = pricing.value?.find(({ id }) => id === (row?.upstream_id ?? model)) ?? null;
  const learned = Object.entries(policy.value ?? {}).flatMap(([task, rows]) => rows.filter((one) => one.model === model).map((one) => ({ task, one })));
  const unknown = pool.value !== null && policy.value !== null && pricing.value !== null && !row && learned.length === 0 && !listed;
  return (
    <div class="stack model-page">
      <p>
        <a href="/app/models/">All models</a>
      </p>
      <h2 class="model">{model}</h2>
      {unknown ? (
        <Card>
          <Empty
            title="No such model here"
            action={
              <a class="button" href="/app/models/">
                See those that there are
              </a>
            }
          >
            It is neither in the pool nor in the runtime's catalogue, and nothing was learned of it.
          </Empty>
        </Card>
      ) : (
        <>
          <Stale of={[policy, overview, whole, steps]} />
          <Standing model={model} row={row} status={status.value} overview={overview.value} known={pool.value !== null} />
          <Card title="Price" hint="USD per million tokens, by list. What calls were charged of that is measured, task by task below.">
            {pool.value || pool.error ? <ListPrice row={row} listed={listed} /> : <Skeleton lines={2} />}
            {row && history.value && <History prices={history.value.prices} />}
            <Shifts model={model} alerts={alerts.value} />
          </Card>
          <Card title="What was learned">
            <Ready of={policy} lines={5}>
              {() => (learned.length > 0 ? <Learned rows={learned} /> : <p class="quiet">Nothing yet: no request has gone to it.</p>)}
            </Ready>
          </Card>
          <Card title="How it ran" aside={<Segments label="Time" value={range} options={ranges} onChange={(to) => setRange(to === "24h" ? "" : to)} />}>
            <Ready of={whole} lines={4}>
              {({ points }) => {
                const sums = points.find(({ name }) => name === model);
                return sums && requests(sums) > 0 ? <Ran sums={sums} model={model} /> : <p class="quiet">No request went to it {said[range]}.</p>;
              }}
            </Ready>
            {steps.value && <Steps series={steps.value} name={model} />}
          </Card>
        </>
      )}
    </div>
  );
}

/** Whether it is routed to, and if not, why. */
function Standing({
  model,
  row,
  status,
  overview,
  known,
}: {
  model: string;
  row: PoolModel | null;
  status: Status | null;
  overview: Overview | null;
  known: boolean;
}) {
  const now = useNow(1_000);
  const until = status?.models_out?.[model];
  const out = overview?.quarantined?.[model];
  if (known && !row) return <p class="notice">It is not in the pool: nothing is routed to it.</p>;
  if (row && !row.enabled) return <p class="notice notice-warn">It is switched off: nothing is routed to it, and what was learned is kept.</p>;
  if (until !== undefined) {
    return (
      <p class="notice notice-warn" role="status">
        <span>
          <strong>Left out</strong> until {clock(until)}, for {span(Math.max(0, until - now / 1000))} more:{" "}
          {out?.failures && out.failed_at
            ? `it failed ${out.failures === 1 ? "once" : `${count(out.failures)} times`} since it last answered, the last time ${ago(out.failed_at, now)}`
            : "it failed"}
          .
        </span>
      </p>
    );
  }
  return null;
}

function ListPrice({ row, listed }: { row: PoolModel | null; listed: Price | null }) {
  if (!row && !listed) return <p class="quiet">Its price is not known.</p>;
  const nobody = row && row.in_price === null && row.out_price === null;
  const facts: [string, string][] = [
    ["Input", listPrice(row ? row.in_price : listed!.in_price)],
    ["Output", listPrice(row ? row.out_price : listed!.out_price)],
    ...(row
      ? ([
          ["Cached input", listPrice(row.cached_in_price)],
          ["From", nobody ? "nobody has said it" : sources[row.price_from]],
          ["Tier", row.tier],
        ] as [string, string][])
      : ([["From", "the catalogue"]] as [string, string][])),
    ["Context", tokens(row?.context ?? listed?.context ?? null)],
    ...(row
      ? ([
          ["Most output", row.max_output === null ? "not known" : tokens(row.max_output)],
          [
            "Takes",
            abilities
              .filter(([name]) => row.accepts[name])
              .map(([, label]) => label.toLowerCase())
              .join(", ") || "not known",
          ],
        ] as [string, string][])
      : []),
  ];
  return (
    <dl class="facts">
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd class="num">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function History({ prices }: { prices: PriceSince[] }) {
  const [first] = prices;
  return (
    <section aria-label="List price until now">
      <h3>List price until now</h3>
      {prices.length > 1 ? (
        <PriceChart prices={prices} />
      ) : (
        <p class="quiet">{first ? `The same since it was first noted, ${dated(first.since)}.` : "Not noted yet: its next change will be."}</p>
      )}
    </section>
  );
}

function Shifts({ model, alerts }: { model: string; alerts: PriceAlert[] | null }) {
  const now = useNow();
  if (!alerts) return null;
  const own = alerts.filter((alert) => alert.model === model);
  return (
    <section aria-label="Price shifts">
      <h3>Shifts of what is charged</h3>
      {own.length === 0 ? (
        <p class="quiet">None among the newest {count(Math.max(alerts.length, 200))} of all models.</p>
      ) : (
        <ul class="alerts">
          {own.slice(0, 20).map((alert, index) => (
            <li key={`${alert.ts} ${index}`}>
              <TaskTag task={alert.task} />
              <span class="num">
                {usd(alert.old_unit * 1e6)} → {usd(alert.new_unit * 1e6)} <span class="hint">per 1M tokens</span>
              </span>
              <span class="quiet">{ago(alert.ts, now)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Learned({ rows }: { rows: { task: string; one: Policy[string][number] }[] }) {
  return (
    <Scroll label="What was learned">
      <table class="table listed">
        <Columns
          of={["Task", "Samples", "Quality", "Mean cost", "Charged of list", "Share of choices"]}
          right={["Samples", "Quality", "Mean cost", "Charged of list", "Share of choices"]}
        />
        <tbody>
          {rows.map(({ task, one }) => (
            <tr key={task} class={one.winner ? "winner" : undefined}>
              <th scope="row">
                <a href={`/app/models/?task=${encodeURIComponent(task)}`}>
                  <TaskTag task={task} />
                </a>
                {one.winner && <span class="badge">wins</span>}
              </th>
              <td data-label="Samples" class="right num">
                {count(one.n)}
              </td>
              <td data-label="Quality" class="right num">
                {believed(one)}
              </td>
              <td data-label="Mean cost" class="right num">
                {one.avg_cost === null ? "not known" : usd(one.avg_cost)}
              </td>
              <td data-label="Charged of list" class="right num">
                {typeof one.charged_of_list === "number" ? `× ${one.charged_of_list.toFixed(2)}` : "not known"}
              </td>
              <td data-label="Share of choices" class="right num">
                {share(one.share)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** Where the figure of what was spent is from. */
function spent({ spend, computed, estimated }: Point): string {
  const parts = [...(computed > 0 ? [`${usd(computed)} of it tokens at list price`] : []), ...(estimated > 0 ? [`${usd(estimated)} estimated`] : [])];
  if (computed >= spend * 0.995 && spend > 0) return "tokens at list price";
  return parts.join(", ") || "as charged";
}

function Ran({ sums, model }: { sums: Point; model: string }) {
  const all = requests(sums);
  const failed = sums.failed / Math.max(1, all);
  const facts: [string, string, string, string?][] = [
    ["Requests", count(all), sums.dropped > 0 ? `${count(sums.dropped)} were left by their client` : "of all that ended here"],
    ["Failed", share(failed), `${count(sums.failed)} in all`, failed >= 0.05 ? "bad" : failed > 0 ? "warn" : undefined],
    ["Stood in", count(sums.failovers), "answered after another had failed"],
    ["Spent", usd(sums.spend), spent(sums)],
    ["Quality", quality(sums.quality), `of ${count(sums.graded)} graded answers`],
    [
      "First byte",
      millis(sums.first_ms.p50),
      sums.first_ms.p50 === null ? "no answer was streamed" : `half are quicker; 95 % within ${millis(sums.first_ms.p95)}`,
    ],
    [
      "Whole answer",
      millis(sums.total_ms.p50),
      sums.total_ms.p50 === null ? "no answer came to its end" : `half are quicker; 95 % within ${millis(sums.total_ms.p95)}`,
    ],
  ];
  return (
    <>
      <Measured facts={facts} />
      <p>
        <a href={`/app/activity/?model=${encodeURIComponent(model)}`}>Its requests</a>
      </p>
    </>
  );
}
