//! A stream of the runtime: waited for until its first event, then read while it is passed on.

use serde_json::{Map, Value};

use crate::domain::surface::{Surface, Writer};
use completion::{
    Completion, error, sse,
    sse::{Line, StreamReader},
};

use super::{
    Client,
    failure::Failure,
    read,
    world::{Body, Reply, Sink, World},
};

/// A page of HTML or the like has no event in its first 64 KB. An event itself may be as large as a
/// whole answer: some runtimes send all of it, or a picture, or a tool's arguments, in the first one.
const MAX_BEFORE_FIRST_EVENT: usize = 64 * 1024;

/// A stream whose first event is there.
#[derive(Debug)]
pub struct Stream<B> {
    pub body: B,
    pub inflow: Inflow,
}

impl<B> Stream<B> {
    /// Did the stream end, or say that nothing more comes.
    pub fn is_over(&self) -> bool {
        self.inflow.is_over()
    }
}

/// What came of a stream so far.
#[derive(Debug, Default)]
pub struct Inflow {
    pub reader: StreamReader,
    /// Told in the stream instead of a chunk.
    pub error: Option<Value>,
    /// What the client's protocol could not take.
    pub lost: Option<&'static str>,
    begun: bool,
    over: bool,
    /// Was there anything but signs of life before the first event.
    told: bool,
}

impl Inflow {
    /// Takes in bytes, and gives the writer what it is to pass on of them.
    pub fn take(&mut self, chunk: &[u8], writer: &mut impl Writer) {
        let (reader, mut sorting) = self.split(writer);
        reader.feed(chunk, |line, raw| sorting.sort(line, raw));
    }

    /// Nothing more comes.
    pub fn finish(&mut self, writer: &mut impl Writer) {
        let (reader, mut sorting) = self.split(writer);
        reader.finish(|line, raw| sorting.sort(line, raw));
        self.over = true;
    }

    /// Did it end, or say that nothing more comes.
    pub fn is_over(&self) -> bool {
        self.over
    }

    fn split<'a, T>(&'a mut self, writer: &'a mut T) -> (&'a mut StreamReader, Sorting<'a, T>) {
        let Inflow {
            reader,
            error,
            lost,
            begun,
            over,
            told,
        } = self;
        let sorting = Sorting {
            error,
            lost,
            begun,
            over,
            told,
            writer,
        };
        (reader, sorting)
    }
}

/// An inflow while its reader reads.
struct Sorting<'a, T> {
    error: &'a mut Option<Value>,
    lost: &'a mut Option<&'static str>,
    begun: &'a mut bool,
    over: &'a mut bool,
    told: &'a mut bool,
    writer: &'a mut T,
}

impl<T: Writer> Sorting<'_, T> {
    fn sort(&mut self, line: Line, raw: &[u8]) {
        // What comes after the end of a stream is not part of it.
        if *self.over {
            return;
        }
        let blank = || raw.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
        match &line {
            Line::Error(error) => {
                *self.error = Some(serde_json::from_str(error).unwrap_or(Value::Null));
                *self.over = true;
                return;
            }
            Line::Done => *self.over = true,
            Line::Chunk => *self.begun = true,
            Line::Comment => {}
            Line::Pass if blank() => {}
            Line::Pass | Line::UsageOnly | Line::Unread => *self.told = true,
        }
        self.writer.event(&line, raw);
        *self.lost = self.writer.lost();
        *self.over |= self.lost.is_some();
    }
}

/// Of its patience in silence, how many times as long a stream may go on saying that it is alive
/// before its first event.
const LIVELY: f64 = 10.0;

/// Waits for the first event of a stream, never in silence for longer than `patience` seconds.
/// A whole completion in its place is read as a stream of one chunk.
pub async fn open<W, S, R>(
    world: &W,
    client: &mut Client<'_, W, S, R>,
    mut body: W::Body,
    model: &str,
    patience: f64,
) -> Result<Stream<W::Body>, Failure>
where
    W: World,
    S: Surface,
    R: Reply,
    R::Sink: Sink<Body = W::Body>,
{
    let mut inflow = Inflow::default();
    // All of it, as long as it may be something else than a stream.
    let mut plain: Vec<u8> = Vec::new();
    let until = world.now() + patience * LIVELY;
    loop {
        let patience = patience.min(until - world.now());
        let next = async { body.next().await.transpose() };
        let chunk = client
            .meanwhile(patience, next)
            .await
            .map_err(|broken| Failure::broken(broken, model, patience))?;
        match &chunk {
            Some(chunk) => {
                plain.extend_from_slice(chunk.as_ref());
                inflow.take(chunk.as_ref(), client.writer());
            }
            None => inflow.finish(client.writer()),
        }
        if inflow.begun {
            return Ok(Stream { body, inflow });
        }
        if let Some(error) = inflow.error.take() {
            body.abort();
            return Err(Failure::frame(error, model, world.settings()));
        }
        if let Some(what) = inflow.lost {
            body.abort();
            return Err(Failure::nonsense(model, what));
        }
        if chunk.is_none() && inflow.told {
            client.writer().forget();
            let inflow = unframed(read::text(plain), model, client.writer(), world)?;
            return Ok(Stream { body, inflow });
        }
        if chunk.is_none() || inflow.over {
            body.abort();
            return Err(Failure::nonsense(model, "an empty stream"));
        }
        if !inflow.told && !inflow.reader.is_within() {
            // A runtime that only says that it is alive.
            plain.clear();
            if client.is_streaming() {
                let flushed = client.flush().await;
                flushed.map_err(|broken| Failure::broken(broken, model, patience))?;
            }
        }
        let most = match plain.first() {
            Some(b'{') => read::MAX_BODY,
            _ if inflow.reader.is_within_data() => sse::MAX_LINE,
            _ => MAX_BEFORE_FIRST_EVENT,
        };
        if plain.len() > most {
            body.abort();
            return Err(Failure::nonsense(model, "something that is not a stream"));
        }
    }
}

/// A body that came where a stream was asked for: a completion, an error, or neither.
fn unframed<W: World>(
    text: String,
    model: &str,
    writer: &mut impl Writer,
    world: &W,
) -> Result<Inflow, Failure> {
    if let Ok(error) = serde_json::from_str::<Map<String, Value>>(&text)
        && error::is_error(&error)
    {
        let error = error::unwrapped(Value::Object(error)).unwrap_or_default();
        return Err(Failure::frame(error, model, world.settings()));
    }
    let nonsense = |_| Failure::nonsense(model, "something that is not a stream");
    let completion = Completion::parse(text).map_err(nonsense)?;
    let mut inflow = Inflow::default();
    inflow.take(completion.as_stream().as_bytes(), writer);
    Ok(inflow)
}
