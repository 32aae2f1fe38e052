import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import type { Candidate } from "../../api/types";
import { requestOf, type Asked, type Options, type Turn } from "../../lib/conversation";
import { fits } from "../../lib/estimate";
import { fragmentOf, linked } from "../../lib/link";
import { useConversation } from "../../state/conversation";
import { useFigure } from "../../state/feed";
import { useKey } from "../../state/key";
import { useRoute } from "../../state/route";
import { WhoAnswers } from "../parts/WhoAnswers";
import { Budget, budgetOf, scaleOf } from "../parts/Budget";
import { InCode } from "../parts/InCode";
import { WhoWould } from "../parts/WhoWould";
import { Thread } from "../parts/Thread";
import { Card, CopyButton, Segments, Stale } from "../parts/ui";

const examples: readonly (readonly [string, string])[] = [
  ["Math", "Calculate 17.5 % of 2,480, and show the steps."],
  ["Code", "Write a Python function that merges two sorted lists, with a docstring."],
  ["Structured", "Return JSON with the keys name, population and languages for Switzerland."],
  ["Factual", "Why does ice float on water?"],
  ["Open", "Write four lines about the first snow of the year."],
];

export default function Playground() {
  const key = useKey();
  const pricing = useFigure("pricing");
  const talk = useConversation();
  const [prompt, setPrompt] = useState("");
  const [system, setSystem] = useState("");
  const [shown, setShown] = useState(false);
  const [link, setLink] = useState<"" | "read" | "too long">("");
  const [position, setPosition] = useState(100);
  const [stream, setStream] = useState(true);
  const [asked, setAsked] = useState<Asked[]>([null]);
  const field = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    const read = () => {
      const found = linked(location.hash);
      if (found === "too long") setLink(found);
      if (found === null || found === "too long") return;
      setPrompt(found.prompt);
      setSystem(found.system);
      setShown(found.system !== "");
      setLink("read");
    };
    read();
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, []);

  const last = talk.turns.at(-1);
  useEffect(() => {
    // The answer comes in where it may not be seen.
    const place = document.querySelector(`[data-turn="${last?.id}"]`);
    const top = place?.getBoundingClientRect().top ?? 0;
    if (place && (top < 0 || top > innerHeight * 0.6))
      place.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }, [last?.id]);

  // What stands in the field, or, once that was sent, what was sent.
  const written = prompt.trim() !== "";
  const current = written ? prompt : (last?.prompt ?? "");
  const before = written ? talk.turns : talk.turns.slice(0, -1);

  const models = pricing.value;
  const scale = useMemo(() => (models ? scaleOf(models, current) : null), [models, current]);
  const budget = scale ? budgetOf(scale, position) : null;
  const options: Options = { system, budget, stream };
  const estimated = useMemo(() => (models ? estimate(models, current, budget) : null), [models, current, budget]);
  const pool = useMemo(
    () =>
      models
        ? fits(models, "", null)
            .filter(({ model }) => model.routable)
            .map(({ model }) => model.id)
        : [],
    [models],
  );
  const routed = current.trim() ? requestOf(before, current, null, options) : null;
  const preview = useRoute(key, routed);
  const candidates = preview.fresh && preview.value ? preview.value.candidates : (estimated ?? []);
  const fragment = current ? fragmentOf({ prompt: current, system }) : null;
  const why =
    key && routed
      ? "The router is being asked."
      : key
        ? "Once there is a prompt, the router says whom it would take."
        : "With a key, the router says whom it would take.";

  function send() {
    if (!key || talk.running || !written) return;
    talk.send(key, prompt, asked, options);
    setPrompt("");
    setLink("");
  }

  function edit(turn: Turn) {
    talk.cutAt(turn);
    setPrompt(turn.prompt);
    field.current?.focus();
  }

  function write(text: string) {
    setPrompt(text);
    setLink("");
  }

  return (
    <div class="stack">
      <Stale of={[pricing]} />
      <div class="playground" data-thread={last ? (Math.max(...talk.turns.map(({ runs }) => runs.length)) > 1 ? "wide" : "narrow") : undefined}>
        {last && <Thread turns={talk.turns} busy={talk.running} onEdit={edit} onAgain={(turn, run) => key && talk.again(key, turn, run)} />}
        <Card class="playground-prompt">
          <form
            onSubmit={(event) => {
              event.preventDefault();
              send();
            }}
          >
            {link === "read" && (
              <p class="notice notice-line" role="status">
                This prompt came with a link. Nothing is sent until you press Run.
              </p>
            )}
            {link === "too long" && (
              <p class="notice notice-warn notice-line" role="alert">
                The link is too long: its prompt was not read.
              </p>
            )}
            <label class="field prompt">
              <span>Prompt</span>
              <textarea
                ref={field}
                rows={5}
                dir="auto"
                value={prompt}
                maxLength={100_000}
                placeholder={last ? "Go on with the conversation." : "Ask anything, or pick an example."}
                onInput={(event) => write(event.currentTarget.value)}
                onKeyDown={(event) => {
                  if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
                  event.preventDefault();
                  send();
                }}
              />
            </label>
            {!last && (
              <div class="examples" role="group" aria-label="Examples">
                {examples.map(([name, text]) => (
                  <button key={name} type="button" class="chip" onClick={() => write(text)}>
                    {name}
                  </button>
                ))}
              </div>
            )}
            <details class="system" open={shown} onToggle={(event) => setShown(event.currentTarget.open)}>
              <summary>System message{system.trim() ? ", set" : ""}</summary>
              <label class="field">
                <span class="sr-only">System message</span>
                <textarea
                  rows={3}
                  dir="auto"
                  value={system}
                  maxLength={100_000}
                  placeholder="Stands before the conversation."
                  onInput={(event) => setSystem(event.currentTarget.value)}
                />
              </label>
            </details>
            <div class="actions">
              {/* Keys of their own: the button that is pressed must not turn into the other one under the click. */}
              {talk.running ? (
                <button key="cancel" type="button" class="button" onClick={talk.cancel}>
                  Cancel
                </button>
              ) : (
                <button key="run" type="submit" class="button primary" disabled={!key || !written}>
                  Run
                </button>
              )}
              {key ? (
                <span class="hint">or Ctrl + Enter. Counts as {asked.length > 1 ? `${asked.length} requests` : "one request"}.</span>
              ) : (
                <span class="hint">
                  <a href="/start/">Get a key</a> to run it; the preview works without.
                </span>
              )}
              <span class="actions-end">
                {fragment !== null ? (
                  <CopyButton text={`${location.origin}/app/playground/${fragment}`} label="Copy link" />
                ) : (
                  current && <span class="hint">Too long for a link</span>
                )}
                {last && (
                  <button type="button" class="button small" disabled={talk.running} onClick={() => talk.cutAt(talk.turns[0]!)}>
                    New conversation
                  </button>
                )}
              </span>
            </div>
          </form>
        </Card>
        <Card title="Options" class="playground-options">
          <div class="option">
            <p class="option-name">Answer</p>
            <Segments
              label="Answer"
              value={stream ? "streamed" : "whole"}
              options={[
                ["streamed", "Streamed"],
                ["whole", "Whole"],
              ]}
              onChange={(value) => setStream(value === "streamed")}
            />
          </div>
          <WhoAnswers asked={asked} models={pool} onAsked={setAsked} />
          {asked.includes(null) && models && (
            <Budget
              budget={budget}
              position={position}
              onPosition={setPosition}
              fitting={candidates.filter(({ excluded }) => !excluded).length}
              all={candidates.length}
            />
          )}
        </Card>
        <div class="playground-more stack">
          <WhoWould preview={preview} estimated={estimated} why={why} error={pricing.error} />
          <InCode request={current.trim() ? requestOf(before, current, asked[0] ?? null, options) : undefined} />
        </div>
      </div>
    </div>
  );
}

/** Who may answer, as far as list prices and windows tell. */
function estimate(models: Parameters<typeof fits>[0], prompt: string, budget: number | null): Candidate[] {
  return fits(models, prompt, budget)
    .filter(({ model }) => model.routable)
    .map(({ model, cost, large, fits }) => ({ model: model.id, excluded: fits ? undefined : large ? "budget" : "context", expected_cost: cost }));
}
