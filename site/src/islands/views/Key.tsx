import { useEffect, useRef, useState } from "preact/hooks";

import { api, type ApiError } from "../../api/client";
import { count, moment, span } from "../../lib/format";
import { snippets } from "../../lib/snippets";
import { useNow } from "../../state/feed";
import { setKey, setOperator, useKey, useOperator, useUsage } from "../../state/key";
import { Card, CopyButton, Empty, LANGUAGES, Problem, Segments, Skeleton, Snippet } from "../parts/ui";

type Language = "python" | "node" | "curl";

interface Made {
  api_key: string;
  old_until: number;
}

export default function Key() {
  const key = useKey();
  // Outlives the key that it takes the place of.
  const [made, setMade] = useState<Made | null>(null);
  return key ? <Known key={key} secret={key} made={made?.api_key === key ? made : null} onMade={setMade} /> : <Unknown />;
}

function Unknown() {
  const [typed, setTyped] = useState("");
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  async function use(event: Event) {
    event.preventDefault();
    const key = typed.trim();
    if (!key) return;
    setBusy(true);
    setError(null);
    try {
      const { status } = await api.key(key);
      if (status === "operator") setOperator(key);
      else setKey(key);
    } catch (problem) {
      setError(problem as ApiError);
    }
    setBusy(false);
  }
  return (
    <div class="stack">
      <Card>
        <Empty
          title="No key in this browser"
          action={
            <a class="button primary" href="/start/">
              Get a key
            </a>
          }
        >
          An email address is all it takes.
        </Empty>
      </Card>
      <Card title="I have one already">
        <form class="inline-form" onSubmit={use}>
          <label class="field grow">
            <span>API key</span>
            <input
              type="password"
              autocomplete="off"
              spellcheck={false}
              value={typed}
              placeholder="arb_…"
              onInput={(event) => setTyped(event.currentTarget.value)}
            />
          </label>
          <button type="submit" class="button" disabled={busy || typed.trim() === ""}>
            Use this key
          </button>
        </form>
        {error && <Problem error={error} />}
      </Card>
    </div>
  );
}

function Known({ secret, made, onMade }: { secret: string; made: Made | null; onMade: (made: Made) => void }) {
  const usage = useUsage(secret);
  const [shown, setShown] = useState(false);
  const [language, setLanguage] = useState<Language>("python");
  const value = usage.value;
  const gone = usage.error?.status === 401;
  const operator = useOperator() === secret;
  useEffect(() => {
    // One that an older page had kept.
    if (value?.status === "operator" && !operator) setOperator(secret);
  }, [value?.status, operator, secret]);
  return (
    <div class="stack">
      {usage.error && (
        <div class="stack">
          <Problem error={usage.error} retry={gone ? undefined : usage.reload} />
          {gone && (
            <p>
              <button type="button" class="button" onClick={() => setKey(null)}>
                Forget this key
              </button>
            </p>
          )}
        </div>
      )}
      {made && (
        <div class="notice" role="status">
          <strong>The new key, shown this once</strong>
          <div class="secret">
            <code>{made.api_key}</code>
            <CopyButton text={made.api_key} label="Copy new key" />
          </div>
          <p>This browser uses it from now on. The old one works until {moment(made.old_until)}.</p>
        </div>
      )}
      <Card title="Your key" aside={value && <span class={`badge badge-${value.status}`}>{value.status}</span>}>
        <div class="secret">
          <code>{shown ? secret : `${secret.slice(0, 4)}${"•".repeat(12)}${secret.slice(-4)}`}</code>
          <button type="button" class="button small" aria-pressed={shown} onClick={() => setShown(!shown)}>
            {shown ? "Hide" : "Show"}
          </button>
          <CopyButton text={secret} label="Copy key" />
        </div>
        <p class="hint">
          {value?.email ? <>Registered for {value.email}. </> : null}
          {operator
            ? "An operator's key is held by this page only: it is gone when the page is."
            : "Kept in this browser only; the server knows no more than its hash."}
        </p>
        {operator && (
          <p class="row">
            <a class="button" href="/app/operate/">
              Keys, switch and audit
            </a>
            <button type="button" class="button" onClick={() => setOperator(null)}>
              Put it away
            </button>
          </p>
        )}
      </Card>
      <Card title="Usage">{value ? <Windows usage={value} at={usage.at} /> : usage.error ? <p class="quiet">Not available.</p> : <Skeleton lines={2} />}</Card>
      {value && value.status !== "operator" && <Control secret={secret} status={value.status} reload={usage.reload} onMade={onMade} />}
      <Card title="Use it" aside={<Segments label="Language" value={language} options={LANGUAGES} onChange={setLanguage} />}>
        <Snippet code={snippets(location.origin, shown ? secret : "YOUR_KEY")[language]} label={`Example in ${language}`} />
        <p class="row">
          <CopyButton text={snippets(location.origin, secret)[language]} label="Copy with this key" />{" "}
          <span class="hint">Any OpenAI client works: only the address and the key change.</span>
        </p>
      </Card>
    </div>
  );
}

function Windows({ usage, at }: { usage: import("../../api/types").KeyUsage; at: number }) {
  if (usage.status === "operator") return <p class="quiet">An operator key: no limits.</p>;
  return (
    <div class="grid-1-1">
      <Window label="6 hours" used={usage.used_6h} limit={usage.limit_6h} frees={usage.frees_6h_seconds} at={at} />
      <Window label="7 days" used={usage.used_week} limit={usage.limit_week} frees={usage.frees_week_seconds} at={at} />
    </div>
  );
}

function Window({ label, used, limit, frees, at }: { label: string; used: number | null; limit: number | null; frees?: number | null; at: number }) {
  const now = useNow(1_000);
  const left = typeof frees === "number" ? frees - (now - at) / 1000 : null;
  const part = used !== null && limit ? Math.min(100, (used / limit) * 100) : 0;
  return (
    <div class="window">
      <div class="classified-line">
        <span>Any {label}</span>
        <span class="num">
          {count(used)} of {count(limit)}
        </span>
      </div>
      <svg class={`bar ${part >= 100 ? "bad" : "accent"}`} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        <rect class="bar-track" width="100" height="10" />
        <rect class="bar-fill" width={part} height="10" />
      </svg>
      <p class="hint">
        {used === 0 || left === null
          ? "Nothing used: all of it is free."
          : left > 0
            ? `The next request comes free in ${span(left)}.`
            : "A request has just come free."}
      </p>
    </div>
  );
}

function Control({ secret, status, reload, onMade }: { secret: string; status: string; reload: () => void; onMade: (made: Made) => void }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const [typed, setTyped] = useState("");
  const dialog = useRef<HTMLDialogElement>(null);
  const [step, setStep] = useState<1 | 2>(1);

  async function act(call: (key: string) => Promise<unknown>, after: () => void) {
    setBusy(true);
    setError(null);
    try {
      await call(secret);
      after();
    } catch (problem) {
      setError(problem as ApiError);
    }
    setBusy(false);
  }
  const close = () => dialog.current?.close();

  return (
    <Card title="Control">
      <div class="row">
        {status === "paused" ? (
          <button type="button" class="button primary" disabled={busy} onClick={() => act(api.resume, reload)}>
            Resume
          </button>
        ) : (
          <button type="button" class="button" disabled={busy} onClick={() => act(api.pause, reload)}>
            Pause
          </button>
        )}
        <button
          type="button"
          class="button"
          disabled={busy}
          onClick={() =>
            act(
              async (key) => {
                const made = await api.rotate(key);
                onMade(made);
                setKey(made.api_key);
              },
              () => {},
            )
          }
        >
          Rotate
        </button>
        <button
          type="button"
          class="button danger"
          disabled={busy}
          onClick={() => {
            setStep(1);
            setTyped("");
            dialog.current?.showModal();
          }}
        >
          Revoke…
        </button>
        <span class="hint">
          {status === "paused" ? "Paused: chat requests are refused until you resume." : "A paused key refuses chat requests, and can be resumed at any time."}{" "}
          A rotated one has a successor with the same limits, and lives for another day.
        </span>
      </div>
      {error && <Problem error={error} />}
      <dialog ref={dialog} aria-labelledby="revoke-title">
        <h2 id="revoke-title">{step === 1 ? "Revoke this key?" : "Really revoke it?"}</h2>
        {step === 1 ? (
          <p>Whatever uses it stops working at once. It can't be undone; a new key starts from nothing.</p>
        ) : (
          <label class="field">
            <span>
              Type <strong>revoke</strong> to confirm
            </span>
            <input value={typed} autocomplete="off" spellcheck={false} onInput={(event) => setTyped(event.currentTarget.value)} />
          </label>
        )}
        <div class="row end">
          <button type="button" class="button" onClick={close}>
            Keep it
          </button>
          {step === 1 ? (
            <button type="button" class="button danger" onClick={() => setStep(2)}>
              Go on
            </button>
          ) : (
            <button
              type="button"
              class="button danger"
              disabled={busy || typed.trim().toLowerCase() !== "revoke"}
              onClick={() =>
                act(api.revoke, () => {
                  close();
                  setKey(null);
                })
              }
            >
              Revoke for good
            </button>
          )}
        </div>
      </dialog>
    </Card>
  );
}
