// What a runtime's catalogue would change of the pool: looked at first, done after.

import { useRef, useState } from "preact/hooks";

import { api } from "../../api/client";
import type { Import, Pool, Prices } from "../../api/types";
import { count, listPrice, tokens } from "../../lib/format";
import { reloadPool } from "../../state/pool";
import { useAct } from "./act";
import { blames, Field } from "./Field";
import { OFFERED, Offer } from "./Offer";
import { Columns, Problem, Scroll } from "./ui";

/** Rows that are shown of a catalogue: a search finds the others. */
const MOST = 30;

export function PoolImport({ secret, pool, runtimes, onDone }: { secret: string; pool: Pool; runtimes: string[]; onDone: () => void }) {
  const [runtime, setRuntime] = useState(runtimes[0] ?? "");
  const [seen, setSeen] = useState<Import | null>(null);
  const [ids, setIds] = useState<string[]>([]);
  const [find, setFind] = useState("");
  const [done, setDone] = useState<Import | null>(null);
  const { busy, error, act } = useAct();
  // Of questions that overtake each other the last one counts.
  const latest = useRef(0);

  const ask = (named: string[], apply: boolean) =>
    act(async () => {
      const turn = ++latest.current;
      const answer = await api
        .importModels(
          secret,
          { ...(runtime.trim() ? { runtime: runtime.trim() } : {}), ...(named.length > 0 ? { ids: named } : {}), ...(apply ? { apply: true } : {}) },
          apply ? seen?.version : undefined,
        )
        .catch(async (problem) => {
          await reloadPool();
          throw problem;
        });
      if (turn !== latest.current) return;
      if (!apply) return setSeen(answer);
      setDone(answer);
      setSeen(null);
      setIds([]);
      await reloadPool();
    });
  const choose = (id: string, on: boolean) => {
    const next = on ? [...ids, id] : ids.filter((one) => one !== id);
    setIds(next);
    void ask(next, false);
  };

  const has = (id: string) => pool.models.some((model) => model.upstream_id === id && model.runtime === seen?.runtime);
  const offered = (seen?.offered ?? []).filter(({ id }) => id.toLowerCase().includes(find.trim().toLowerCase()));
  const changes = seen ? seen.added.length + seen.repriced.length + seen.gone.length : 0;
  return (
    <div class="import">
      <div class="inline-form">
        <Field label="Runtime" name="runtime" value={runtime} options={runtimes} error={error} onInput={(to) => (setRuntime(to), setSeen(null), setIds([]))} />
        <button type="button" class="button" disabled={busy} onClick={() => (setDone(null), ask(ids, false))}>
          {busy ? "One moment…" : seen ? "Read it again" : "Read the catalogue"}
        </button>
        <button type="button" class="button" onClick={onDone}>
          Close
        </button>
      </div>
      {error && !blames(error, "runtime") && <Problem error={error} />}
      {done && <p role="status">Done: {told(done)}.</p>}
      {seen && (
        <>
          <section aria-label="What it would change">
            <h3>What it would change</h3>
            {seen.incomplete && <p class="hint">Not all of the catalogue was read: {seen.incomplete}. Nothing is switched off for what is missing.</p>}
            {changes === 0 ? <p class="quiet">Nothing: no price has moved, and nothing was chosen to be added.</p> : <Changes of={seen} />}
            {changes > 0 && (
              <p class="row">
                <button type="button" class="button primary" disabled={busy} onClick={() => ask(ids, true)}>
                  Make {changes === 1 ? "this change" : `these ${count(changes)} changes`}
                </button>
                <span class="hint">Prices that an operator set stay as they are.</span>
              </p>
            )}
          </section>
          <section aria-label="What the runtime offers">
            <h3>What {seen.runtime} offers</h3>
            <label class="field find">
              <span>Find</span>
              <input type="search" value={find} placeholder="gpt, llama, …" onInput={(event) => setFind(event.currentTarget.value)} />
            </label>
            <Scroll label="Offered models">
              <table class="table compact listed">
                <Columns of={["Add", ...OFFERED]} right={OFFERED} />
                <tbody>
                  {offered.slice(0, MOST).map((entry) => (
                    <tr key={entry.id}>
                      <th scope="row" class="model">
                        {has(entry.id) ? (
                          <>
                            {entry.id}
                            <span class="badge">in the pool</span>
                          </>
                        ) : (
                          <label class="check">
                            <input type="checkbox" checked={ids.includes(entry.id)} onChange={(event) => choose(entry.id, event.currentTarget.checked)} />{" "}
                            {entry.id}
                          </label>
                        )}
                      </th>
                      <Offer of={entry} />
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
            <p class="hint">
              {offered.length > MOST
                ? `${count(MOST)} of ${count(offered.length)}: a search finds the others.`
                : `${count(offered.length)} of ${count(seen.offered.length)}`}
            </p>
          </section>
        </>
      )}
    </div>
  );
}

function told({ added, repriced, gone }: Import): string {
  const parts = [
    [added.length, "added"],
    [repriced.length, "repriced"],
    [gone.length, "switched off"],
  ] as const;
  return (
    parts
      .filter(([n]) => n > 0)
      .map(([n, what]) => `${count(n)} ${what}`)
      .join(", ") || "nothing had changed"
  );
}

function Changes({ of: { added, repriced, gone } }: { of: Import }) {
  return (
    <ul class="changes">
      {added.map((model) => (
        <li key={model.id} data-change="added">
          <span class="change">added</span> <span class="model">{model.id}</span>{" "}
          <span class="num">{three([model.in_price, model.out_price, model.cached_in_price])}</span>{" "}
          <span class="hint">
            {model.tier}, {tokens(model.context)} context
          </span>
        </li>
      ))}
      {repriced.map(({ id, from, to }) => (
        <li key={id} data-change="repriced">
          <span class="change">repriced</span> <span class="model">{id}</span>{" "}
          <span class="num">
            <del>{three(from)}</del> → <ins>{three(to)}</ins>
          </span>
        </li>
      ))}
      {gone.map((id) => (
        <li key={id} data-change="gone">
          <span class="change">switched off</span> <span class="model">{id}</span> <span class="hint">no longer offered; what was learned of it is kept</span>
        </li>
      ))}
    </ul>
  );
}

/** In, out, and where it is told, cached. */
const three = ([input, output, cached]: Prices): string => [input, output, ...(cached === null ? [] : [cached])].map(listPrice).join(" / ");
