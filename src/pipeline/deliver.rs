//! Called → Seen: a stream is passed on to the client while it is read; what is whole waits for
//! its grade. However it went, one value tells how it ended and what there was of it.

use chat::Choice;

use crate::domain::{books::feed::Outcome, refusal::Refusal, surface::Surface};
use completion::{Completion, Usage, sse::StreamReader};

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
    pub said: Content,
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
pub enum Content {
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
        Err(failure) => (End::of(*failure.refusal), Content::Nothing),
        Ok(Answer::Whole(completion)) => (End::Whole, Content::Completion(completion)),
        Ok(Answer::Stream(mut stream)) => {
            let ended = client.relay(&mut stream).await;
            let end = match ended_whole(world, ended, &mut stream, &by.model.id) {
                Ok(()) => End::Whole,
                Err(failure) => {
                    verdict::broke_off(world, by.model, &failure);
                    End::of(*failure.refusal)
                }
            };
            (end, Content::Stream(stream.inflow.reader))
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
    if let Some(what) = stream.inflow.lost {
        return Err(Failure::nonsense(model, what));
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

impl Content {
    pub fn usage(&self) -> Usage {
        match self {
            Content::Nothing => Usage::default(),
            Content::Completion(completion) => completion.usage(),
            Content::Stream(reader) => reader.usage,
        }
    }

    /// The model that answered, by the runtime's own word.
    pub fn model(&self) -> Option<String> {
        match self {
            Content::Nothing => None,
            Content::Completion(completion) => completion.model(),
            Content::Stream(reader) => reader.model.as_deref().map(str::to_owned),
        }
    }

    /// The runtime's usage as it wrote it.
    pub fn bill(&self) -> Option<&str> {
        match self {
            Content::Nothing => None,
            Content::Completion(completion) => completion.bill(),
            Content::Stream(reader) => reader.bill.as_deref(),
        }
    }

    /// What it says that it cost, beside its usage.
    pub fn cost(&self) -> Option<serde_json::Value> {
        match self {
            Content::Completion(completion) => completion.cost(),
            _ => None,
        }
    }

    /// What a call without a usage figure is estimated by: thoughts too.
    pub fn characters(&self) -> u64 {
        match self {
            Content::Nothing => 0,
            Content::Completion(completion) => completion.characters(),
            Content::Stream(reader) => reader.characters as u64,
        }
    }

    /// What is graded; `Err` says why it can't be.
    pub fn choices(&self) -> Result<&[Choice], &'static str> {
        match self {
            Content::Nothing => Err("no answer"),
            Content::Completion(completion) => Ok(&completion.choices),
            Content::Stream(reader) if reader.overflowed => {
                Err("the answer is too long to be graded")
            }
            Content::Stream(reader) => Ok(&reader.choices),
        }
    }
}
