//! What the story needs from outside, and nothing else. The edge implements it on the platform,
//! the tests in memory.

use std::{rc::Rc, time::Duration};

use chat::Task;
use futures_util::future::{Either, select};
use runtimes::charge::Charge;

use crate::domain::{
    books::{rating::Rating, settlement::Settlement},
    conversation::Whose,
    isolate::memory::Memory,
    money::Pico,
    runtime::{limits::Limit, quarantine::Quarantine, registry::Model},
    session::News,
    settings::Settings,
};

/// A call to the runtime's chat completions.
#[derive(Debug)]
pub struct Call {
    /// The name of the runtime that it goes to.
    pub runtime: String,
    /// JSON.
    pub body: String,
    /// Is it aborted when the client goes away.
    pub follows_client: bool,
}

/// The head of the runtime's answer, reduced to the few headers that mean anything here.
#[derive(Debug, Default)]
pub struct Head<B> {
    pub status: u16,
    /// What the call was charged; `None` where the header is missing or no cost.
    pub charge: Option<Charge>,
    pub cache_tier: Option<String>,
    pub runtime_id: Option<String>,
    /// Whole seconds.
    pub retry_after: Option<u64>,
    pub body: B,
}

impl<B> Head<B> {
    /// The head, and the body.
    pub fn split(self) -> (Head<()>, B) {
        let head = Head {
            status: self.status,
            charge: self.charge,
            cache_tier: self.cache_tier,
            runtime_id: self.runtime_id,
            retry_after: self.retry_after,
            body: (),
        };
        (head, self.body)
    }
}

/// Why nothing more comes, or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Refused, reset, or cut off.
    Connection,
    /// The runtime gave no sign of life for too long.
    Silent,
    /// The client went away, or took nothing for too long.
    ClientGone,
    /// The answer is larger than anything that is read.
    TooLarge,
}

/// Bytes of the runtime's answer as they come.
#[allow(async_fn_in_trait)]
pub trait Body {
    type Chunk: AsRef<[u8]>;
    /// The next chunk; `None` at the end.
    async fn next(&mut self) -> Option<Result<Self::Chunk, Broken>>;
    /// Stops the call: nothing more is read.
    fn abort(&mut self);
    /// All that is still to come, of at most so many bytes.
    async fn all(&mut self, most: usize) -> Result<Vec<u8>, Broken> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.next().await {
            let chunk = chunk?;
            if bytes.len() + chunk.as_ref().len() > most {
                self.abort();
                return Err(Broken::TooLarge);
            }
            bytes.extend_from_slice(chunk.as_ref());
        }
        Ok(bytes)
    }
    /// It said that nothing more comes: should more come all the same, the call is stopped.
    fn leave(&mut self) {
        self.abort();
    }
}

/// What becomes of a chunk of the runtime's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is passed on as it stands.
    Pass,
    /// Nothing of it is passed on.
    Skip,
    /// These bytes are passed on in its place.
    Write(Vec<u8>),
    /// It is the last: neither it nor what comes after is passed on.
    Stop,
}

/// How long either side of a stream may be still. Seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Then it is given up.
    pub idle: f64,
    /// Then the client is given a sign of life; infinite: never.
    pub alive: f64,
}

/// A streamed answer on its way to the client.
#[allow(async_fn_in_trait)]
pub trait Sink {
    type Body;
    /// Writes what comes `first`, then passes the chunks of a body that has not ended on as they come, each as
    /// `step` says of it, until it ends or `step` has it stop. Of silence `step` is told with `None`: what it gives is
    /// written.
    async fn flow(
        &mut self,
        first: Vec<u8>,
        body: &mut Self::Body,
        pace: Pace,
        step: impl FnMut(Option<&[u8]>) -> Step,
    ) -> Result<(), Broken>;
    /// Writes bytes of our own.
    async fn write(&mut self, bytes: &[u8]) -> Result<(), Broken>;
    /// Writes the last bytes of our own, and ends the body.
    async fn end(&mut self, last: &[u8]) -> Result<(), Broken>;
    /// Breaks the body off: whoever reads it learns that this is not its end.
    fn abort(&mut self);
}

/// An answer that is whole.
#[derive(Debug)]
pub struct Whole {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

/// The one answer that a request gets.
pub trait Reply {
    type Sink: Sink;
    fn whole(self, whole: Whole);
    fn stream(self, headers: Vec<(&'static str, String)>) -> Self::Sink;
}

/// The world, as one request sees it.
#[allow(async_fn_in_trait)]
pub trait World {
    type Body: Body;

    /// Unix seconds.
    fn now(&self) -> f64;
    /// A uniform random number.
    fn seed(&self) -> u64;
    fn settings(&self) -> &Settings;
    /// What can be routed to, as this isolate knows it by now.
    fn pool(&self) -> Rc<[Model]>;
    /// When this request arrived, Unix seconds.
    fn received_at(&self) -> f64;
    /// The id of this request.
    fn request_id(&self) -> &str;
    /// The id of the key that asks; `None`: an operator.
    fn key(&self) -> Option<&str>;
    /// Did the client go away.
    fn client_gone(&self) -> bool;
    async fn sleep(&self, duration: Duration);
    /// The isolate's memory. Not to be held over an await: it is lent for the closure only.
    fn memory<R>(&self, with: impl FnOnce(&mut Memory) -> R) -> R;
    /// Brings the memory up to date where it is old. A store that is away leaves it as it is.
    async fn refresh(&self);
    /// Calls the runtime.
    async fn send(&self, call: Call) -> Result<Head<Self::Body>, Broken>;
    /// Tells the account what an answer cost that is out, before it is settled: its place is free, and
    /// nothing is set aside for it any more. Nobody waits for it.
    fn pay_early(&self, spend: Pico, overhead: Pico, answered: bool);
    /// Sends a settlement to its Learner, and takes in the book that it answers.
    async fn settle(&self, settlement: &Settlement);
    /// Tells a Learner of a grade that came after its settlement, once: one that is lost is lost.
    async fn rate(&self, task: Task, model: &str, rating: Rating);
    /// Tells every isolate that a model is out until then, or back in. Nobody waits for it.
    fn set_quarantine(&self, model: &str, quarantine: Option<Quarantine>);
    /// Tells every isolate what a model or a runtime does not take. Nobody waits for it.
    fn remember(&self, limit: Limit);
    /// Tells a conversation what has changed of it. Nobody waits for it.
    fn keep(&self, whose: &Whose, news: News);
    /// Takes this request back out of what its key has used. Nobody waits for it.
    fn uncount(&self);
    /// One structured line for operators.
    fn log(&self, line: serde_json::Value);
}

fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.clamp(0.0, 86_400.0)).unwrap_or_default()
}

/// The future's value, or `None` when `seconds` pass first.
pub async fn within<W: World, T>(
    world: &W,
    seconds: f64,
    future: impl Future<Output = T>,
) -> Option<T> {
    let sleep = world.sleep(duration(seconds));
    let (future, sleep) = (std::pin::pin!(future), std::pin::pin!(sleep));
    match select(future, sleep).await {
        Either::Left((value, _)) => Some(value),
        Either::Right(_) => None,
    }
}
