//! The client's end of the road: what it is told, once, in its own protocol.
//!
//! A stream has its headers within a second of the call, whatever the runtime does; then it is
//! kept company while the runtime is silent. A client that has gone is found out by writing to
//! it, and its call upstream ends with that.

use crate::domain::{
    money::Pico,
    refusal::Refusal,
    surface::{Arbiter, Beside, Surface, Writer},
};
use completion::{Completion, sse::StreamReader};

use super::{
    Case, explain,
    stream::Stream,
    tell,
    world::{Body, Broken, Head, Pace, Reply, Sink, Step, Whole, World, within},
};

/// A stream's headers are out after so many seconds, counted from its call.
const HEADERS_WITHIN: f64 = 0.9;
/// Seconds of silence after which it has its first signs of life; then one every
/// `KEEPALIVE_SECONDS`. A client that has gone is found out by the second at the earliest.
const FIRST_SIGNS: [f64; 2] = [1.0, 2.0];

/// A client that waits for its answer.
pub struct Client<'a, W, S: Surface, R: Reply> {
    world: &'a W,
    case: &'a Case<'a>,
    surface: &'a S,
    side: Side<R>,
    writer: Option<S::Writer>,
    /// Headers of the attempt under way.
    headers: Vec<(&'static str, String)>,
    model: String,
    /// When it is to have a sign of life next, Unix seconds; infinite: never.
    due: f64,
    /// Since when it has had nothing but signs of life, Unix seconds, and how many of them.
    since: f64,
    signs: usize,
}

enum Side<R: Reply> {
    Waiting(R),
    Streaming(R::Sink),
    Over,
}

impl<'a, W, S, R> Client<'a, W, S, R>
where
    W: World,
    S: Surface,
    R: Reply,
    R::Sink: Sink<Body = W::Body>,
{
    pub fn new(world: &'a W, case: &'a Case<'a>, surface: &'a S, reply: R) -> Self {
        let due = match case.request.stream {
            true => world.now() + HEADERS_WITHIN,
            false => f64::INFINITY,
        };
        Client {
            world,
            case,
            surface,
            side: Side::Waiting(reply),
            writer: None,
            headers: Vec::new(),
            model: String::new(),
            due,
            since: due,
            signs: 0,
        }
    }

    /// A model is called: what was held of the one before is dropped.
    pub fn try_model(&mut self, model: &str) {
        self.headed(model, &Head::default());
        self.model = model.to_owned();
        if let Some(writer) = &mut self.writer {
            writer.forget();
        }
    }

    /// The runtime answered with a head.
    pub fn headed(&mut self, model: &str, head: &Head<()>) {
        if matches!(self.side, Side::Waiting(_)) {
            self.headers = tell::headers(self.case, model, head);
        }
    }

    /// Waits for the runtime for so many seconds. A stream's client is kept company meanwhile.
    pub async fn meanwhile<T>(
        &mut self,
        seconds: f64,
        future: impl Future<Output = Result<T, Broken>>,
    ) -> Result<T, Broken> {
        let until = self.world.now() + seconds;
        let mut future = std::pin::pin!(future);
        loop {
            let last = until <= self.due;
            let wait = until.min(self.due) - self.world.now();
            match within(self.world, wait, &mut future).await {
                Some(value) => return value,
                None if last => return Err(Broken::Silent),
                None => self.keep_company().await?,
            }
        }
    }

    /// What its stream is written with.
    pub fn writer(&mut self) -> &mut S::Writer {
        self.writer.get_or_insert_with(|| {
            self.surface
                .writer(tell::opening(self.world, self.case, &self.model))
        })
    }

    /// Writes what there is, once it may be seen.
    pub async fn flush(&mut self) -> Result<(), Broken> {
        let written = self.writer.as_mut().map(Writer::written);
        self.write(&written.unwrap_or_default()).await
    }

    /// Is it streamed to already.
    pub fn is_streaming(&self) -> bool {
        matches!(self.side, Side::Streaming(_))
    }

    /// Begins its stream, unless that has begun.
    pub fn begin(&mut self) {
        if self.is_streaming() {
            return;
        }
        if let Side::Waiting(reply) = std::mem::replace(&mut self.side, Side::Over) {
            let mut headers = std::mem::take(&mut self.headers);
            headers.push(("server-timing", self.case.watch.timing(self.world.now())));
            headers.push(("content-type", "text/event-stream; charset=utf-8".into()));
            headers.push(("cache-control", "no-cache, no-transform".into()));
            self.side = Side::Streaming(reply.stream(headers));
        }
        self.heard();
    }

    /// Passes a stream on until it ends, one way or another.
    pub async fn relay(&mut self, stream: &mut Stream<W::Body>) -> Result<(), Broken> {
        self.begin();
        if stream.is_over() {
            self.case.watch.begin(self.world.now());
            stream.body.leave();
            return self.flush().await;
        }
        let settings = self.world.settings();
        let pace = Pace {
            idle: settings.stream_idle_timeout,
            alive: settings.keepalive(),
        };
        self.writer();
        let (Side::Streaming(sink), Some(writer)) = (&mut self.side, &mut self.writer) else {
            return Err(Broken::ClientGone);
        };
        let Stream { body, inflow } = stream;
        // Its first event is there and goes out with what was held.
        self.case.watch.begin(self.world.now());
        let first = writer.written();
        let step = |chunk: Option<&[u8]>| {
            let Some(chunk) = chunk else {
                // Half a line is out: nothing may stand in its middle.
                if inflow.reader.is_mid_line() {
                    return Step::Skip;
                }
                writer.alive();
                return Step::Write(writer.written());
            };
            inflow.take(chunk, writer);
            if inflow.is_over() {
                // What is left goes out with what ends it, in one write.
                return Step::Stop;
            }
            let written = writer.written();
            if written == chunk {
                Step::Pass
            } else if written.is_empty() {
                Step::Skip
            } else {
                Step::Write(written)
            }
        };
        let flowed = sink.flow(first, body, pace, step).await;
        match flowed {
            Err(_) => body.abort(),
            Ok(()) if inflow.is_over() => body.leave(),
            Ok(()) => inflow.finish(writer),
        }
        flowed
    }

    /// The answer is whole and its grade is owed: what need not wait for it goes out.
    pub async fn release(&mut self) {
        if self.is_streaming() {
            self.writer().release();
            // Whether it still takes the last bytes changes nothing of the answer.
            let _ = self.flush().await;
        }
    }

    /// Gives it a whole answer.
    pub fn whole(&mut self, completion: &Completion, arbiter: &Arbiter<'_>) {
        let opening = tell::opening(self.world, self.case, arbiter.model);
        let headers = std::mem::take(&mut self.headers);
        let body = self.surface.whole(&opening, completion, arbiter);
        self.answer(200, headers, body);
    }

    /// Ends a whole stream.
    pub async fn finish(&mut self, reader: &StreamReader, arbiter: &Arbiter<'_>) {
        self.writer().finish(reader, arbiter);
        self.end().await;
    }

    /// There is no answer, or no more of it. What it got of one that it left is broken off: ended
    /// in order, it would look whole to a client that only dawdles.
    pub async fn refuse(&mut self, refusal: &Refusal, model: &str, earlier: &[String]) {
        let candidates = explain::asked(self.case);
        let beside = Beside {
            failover_from: earlier,
            candidates: &candidates,
            room: tell::room(self.world, self.case),
        };
        if self.is_streaming() {
            if *refusal == Refusal::ClientGone {
                return self.abort();
            }
            self.writer().fail(refusal, beside);
            return self.end().await;
        }
        // First of all, so that it is done by the time that the client asks what is used.
        // What has cost something counts: trying for nothing is not free.
        let key_refused = matches!(refusal.status(), 401 | 403);
        let tried_once = earlier.is_empty() || key_refused;
        let cost_nothing = self.case.brief.overhead == Pico::default() && tried_once;
        if refusal.is_uncounted() && cost_nothing {
            self.world.uncount();
        }
        let id = self.world.request_id();
        let said = self.surface.refuse(refusal, beside, id);
        let mut headers = said.headers;
        headers.push(("x-arbiter-model", model.to_owned()));
        headers.push(("x-arbiter-task", self.case.brief.task.name().to_owned()));
        self.answer(said.status, headers, said.body);
    }

    fn answer(&mut self, status: u16, mut headers: Vec<(&'static str, String)>, body: String) {
        self.case.watch.begin(self.world.now());
        headers.push(("content-type", "application/json; charset=utf-8".into()));
        headers.push(("server-timing", self.case.watch.timing(self.world.now())));
        if let Side::Waiting(reply) = std::mem::replace(&mut self.side, Side::Over) {
            reply.whole(Whole {
                status,
                headers,
                body,
            });
        }
    }

    /// Its headers, or a sign of life: whichever it has not had for too long.
    async fn keep_company(&mut self) -> Result<(), Broken> {
        if !self.is_streaming() {
            self.begin();
            return self.flush().await;
        }
        self.writer().alive();
        let (since, signs) = (self.since, self.signs + 1);
        let written = self.flush().await;
        (self.since, self.signs) = (since, signs);
        self.wait();
        written
    }

    /// It was told something: the silence begins anew.
    fn heard(&mut self) {
        (self.since, self.signs) = (self.world.now(), 0);
        self.wait();
    }

    fn wait(&mut self) {
        let keepalive = self.world.settings().keepalive();
        let first = FIRST_SIGNS.get(self.signs).map(|after| self.since + after);
        self.due = match (keepalive.is_finite(), first) {
            (true, Some(first)) => first.min(self.world.now() + keepalive),
            _ => self.world.now() + keepalive,
        };
    }

    /// Writes, if its stream has begun. A client that takes nothing for as long as a runtime may
    /// be silent is gone.
    async fn write(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        let Side::Streaming(sink) = &mut self.side else {
            return Err(Broken::ClientGone);
        };
        // A sign of life of the runtime is none to a client whose protocol has no word for it.
        if bytes.is_empty() {
            return Ok(());
        }
        let idle = self.world.settings().stream_idle_timeout;
        let written = within(self.world, idle, sink.write(bytes)).await;
        self.heard();
        written.unwrap_or(Err(Broken::ClientGone))
    }

    async fn end(&mut self) {
        let written = self.writer().written();
        let Side::Streaming(mut sink) = std::mem::replace(&mut self.side, Side::Over) else {
            return;
        };
        let idle = self.world.settings().stream_idle_timeout;
        if !matches!(
            within(self.world, idle, sink.end(&written)).await,
            Some(Ok(()))
        ) {
            sink.abort();
        }
    }

    fn abort(&mut self) {
        if let Side::Streaming(mut sink) = std::mem::replace(&mut self.side, Side::Over) {
            sink.abort();
        }
    }
}
