// From an email address to the first answered request, on one page.

import { useEffect, useRef, useState } from "preact/hooks";

import { api, type ApiError } from "../api/client";
import { count } from "../lib/format";
import { snippets } from "../lib/snippets";
import { setKey, useKey, useUsage } from "../state/key";
import { CopyButton, LANGUAGES, Problem, Segments, Snippet } from "./parts/ui";

type Language = "python" | "node" | "curl";

export default function Start() {
  // Kept keys are known in the browser only: what was built says nothing of one.
  const [ready, setReady] = useState(false);
  useEffect(() => setReady(true), []);
  const key = useKey();
  const [fresh, setFresh] = useState<string | null>(null);
  return (
    <div class="start wrap">
      <h1>{fresh ? "Your key" : "Get a key"}</h1>
      {fresh ? <Made secret={fresh} /> : <Register ready={ready} known={ready && key !== null} onMade={setFresh} />}
    </div>
  );
}

function Register({ ready, known, onMade }: { ready: boolean; known: boolean; onMade: (key: string) => void }) {
  // Read where it stands: what was typed before the page was alive is not lost.
  const email = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);

  async function register(event: Event) {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const { api_key } = await api.register(email.current?.value.trim() ?? "");
      setKey(api_key);
      onMade(api_key);
    } catch (problem) {
      setError(problem as ApiError);
    }
    setBusy(false);
  }

  return (
    <>
      <p class="lead">An email address is all it takes. Nothing is sent to it.</p>
      {known && (
        <p class="notice notice-line">
          This browser keeps a key already; a new one takes its place here. <a href="/app/key/">Go on with the old one</a>
        </p>
      )}
      <form class="inline-form" onSubmit={register} novalidate>
        <label class="field grow">
          <span>Email</span>
          <input
            ref={email}
            type="email"
            name="email"
            autocomplete="email"
            required
            maxLength={254}
            aria-invalid={error?.status === 422 || undefined}
            placeholder="you@example.com"
          />
        </label>
        <button type="submit" class="button primary" disabled={busy || !ready}>
          {busy ? "One moment…" : "Get my key"}
        </button>
      </form>
      {error && <Problem error={error} />}
      <p class="hint">Costs and scores are learned from everybody's requests and can be seen by all; prompts and answers are not kept.</p>
    </>
  );
}

function Made({ secret }: { secret: string }) {
  const [language, setLanguage] = useState<Language>("curl");
  const usage = useUsage(secret, 2_000);
  const done = useRef<HTMLHeadingElement>(null);
  useEffect(() => done.current?.focus(), []);
  const value = usage.value;
  const arrived = (value?.used_week ?? 0) > 0;
  return (
    <div class="made">
      <h2 ref={done} tabIndex={-1} class="sr-only">
        Your key is made
      </h2>
      <div class="secret">
        <code>{secret}</code>
        <CopyButton text={secret} label="Copy key" />
      </div>
      <p>
        Copy it now: the server can't show it again. This browser remembers it for the dashboard.
        {value?.limit_6h ? ` It takes ${count(value.limit_6h)} requests in 6 hours and ${count(value.limit_week)} in 7 days.` : ""}
      </p>
      <Segments label="Language" value={language} options={LANGUAGES} onChange={setLanguage} />
      <Snippet code={snippets(location.origin, secret)[language]} label={`Example in ${language}`} />
      <p class={`first-request ${arrived ? "arrived" : ""}`} role="status" data-arrived={arrived || undefined}>
        {arrived ? (
          <>
            <strong>Your first request has arrived.</strong> <a href="/app/activity/">See how it was routed</a>
          </>
        ) : (
          <>Waiting for your first request…</>
        )}
      </p>
      {usage.error && <Problem error={usage.error} retry={usage.reload} />}
      <p class="row">
        <a class="button primary" href="/app/playground/">
          Try it in the browser
        </a>{" "}
        <a class="button" href="/docs/">
          Read the docs
        </a>
      </p>
    </div>
  );
}
