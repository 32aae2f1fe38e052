// The conversation of the playground: it lives as long as the page.

import { useEffect, useRef, useState } from "preact/hooks";

import { ApiError, chat } from "../api/client";
import { isRunning, newRun, requestOf, type Asked, type Options, type Run, type Turn } from "../lib/conversation";
import { refresh } from "./feed";

export interface Conversation {
  turns: Turn[];
  running: boolean;
  /** Sends a prompt to each of those asked, side by side. */
  send(key: string, prompt: string, asked: readonly Asked[], options: Options): void;
  /** Sends what a failed answer of the last turn was sent, once more. */
  again(key: string, turn: Turn, run: Run): void;
  cancel(): void;
  /** Forgets a turn and those after it. */
  cutAt(turn: Turn): void;
}

let turnsSoFar = 0;

export function useConversation(): Conversation {
  const [turns, setTurns] = useState<Turn[]>([]);
  const leaving = useRef(new Set<AbortController>());
  const cancel = () => leaving.current.forEach((stop) => stop.abort());
  useEffect(() => cancel, []);

  async function ask(key: string, id: number, { asked, request }: Run): Promise<void> {
    const stop = new AbortController();
    leaving.current.add(stop);
    const began = performance.now();
    const since = () => performance.now() - began;
    let run = newRun(asked, request);
    let frame = 0;
    const put = () => {
      frame = 0;
      const now = { ...run, raw: run.raw.slice() };
      setTurns((all) => all.map((turn) => (turn.id === id ? { ...turn, runs: turn.runs.map((old) => (old.asked === asked ? now : old)) } : turn)));
    };
    // One redraw a frame, however many pieces come in.
    const soon = (change: Partial<Run>) => {
      run = { ...run, phase: "streaming", ...change };
      frame ||= requestAnimationFrame(put);
    };
    const end = (phase: Run["phase"], error: ApiError | null = null) => {
      cancelAnimationFrame(frame);
      leaving.current.delete(stop);
      run = { ...run, phase, error, totalMs: since() };
      put();
      refresh();
    };
    put();
    try {
      await chat(
        key,
        request,
        {
          onVerdict: (part) => soon({ verdict: { ...run.verdict, ...part } }),
          onText: (piece) => soon({ text: run.text + piece, firstMs: run.firstMs ?? since() }),
          onRaw: (event) => (run.raw.push(event), soon({})),
        },
        stop.signal,
      );
      end("done");
    } catch (error) {
      if (stop.signal.aborted) end("cancelled");
      else end("failed", error instanceof ApiError ? error : new ApiError(0, String(error)));
    }
  }

  return {
    turns,
    running: turns.some(({ runs }) => runs.some(isRunning)),
    send(key, prompt, asked, options) {
      const id = (turnsSoFar += 1);
      const runs = asked.map((one) => newRun(one, requestOf(turns, prompt, one, options)));
      setTurns([...turns, { id, prompt, runs }]);
      for (const run of runs) void ask(key, id, run);
    },
    again: (key, turn, run) => void ask(key, turn.id, run),
    cancel,
    cutAt: (turn) =>
      setTurns((all) =>
        all.slice(
          0,
          all.findIndex(({ id }) => id === turn.id),
        ),
      ),
  };
}
