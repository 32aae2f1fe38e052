import { EventSourceParserStream } from "eventsource-parser/stream";

export interface ServerEvent {
  event: string;
  data: string;
}

/**
 * The events of a `text/event-stream` body; a last one without an empty line after it is none. `broken` makes the
 * error for a body that fails while it is read.
 */
export async function* readEvents(body: ReadableStream<Uint8Array>, broken: () => Error): AsyncGenerator<ServerEvent> {
  const text = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>);
  const reader = text.pipeThrough(new EventSourceParserStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield { event: value.event ?? "message", data: value.data };
    }
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw broken();
  } finally {
    reader.cancel().catch(() => {});
  }
}
