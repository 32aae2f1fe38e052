//! Verbs: one file a stage. This page is the whole story of a request.

mod ask;
mod call;
mod classify;
mod filter;
mod grade;
mod learn;
mod log;
mod relay;
mod respond;
mod route;
mod world;

#[cfg(test)]
mod tests;

use std::{cell::Cell, pin::pin};

use chat::Choice;
use futures_util::future::join;

use crate::domain::{
    completion::{Completion, Usage},
    feed::Outcome,
    memory::Pending,
    money::Pico,
    policy::Plan,
    refusal::Refusal,
    registry::Model,
    request::ChatRequest,
};

pub use classify::{Brief, classify};
pub use filter::{Shortlist, filter};
pub use respond::{clean, clean_up_to};
pub use route::route;
pub use world::{Body, Broken, Call, Flow, Gone, Head, Reply, Sink, Step, Whole, World, within};

use call::{Answer, Answered, NoAnswer, Stream, call};
use grade::{Grade, Now, grade, judge, ungraded};
use learn::{Cost, Known, Observation, learn, price};
use relay::{End, relay};
use respond::Routed;

/// Answers one accepted request and settles it, whichever way it ends: finished, failed, or
/// dropped by its client. Returns the refusal where the request was not answered.
///
/// Goes on after the client has its answer, or has gone: the caller keeps it alive until then.
pub async fn serve<W, R>(world: &W, request: &ChatRequest, reply: R) -> Option<Refusal>
where
    W: World,
    R: Reply,
    R::Sink: Sink<Body = W::Body>,
{
    let started = world.now();
    world.refresh().await;
    let brief = classify(world, request).await;
    let classified = world.now();
    let shortlist = filter(request, &brief, world.pool());
    let epoch = world.memory(|memory| memory.epoch);
    let (plan, models) = route(world, &brief, &shortlist);
    let routed = world.now();
    let story = Story {
        world,
        request,
        brief: &brief,
        shortlist: &shortlist,
        plan: &plan,
        epoch,
        started,
        classified,
        routed,
        streamed: Cell::new(None),
        graded: Cell::new(None),
    };
    match call(world, request, &brief, &models, started).await {
        Ok(answered) => story.answered(answered, reply).await,
        Err(no_answer) => Some(story.refused(no_answer, reply).await),
    }
}

/// A request with all that was decided before its call.
struct Story<'a, W> {
    world: &'a W,
    request: &'a ChatRequest,
    brief: &'a Brief,
    shortlist: &'a Shortlist<'a>,
    plan: &'a Plan,
    /// The epoch that it was routed under: a reset since then makes it old.
    epoch: Option<u64>,
    /// When it was accepted, when its task was known, and when its model was chosen. Unix
    /// seconds.
    started: f64,
    classified: f64,
    routed: f64,
    /// Seconds that its stream took after the first event, and that its grade took, once known.
    streamed: Cell<Option<f64>>,
    graded: Cell<Option<f64>>,
}

/// The model that answered, and what was known of it before.
struct Answering<'a> {
    model: &'a Model,
    failover_from: Vec<String>,
    /// What those attempts were charged all the same, USD.
    wasted: f64,
    head: Head<()>,
    known: Known,
    /// Mean quality so far.
    learned: Option<f64>,
    headed: f64,
}

impl<W: World> Story<'_, W> {
    async fn answered<R>(&self, answered: Answered<W::Body>, reply: R) -> Option<Refusal>
    where
        R: Reply,
        R::Sink: Sink<Body = W::Body>,
    {
        let Some(model) = self.model(&answered.model) else {
            self.reply_refused(&Refusal::Internal, &answered.model, &[], reply);
            return Some(Refusal::Internal);
        };
        let (head, body) = match answered.answer {
            Answer::Whole(head, completion) => (head, Ok(completion)),
            Answer::Stream(head, stream) => (head, Err(stream)),
        };
        let (known, learned) = self.known(model);
        let answering = Answering {
            model,
            failover_from: answered.failover_from,
            wasted: answered.wasted,
            head,
            known,
            learned,
            headed: self.world.now(),
        };
        let refusal = match body {
            Ok(completion) => {
                self.whole(&answering, completion, reply).await;
                None
            }
            Err(stream) => self.stream(&answering, stream, reply).await,
        };
        self.done(&answered.ticket);
        refusal
    }

    /// A whole answer: graded, sent, settled.
    async fn whole(&self, answering: &Answering<'_>, completion: Completion, reply: impl Reply) {
        let characters = completion.characters();
        let observation = self.observed(answering, Outcome::Finished, completion.usage, characters);
        let from = self.world.now();
        let cost = price(&observation, self.brief, &answering.known);
        let now = grade(
            self.request,
            self.brief.task,
            self.plan.mode,
            &completion.choices,
            answering.learned,
        );
        let grade = match now {
            Now::Known(grade) => grade,
            Now::AskJudge { why } => {
                let timeout = self.world.settings().request_timeout;
                let left = timeout - (self.world.now() - self.started);
                self.judge(&completion.choices, &why, left).await
            }
        };
        self.graded.set(Some(self.world.now() - from));
        let routed = self.routed(answering);
        let mut headers = respond::headers(&routed, &answering.head);
        headers.push(("server-timing", self.timing(answering.headed)));
        headers.push(("content-type", "application/json; charset=utf-8".into()));
        reply.whole(Whole {
            status: 200,
            headers,
            body: completion.with_arbiter(&respond::arbiter(&routed, cost, &grade)),
        });
        self.settle(answering, &observation, cost, &grade).await;
    }

    /// A stream: relayed, ended with what is known of it, settled.
    async fn stream<R>(
        &self,
        answering: &Answering<'_>,
        mut stream: Stream<W::Body>,
        reply: R,
    ) -> Option<Refusal>
    where
        R: Reply,
        R::Sink: Sink<Body = W::Body>,
    {
        let routed = self.routed(answering);
        let mut headers = respond::headers(&routed, &answering.head);
        headers.push(("server-timing", self.timing(answering.headed)));
        headers.push(("content-type", "text/event-stream; charset=utf-8".into()));
        headers.push(("cache-control", "no-cache, no-transform".into()));
        let mut sink = reply.stream(headers);
        let model = &answering.model.id;
        let end = relay(self.world, &mut stream, &mut sink, model).await;
        self.streamed.set(Some(self.world.now() - answering.headed));
        let reader = &stream.reader;
        let outcome = match end {
            End::Done | End::Finished => Outcome::Finished,
            // An answer that was whole when the client left is a whole answer.
            End::ClientGone if reader.complete() => Outcome::Finished,
            End::ClientGone => Outcome::Dropped,
            End::Failed(_) => Outcome::Failed,
        };
        let characters = reader.characters as u64;
        let observation = self.observed(answering, outcome, reader.usage, characters);
        let cost = price(&observation, self.brief, &answering.known);
        if outcome == Outcome::Finished {
            let done = if end == End::Done { respond::DONE } else { "" };
            self.finale(answering, &stream, &mut sink, (&observation, cost), done)
                .await;
            return None;
        }
        let refusal = match end {
            End::Failed(failure) => {
                let event = respond::error_event(&failure.refusal);
                self.end(&mut sink, &event).await;
                if failure.by_model {
                    call::quarantine(self.world, model, &failure.refusal);
                }
                failure.refusal
            }
            _ => {
                // Ended in order, what it got would look whole to a client that only dawdled.
                sink.abort();
                Refusal::ClientGone
            }
        };
        let grade = ungraded("the answer was not whole");
        self.settle(answering, &observation, cost, &grade).await;
        // The status was sent long ago; what became of it is told here.
        self.log(answering, outcome, refusal.status(), cost);
        None
    }

    /// The end of a whole stream: `[DONE]` at once, with the last event in the same write
    /// wherever the quality is known by then; else the event follows with the judge's number, or
    /// without it when that takes too long. The settlement hangs on none of it being read.
    async fn finale<S: Sink>(
        &self,
        answering: &Answering<'_>,
        stream: &Stream<W::Body>,
        sink: &mut S,
        (observation, cost): (&Observation<'_>, Cost),
        done: &str,
    ) {
        let reader = &stream.reader;
        let from = self.world.now();
        let event = |grade: Option<&Grade>| {
            let routed = self.routed(answering);
            respond::last_event(&routed, reader, cost, grade, self.world.now())
        };
        let now = if reader.overflowed {
            Now::Known(ungraded("the answer is too long to be graded"))
        } else {
            grade(
                self.request,
                self.brief.task,
                self.plan.mode,
                &reader.choices,
                answering.learned,
            )
        };
        match now {
            Now::Known(grade) => {
                self.graded.set(Some(self.world.now() - from));
                let last = format!("{done}{}", event(Some(&grade)));
                let settling = self.settle(answering, observation, cost, &grade);
                join(self.end(sink, &last), settling).await;
            }
            Now::AskJudge { why } => {
                let wait = self.world.settings().judge_stream_wait;
                let patience = self.world.settings().judge_timeout;
                let mut judging = pin!(self.judge(&reader.choices, &why, patience));
                let (_, graded) = join(
                    self.bounded(sink.write(done.as_bytes())),
                    within(self.world, wait, &mut judging),
                )
                .await;
                let last = event(graded.as_ref());
                let settling = async {
                    let grade = match graded {
                        Some(grade) => grade,
                        None => judging.await,
                    };
                    self.graded.set(Some(self.world.now() - from));
                    self.settle(answering, observation, cost, &grade).await;
                };
                join(self.end(sink, &last), settling).await;
            }
        }
    }

    /// No model answered: told, and counted.
    async fn refused(&self, no_answer: NoAnswer, reply: impl Reply) -> Refusal {
        let NoAnswer {
            model,
            failover_from,
            wasted,
            charge,
            refusal,
        } = no_answer;
        self.reply_refused(&refusal, &model, &failover_from, reply);
        if let Some(model) = self.model(&model) {
            let (known, learned) = self.known(model);
            let answering = Answering {
                model,
                failover_from,
                wasted,
                head: Head {
                    charge,
                    ..Head::default()
                },
                known,
                learned,
                headed: self.world.now(),
            };
            let outcome = match refusal {
                Refusal::ClientGone => Outcome::Dropped,
                _ => Outcome::Failed,
            };
            let observation = self.observed(&answering, outcome, Usage::default(), 0);
            let cost = price(&observation, self.brief, &answering.known);
            let grade = ungraded("no answer");
            self.settle(&answering, &observation, cost, &grade).await;
            self.log(&answering, outcome, refusal.status(), cost);
        }
        refusal
    }

    fn reply_refused(
        &self,
        refusal: &Refusal,
        model: &str,
        failover_from: &[String],
        reply: impl Reply,
    ) {
        // First of all, so that it is done by the time that the client asks what is used.
        // What has cost something counts: trying for nothing is not free.
        let cost_nothing = self.brief.overhead == Pico::default() && failover_from.is_empty();
        if refusal.is_uncounted() && cost_nothing {
            self.world.uncount();
        }
        let mut headers = refusal.headers();
        headers.push(("server-timing", self.timing(self.world.now())));
        headers.push(("content-type", "application/json; charset=utf-8".into()));
        headers.push(("x-arbiter-model", model.to_owned()));
        headers.push(("x-arbiter-task", self.brief.task.name().to_owned()));
        reply.whole(Whole {
            status: refusal.status(),
            headers,
            body: refusal.body_after(failover_from).to_string(),
        });
    }

    async fn judge(&self, choices: &[Choice], why: &str, seconds: f64) -> Grade {
        judge(
            self.world,
            self.request,
            self.brief.task,
            choices,
            why,
            seconds,
        )
        .await
    }

    async fn settle(
        &self,
        answering: &Answering<'_>,
        observation: &Observation<'_>,
        cost: Cost,
        grade: &Grade,
    ) {
        let mut settlement = learn(
            observation,
            self.brief,
            self.plan,
            &answering.known,
            cost,
            grade,
            answering.failover_from.clone(),
            (self.world.request_id(), self.world.now()),
        );
        // What failed attempts were charged is spent, whoever answered in the end.
        settlement.spend = settlement.spend.plus(Pico::from_usd(answering.wasted));
        self.world.settle(&settlement).await;
        if observation.outcome == Outcome::Finished {
            self.log(answering, observation.outcome, 200, cost);
        }
    }

    fn observed<'m>(
        &self,
        answering: &Answering<'m>,
        outcome: Outcome,
        usage: Usage,
        characters: u64,
    ) -> Observation<'m> {
        Observation {
            model: answering.model,
            outcome,
            charge: answering.head.charge,
            cache_hit: answering.head.cache_tier.is_some(),
            usage,
            characters,
        }
    }

    fn routed<'s>(&'s self, answering: &'s Answering<'_>) -> Routed<'s> {
        Routed {
            brief: self.brief,
            shortlist: self.shortlist,
            plan: self.plan,
            model: &answering.model.id,
            failover_from: &answering.failover_from,
            known: &answering.known,
            max_cost: self.request.max_cost,
        }
    }

    fn known(&self, model: &Model) -> (Known, Option<f64>) {
        let (task, baseline) = (self.brief.task, &self.world.settings().baseline_model);
        self.world.memory(|memory| {
            let row = |id: &str| memory.book(task, id).map(|book| &book.row);
            let known = Known {
                epoch: self.epoch,
                multiplier: memory.multiplier(&model.id),
                mean_cost: row(&model.id).and_then(|row| row.avg_cost()),
                baseline_cost: row(baseline).and_then(|row| row.avg_cost()),
            };
            (known, row(&model.id).and_then(|row| row.quality()))
        })
    }

    fn model(&self, id: &str) -> Option<&Model> {
        self.world.pool().iter().find(|model| model.id == id)
    }

    fn done(&self, ticket: &Pending) {
        self.world.memory(|memory| memory.done(ticket));
    }

    /// What is written to a client that takes nothing is given up after a while.
    async fn bounded<T>(&self, writing: impl Future<Output = T>) -> Option<T> {
        within(
            self.world,
            self.world.settings().stream_idle_timeout,
            writing,
        )
        .await
    }

    /// Writes what a stream ends with, and ends it. A client that does not take it sees it broken
    /// off.
    async fn end(&self, sink: &mut impl Sink, last: &str) {
        let ending = async {
            sink.write(last.as_bytes()).await?;
            sink.close().await;
            Ok::<_, Gone>(())
        };
        if !matches!(self.bounded(ending).await, Some(Ok(()))) {
            sink.abort();
        }
    }
}
