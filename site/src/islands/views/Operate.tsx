// What operators do: keys, the switch, and what was done. With a key that this page alone holds.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

import { api, ApiError } from "../../api/client";
import type { Deed, KeyRow, Terms } from "../../api/types";
import { ago, count, usd } from "../../lib/format";
import { figure } from "../../lib/figure";
import { useNow } from "../../state/feed";
import { useOperator } from "../../state/key";
import { useAct } from "../parts/act";
import { blames, Field, Select } from "../parts/Field";
import { Card, Columns, CopyButton, Empty, Problem, Scroll, Skeleton } from "../parts/ui";

export default function Operate() {
  const key = useOperator();
  if (!key) {
    return (
      <Card>
        <Empty
          title="This is for operators"
          action={
            <a class="button primary" href="/app/key/">
              Enter an operator's key
            </a>
          }
        >
          The key is held by the page only, and gone when it is.
        </Empty>
      </Card>
    );
  }
  return (
    <div class="stack">
      <Keys secret={key} />
      <Switch secret={key} />
      <Audit secret={key} />
    </div>
  );
}

/** Pages of a list, one after the other. */
function usePages<T>(load: (cursor: string | null, signal: AbortSignal) => Promise<{ rows: T[]; next: string | null }>) {
  const [state, set] = useState<{ rows: T[] | null; next: string | null; error: ApiError | null }>({ rows: null, next: null, error: null });
  const [round, again] = useState(0);
  const take = (cursor: string | null, before: T[], signal: AbortSignal) =>
    load(cursor, signal).then(
      ({ rows, next }) => set({ rows: [...before, ...rows], next, error: null }),
      (error) => signal.aborted || set((old) => ({ ...old, error: error instanceof ApiError ? error : new ApiError(0, String(error)) })),
    );
  useEffect(() => {
    const leaving = new AbortController();
    void take(null, [], leaving.signal);
    return () => leaving.abort();
  }, [round]);
  return { ...state, reload: () => again((n) => n + 1), more: () => void take(state.next, state.rows ?? [], new AbortController().signal) };
}

/** What is there of them: a refusal, nothing yet, none, or the rows, and the way to more. */
function Pages<T>({ of: list, none, children }: { of: ReturnType<typeof usePages<T>>; none: string; children: (rows: T[]) => ComponentChildren }) {
  return (
    <>
      {list.error && <Problem error={list.error} retry={list.reload} />}
      {!list.rows ? <Skeleton lines={4} /> : list.rows.length === 0 ? <Empty title={none} /> : children(list.rows)}
      {list.next && (
        <button type="button" class="button more" onClick={list.more}>
          Show more
        </button>
      )}
    </>
  );
}

const period = ["day", "week", "month", "total"].map((one) => [one, one] as const);

function Fields({
  terms,
  children,
  onSave,
  busy,
  error,
}: {
  terms: Terms;
  children: ComponentChildren;
  onSave: (terms: Terms) => void;
  busy: boolean;
  error: ApiError | null;
}) {
  const read = (form: HTMLFormElement): Terms => {
    const data = new FormData(form);
    const text = (name: string) => String(data.get(name) ?? "").trim();
    const number = (name: string) => figure(text(name)) as number | null;
    const expires = text("expires") ? Date.parse(text("expires")) / 1000 : null;
    const budget = number("budget_usd");
    return {
      label: text("label") || null,
      limit_6h: number("limit_6h"),
      limit_week: number("limit_week"),
      budget_usd: budget,
      budget_period: budget === null ? null : (text("budget_period") as Terms["budget_period"]),
      expires,
    };
  };
  const day = terms.expires ? new Date(terms.expires * 1000).toISOString().slice(0, 10) : "";
  const known = ["label", "limit_6h", "limit_week", "budget_usd", "budget_period", "expires"].some((name) => blames(error, name));
  const shown = (value: string | number | null | undefined) => String(value ?? "");
  return (
    <form class="terms" onSubmit={(event) => (event.preventDefault(), onSave(read(event.currentTarget)))} novalidate>
      <Field label="Label" name="label" value={shown(terms.label)} error={error} />
      <Field label="Requests in 6 h" name="limit_6h" value={shown(terms.limit_6h)} error={error} placeholder="as set" numeric />
      <Field label="Requests in 7 d" name="limit_week" value={shown(terms.limit_week)} error={error} placeholder="as set" numeric />
      <Field label="Budget, USD" name="budget_usd" value={shown(terms.budget_usd)} error={error} placeholder="none" numeric />
      <Select label="Budget for a" name="budget_period" value={terms.budget_period ?? "month"} options={period} error={error} />
      <Field label="Expires" name="expires" type="date" value={day} error={error} />
      {error && !known && (
        <div class="wide">
          <Problem error={error} />
        </div>
      )}
      <div class="row">
        <button type="submit" class="button primary" disabled={busy}>
          {children}
        </button>
      </div>
    </form>
  );
}

function Keys({ secret }: { secret: string }) {
  const list = usePages<KeyRow>((cursor, signal) => api.keys(secret, cursor, signal).then(({ keys, next }) => ({ rows: keys, next })));
  const { busy, error, act, forget } = useAct();
  // Whose form was sent last: what is wrong is said there.
  const [asked, setAsked] = useState("");
  const [made, setMade] = useState<string | null>(null);
  const [changing, setChanging] = useState<string | null>(null);
  const [sure, setSure] = useState<string | null>(null);
  const now = useNow(30_000);
  const set = (id: string, to: "pause" | "resume" | "revoke") => (
    setAsked(""), act(async () => (await api.setStatus(secret, id, to), setSure(null), list.reload()))
  );
  return (
    <Card title="Keys">
      {made && (
        <div class="notice" role="status">
          <strong>The new key, shown this once</strong>
          <div class="secret">
            <code>{made}</code>
            <CopyButton text={made} label="Copy key" />
          </div>
        </div>
      )}
      {error && asked === "" && <Problem error={error} />}
      <details>
        <summary>Mint a key</summary>
        <Fields
          terms={{}}
          busy={busy}
          error={asked === "mint" ? error : null}
          onSave={(terms) => (
            setAsked("mint"),
            act(async () => {
              setMade((await api.mint(secret, terms)).api_key);
              list.reload();
            })
          )}
        >
          Mint
        </Fields>
      </details>
      <Pages of={list} none="No keys yet">
        {(rows) => (
          <Scroll label="Keys">
            <table class="table listed">
              <Columns of={["Key", "Status", "6 h", "7 d", "Spent", "Last used"]} right={["6 h", "7 d", "Spent"]} last="Acts" />
              <tbody>
                {rows.map((row) => [
                  <tr key={row.id}>
                    <th scope="row" data-label="Key">
                      {row.terms.label || row.email || row.id} <span class="hint model">…{row.hint}</span>
                    </th>
                    <td data-label="Status">
                      <span class={`badge badge-${row.status}`}>{row.status}</span>
                    </td>
                    <td data-label="6 h" class="right num">
                      {count(row.used_6h)}
                      {row.terms.limit_6h ? ` of ${count(row.terms.limit_6h)}` : ""}
                    </td>
                    <td data-label="7 d" class="right num">
                      {count(row.used_week)}
                      {row.terms.limit_week ? ` of ${count(row.terms.limit_week)}` : ""}
                    </td>
                    <td data-label="Spent" class="right num">
                      {usd(row.spent)}
                      {typeof row.terms.budget_usd === "number" ? ` of ${usd(row.terms.budget_usd, 2)}` : ""}
                    </td>
                    <td data-label="Last used" class="quiet">
                      {row.last_used ? ago(row.last_used, now) : "never"}
                    </td>
                    <td class="acts">
                      {row.status !== "revoked" && (
                        <>
                          <button
                            type="button"
                            class="button small"
                            aria-expanded={changing === row.id}
                            onClick={() => (forget(), setChanging(changing === row.id ? null : row.id))}
                          >
                            Terms
                          </button>
                          <button type="button" class="button small" disabled={busy} onClick={() => set(row.id, row.status === "paused" ? "resume" : "pause")}>
                            {row.status === "paused" ? "Resume" : "Pause"}
                          </button>
                          {sure === row.id ? (
                            <button type="button" class="button small danger" disabled={busy} onClick={() => set(row.id, "revoke")}>
                              Revoke for good
                            </button>
                          ) : (
                            <button type="button" class="button small danger" onClick={() => setSure(row.id)}>
                              Revoke…
                            </button>
                          )}
                        </>
                      )}
                    </td>
                  </tr>,
                  changing === row.id && (
                    <tr key={`${row.id} terms`} class="opened">
                      <td colSpan={7}>
                        <Fields
                          terms={row.terms}
                          busy={busy}
                          error={asked === row.id ? error : null}
                          onSave={(terms) => (
                            setAsked(row.id),
                            act(async () => {
                              await api.setTerms(secret, row.id, terms);
                              setChanging(null);
                              list.reload();
                            })
                          )}
                        >
                          Save
                        </Fields>
                      </td>
                    </tr>
                  ),
                ])}
              </tbody>
            </table>
          </Scroll>
        )}
      </Pages>
    </Card>
  );
}

const serves = [
  ["all", "Everyone"],
  ["operators", "Operators only"],
  ["none", "Nobody"],
] as const;

/** Who is served at all. A deployment that has no such switch says so. */
function Switch({ secret }: { secret: string }) {
  const [to, setTo] = useState<string>("all");
  const [why, setWhy] = useState("");
  const [done, setDone] = useState("");
  const { busy, error, act } = useAct();
  const save = (event: Event) => {
    event.preventDefault();
    setDone("");
    void act(async () => (await api.serve(secret, to, why.trim()), setDone(`In force: ${serves.find(([id]) => id === to)?.[1].toLowerCase()}.`)));
  };
  return (
    <Card title="Who is served" hint="In force within two seconds, without a deployment.">
      <form class="inline-form" onSubmit={save}>
        <label class="field">
          <span>Serve</span>
          <select value={to} onChange={(event) => setTo(event.currentTarget.value)}>
            {serves.map(([id, label]) => (
              <option key={id} value={id}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label class="field grow">
          <span>Why</span>
          <input type="text" maxLength={200} value={why} onInput={(event) => setWhy(event.currentTarget.value)} />
        </label>
        <button type="submit" class="button" disabled={busy}>
          Set
        </button>
      </form>
      {done && <p role="status">{done}</p>}
      {error && (error.missing ? <p class="quiet">This deployment has no such switch.</p> : <Problem error={error} />)}
    </Card>
  );
}

function Audit({ secret }: { secret: string }) {
  const list = usePages<Deed>((cursor, signal) => api.audit(secret, cursor, signal).then(({ deeds, next }) => ({ rows: deeds, next })));
  const now = useNow(30_000);
  if (list.error?.missing) return null;
  return (
    <Card title="What was done">
      <Pages of={list} none="Nothing was done yet">
        {(rows) => (
          <Scroll label="What was done" class="tall">
            <table class="table listed">
              <Columns of={["Deed", "By", "To", "When"]} />
              <tbody>
                {rows.map((deed) => (
                  <tr key={deed.id}>
                    <th scope="row" data-label="Deed">
                      {deed.deed}
                    </th>
                    <td data-label="By">{deed.who}</td>
                    <td data-label="To" class="model">
                      {deed.subject ?? "–"}
                    </td>
                    <td data-label="When" class="quiet">
                      {ago(deed.ts, now)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scroll>
        )}
      </Pages>
    </Card>
  );
}
