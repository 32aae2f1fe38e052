// Carries a stream from the runtime to the client, with one call of Rust a run of chunks. The loop is
// here and not in Rust since a promise that Rust awaits costs several times the chunk itself.

const STOPPED = 0;
const ENDED = 1;
const BROKEN = 2;
const SILENT = 3;
const GONE = 4;

// A client that has gone is found out by the second write at the earliest: of a silence it is told
// after these, and then every `alive` milliseconds.
const FIRST = [1_000, 2_000];

// A chunk that comes within so many milliseconds of the one before gathers with those that follow for as
// long: a write costs more than all that is done with its chunks. What a model says at the pace of a
// reader never waits.
const GATHER = 2;
// Bytes that gather at the most.
const MOST = 16 * 1024;

/**
 * Writes `first`, then what comes: `step` is given chunks as they come, or several that came close upon each other as one (Uint8Array),
 * and says what becomes of them: true, they are passed on as they are; null, they are left out; bytes,
 * they are written in their place; undefined, they are the last.
 * Gives one of the numbers above. `idle` milliseconds without a chunk are SILENT, as many without
 * the client taking one are GONE: the promise is kept even where a read or write never ends.
 * After a second in which the client was told nothing, after another, and then after `alive`
 * milliseconds each, `step` is given null, and the bytes that it gives are written: a client that has
 * gone is found out by that. Where `alive` is infinite it is never told.
 */
export function flow(reader, writer, first, idle, alive, step) {
  return new Promise((resolve) => {
    let over = false;
    let since = Date.now();
    let told = since;
    // When the last chunk came.
    let came = since;
    // How often in this silence.
    let times = 0;
    let telling = false;
    let timer;
    // Chunks that gather, the bytes of all, and the timer that ends it.
    let held = [];
    let size = 0;
    let gathering;
    // What the client has not taken yet.
    let writing;
    const end = (how) => {
      over = true;
      clearTimeout(timer);
      clearTimeout(gathering);
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
      if (left <= 0) return end(writing ? GONE : SILENT);
      // What was told before and not taken yet says as much as another word would.
      if (due() <= now && !writing && !telling && size === 0) tell();
      if (!over) timer = setTimeout(watch, Math.min(left, Math.max(due() - Date.now(), Math.min(alive, 250))));
    };
    const due = () => Math.min(told + alive, alive === Infinity || times >= FIRST.length ? Infinity : since + FIRST[times]);
    const taken = () => {
      writing = undefined;
      since = told = Date.now();
      times = 0;
    };
    const write = (bytes) => {
      writing = writer.write(bytes).then(taken, () => over || end(GONE));
    };
    // Hands on what has gathered.
    const pass = () => {
      clearTimeout(gathering);
      gathering = undefined;
      const value = held.length === 1 ? held[0] : joined(held, size);
      held = [];
      size = 0;
      const next = step(value);
      if (next === undefined) return end(STOPPED);
      if (next === null) return;
      since = Date.now();
      write(next === true ? value : next);
    };
    const gathered = () => {
      try {
        if (!over) pass();
      } catch {
        end(BROKEN);
      }
    };
    const carry = async () => {
      for (;;) {
        const { done, value } = await reader.read();
        if (writing) await writing;
        if (over) return;
        if (done) {
          if (size > 0) pass();
          if (writing) await writing;
          if (!over) end(ENDED);
          return;
        }
        since = Date.now();
        const close = since - came < GATHER;
        came = since;
        held.push(value);
        size += value.length;
        if (size < MOST && (close || gathering)) gathering ??= setTimeout(gathered, GATHER);
        else pass();
        // No more is read than the client takes.
        if (writing) await writing;
        if (over) return;
      }
    };
    if (first.length > 0) write(first);
    timer = setTimeout(watch, Math.min(idle, due() - since));
    // What came before it broke off was said.
    const broken = async () => {
      if (!over && size > 0) pass();
      if (writing) await writing;
    };
    carry()
      .catch(broken)
      .catch(() => {})
      .then(() => over || end(BROKEN));
  });
}

/** The two ends of the platform's own pipe, whose reading half costs no script. */
export function pipe() {
  const { readable, writable } = new IdentityTransformStream();
  return { readable, writer: writable.getWriter() };
}

/** Writes the last bytes, and ends it. Settles once they are taken. */
export async function end(writer, last) {
  if (last.length > 0) writer.write(last).catch(() => {});
  await writer.close();
}

/**
 * Calls a runtime. `headers`: name and value in turns, each ended by a NUL, which stands in no header. The call
 * ends with the controller, and with `client` where there is one.
 */
export async function call(url, method, headers, body, controller, client) {
  const all = {};
  const parts = headers.split("\0");
  for (let at = 0; at + 1 < parts.length; at += 2) all[parts[at]] = parts[at + 1];
  const signal = client ? AbortSignal.any([controller.signal, client]) : controller.signal;
  // Followed, a redirect would carry the key elsewhere.
  return fetch(url, { method, headers: all, body, redirect: "manual", signal });
}

/** All that comes, as one; undefined where that is more than so many bytes. */
export async function all(reader, most) {
  const chunks = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return chunks.length === 1 ? chunks[0] : joined(chunks, size);
    size += value.length;
    if (size > most) return undefined;
    chunks.push(value);
  }
}

/**
 * Of a stream that said that nothing more comes: where that is so its connection serves another call, else the
 * rest is not waited for.
 */
export function leave(reader) {
  const left = ({ done }) => done || reader.cancel();
  reader
    .read()
    .then(left)
    .catch(() => {});
}

function joined(chunks, size) {
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
