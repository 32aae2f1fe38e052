// The introduction: five short screens, the last of which makes a key.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { api, ApiError } from "../api/client";
import { keepKey, keptKey, markSeen } from "../lib/keep";
import { CopyButton, Problem } from "./parts/ui";

const LAST = 5;

const stepOf = (hash: string) => {
  const step = Number(hash.slice(1));
  return Number.isInteger(step) && step >= 1 && step <= LAST ? step : 1;
};

export default function Start() {
  const [step, setStep] = useState(1);
  const heading = useRef<HTMLHeadingElement>(null);
  const moved = useRef(false);

  useEffect(() => {
    const read = () => setStep(stepOf(location.hash));
    read();
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, []);
  useEffect(() => {
    if (moved.current) heading.current?.focus({ preventScroll: true });
  }, [step]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const busy = event.target instanceof HTMLElement && event.target.closest("input, textarea, select");
      if (busy || event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === "ArrowRight" && step < LAST) go(step + 1);
      if (event.key === "ArrowLeft" && step > 1) go(step - 1);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });

  function go(to: number) {
    moved.current = true;
    history.pushState(null, "", `#${to}`);
    setStep(to);
  }

  const screen = screens[step - 1]!;
  return (
    <div class="start wrap">
      <div class="start-top">
        <ol class="steps" aria-label="Progress">
          {screens.map(({ title }, i) => (
            <li key={title} aria-current={i + 1 === step ? "step" : undefined} data-done={i + 1 < step || undefined}>
              <a href={`#${i + 1}`} onClick={(event) => (event.preventDefault(), go(i + 1))}><span class="sr-only">{i + 1}. {title}</span></a>
            </li>
          ))}
        </ol>
        <a class="quiet-link" href="/app/#skip" onClick={markSeen}>Skip</a>
      </div>
      <section class="screen" aria-labelledby="screen-title">
        <p class="eyebrow">{step} of {LAST}</p>
        <h1 id="screen-title" ref={heading} tabIndex={-1}>{screen.title}</h1>
        {screen.body()}
      </section>
      <div class="start-nav">
        <button type="button" class="button" disabled={step === 1} onClick={() => go(step - 1)}>Back</button>
        {step < LAST && <button type="button" class="button primary" onClick={() => go(step + 1)}>Next</button>}
      </div>
    </div>
  );
}

const screens: { title: string; body: () => ComponentChildren }[] = [
  {
    title: "One address in front of many models",
    body: () => (
      <>
        <p class="lead">You send a prompt as you always did. Arbiter picks the cheapest model that is good enough for it, and tells you why.</p>
        <p>Your client stays as it is: only its address and key change. The answers are those of the models, untouched.</p>
      </>
    ),
  },
  {
    title: "How it decides",
    body: () => (
      <ol class="walk">
        <li><strong>It sorts.</strong> Each prompt is put into one of five tasks, mostly by rules that take no time and cost nothing.</li>
        <li><strong>It sifts.</strong> Models too small for the prompt, or dearer than your budget, are out.</li>
        <li><strong>It chooses.</strong> Of the models that come close to the best quality, the cheapest is taken.</li>
        <li><strong>It checks.</strong> Sums are worked out, code is parsed, JSON is validated. What can't be checked is judged.</li>
        <li><strong>It learns.</strong> Cost and quality of every answer sharpen the next choice, for everyone.</li>
      </ol>
    ),
  },
  {
    title: "The words you will see",
    body: () => (
      <dl class="words">
        <dt>Task</dt><dd>What a prompt asks for: code, math, structured, factual or open.</dd>
        <dt>Explore</dt><dd>A model is tried to learn how it does.</dd>
        <dt>Exploit</dt><dd>What was learned is put to use.</dd>
        <dt>Quality</dt><dd>How good an answer is, from 0 to 1.</dd>
        <dt>Baseline</dt><dd>The strong model that savings are measured against.</dd>
        <dt>Budget</dt><dd>The most that one prompt may cost, if you set it.</dd>
      </dl>
    ),
  },
  {
    title: "Good to know",
    body: () => (
      <ul class="walk">
        <li><strong>Savings start below zero.</strong> Trying models costs a little before it pays.</li>
        <li><strong>The brain is shared.</strong> Costs and scores are learned from everyone's requests. They are visible to all; prompts and answers are not.</li>
        <li><strong>There are limits.</strong> A key takes 50 requests in 6 hours and 600 in 7 days.</li>
        <li><strong>Prices move.</strong> When one does, the model is measured again and an alert is shown.</li>
      </ul>
    ),
  },
  { title: "You are ready", body: () => <Register /> },
];

function Register() {
  const [email, setEmail] = useState("");
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState<string | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [known, setKnown] = useState(false);
  const done = useRef<HTMLHeadingElement>(null);
  useEffect(() => setKnown(keptKey() !== null), []);
  useEffect(() => {
    if (made) done.current?.focus();
  }, [made]);

  async function register(event: Event) {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const { api_key } = await api.register(email.trim());
      keepKey(api_key);
      markSeen();
      setMade(api_key);
    } catch (problem) {
      setError(problem as ApiError);
    }
    setBusy(false);
  }

  if (made) {
    return (
      <div class="made">
        <h2 ref={done} tabIndex={-1}>Your key</h2>
        <div class="secret"><code>{made}</code><CopyButton text={made} label="Copy key" /></div>
        <p>Copy it now: the server keeps no more than its hash and can't show it again. This browser remembers it for the dashboard.</p>
        <a class="button primary" href="/app/playground/">Send the first prompt</a>
      </div>
    );
  }
  return (
    <>
      <p class="lead">An email address gets you a key. Nothing is sent to it.</p>
      {known && <p class="notice notice-line">This browser keeps a key already; a new one takes its place here. <a href="/app/">Go on with the old one</a></p>}
      <form class="inline-form" onSubmit={register} novalidate>
        <label class="field grow"><span>Email</span><input type="email" name="email" autocomplete="email" required maxLength={254} value={email} aria-invalid={error?.status === 422 || undefined} onInput={(event) => setEmail(event.currentTarget.value)} placeholder="you@example.com" /></label>
        <button type="submit" class="button primary" disabled={busy || email.trim() === ""}>{busy ? "One moment…" : "Get my key"}</button>
      </form>
      {error && <Problem error={error} />}
    </>
  );
}
