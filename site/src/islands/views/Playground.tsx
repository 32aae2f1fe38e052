import { useEffect, useMemo, useRef, useState } from "preact/hooks";

import { ApiError, chatStream } from "../../api/client";
import type { Verdict } from "../../api/types";
import { fits } from "../../lib/estimate";
import { refresh, useFigure } from "../../state/feed";
import { useKey } from "../../state/key";
import { Budget, budgetOf, scaleOf } from "../parts/Budget";
import { Result, type Run } from "../parts/Result";
import { Card, Stale } from "../parts/ui";

const examples: readonly (readonly [string, string])[] = [
  ["Math", "Calculate 17.5 % of 2,480, and show the steps."],
  ["Code", "Write a Python function that merges two sorted lists, with a docstring."],
  ["Structured", "Return JSON with the keys name, population and languages for Switzerland."],
  ["Factual", "Why does ice float on water?"],
  ["Open", "Write four lines about the first snow of the year."],
];

const idle: Run = { phase: "idle", text: "", raw: [], verdict: {}, error: null, prompt: "" };

export default function Playground() {
  const key = useKey();
  const pricing = useFigure("pricing");
  const [prompt, setPrompt] = useState("");
  const [position, setPosition] = useState(100);
  const [run, setRun] = useState<Run>(idle);
  const leaving = useRef<AbortController | null>(null);
  const answer = useRef<HTMLDivElement>(null);
  useEffect(() => () => leaving.current?.abort(), []);
  useEffect(() => {
    // On a narrow screen the answer comes in below what is seen.
    const place = answer.current;
    if (run.phase !== "waiting" || !place || place.getBoundingClientRect().top < innerHeight * 0.8) return;
    place.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }, [run.phase]);

  const models = pricing.value;
  const scale = useMemo(() => (models ? scaleOf(models, prompt) : null), [models, prompt]);
  const budget = scale ? budgetOf(scale, position) : null;
  const preview = useMemo(() => (models ? fits(models, prompt, budget) : null), [models, prompt, budget]);
  const running = run.phase === "waiting" || run.phase === "streaming";

  async function send() {
    if (!key || running || prompt.trim() === "") return;
    const stop = new AbortController();
    leaving.current = stop;
    const sent = prompt;
    setRun({ ...idle, phase: "waiting", prompt: sent });
    // One redraw a frame, however many pieces come in.
    let text = "";
    let raw: string[] = [];
    let verdict: Verdict = {};
    let frame = 0;
    const draw = () => {
      frame = 0;
      setRun((old) => ({ ...old, phase: "streaming", text, raw: raw.slice(), verdict: { ...verdict } }));
    };
    const soon = () => (frame ||= requestAnimationFrame(draw));
    const end = (phase: Run["phase"], error: ApiError | null = null) => {
      cancelAnimationFrame(frame);
      setRun({ phase, text, raw, verdict, error, prompt: sent });
      refresh();
    };
    try {
      await chatStream(
        key,
        { messages: [{ role: "user", content: sent }], ...(budget === null ? {} : { arbiter_max_cost: budget }) },
        {
          onVerdict: (part) => ((verdict = { ...verdict, ...part }), soon()),
          onText: (piece) => ((text += piece), soon()),
          onRaw: (event) => (raw.push(event), soon()),
        },
        stop.signal,
      );
      end("done");
    } catch (error) {
      if (stop.signal.aborted) end("cancelled");
      else end("failed", error instanceof ApiError ? error : new ApiError(0, String(error)));
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
      event.preventDefault();
      void send();
    }
  }

  return (
    <div class="stack">
      <Stale of={[pricing]} />
      <div class="playground">
        <Card class="playground-prompt">
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void send();
            }}
          >
            <label class="field prompt">
              <span>Prompt</span>
              <textarea rows={5} dir="auto" value={prompt} maxLength={100_000} placeholder="Ask anything, or pick an example." onInput={(event) => setPrompt(event.currentTarget.value)} onKeyDown={onKeyDown} />
            </label>
            <div class="examples" role="group" aria-label="Examples">
              {examples.map(([name, text]) => (
                <button key={name} type="button" class="chip" onClick={() => setPrompt(text)}>{name}</button>
              ))}
            </div>
            <div class="actions">
              {/* Keys of their own: the button that is pressed must not turn into the other one under the click. */}
              {running ? (
                <button key="cancel" type="button" class="button" onClick={() => leaving.current?.abort()}>Cancel</button>
              ) : (
                <button key="run" type="submit" class="button primary" disabled={!key || prompt.trim() === ""}>Run</button>
              )}
              {key ? <span class="hint">or Ctrl + Enter. Counts as one request.</span> : <span class="hint"><a href="/start/">Get a key</a> to run it; the preview works without.</span>}
            </div>
          </form>
        </Card>
        <Budget models={models} error={pricing.error} scale={scale} position={position} onPosition={setPosition} budget={budget} preview={preview} />
        <div class="playground-answer" ref={answer} data-asked={run.phase !== "idle" || undefined}>
          <Result run={run} onRetry={send} />
        </div>
      </div>
    </div>
  );
}
