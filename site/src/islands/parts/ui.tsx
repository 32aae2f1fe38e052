// Small parts that every view is made of.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import type { ApiError } from "../../api/client";
import { ago, span } from "../../lib/format";
import { inWords } from "../../lib/refusal";
import { refresh, useNow, type Figure } from "../../state/feed";

export function Card({
  title,
  aside,
  hint,
  children,
  class: extra = "",
}: {
  title?: string;
  aside?: ComponentChildren;
  hint?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
}) {
  return (
    <section class={`card ${extra}`}>
      {title && (
        <header class="card-head">
          <h2>{title}</h2>
          {aside && <div class="card-aside">{aside}</div>}
        </header>
      )}
      {hint && <p class="hint">{hint}</p>}
      {children}
    </section>
  );
}

export function Skeleton({ lines = 3 }: { lines?: number }) {
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} />
      ))}
    </div>
  );
}

export function Empty({ title, children, action }: { title: string; children?: ComponentChildren; action?: ComponentChildren }) {
  return (
    <div class="empty">
      <svg
        width="44"
        height="44"
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        stroke-width="1.3"
        stroke-linecap="round"
        stroke-linejoin="round"
        aria-hidden="true"
      >
        <path d="M4 20.5 12 3.5l8 17M6.8 14.6h10.4" />
      </svg>
      <p class="empty-title">{title}</p>
      {children && <p class="hint">{children}</p>}
      {action}
    </div>
  );
}

/** A refusal or a lost connection, in words that say what to do. */
export function Problem({ error, retry }: { error: ApiError; retry?: () => void }) {
  const { title, says } = inWords(error);
  return (
    <div class={`notice ${error.limited || error.offline ? "notice-warn" : "notice-bad"}`} role="alert">
      <strong>{title}</strong>
      {says.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      {error.retryAfter !== null && <p>Next try in {span(error.retryAfter)}.</p>}
      {retry && (
        <button type="button" class="button small" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Says that figures are old, where they are: offline, limited, or the API failed. */
export function Stale({ of }: { of: Figure<unknown>[] }) {
  const now = useNow();
  const bad = of.find(({ error }) => error);
  if (!bad?.error) return null;
  const oldest = Math.min(...of.map(({ at }) => at ?? Infinity));
  if (!Number.isFinite(oldest)) return <Problem error={bad.error} retry={refresh} />;
  const why = bad.error.offline ? "Arbiter can't be reached" : bad.error.limited ? "Rate limited" : "Arbiter answered with an error";
  return (
    <div class="notice notice-warn notice-line" role="status">
      <p>
        <strong>{why}.</strong> These figures came in {ago(oldest / 1000, now)}.
      </p>
      <button type="button" class="button small" onClick={refresh}>
        Try again
      </button>
    </div>
  );
}

/** Shows a figure, its loading, or its error. */
export function Ready<T>({ of, lines, children }: { of: Figure<T>; lines?: number; children: (value: T) => ComponentChildren }) {
  if (of.value !== null) return <>{children(of.value)}</>;
  if (of.error) return <p class="hint">Not available at the moment.</p>;
  return <Skeleton lines={lines} />;
}

export function CopyButton({ text, label = "Copy", class: extra = "" }: { text: string; label?: string; class?: string }) {
  const [state, set] = useState<"" | "Copied" | "Select and copy by hand">("");
  const timer = useRef<ReturnType<typeof setTimeout>>();
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      set("Copied");
    } catch {
      set("Select and copy by hand");
    }
    clearTimeout(timer.current);
    timer.current = setTimeout(() => set(""), 2_000);
  };
  return (
    <button type="button" class={`button small copy ${extra}`} onClick={copy} data-done={state === "Copied" || undefined}>
      <span aria-live="polite">{state || label}</span>
    </button>
  );
}

/** A block of code with a copy button. */
export function Snippet({ code, label }: { code: string; label: string }) {
  return (
    <div class="snippet">
      <pre tabIndex={0} aria-label={label}>
        <code>{code}</code>
      </pre>
      <CopyButton text={code} />
    </div>
  );
}

/** A table that may be wider than its place: to be scrolled, also by keyboard. */
export function Scroll({ label, children, class: extra = "" }: { label: string; children: ComponentChildren; class?: string }) {
  return (
    <div class={`table-scroll ${extra}`} tabIndex={0} role="region" aria-label={label}>
      {children}
    </div>
  );
}

/** The head of a table: its columns, those of figures to the right; a last one may be named for readers only. */
export function Columns({ of, right = [], last }: { of: readonly string[]; right?: readonly string[]; last?: string }) {
  return (
    <thead>
      <tr>
        {of.map((name) => (
          <th key={name} scope="col" class={right.includes(name) ? "right" : undefined}>
            {name}
          </th>
        ))}
        {last && (
          <th scope="col">
            <span class="sr-only">{last}</span>
          </th>
        )}
      </tr>
    </thead>
  );
}

/** What is measured of a span: a name, its value, what is to be known of that, and its tone. */
export function Measured({ facts }: { facts: readonly (readonly [string, string, string, string?])[] }) {
  return (
    <dl class="ran">
      {facts.map(([label, value, hint, tone]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd class={`num ${tone ?? ""}`}>{value}</dd>
          <dd class="hint">{hint}</dd>
        </div>
      ))}
    </dl>
  );
}

export function TaskTag({ task }: { task: string }) {
  return (
    <span class="tag" data-task={task}>
      {task}
    </span>
  );
}

export function ModeTag({ mode }: { mode: string }) {
  return <span class={`mode mode-${mode === "explore" ? "explore" : "exploit"}`}>{mode}</span>;
}

/** Fields of equal look under a label. */
export function Choice({ label, value, options, onChange }: { label: string; value: string; options: string[]; onChange: (value: string) => void }) {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">All</option>
        {options.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    </label>
  );
}

/** One of a few, by click or arrow keys. */
export function Segments<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}) {
  const name = useRef(`s${Math.random().toString(36).slice(2)}`).current;
  return (
    <fieldset class="segments">
      <legend class="sr-only">{label}</legend>
      {options.map(([id, text]) => (
        <label key={id}>
          <input type="radio" name={name} value={id} checked={id === value} onChange={() => onChange(id)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** In which language a sample is shown. */
export const LANGUAGES = [
  ["curl", "curl"],
  ["python", "Python"],
  ["node", "JavaScript"],
] as const;
