//! Plan → Answer: the only stage that waits for the runtime. Tries the planned models in turn.

use serde_json::Value;

use crate::domain::{
    completion::Completion,
    memory::Pending,
    money::Charge,
    quarantine::{Quarantine, Standing},
    redact::redact,
    refusal::Refusal,
    request::ChatRequest,
    sse::StreamReader,
    surface::{Door, Opening},
};

use super::{
    Brief,
    relay::{self, Sorter},
    world::{Body, Broken, Call, Head, World, within},
};

/// A whole answer is read up to this many bytes.
const MAX_BODY: usize = 16 * 1024 * 1024;
/// An error's body is read up to this many bytes.
const MAX_ERROR: usize = 64 * 1024;
/// Of the time that is left, the share that an attempt may take while another could follow.
const SHARE: f64 = 0.75;
/// Of `REQUEST_TIMEOUT`, the share that an attempt must have had for its running out to count
/// against the model.
const FAIR: f64 = 0.5;

/// A choice that was not settled after this many seconds was lost with its request. A stream may
/// go on for much longer than `REQUEST_TIMEOUT`, and counts as under way until its end.
const LOST_AFTER: f64 = 1_800.0;

/// What answered, and how it got there.
#[derive(Debug)]
pub struct Answered<B> {
    pub model: String,
    /// Models that failed before, in order.
    pub failover_from: Vec<String>,
    /// What the runtime charged for those attempts all the same, USD.
    pub wasted: f64,
    /// The choice is under way until its settlement is sent: to be handed back then.
    pub ticket: Pending,
    pub answer: Answer<B>,
}

/// A whole answer, or a stream that has begun.
#[derive(Debug)]
pub enum Answer<B> {
    Whole(Head<()>, Completion),
    Stream(Head<()>, Box<Stream<B>>),
}

/// A stream whose first event is there.
#[derive(Debug)]
pub struct Stream<B> {
    pub body: B,
    pub reader: StreamReader,
    /// Holds what came with the first event, to be passed on.
    pub sorter: Sorter,
}

/// No model answered.
#[derive(Debug)]
pub struct NoAnswer {
    /// The last that was tried.
    pub model: String,
    pub failover_from: Vec<String>,
    /// What the runtime charged for the attempts all the same, USD: all of them, or those before
    /// the last where `charge` says what that was charged.
    pub wasted: f64,
    /// What the runtime charged for the attempt that ended it, before any simulated multiplier.
    pub charge: Option<Charge>,
    pub refusal: Refusal,
}

/// Calls the models in turn until one answers: at most `MAX_ATTEMPTS`, within `REQUEST_TIMEOUT`
/// from `started`. A model that fails by its own doing is quarantined and the next is tried;
/// what is the caller's or the account's doing is passed on at once.
pub async fn call<W: World>(
    world: &W,
    (request, door): (&ChatRequest, &Door),
    brief: &Brief,
    models: &[&str],
    started: f64,
) -> Result<Answered<W::Body>, NoAnswer> {
    let settings = world.settings();
    let mut untried = models.to_vec();
    let attempts = models.len().min(settings.max_attempts as usize);
    let mut failed: Vec<String> = Vec::new();
    let mut wasted = 0.0;
    let mut last = None;
    for number in 1..=attempts {
        let left = settings.request_timeout - (world.now() - started);
        if left <= 0.0 && last.is_some() {
            break;
        }
        let Some(model) = next(world, &mut untried) else {
            break;
        };
        let share = if number == attempts {
            left
        } else {
            left * SHARE
        };
        let now = world.now();
        let (ticket, known) = world.memory(|memory| {
            let until = now + settings.request_timeout;
            memory.probe(model, now, until);
            let known = memory.quarantine(model).copied();
            let lost = now + settings.request_timeout.max(LOST_AFTER);
            (memory.choose(brief.task, model, lost), known)
        });
        let failure =
            match within(world, share, attempt(world, (request, door), brief, model)).await {
                Some(Ok(answer)) => {
                    let unchanged = known.is_some()
                        && world.memory(|memory| memory.quarantine(model) == known.as_ref());
                    // An answer to a call that began before the failure proves nothing.
                    if unchanged {
                        world.set_quarantine(model, None);
                    }
                    return Ok(Answered {
                        model: model.to_owned(),
                        failover_from: failed,
                        wasted,
                        ticket,
                        answer,
                    });
                }
                Some(Err(failure)) => failure,
                None => Failure {
                    // A later attempt has little time left: that it ran out says nothing.
                    counts: share >= settings.request_timeout * FAIR,
                    ..Failure::of_model(Refusal::TimedOut {
                        model: model.to_owned(),
                        seconds: share.max(0.0),
                    })
                },
            };
        world.memory(|memory| memory.done(&ticket));
        if !failure.by_model {
            world.memory(|memory| memory.probed(model));
            return Err(NoAnswer {
                model: model.to_owned(),
                failover_from: failed,
                wasted,
                charge: failure.charge,
                refusal: failure.refusal,
            });
        }
        wasted += failure.charge.map_or(0.0, |charge| {
            let multiplier = world.memory(|memory| memory.multiplier(model));
            charge.times(multiplier).usd
        });
        if failure.counts {
            quarantine(world, model, &failure.refusal);
        } else {
            world.memory(|memory| memory.probed(model));
        }
        failed.push(model.to_owned());
        last = Some(failure.refusal);
    }
    Err(NoAnswer {
        model: failed.pop().unwrap_or_default(),
        failover_from: failed,
        wasted,
        charge: None,
        refusal: last.unwrap_or(Refusal::Internal),
    })
}

/// The best model that has not been tried and is not out by now; if all are, the one that failed
/// least recently.
fn next<'m, W: World>(world: &W, untried: &mut Vec<&'m str>) -> Option<&'m str> {
    let now = world.now();
    let place = world.memory(|memory| {
        let failed_at = |model: &str| memory.quarantine(model).map_or(0.0, |it| it.failed_at);
        untried
            .iter()
            .position(|model| memory.standing(model, now) != Standing::Out)
            .or_else(|| {
                let by_failure = |(_, a): &(usize, &&str), (_, b): &(usize, &&str)| {
                    failed_at(a).total_cmp(&failed_at(b))
                };
                untried.iter().enumerate().min_by(by_failure).map(|it| it.0)
            })
    })?;
    Some(untried.remove(place))
}

/// Leaves a model out after it failed by its own doing.
pub fn quarantine<W: World>(world: &W, model: &str, refusal: &Refusal) {
    let retry_after = match refusal {
        Refusal::Upstream { retry_after, .. } => *retry_after,
        _ => None,
    };
    let quarantine = world.memory(|memory| {
        Quarantine::after_failure(
            memory.quarantine(model),
            world.now(),
            world.settings().quarantine_seconds,
            retry_after,
        )
    });
    world.set_quarantine(model, Some(quarantine));
}

/// Reads a body to its end.
pub async fn read_whole(body: impl Body) -> Result<String, Broken> {
    read_up_to(body, MAX_BODY).await
}

async fn read_up_to(mut body: impl Body, limit: usize) -> Result<String, Broken> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk?;
        if bytes.len() + chunk.as_ref().len() > limit {
            body.abort();
            return Err(Broken::TooLarge);
        }
        bytes.extend_from_slice(chunk.as_ref());
    }
    // Clients that read it without us pass over a byte order mark too.
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

/// An attempt that gave no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub refusal: Refusal,
    /// Is it the model's or the provider's doing.
    pub by_model: bool,
    /// Does it count against the model.
    pub counts: bool,
    /// What it was charged all the same.
    pub charge: Option<Charge>,
}

impl Failure {
    pub fn of_model(refusal: Refusal) -> Failure {
        Failure {
            refusal,
            by_model: true,
            counts: true,
            charge: None,
        }
    }

    fn charged(self, charge: Option<Charge>) -> Failure {
        Failure { charge, ..self }
    }

    fn from_broken(broken: Broken, model: &str) -> Failure {
        match broken {
            Broken::ClientGone => Failure {
                by_model: false,
                ..Failure::of_model(Refusal::ClientGone)
            },
            Broken::Connection => Failure::of_model(Refusal::Unreachable {
                model: model.to_owned(),
            }),
            Broken::TooLarge => Failure::of_model(nonsense(model, "more than 16 MB")),
        }
    }
}

fn nonsense(model: &str, what: &str) -> Refusal {
    Refusal::Nonsense {
        model: model.to_owned(),
        what: what.to_owned(),
    }
}

async fn attempt<W: World>(
    world: &W,
    (request, door): (&ChatRequest, &Door),
    brief: &Brief,
    model: &str,
) -> Result<Answer<W::Body>, Failure> {
    let head = world
        .send(Call {
            body: door.upstream_body(request, model),
            follows_client: true,
        })
        .await
        .map_err(|broken| Failure::from_broken(broken, model))?;
    let (head, mut body) = split(head);
    let charge = head.charge;
    if !(200..300).contains(&head.status) {
        return Err(refused(world, head, body, model).await.charged(charge));
    }
    if !request.stream {
        let text = read_whole(body)
            .await
            .map_err(|broken| Failure::from_broken(broken, model).charged(charge))?;
        return Completion::parse(text)
            .map(|completion| Answer::Whole(head, completion))
            .map_err(|what| Failure::of_model(nonsense(model, what)).charged(charge));
    }
    let mut reader = StreamReader::default();
    let writer = door.writer(opening(world, brief, model));
    let sorter = Sorter::new(request.include_usage, writer);
    let sorter = relay::open(&mut body, &mut reader, sorter)
        .await
        .map_err(|unopened| match unopened {
            relay::Unopened::Broken(broken) => Failure::from_broken(broken, model),
            relay::Unopened::Nonsense(what) => Failure::of_model(nonsense(model, what)),
            relay::Unopened::Error(error) => error_frame(world, error, model),
        })
        .map_err(|failure| failure.charged(charge))?;
    let stream = Stream {
        body,
        reader,
        sorter,
    };
    Ok(Answer::Stream(head, Box::new(stream)))
}

/// An answer of a model, as it begins.
pub fn opening<W: World>(world: &W, brief: &Brief, model: &str) -> Opening {
    Opening {
        id: world.request_id().to_owned(),
        model: model.to_owned(),
        created: world.now(),
        input_tokens: brief.input_tokens,
    }
}

fn split<B>(head: Head<B>) -> (Head<()>, B) {
    let body = head.body;
    (
        Head {
            status: head.status,
            charge: head.charge,
            cache_tier: head.cache_tier,
            runtime_id: head.runtime_id,
            retry_after: head.retry_after,
            body: (),
        },
        body,
    )
}

/// The runtime said no: with its error, as far as it is one.
async fn refused<W: World>(world: &W, head: Head<()>, body: impl Body, model: &str) -> Failure {
    let text = match read_up_to(body, MAX_ERROR).await {
        Ok(text) => text,
        Err(Broken::ClientGone) => return Failure::from_broken(Broken::ClientGone, model),
        Err(_) => String::new(),
    };
    let body = match serde_json::from_str::<Value>(&text) {
        // Some runtimes put the error in a list of one.
        Ok(Value::Array(mut items)) if items.len() == 1 => items.pop(),
        body => body.ok(),
    };
    let mut error = match body {
        Some(Value::Object(mut body)) => body
            .remove("error")
            .filter(|error| !error.is_null())
            .unwrap_or(Value::Object(body)),
        _ => {
            serde_json::json!({"message": format!("the runtime answered with status {}", head.status)})
        }
    };
    hide_key(world, &mut error);
    Failure {
        by_model: is_models_doing(head.status),
        ..Failure::of_model(Refusal::Upstream {
            status: head.status,
            model: model.to_owned(),
            error,
            retry_after: head.retry_after,
        })
    }
}

/// An error where an event should be: its own status decides whose doing it is.
pub fn error_frame<W: World>(world: &W, mut error: Value, model: &str) -> Failure {
    let number = |value: &Value| match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    };
    let status = ["code", "status"]
        .iter()
        .find_map(|name| number(error.get(name)?))
        .and_then(|status| u16::try_from(status).ok())
        .filter(|status| (400..600).contains(status));
    hide_key(world, &mut error);
    Failure {
        by_model: status.is_none_or(is_models_doing),
        ..Failure::of_model(Refusal::Upstream {
            status: status.unwrap_or(502),
            model: model.to_owned(),
            error,
            retry_after: None,
        })
    }
}

/// Some runtimes quote the key that they refuse.
fn hide_key<W: World>(world: &W, error: &mut Value) {
    if let Some(key) = &world.settings().gateway_api_key {
        redact(error, key);
    }
}

/// Overload, faults, redirects and a model that is gone are the model's or the provider's doing;
/// every other refusal is the caller's or the account's, and would meet any model.
fn is_models_doing(status: u16) -> bool {
    !(400..500).contains(&status) || matches!(status, 404 | 408 | 409 | 410 | 425 | 429)
}
