export interface ServerEvent {
  event: string;
  data: string;
}

/**
 * The events of a `text/event-stream` body: any line ending, comments left out, several events or
 * half a character in one chunk, `data:` without a space. A last event without an empty line after
 * it is no event. `broken` makes the error for a body that fails while it is read.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>, broken: () => Error): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let event = "message";
  let data: string[] = [];
  try {
    for (;;) {
      let read: ReadableStreamReadResult<Uint8Array>;
      try {
        read = await reader.read();
      } catch (error) {
        if (error instanceof DOMException && error.name === "AbortError") throw error;
        throw broken();
      }
      if (read.done) return;
      rest += decoder.decode(read.value, { stream: true });
      // A "\r" at the very end may be the first half of "\r\n".
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "") {
          if (data.length > 0) yield { event, data: data.join("\n") };
          event = "message";
          data = [];
        } else if (line.startsWith("data:")) {
          data.push(line.slice(line[5] === " " ? 6 : 5));
        } else if (line.startsWith("event:")) {
          event = line.slice(6).trim();
        }
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
