//! Case → Called: the only stage that waits for the runtime. Tries the planned models in turn.

use crate::domain::{
    isolate::memory::Pending,
    money::Pico,
    runtime::{
        breaker::Gate,
        limits::Limit,
        quarantine::{Quarantine, Standing},
        registry::Model,
    },
    settings::Settings,
    surface::Surface,
};
use chat::json::RawObject;
use completion::Completion;
use runtimes::{
    charge::Charge,
    faults::{Fault, reworded},
};
use serde_json::Value;

use super::{
    Case, Client,
    failure::Failure,
    read,
    settle::Known,
    stream::{self, Stream},
    verdict::{self, Failed, Successor},
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

/// Models that are asked at the most, those among them that cannot do what is needed.
const MOST_ASKED: usize = 10;

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
    Stream(Box<Stream<B>>),
}

/// Calls the models in turn until one answers: at most `MAX_ATTEMPTS`, besides those that cannot do
/// what is needed, within `REQUEST_TIMEOUT`. Who is asked next, and whose fault it was, is
/// [`verdict`]'s to say. `None` where there is no model to call.
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
    let mut most = untried.len().min(settings.max_attempts as usize);
    let mut larger_than = 0;
    let mut failures: Vec<Failed<'a>> = Vec::new();
    while failures.len() < most {
        let Some(model) = next(world, &mut untried, &failures, larger_than) else {
            break;
        };
        let timeout = settings.timeout_of(&model.runtime);
        let left = timeout - (world.now() - case.watch.started);
        if left <= 0.0 && !failures.is_empty() {
            break;
        }
        let share = match failures.len() + 1 < most {
            true => left * SHARE,
            false => left,
        };
        let (ticket, known, clean) = begin(world, case, model);
        let (head, answer) = attempt(world, case, client, model, Patience { share, left }).await;
        let failure = match answer {
            Ok(answer) => {
                let unchanged = known.is_some()
                    && world.memory(|memory| memory.quarantine(&model.id) == known.as_ref());
                // An answer to a call that began before the failure proves nothing.
                if unchanged {
                    world.set_quarantine(&model.id, None);
                }
                verdict::answered(world, case, model, clean, &failures);
                return Some(Called {
                    by: Answerer {
                        model,
                        before: Before::of(world, &failures, None),
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
        let mut failed = Failed {
            model,
            failure,
            clean,
            // A later attempt has little time left: that it ran out says nothing.
            fair: share >= timeout * FAIR,
            owed: false,
        };
        let successor = verdict::failed(world, case, &mut failed);
        let decisive = failed.is_decisive();
        // Who cannot read a picture says so at once, and is not asked with one again for a day.
        if matches!(failed.failure.fault, Fault::Cannot(need) if !need.is_soft()) && most > 1 {
            most = (most + 1).min(MOST_ASKED);
        }
        failures.push(failed);
        match successor {
            Successor::Nobody => break,
            Successor::Another => {}
            Successor::Larger(window) => larger_than = window.max(larger_than),
            Successor::OneOther => most = most.min(failures.len() + 1),
        }
        // The second of two that say the same has said it.
        if decisive && failures.iter().filter(|it| it.is_decisive()).count() > 1 {
            break;
        }
    }
    if failures.is_empty() {
        return None;
    }
    let told = verdict::unanswered(world, &mut failures);
    let before = Before::of(world, &failures, Some(told));
    let Failed { model, failure, .. } = failures.swap_remove(told);
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
    /// Those that failed, but for the one that the client is told of.
    fn of<W: World>(world: &W, failures: &[Failed<'_>], told: Option<usize>) -> Before {
        let mut before = Before::default();
        for (place, Failed { model, failure, .. }) in failures.iter().enumerate() {
            if Some(place) == told {
                continue;
            }
            let charged = failure.charge.map_or(0.0, |charge| {
                let multiplier = world.memory(|memory| memory.multiplier(&model.id));
                charge.times(multiplier).usd
            });
            before.wasted = before.wasted.plus(Pico::from_usd(charged));
            before.failed.push(model.id.clone());
        }
        before
    }
}

/// Notes that a model is being called. Tells, too, whether its runtime had answered until then.
fn begin<W: World>(
    world: &W,
    case: &Case<'_>,
    model: &Model,
) -> (Pending, Option<Quarantine>, bool) {
    let (now, runtime) = (world.now(), model.runtime.as_str());
    let timeout = world.settings().timeout_of(runtime);
    world.memory(|memory| {
        memory.probe(&model.id, now, now + timeout);
        let clean = memory.health.is_clean(runtime);
        memory.health.asked(runtime, now);
        let known = memory.quarantine(&model.id).copied();
        let lost = now + timeout.max(LOST_AFTER);
        let ticket = memory.choose(case.brief.task, &model.id, lost);
        (ticket, known, clean)
    })
}

/// The best model that has not been tried, whose window holds more than that and which is not out by
/// now; after a failure rather one of another runtime where that failed as a whole, or two of its models
/// did, and one that is not under suspicion. If all are out, the one that failed least recently.
fn next<'m, W: World>(
    world: &W,
    untried: &mut Vec<&'m Model>,
    failures: &[Failed<'_>],
    larger_than: u64,
) -> Option<&'m Model> {
    let now = world.now();
    let second = !failures.is_empty();
    let failed_whole = |model: &Model| {
        let own = || {
            failures
                .iter()
                .filter(|it| it.model.runtime == model.runtime)
        };
        let by_themselves = own().filter(|it| it.failure.fault == Fault::Model);
        own().any(Failed::is_decisive) || by_themselves.count() > 1
    };
    let place = world.memory(|memory| {
        let rank = |model: &Model| {
            let is_out = memory.standing(&model.id, now) == Standing::Out;
            let known = memory.quarantine(&model.id).filter(|_| is_out);
            let (unknown, failed_at) = Quarantine::last_resort(known);
            let away = || {
                let gate = memory.health.gate(&model.runtime, now);
                gate == Gate::Open || failed_whole(model)
            };
            let suspect = || memory.health.is_suspect(&model.id, now);
            let doubts = [is_out, unknown, second && away(), second && suspect()];
            (doubts, failed_at)
        };
        let holds = |model: &Model| {
            let known = memory.limits.window(&model.id, now);
            let window = model.window();
            larger_than == 0 || known.unwrap_or(window).min(window) > larger_than
        };
        let fits = untried.iter().enumerate().filter(|(_, model)| holds(model));
        let best = fits.min_by(|(_, a), (_, b)| {
            let (a, b) = (rank(a), rank(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
        best.map(|(place, _)| place)
    })?;
    Some(untried.remove(place))
}

/// How long an attempt may take, seconds.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// While nothing at all has come of it.
    share: f64,
    /// Then.
    left: f64,
}

/// One model's turn. What is refused for its wording only is asked again in other words, each way
/// once. A whole answer has its time until it is there, a stream as long of silence until its first
/// event.
async fn attempt<W, S, R>(
    world: &W,
    case: &Case<'_>,
    client: &mut Client<'_, W, S, R>,
    model: &Model,
    patience: Patience,
) -> (Head<()>, Result<Answer<W::Body>, Failure>)
where
    W: World,
    S: Surface,
    R: Reply,
    R::Sink: Sink<Body = W::Body>,
{
    let id = model.id.as_str();
    client.try_model(id);
    let (from, runtime) = (world.now(), model.runtime.as_str());
    let mut wordings = world.memory(|memory| memory.limits.wordings(id, runtime, from));
    let mut refused: Vec<Limit> = Vec::new();
    loop {
        let body = reworded(case.request.upstream_body(model), &wordings);
        let call = Call {
            runtime: runtime.to_owned(),
            body: body.clone(),
            follows_client: true,
        };
        let passed = world.now() - from;
        let patience = Patience {
            share: patience.share - passed,
            left: patience.left - passed,
        };
        let (head, answer) = ask(world, case, client, id, call, patience).await;
        let wording = match answer {
            Err(Failure {
                fault: Fault::Wording(wording),
                is_hearsay,
                ..
            }) => {
                let new = wordings.insert(wording);
                if !new || reworded(body.clone(), &wordings) == body {
                    return (head, answer);
                }
                (!is_hearsay).then_some(wording)
            }
            _ => {
                // The words that it was refused for were what was amiss.
                if answer.is_ok() {
                    refused.into_iter().for_each(|limit| world.remember(limit));
                }
                return (head, answer);
            }
        };
        refused.extend(wording.map(|wording| {
            let of = if wording.of_runtime() { runtime } else { id };
            Limit::wording(of, wording, world.now())
        }));
    }
}

/// One call.
async fn ask<W, S, R>(
    world: &W,
    case: &Case<'_>,
    client: &mut Client<'_, W, S, R>,
    model: &str,
    call: Call,
    Patience { share, left }: Patience,
) -> (Head<()>, Result<Answer<W::Body>, Failure>)
where
    W: World,
    S: Surface,
    R: Reply,
    R::Sink: Sink<Body = W::Body>,
{
    let from = world.now();
    let head = match client.meanwhile(share, world.send(call)).await {
        Ok(head) => head,
        Err(error) => {
            let failure = Failure::broken(error, model, share).unreachable();
            return (Head::default(), Err(failure));
        }
    };
    let (head, body) = head.split();
    client.headed(model, &head);
    let charge = head.charge;
    let broken = |broken| Failure::broken(broken, model, left);
    let rest = left - (world.now() - from);
    let answer = if !(200..300).contains(&head.status) {
        let text = client.meanwhile(rest, read::error(body)).await;
        Err(match text {
            Ok(text) => {
                let (status, settings) = (head.status, world.settings());
                Failure::status(status, head.retry_after, &text, model, settings)
                    .charged(charge_in(settings, &text))
            }
            Err(error) => broken(error),
        })
    } else if case.request.stream {
        let opened = stream::open(world, client, body, model, share).await;
        opened.map(|stream| Answer::Stream(Box::new(stream)))
    } else {
        let text = client.meanwhile(rest, read::whole(body)).await;
        text.map_err(broken)
            .and_then(|text| answer(text, model, world.settings()).map(Answer::Whole))
    };
    let sent = case.request.body.text();
    let answer = answer.map_err(|failure| failure.of_request(sent).charged(charge));
    (head, answer)
}

/// What an answer that failed says in its `usage` that it was charged all the same.
fn charge_in(settings: &Settings, text: &str) -> Option<Charge> {
    let fields = RawObject::parse(text).ok()?;
    let usage: Value = serde_json::from_str(fields.get(text, "usage")?).ok()?;
    settings.charge_from.of_usage(&usage)
}

/// A completion, or what stands in its place.
fn answer(text: String, model: &str, settings: &Settings) -> Result<Completion, Failure> {
    // Only a text that has the words can say so: nearly all answers are read once.
    let may_say = ["\"error", "\"detail\""]
        .iter()
        .any(|word| text.contains(word));
    if may_say && let Some(error) = Completion::fault(&text) {
        let charge = charge_in(settings, &text);
        return Err(Failure::frame(error, model, settings).charged(charge));
    }
    Completion::parse(text).map_err(|what| Failure::nonsense(model, what))
}
