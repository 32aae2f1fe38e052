// The pool: what is routed to, at what price, and who said so. Operators change it here.

import { useState } from "preact/hooks";

import { api } from "../../api/client";
import type { Overview, Pool, PoolModel } from "../../api/types";
import { clock, count, listPrice, tokens } from "../../lib/format";
import { modelPath } from "../../lib/models";
import type { Figure } from "../../state/feed";
import { useOperator } from "../../state/key";
import { reloadPool, setPool, usePool } from "../../state/pool";
import { useAct } from "./act";
import { ModelForm } from "./ModelForm";
import { PoolImport } from "./PoolImport";
import { Card, Columns, Problem, Scroll, Skeleton } from "./ui";

export const sources: Record<PoolModel["price_from"], string> = { operator: "an operator", catalogue: "the catalogue", "built-in": "built in" };

export function PoolCard({ overview }: { overview: Figure<Overview> }) {
  const pool = usePool();
  const secret = useOperator();
  return (
    <Card title="The pool" hint="The models that are routed to. Prices in USD per million tokens; what is charged is measured.">
      {pool.error && <Problem error={pool.error} retry={() => void reloadPool()} />}
      {pool.value ? <Rows pool={pool.value} overview={overview.value} secret={secret} /> : !pool.error && <Skeleton lines={8} />}
    </Card>
  );
}

type Opened = "" | "add" | "import" | `change ${string}`;

function Rows({ pool, overview, secret }: { pool: Pool; overview: Overview | null; secret: string | null }) {
  const [opened, setOpened] = useState<Opened>("");
  const runtimes = [...new Set(pool.models.map(({ runtime }) => runtime))];
  const close = () => setOpened("");
  const unpriced = pool.models.filter(({ enabled, in_price, out_price }) => enabled && (in_price === null || out_price === null));
  const off = pool.models.filter(({ enabled }) => !enabled).length;
  return (
    <>
      {unpriced.length > 0 && (
        <p class="notice notice-warn">
          <span>
            Of {unpriced.length === 1 ? <span class="model">{unpriced[0]!.id}</span> : `${count(unpriced.length)} models`} nobody has said the price: until
            something is charged, {unpriced.length === 1 ? "its" : "their"} cost is not known, and a budget takes {unpriced.length === 1 ? "it" : "them"} for
            dear.
          </span>
        </p>
      )}
      {secret && (
        <div class="row">
          <button type="button" class="button small" aria-expanded={opened === "add"} onClick={() => setOpened(opened === "add" ? "" : "add")}>
            Add a model
          </button>
          <button type="button" class="button small" aria-expanded={opened === "import"} onClick={() => setOpened(opened === "import" ? "" : "import")}>
            Import from a catalogue
          </button>
          <span class="hint">Version {pool.version}. In force everywhere within five seconds.</span>
        </div>
      )}
      {secret && opened === "add" && <ModelForm secret={secret} version={pool.version} model={null} runtimes={runtimes} onDone={close} />}
      {secret && opened === "import" && <PoolImport secret={secret} pool={pool} runtimes={runtimes} onDone={close} />}
      <Scroll label="The pool">
        <table class="table listed pool">
          <Columns
            of={["Model", "Tier", "Input", "Output", "Cached", "Context", "Price from"]}
            right={["Input", "Output", "Cached", "Context"]}
            last={secret ? "Acts" : undefined}
          />
          <tbody>
            {pool.models.map((model) => {
              const out = overview?.quarantined?.[model.id];
              const changing = opened === `change ${model.id}`;
              return [
                <tr key={model.id} data-off={!model.enabled || undefined}>
                  <th scope="row" class="model">
                    <a href={modelPath(model.id)}>{model.id}</a>
                    {model.id === overview?.baseline && <span class="badge">baseline</span>}
                    {!model.enabled && <span class="badge badge-paused">off</span>}
                    {out && (
                      <span class="badge badge-paused" title={`until ${clock(out.until)}`}>
                        left out
                      </span>
                    )}
                    {(runtimes.length > 1 || model.upstream_id !== model.id) && (
                      <span class="beside">
                        {[runtimes.length > 1 && `of ${model.runtime}`, model.upstream_id !== model.id && `as ${model.upstream_id}`].filter(Boolean).join(", ")}
                      </span>
                    )}
                    {model.tags.length > 0 && <span class="beside">{model.tags.join(", ")}</span>}
                  </th>
                  <td data-label="Tier">{model.tier}</td>
                  <Price label="Input" of={model.in_price} />
                  <Price label="Output" of={model.out_price} />
                  <Price label="Cached" of={model.cached_in_price} quiet />
                  <td data-label="Context" class="right num">
                    {tokens(model.context)}
                  </td>
                  <td data-label="Price from" class="quiet">
                    {model.in_price === null && model.out_price === null ? "nobody" : sources[model.price_from]}
                  </td>
                  {secret && (
                    <td class="acts">
                      <Acts
                        secret={secret}
                        model={model}
                        version={pool.version}
                        changing={changing}
                        onChange={() => setOpened(changing ? "" : `change ${model.id}`)}
                      />
                    </td>
                  )}
                </tr>,
                secret && changing && (
                  <tr key={`${model.id} form`} class="opened">
                    <td colSpan={8}>
                      <ModelForm secret={secret} version={pool.version} model={model} runtimes={runtimes} onDone={close} />
                    </td>
                  </tr>
                ),
              ];
            })}
          </tbody>
        </table>
      </Scroll>
      {off > 0 && (
        <p class="hint">
          {count(off)} {off === 1 ? "is" : "are"} off: not routed to, and what was learned of {off === 1 ? "it" : "them"} is kept.
        </p>
      )}
    </>
  );
}

/** What nobody knows is said where it matters, and never 0. */
function Price({ label, of, quiet = false }: { label: string; of: number | null; quiet?: boolean }) {
  return (
    <td data-label={label} class={`right num ${of === null ? (quiet ? "quiet" : "warn") : ""}`}>
      {quiet && of === null ? "–" : listPrice(of)}
    </td>
  );
}

function Acts({ secret, model, version, changing, onChange }: { secret: string; model: PoolModel; version: number; changing: boolean; onChange: () => void }) {
  const { busy, error, act } = useAct();
  const [sure, setSure] = useState(false);
  const change = (call: () => Promise<Pool>) =>
    act(async () => {
      setSure(false);
      try {
        setPool(await call());
      } catch (problem) {
        await reloadPool();
        throw problem;
      }
    });
  return (
    <>
      <button type="button" class="button small" aria-expanded={changing} aria-label={`Edit ${model.id}`} onClick={onChange}>
        Edit
      </button>
      <button
        type="button"
        class="button small"
        disabled={busy}
        aria-label={`${model.enabled ? "Switch off" : "Switch on"} ${model.id}`}
        onClick={() => change(() => api.writeModel(secret, { ...model, enabled: !model.enabled }, version))}
      >
        {model.enabled ? "Switch off" : "Switch on"}
      </button>
      {sure ? (
        <button
          key="sure"
          type="button"
          class="button small danger"
          disabled={busy}
          aria-label={`Take out for good: ${model.id}`}
          onClick={() => change(() => api.takeOutModel(secret, model.id, version))}
        >
          Take out for good
        </button>
      ) : (
        <button key="asked" type="button" class="button small danger" aria-label={`Take out… ${model.id}`} onClick={() => setSure(true)}>
          Take out…
        </button>
      )}
      {error && <Problem error={error} />}
    </>
  );
}
