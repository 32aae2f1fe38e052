//! Verbs: one file a stage. This page is the whole story of a request:
//! `classify → filter → route → call → deliver → grade → settle`.
//!
//! Whole answers, streams, failures and clients that leave walk the same road. Which protocol the
//! client speaks is a parameter: its [`Surface`] writes, and decides nothing.

mod ask;
mod call;
mod classify;
mod client;
mod deliver;
mod dry_run;
mod explain;
mod failure;
mod filter;
mod grade;
mod keep;
mod log;
mod read;
mod route;
mod settle;
mod stream;
mod tell;
mod verdict;
mod world;

#[cfg(test)]
mod tests;

use std::cell::Cell;

use futures_util::future::join;

use crate::domain::{
    books::feed::Outcome,
    isolate::memory::Memory,
    refusal::Refusal,
    runtime::registry::Model,
    settings::Settings,
    surface::{Surface, Writer},
    wire::request::ChatRequest,
};

pub use classify::{Brief, classify};
pub use dry_run::{DryRun, dry_run};
pub use explain::{weighed, winner};
pub use filter::{Shortlist, filter, open_to};
pub use route::{Plan, route};
pub use tell::{clean, clean_up_to};
pub use world::{Body, Broken, Call, Head, Pace, Reply, Sink, Step, Whole, World, within};

use call::call;
use client::Client;
use deliver::{Content, Seen, deliver};
use grade::{Check, Grade, grade, is_judges_own, is_sampled, judge, rate_late};
use log::Times;
use settle::{price, settle, spend};

/// A request with all that was decided before its call.
#[derive(Debug)]
pub struct Case<'a> {
    pub request: &'a ChatRequest,
    pub brief: &'a Brief,
    pub shortlist: &'a Shortlist<'a>,
    pub plan: &'a Plan<'a>,
    /// The epoch that it was routed under: a reset since then makes it old.
    pub epoch: Option<u64>,
    pub watch: Times,
}

/// Answers one accepted request and settles it, whichever way it ends: finished, failed, or
/// dropped by its client. Returns the refusal where the request was not answered.
///
/// Goes on after the client has its answer, or has gone: the caller keeps it alive until then.
pub async fn serve<W, S, R>(
    world: &W,
    request: &ChatRequest,
    surface: &S,
    reply: R,
) -> Option<Refusal>
where
    W: World,
    S: Surface,
    R: Reply,
    R::Sink: Sink<Body = W::Body>,
{
    let started = world.now();
    world.refresh().await;
    let brief = classify(world, request).await;
    let classified = world.now();
    let (pool, settings, seed) = (world.pool(), world.settings(), world.seed());
    let (epoch, shortlist, plan) = world.memory(|memory| {
        memory.sweep(classified);
        let (shortlist, plan) = choose(request, &brief, &pool, memory, settings, classified, seed);
        if let Some(talk) = &brief.talk {
            memory.lengths.note(talk.turn.number);
        }
        (memory.epoch, shortlist, plan)
    });
    let case = Case {
        request,
        brief: &brief,
        shortlist: &shortlist,
        plan: &plan,
        epoch,
        watch: Times {
            received: world.received_at(),
            started,
            classified,
            routed: world.now(),
            called: Cell::default(),
            first: Cell::default(),
            delivered: Cell::default(),
            graded: Cell::default(),
        },
    };
    let mut client = Client::new(world, &case, surface, reply);
    let Some(called) = call(world, &case, &mut client).await else {
        client.refuse(&Refusal::Internal, "", &[]).await;
        return Some(Refusal::Internal);
    };
    case.watch.called.set(Some(world.now()));
    if called.answer.is_ok() {
        keep::begun(world, &case, called.by.model);
    }
    let seen = deliver(world, &mut client, called).await;
    conclude(world, &case, surface.route(), &mut client, &seen).await;
    match seen.end {
        // What was streamed has its status; what became of it was told in the stream.
        _ if matches!(seen.said, Content::Stream(_)) => None,
        end => end.refusal(),
    }
}

/// The part of it that calls nobody and changes nothing: which models may answer, and which of
/// them is chosen.
fn choose<'a>(
    request: &ChatRequest,
    brief: &Brief,
    pool: &'a [Model],
    memory: &Memory,
    settings: &Settings,
    now: f64,
    seed: u64,
) -> (Shortlist<'a>, Plan<'a>) {
    let shortlist = filter(request, brief, pool, memory, now);
    let mut tunables = settings.tunables.clone();
    if let Some(tolerance) = request.wishes.tolerance {
        tunables.quality_tolerance = tolerance;
    }
    let plan = route(brief, &shortlist, memory, &tunables, now, seed);
    (shortlist, plan)
}

/// Grades what was seen, ends the answer with it, and settles. The settlement hangs on nothing of
/// that being read, and the answer on no grade that comes too late.
async fn conclude<W, S, R>(
    world: &W,
    case: &Case<'_>,
    route: &'static str,
    client: &mut Client<'_, W, S, R>,
    seen: &Seen<'_>,
) where
    W: World,
    S: Surface,
    R: Reply,
    R::Sink: Sink<Body = W::Body>,
{
    if matches!(seen.said, Content::Stream(_)) {
        case.watch.delivered.set(Some(world.now()));
    }
    let cost = price(world.settings(), case, seen);
    let settings = world.settings();
    let graded = match grade(case, seen) {
        Check::Known(grade) => Ok(grade),
        Check::Owed { .. } if is_judges_own(world, seen) => {
            Ok(Grade::none("the judge does not rate its own answers"))
        }
        Check::Owed { why } => {
            let wait = match &seen.said {
                Content::Stream(_) if !S::Writer::AWAITS_GRADE => 0.0,
                Content::Stream(_) => settings.judge_stream_wait,
                _ => settings.judge_wait,
            };
            let mut judging = Box::pin(judge(world, case, seen, why));
            let (_, grade) = join(client.release(), within(world, wait, &mut judging)).await;
            grade.ok_or(judging)
        }
    };
    let known = graded.as_ref().ok().cloned();
    if known.is_some() {
        case.watch.graded.set(Some(world.now()));
    }
    let candidates = explain::asked(case);
    let arbiter = tell::arbiter(case, seen, cost, known.as_ref(), &candidates);
    let ending = async {
        match (seen.end.refusal(), &seen.said) {
            (None, Content::Completion(completion)) => client.whole(completion, &arbiter),
            (None, Content::Stream(reader)) => client.finish(reader, &arbiter).await,
            (None, Content::Nothing) => {}
            (Some(refusal), _) => {
                let by = &seen.by;
                client
                    .refuse(&refusal, &by.model.id, &by.before.failed)
                    .await;
            }
        }
    };
    let settling = async {
        let grade = match graded {
            Ok(grade) => grade,
            Err(judging) => {
                // A key waits for no judge: what it has asked is answered.
                let answered = seen.end.outcome() == Outcome::Finished;
                world.pay_early(spend(seen, cost), case.brief.overhead, answered);
                let grade = judging.await;
                case.watch.graded.set(Some(world.now()));
                grade
            }
        };
        settle(world, case, route, seen, cost, &grade).await;
        if is_sampled(world, case, seen, &grade) {
            rate_late(world, case, seen, &grade).await;
        }
    };
    join(ending, settling).await;
}
