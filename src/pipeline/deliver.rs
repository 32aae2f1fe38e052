//! Called → Seen: a stream is passed on to the client while it is read; what is whole waits for
//! its grade. However it went, one value tells how it ended and what there was of it.

use chat::Choice;

use crate::domain::{
    books::feed::Outcome,
    refusal::Refusal,
    runtime::charge::Counted,
    surface::Surface,
    wire::{completion::Completion, sse::StreamReader},
};

use super::{
    Client,
    call::{Answer, Answerer, Called},
    failure::Failure,
    stream::Stream,
    verdict,
    world::{Broken, Reply, Sink, World},
};

/// An answer, and how it ended.
#[derive(Debug)]
pub struct Seen<'a> {
    pub by: Answerer<'a>,
    pub end: End,
    pub said: Said,
}

/// How an answer ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// It was whole, whoever was still there to take it.
    Whole,
    /// The client left before.
    Left,
    /// There was none, or it broke off, fell silent, or said that it failed.
    Failed(Refusal),
}

/// What there was of an answer.
#[derive(Debug)]
pub enum Said {
    Nothing,
    Completion(Completion),
    /// What a stream said.
    Stream(StreamReader),
}

/// Passes on what comes, until nothing more does.
pub async fn deliver<'a, W, S, R>(
    world: &W,
    client: &mut Client<'_, W, S, R>,
    called: Called<'a, W::Body>,
) -> Seen<'a>
where
    W: World,
    S: Surface,
    R: Reply,
    R::Sink: Sink<Body = W::Body>,
{
    let Called { by, answer } = called;
    let (end, said) = match answer {
        Err(failure) => (End::of(*failure.refusal), Said::Nothing),
        Ok(Answer::Whole(completion)) => (End::Whole, Said::Completion(completion)),
        Ok(Answer::Stream(mut stream)) => {
            let ended = client.relay(&mut stream).await;
            let end = match ended_whole(world, ended, &mut stream, &by.model.id) {
                Ok(()) => End::Whole,
                Err(failure) => {
                    verdict::broke_off(world, by.model, &failure);
                    End::of(*failure.refusal)
                }
            };
            (end, Said::Stream(stream.inflow.reader))
        }
    };
    Seen { by, end, said }
}

/// Was a stream whole by the time that nothing more of it came.
fn ended_whole<W: World>(
    world: &W,
    ended: Result<(), Broken>,
    stream: &mut Stream<W::Body>,
    model: &str,
) -> Result<(), Failure> {
    let settings = world.settings();
    if let Some(error) = stream.inflow.error.take() {
        return Err(Failure::frame(error, model, settings));
    }
    if stream.inflow.reader.complete() {
        return Ok(());
    }
    let broken = ended.err().unwrap_or(Broken::Connection);
    Err(Failure::broken(broken, model, settings.stream_idle_timeout))
}

impl End {
    fn of(refusal: Refusal) -> End {
        match refusal {
            Refusal::ClientGone => End::Left,
            refusal => End::Failed(refusal),
        }
    }

    pub fn outcome(&self) -> Outcome {
        match self {
            End::Whole => Outcome::Finished,
            End::Left => Outcome::Dropped,
            End::Failed(_) => Outcome::Failed,
        }
    }

    /// Why it was not whole.
    pub fn refusal(&self) -> Option<Refusal> {
        match self {
            End::Whole => None,
            End::Left => Some(Refusal::ClientGone),
            End::Failed(refusal) => Some(refusal.clone()),
        }
    }
}

impl Said {
    pub fn usage(&self) -> Counted {
        match self {
            Said::Nothing => Counted::default(),
            Said::Completion(completion) => completion.usage(),
            Said::Stream(reader) => reader.usage,
        }
    }

    /// The model that answered, by the runtime's own word.
    pub fn model(&self) -> Option<String> {
        match self {
            Said::Nothing => None,
            Said::Completion(completion) => completion.model(),
            Said::Stream(reader) => reader.model.as_deref().map(str::to_owned),
        }
    }

    /// The runtime's usage as it wrote it.
    pub fn bill(&self) -> Option<&str> {
        match self {
            Said::Nothing => None,
            Said::Completion(completion) => completion.bill(),
            Said::Stream(reader) => reader.bill.as_deref(),
        }
    }

    /// What it says that it cost, beside its usage.
    pub fn cost(&self) -> Option<serde_json::Value> {
        match self {
            Said::Completion(completion) => completion.cost(),
            _ => None,
        }
    }

    /// What a call without a usage figure is estimated by: thoughts too.
    pub fn characters(&self) -> u64 {
        match self {
            Said::Nothing => 0,
            Said::Completion(completion) => completion.characters(),
            Said::Stream(reader) => reader.characters as u64,
        }
    }

    /// What is graded; `Err` says why it can't be.
    pub fn choices(&self) -> Result<&[Choice], &'static str> {
        match self {
            Said::Nothing => Err("no answer"),
            Said::Completion(completion) => Ok(&completion.choices),
            Said::Stream(reader) if reader.overflowed => Err("the answer is too long to be graded"),
            Said::Stream(reader) => Ok(&reader.choices),
        }
    }
}
