// Takes a body and keeps none of it: every piece lands in the same few bytes, so that bodies which
// nobody wants leave no work to the garbage collector.

const PIECE = 16 * 1024;

/** Takes at most `most` bytes within `millis`; settles also where the body breaks off. */
export async function drain(stream, most, millis) {
  const reader = stream.getReader({ mode: "byob" });
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, millis);
  });
  const taking = (async () => {
    let piece = new Uint8Array(PIECE);
    for (let taken = 0; taken <= most; ) {
      const { value, done } = await reader.read(piece);
      if (done) return;
      taken += value.byteLength;
      piece = new Uint8Array(value.buffer);
    }
  })().catch(() => {});
  await Promise.race([taking, late]);
  clearTimeout(timer);
}
