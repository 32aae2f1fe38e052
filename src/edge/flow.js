// Carries a stream from the runtime to the client, with one call of Rust a chunk. The loop is
// here and not in Rust since a promise that Rust awaits costs several times the chunk itself.

const STOPPED = 0;
const ENDED = 1;
const BROKEN = 2;
const SILENT = 3;
const GONE = 4;

// A client that has gone is found out by the second write at the earliest: of a silence it is told
// after these, and then every `alive` milliseconds.
const FIRST = [1_000, 2_000];

/**
 * `step` is given each chunk (Uint8Array) and says what becomes of it: true, it is passed on as
 * it is; null, it is left out; bytes, they are written in its place; undefined, it is the last.
 * Gives one of the numbers above. `idle` milliseconds without a chunk are SILENT, as many without
 * the client taking one are GONE: the promise is kept even where a read or write never ends.
 * After a second in which the client was told nothing, after another, and then after `alive`
 * milliseconds each, `step` is given null, and the bytes that it gives are written: a client that has
 * gone is found out by that. Where `alive` is infinite it is never told.
 */
export function flow(reader, writer, idle, alive, step) {
  return new Promise((resolve) => {
    let over = false;
    let reading = true;
    let since = Date.now();
    let told = since;
    // How often in this silence.
    let times = 0;
    let telling = false;
    let timer;
    const end = (how) => {
      over = true;
      clearTimeout(timer);
      resolve(how);
    };
    const tell = () => {
      told = Date.now();
      times += 1;
      const bytes = step(null);
      if (!(bytes instanceof Uint8Array)) return;
      telling = true;
      writer.write(bytes).then(
        () => (telling = false),
        () => over || end(GONE),
      );
    };
    // One timer for all the waits: set anew only when it runs out.
    const watch = () => {
      const now = Date.now();
      const left = since + idle - now;
      if (left <= 0) return end(reading ? SILENT : GONE);
      // What was told before and not taken yet says as much as another word would.
      if (due() <= now && reading && !telling) tell();
      if (!over) timer = setTimeout(watch, Math.min(left, Math.max(due() - Date.now(), Math.min(alive, 250))));
    };
    const due = () => Math.min(told + alive, alive === Infinity || times >= FIRST.length ? Infinity : since + FIRST[times]);
    const carry = async () => {
      for (;;) {
        const { done, value } = await reader.read();
        if (over) return;
        if (done) return end(ENDED);
        const next = step(value);
        if (next === undefined) return end(STOPPED);
        since = Date.now();
        if (next === null) continue;
        reading = false;
        try {
          await writer.write(next === true ? value : next);
        } catch {
          return over || end(GONE);
        }
        if (over) return;
        reading = true;
        since = told = Date.now();
        times = 0;
      }
    };
    timer = setTimeout(watch, Math.min(idle, due() - since));
    carry().catch(() => over || end(BROKEN));
  });
}
