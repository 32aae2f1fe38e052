//! Case → Called: the only stage that waits for the runtime. Tries the planned models in turn.

use crate::domain::{
    completion::Completion,
    memory::Pending,
    money::Pico,
    quarantine::{Quarantine, Standing},
    refusal::Refusal,
    registry::Model,
    runtime::{
        faults::{Fault, reworded},
        limits::Limit,
    },
    settings::Settings,
    surface::Surface,
};

use super::{
    Case, Client,
    failure::Failure,
    read,
    settle::Known,
    stream::{self, Stream},
    world::{Call, Head, Reply, Sink, World},
};

/// Of the time that is left, the share that an attempt may take while another could follow.
const SHARE: f64 = 0.75;
/// Of `REQUEST_TIMEOUT`, the share that an attempt must have had for its running out to count
/// against the model.
const FAIR: f64 = 0.5;
/// A choice that was not settled after this many seconds was lost with its request. A stream may
/// go on for much longer than `REQUEST_TIMEOUT`, and counts as under way until its end.
const LOST_AFTER: f64 = 1_800.0;

/// What came of the call.
#[derive(Debug)]
pub struct Called<'a, B> {
    pub by: Answerer<'a>,
    pub answer: Result<Answer<B>, Failure>,
}

/// The model that answered, or that failed last, and how it came to that.
#[derive(Debug)]
pub struct Answerer<'a> {
    pub model: &'a Model,
    pub before: Before,
    pub head: Head<()>,
    /// What is known of it.
    pub known: Known,
    /// The choice is under way until it is settled: to be handed back then.
    pub ticket: Option<Pending>,
}

/// The attempts that failed before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Before {
    /// Ids of their models, in order.
    pub failed: Vec<String>,
    /// What the runtime charged for them all the same.
    pub wasted: Pico,
}

/// A whole answer, or a stream that has begun.
#[derive(Debug)]
pub enum Answer<B> {
    Whole(Completion),
    Stream(Stream<B>),
}

/// Calls the models in turn until one answers: at most `MAX_ATTEMPTS`, within `REQUEST_TIMEOUT`.
/// A model that fails by its own doing is quarantined and the next is tried; what is the caller's
/// or the account's doing is passed on at once. `None` where there is no model to call.
pub async fn call<'a, W, S, R>(
    world: &W,
    case: &Case<'a>,
    client: &mut Client<'_, W, S, R>,
) -> Option<Called<'a, W::Body>>
where
    W: World,
    S: Surface,
    R: Reply,
    R::Sink: Sink<Body = W::Body>,
{
    let settings = world.settings();
    let mut untried = case.plan.models.clone();
    let attempts = untried.len().min(settings.max_attempts as usize);
    let mut before = Before::default();
    let mut last: Option<(&Model, Failure)> = None;
    let mut suspects: Vec<(&Model, Box<Refusal>)> = Vec::new();
    for number in 1..=attempts {
        let left = settings.request_timeout - (world.now() - case.watch.started);
        if left <= 0.0 && last.is_some() {
            break;
        }
        let Some(model) = next(world, &mut untried) else {
            break;
        };
        if let Some((model, failure)) = last.take() {
            before.add(world, model, &failure);
        }
        let share = if number == attempts {
            left
        } else {
            left * SHARE
        };
        let (ticket, known) = begin(world, case, model);
        let (head, answer) = attempt(world, case, client, model, share).await;
        let failure = match answer {
            Ok(answer) => {
                let unchanged = known.is_some()
                    && world.memory(|memory| memory.quarantine(&model.id) == known.as_ref());
                // Another answered the very request that they failed.
                for (model, refusal) in &suspects {
                    quarantine(world, &model.id, refusal);
                }
                // An answer to a call that began before the failure proves nothing.
                if unchanged {
                    world.set_quarantine(&model.id, None);
                }
                return Some(Called {
                    by: Answerer {
                        model,
                        before,
                        head,
                        known: Known::now(world, case, model),
                        ticket: Some(ticket),
                    },
                    answer: Ok(answer),
                });
            }
            Err(failure) => failure,
        };
        world.memory(|memory| memory.done(&ticket));
        // A later attempt has little time left: that it ran out says nothing.
        let fair = !matches!(*failure.refusal, Refusal::TimedOut { .. })
            || share >= settings.request_timeout * FAIR;
        if failure.by_model && failure.counts && fair {
            if !accuse(world, &model.id, &failure.refusal) {
                suspects.push((model, failure.refusal.clone()));
            }
        } else {
            world.memory(|memory| memory.probed(&model.id));
        }
        let passed_on = !failure.by_model;
        last = Some((model, failure));
        if passed_on {
            break;
        }
    }
    let (model, failure) = last?;
    Some(Called {
        by: Answerer {
            model,
            before,
            head: Head {
                charge: failure.charge,
                ..Head::default()
            },
            known: Known::now(world, case, model),
            ticket: None,
        },
        answer: Err(failure),
    })
}

impl Before {
    fn add<W: World>(&mut self, world: &W, model: &Model, failure: &Failure) {
        let charged = failure.charge.map_or(0.0, |charge| {
            let multiplier = world.memory(|memory| memory.multiplier(&model.id));
            charge.times(multiplier).usd
        });
        self.wasted = self.wasted.plus(Pico::from_usd(charged));
        self.failed.push(model.id.clone());
    }
}

/// Notes that a model is being called.
fn begin<W: World>(world: &W, case: &Case<'_>, model: &Model) -> (Pending, Option<Quarantine>) {
    let (now, timeout) = (world.now(), world.settings().request_timeout);
    world.memory(|memory| {
        memory.probe(&model.id, now, now + timeout);
        let known = memory.quarantine(&model.id).copied();
        let lost = now + timeout.max(LOST_AFTER);
        (memory.choose(case.brief.task, &model.id, lost), known)
    })
}

/// The best model that has not been tried and is not out by now; if all are, the one that failed
/// least recently.
fn next<'m, W: World>(world: &W, untried: &mut Vec<&'m Model>) -> Option<&'m Model> {
    let now = world.now();
    let place = world.memory(|memory| {
        let failed_at = |model: &Model| memory.quarantine(&model.id).map_or(0.0, |it| it.failed_at);
        untried
            .iter()
            .position(|model| memory.standing(&model.id, now) != Standing::Out)
            .or_else(|| {
                let by_failure = |(_, a): &(usize, &&Model), (_, b): &(usize, &&Model)| {
                    failed_at(a).total_cmp(&failed_at(b))
                };
                untried.iter().enumerate().min_by(by_failure).map(|it| it.0)
            })
    })?;
    Some(untried.remove(place))
}

/// A model failed by its own doing: it is left out on the word of an operator or of two keys. Says
/// whether it is.
pub fn accuse<W: World>(world: &W, model: &str, refusal: &Refusal) -> bool {
    let now = world.now();
    let enough = world.memory(|memory| {
        memory.probed(model);
        memory.accuse(model, world.key(), now)
    });
    if enough {
        quarantine(world, model, refusal);
    }
    enough
}

/// Leaves a model out.
fn quarantine<W: World>(world: &W, model: &str, refusal: &Refusal) {
    let quarantine = world.memory(|memory| {
        Quarantine::after_failure(
            memory.quarantine(model),
            world.now(),
            world.settings().quarantine_seconds,
            refusal.retry_after(),
        )
    });
    world.set_quarantine(model, Some(quarantine));
}

/// One model's turn. What is refused for its wording only is asked again in other words, each way
/// once. A whole answer has `patience` seconds until it is there, a stream as many of silence until its
/// first event.
async fn attempt<W, S, R>(
    world: &W,
    case: &Case<'_>,
    client: &mut Client<'_, W, S, R>,
    model: &Model,
    patience: f64,
) -> (Head<()>, Result<Answer<W::Body>, Failure>)
where
    W: World,
    S: Surface,
    R: Reply,
    R::Sink: Sink<Body = W::Body>,
{
    let own = case.request.upstream_body(model);
    let (runtime, asked, model) = (&model.runtime, model, &model.id);
    client.try_model(model);
    let from = world.now();
    let mut wordings = world.memory(|memory| memory.limits.wordings(model, runtime, world.now()));
    loop {
        let body = reworded(own.clone(), &wordings);
        let left = patience - (world.now() - from);
        let (head, answer) = ask(world, case, client, asked, body.clone(), left).await;
        let Err(Failure {
            fault: Fault::Wording(wording),
            ..
        }) = answer
        else {
            return (head, answer);
        };
        let new = wordings.insert(wording);
        if !new || reworded(body.clone(), &wordings) == body {
            return (head, answer);
        }
        let of = if wording.of_runtime() { runtime } else { model };
        world.remember(Limit::wording(of, wording, world.now()));
    }
}

/// One call.
async fn ask<W, S, R>(
    world: &W,
    case: &Case<'_>,
    client: &mut Client<'_, W, S, R>,
    model: &Model,
    body: String,
    patience: f64,
) -> (Head<()>, Result<Answer<W::Body>, Failure>)
where
    W: World,
    S: Surface,
    R: Reply,
    R::Sink: Sink<Body = W::Body>,
{
    let from = world.now();
    let runtime = model.runtime.clone();
    let model = &model.id;
    let broken = |broken| Failure::broken(broken, model, patience);
    let sending = world.send(Call {
        runtime,
        body,
        follows_client: true,
    });
    let head = match client.meanwhile(patience, sending).await {
        Ok(head) => head,
        Err(error) => return (Head::default(), Err(broken(error))),
    };
    let (head, body) = head.split();
    client.headed(model, &head);
    let charge = head.charge;
    let left = patience - (world.now() - from);
    let answer = if !(200..300).contains(&head.status) {
        let text = client.meanwhile(left, read::error(body)).await;
        Err(match text {
            Ok(text) => Failure::status(
                head.status,
                head.retry_after,
                &text,
                model,
                world.settings(),
            ),
            Err(error) => broken(error),
        })
    } else if case.request.stream {
        let opened = stream::open(world, client, body, model, patience).await;
        opened.map(Answer::Stream)
    } else {
        let text = client.meanwhile(left, read::whole(body)).await;
        text.map_err(broken)
            .and_then(|text| answer(text, model, world.settings()).map(Answer::Whole))
    };
    (head, answer.map_err(|failure| failure.charged(charge)))
}

/// A completion, or what stands in its place.
fn answer(text: String, model: &str, settings: &Settings) -> Result<Completion, Failure> {
    // Only a text that has the words can say so: nearly all answers are read once.
    let may_say = ["\"error", "\"detail\""]
        .iter()
        .any(|word| text.contains(word));
    if may_say && let Some(error) = Completion::fault(&text) {
        return Err(Failure::frame(error, model, settings));
    }
    Completion::parse(text).map_err(|what| Failure::nonsense(model, what))
}
