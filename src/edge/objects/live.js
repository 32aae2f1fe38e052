// Bodies that many read and that are written to as things happen.

/** Bytes that wait for one reader at the most: one that is slower is broken off. */
const MOST = 64 * 1024;
/** Milliseconds between two signs of life. */
const ALIVE = 15_000;

const bytes = (text) => new TextEncoder().encode(text);

export class Streams {
  #open = new Set();
  #timer;

  get count() {
    return this.#open.size;
  }

  /** A new one, which begins with that text. */
  open(first) {
    let own;
    const start = (controller) => {
      own = controller;
      controller.enqueue(bytes(first));
    };
    const body = new ReadableStream({ start, cancel: () => this.#close(own) }, new ByteLengthQueuingStrategy({ highWaterMark: MOST }));
    this.#open.add(own);
    // Whoever has gone is noticed by what can't be written to them.
    this.#timer ??= setInterval(() => this.write(": alive\n\n"), ALIVE);
    return body;
  }

  write(text) {
    const chunk = bytes(text);
    for (const controller of [...this.#open]) {
      if (controller.desiredSize >= chunk.length) {
        controller.enqueue(chunk);
        continue;
      }
      this.#close(controller);
      controller.error(new Error("read too slowly"));
    }
  }

  #close(controller) {
    this.#open.delete(controller);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
