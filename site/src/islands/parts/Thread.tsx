import { isRunning, type Run, type Turn } from "../../lib/conversation";
import { Result } from "./Result";

interface Props {
  busy: boolean;
  onEdit(turn: Turn): void;
  onAgain(turn: Turn, run: Run): void;
}

/** What was asked and answered so far, oldest first. */
export function Thread({ turns, ...more }: Props & { turns: readonly Turn[] }) {
  return (
    <section class="thread" aria-label="Conversation">
      {turns.map((turn, at) => (
        <Asked key={turn.id} turn={turn} past={at < turns.length - 1} {...more} />
      ))}
    </section>
  );
}

function Asked({ turn, past, busy, onEdit, onAgain }: Props & { turn: Turn; past: boolean }) {
  const beside = turn.runs.length > 1;
  return (
    <article class="turn" data-turn={turn.id}>
      <div class="prompted">
        <p class="said" dir="auto">
          {turn.prompt}
        </p>
        <button type="button" class="button small" disabled={busy} onClick={() => onEdit(turn)}>
          Edit
        </button>
      </div>
      <div class="answers" data-beside={beside ? turn.runs.length : undefined}>
        {turn.runs.map((run) => (
          <Result key={run.asked ?? ""} run={run} beside={beside} past={past} onRetry={past || isRunning(run) ? undefined : () => onAgain(turn, run)} />
        ))}
      </div>
    </article>
  );
}
