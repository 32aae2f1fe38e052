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
 */
export function flow(reader, writer, idle, step) {
  return new Promise((resolve) => {
    let over = false;
    let reading = true;
    let since = Date.now();
    let timer;
    const end = (how) => {
      over = true;
      clearTimeout(timer);
      resolve(how);
    };
    // One timer for all the waits: set anew only when it runs out.
    const watch = () => {
      const left = since + idle - Date.now();
      if (left > 0) timer = setTimeout(watch, left);
      else end(reading ? SILENT : GONE);
    };
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
          return end(GONE);
        }
        if (over) return;
        reading = true;
        since = Date.now();
      }
    };
    timer = setTimeout(watch, idle);
    carry().catch(() => end(BROKEN));
  });
}
