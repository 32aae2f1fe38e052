// Carries a stream from the runtime to the client, with one call of Rust a chunk. The loop is
// here and not in Rust since a promise that Rust awaits costs several times the chunk itself.

const STOPPED = 0;
const ENDED = 1;
const BROKEN = 2;
const SILENT = 3;
const GONE = 4;

/**
 * `step` is given each chunk (Uint8Array) and says what becomes of it: true, it is passed on as
 * it is; null, it is left out; bytes, they are written in its place; undefined, it is the last.
 * Gives one of the numbers above. `idle` milliseconds without a chunk are SILENT, as many without
 * the client taking one are GONE: the promise is kept even where a read or write never ends.
 * After `alive` milliseconds in which the client was told nothing, `step` is given null, and the
 * bytes that it gives are written: a client that has gone is found out by that.
 */
export function flow(reader, writer, idle, alive, step) {
  return new Promise((resolve) => {
    let over = false;
    let reading = true;
    let since = Date.now();
    let told = since;
    let telling = false;
    let timer;
    const end = (how) => {
      over = true;
      clearTimeout(timer);
      resolve(how);
    };
    const tell = () => {
      told = Date.now();
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
      if (told + alive <= now && reading && !telling) tell();
      if (!over) timer = setTimeout(watch, Math.min(left, rest()));
    };
    const rest = () => Math.max(told + alive - Date.now(), Math.min(alive, 1000));
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
      }
    };
    timer = setTimeout(watch, Math.min(idle, alive));
    carry().catch(() => over || end(BROKEN));
  });
}
