//! A stream on its way from the runtime to the client: passed on as it comes, read while it does.

use serde_json::{Value, json};

use crate::domain::{
    refusal::Refusal,
    sse::{self, Line, StreamReader},
    surface::Writer,
};

use super::{
    call::{Failure, Stream, error_frame},
    world::{Body, Broken, Flow, Gone, Sink, Step, World, within},
};

/// How a stream ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// With `[DONE]`.
    Done,
    /// Without it, but every choice had its `finish_reason`.
    Finished,
    /// The client went away.
    ClientGone,
    /// It broke off, fell silent, or said that it failed.
    Failed(Failure),
}

/// Why a stream did not begin.
#[derive(Debug)]
pub enum Unopened {
    Broken(Broken),
    Error(Value),
    Nonsense(&'static str),
}

/// A page of HTML or the like has no event in its first 64 KB.
const MAX_BEFORE_FIRST_EVENT: usize = 64 * 1024;

/// Lines that name an event are held back up to this many bytes.
const MAX_NAMING: usize = 4 * 1024;

/// A line of more bytes that is no chunk was not read.
const MAX_UNREAD: usize = 64 * 1024;

/// Waits for the first event of a stream. Comments before it are kept back with it: until the
/// first byte is out, another model can still be tried.
pub async fn open(
    body: &mut impl Body,
    reader: &mut StreamReader,
    mut sorter: Sorter,
) -> Result<Sorter, Unopened> {
    loop {
        let ended = match body.next().await {
            Some(Ok(chunk)) => {
                sorter.take(reader, chunk.as_ref());
                false
            }
            Some(Err(broken)) => return Err(Unopened::Broken(broken)),
            None => {
                sorter.finish(reader);
                true
            }
        };
        if sorter.has_chunk {
            return Ok(sorter);
        }
        if let Some(error) = sorter.error.take() {
            body.abort();
            return Err(Unopened::Error(error));
        }
        if ended || sorter.done {
            body.abort();
            return Err(Unopened::Nonsense("an empty stream"));
        }
        if sorter.bytes.len() > MAX_BEFORE_FIRST_EVENT {
            body.abort();
            return Err(Unopened::Nonsense("something that is not a stream"));
        }
    }
}

/// Passes a stream on until it ends, one way or another. `[DONE]` itself is not written: it and
/// what follows it are the caller's to write in one go.
pub async fn relay<W: World, S: Sink<Body = W::Body>>(
    world: &W,
    stream: &mut Stream<W::Body>,
    sink: &mut S,
    model: &str,
) -> End {
    let idle = world.settings().stream_idle_timeout;
    let Stream {
        reader,
        sorter,
        body,
    } = stream;
    // What came before the first event was known to be one.
    let sent = send(world, sink, sorter).await;
    let flow = match sent {
        Err(Gone) => Flow::Gone,
        Ok(()) if sorter.is_over() => Flow::Stopped,
        Ok(()) => {
            let step = |chunk: &[u8]| {
                sorter.take(reader, chunk);
                sorter.step(chunk)
            };
            sink.flow(body, idle, step).await
        }
    };
    match flow {
        Flow::Broken(Broken::ClientGone) => return End::ClientGone,
        Flow::Broken(_) => return broken_off(reader, model),
        Flow::Gone => {
            body.abort();
            return End::ClientGone;
        }
        Flow::Silent => {
            body.abort();
            return End::Failed(Failure::of_model(Refusal::TimedOut {
                model: model.to_owned(),
                seconds: idle,
            }));
        }
        Flow::Stopped => body.abort(),
        Flow::Ended => sorter.finish(reader),
    }
    // Whether the client still takes the last bytes changes nothing of the end.
    let _ = send(world, sink, sorter).await;
    let end = sorter.end(world, model);
    end.unwrap_or_else(|| broken_off(reader, model))
}

/// The bytes ended: was the answer whole by then.
fn broken_off(reader: &StreamReader, model: &str) -> End {
    if reader.complete() {
        End::Finished
    } else {
        End::Failed(Failure::of_model(Refusal::Unreachable {
            model: model.to_owned(),
        }))
    }
}

/// Writes what is held back. A client that takes nothing for as long as a runtime may be silent
/// is gone.
async fn send<W: World>(world: &W, sink: &mut impl Sink, sorter: &mut Sorter) -> Result<(), Gone> {
    let bytes = std::mem::take(&mut sorter.bytes);
    let idle = world.settings().stream_idle_timeout;
    let sent = within(world, idle, sink.write(&bytes)).await;
    sent.unwrap_or(Err(Gone))
}

/// Sorts the lines of each chunk into what is passed on and what ends the stream.
#[derive(Debug)]
pub struct Sorter {
    usage_wanted: bool,
    /// What is passed on of the last chunk taken.
    bytes: Vec<u8>,
    has_chunk: bool,
    done: bool,
    error: Option<Value>,
    /// An event is left out: what else belongs to it, up to its blank line, is left out too.
    skipping: bool,
    /// Lines that name the event at hand: passed on with its data, or left out with it.
    naming: Vec<u8>,
    /// Who writes the answer in another protocol's events; without one it is passed on as it is.
    writer: Option<Writer>,
}

impl Sorter {
    pub fn new(usage_wanted: bool, writer: Option<Writer>) -> Sorter {
        Sorter {
            usage_wanted,
            bytes: Vec::new(),
            has_chunk: false,
            done: false,
            error: None,
            skipping: false,
            naming: Vec::new(),
            writer,
        }
    }

    /// Who writes the answer, for what it ends with.
    pub fn writer(&mut self) -> Option<&mut Writer> {
        self.writer.as_mut()
    }

    fn take(&mut self, reader: &mut StreamReader, chunk: &[u8]) {
        // Before the first event everything is kept back, after it each chunk stands alone.
        if self.has_chunk {
            self.bytes.clear();
        }
        reader.feed(chunk, |line, raw| self.sort(line, raw));
    }

    fn finish(&mut self, reader: &mut StreamReader) {
        if self.has_chunk {
            self.bytes.clear();
        }
        reader.finish(|line, raw| self.sort(line, raw));
        self.bytes.append(&mut self.naming);
    }

    fn sort(&mut self, line: Line, raw: &[u8]) {
        // What comes after the end of a stream is not part of it.
        if self.is_over() {
            return;
        }
        match line {
            Line::Done => self.done = true,
            Line::Error(error) => {
                self.error = Some(serde_json::from_str(&error).unwrap_or(Value::Null));
            }
            Line::Chunk | Line::UsageOnly if self.writer.is_some() => {
                self.has_chunk |= line == Line::Chunk;
                self.write(raw);
            }
            // What was too long to be read cannot be written anew.
            Line::Pass if self.writer.is_some() && raw.len() > MAX_UNREAD => {
                self.error = Some(json!({"message": "the runtime sent a line that is too long"}));
            }
            Line::Comment | Line::Pass if self.writer.is_some() => {}
            Line::UsageOnly if !self.usage_wanted => {
                self.naming.clear();
                self.skipping = true;
            }
            Line::Chunk | Line::UsageOnly => {
                self.has_chunk = true;
                self.skipping = false;
                self.pass(raw);
            }
            Line::Comment => self.bytes.extend_from_slice(raw),
            Line::Pass => {
                let blank = raw.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
                if self.skipping {
                    self.skipping = !blank;
                } else if names_event(raw) && self.naming.len() < MAX_NAMING {
                    self.naming.extend_from_slice(raw);
                } else {
                    self.pass(raw);
                }
            }
        }
    }

    fn write(&mut self, raw: &[u8]) {
        let Some(writer) = &mut self.writer else {
            return;
        };
        writer.chunk(&sse::data(raw));
        self.bytes.extend_from_slice(writer.written().as_bytes());
        if writer.overflowed() {
            self.error = Some(json!({"message": "the answer is longer than is passed on"}));
        }
    }

    fn pass(&mut self, raw: &[u8]) {
        self.bytes.append(&mut self.naming);
        self.bytes.extend_from_slice(raw);
    }

    /// What becomes of the chunk just taken.
    fn step(&mut self, chunk: &[u8]) -> Step {
        if self.is_over() {
            Step::Stop
        } else if self.bytes == chunk {
            Step::Pass
        } else if self.bytes.is_empty() {
            Step::Skip
        } else {
            Step::Write(std::mem::take(&mut self.bytes))
        }
    }

    /// Did the stream say that nothing more comes.
    fn is_over(&self) -> bool {
        self.done || self.error.is_some()
    }

    fn end<W: World>(&mut self, world: &W, model: &str) -> Option<End> {
        if let Some(error) = self.error.take() {
            return Some(End::Failed(error_frame(world, error, model)));
        }
        self.done.then_some(End::Done)
    }
}

/// Is it a field that belongs to an event but is no data of it.
fn names_event(line: &[u8]) -> bool {
    [&b"event:"[..], b"id:", b"retry:"]
        .iter()
        .any(|field| line.starts_with(field))
}
