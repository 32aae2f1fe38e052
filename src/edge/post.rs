//! How an isolate hands its settlements over: to each Learner in batches, one under way at a time.
//!
//! Every request stays with its settlement until that is told, by it or by another request in the
//! same batch: nothing waits for a request that has gone. While a book is young, or somebody
//! looks, it is told at once; else what gathers within [`PAUSE`] goes together. What cannot be
//! delivered in time is kept by the database and folded later.

use std::{cell::RefCell, collections::VecDeque};

use worker::{Context, Env};

use super::{
    brain,
    objects::{LearnerClient, Told},
    patience::{self, now},
    store::Store,
};
use crate::domain::{
    books::{
        feed::{Alert, Decision},
        settlement::Settlement,
    },
    isolate::post::{Batch, Post, Ticket},
};

thread_local! {
    static POST: RefCell<Post> = RefCell::new(Post::default());
    static LATELY: RefCell<Lately> = RefCell::new(Lately::default());
    static NAME: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Milliseconds for which settlements of a mature book gather.
const PAUSE: u64 = 250;
/// Milliseconds between two looks whether another request has told it: at first, and at most.
const LOOK: u64 = 5;
const LOOK_AT_MOST: u64 = 50;
/// Milliseconds until a batch that failed is told again: at first, and at most.
const AGAIN: u64 = 100;
const AGAIN_AT_MOST: u64 = 4_000;
/// Seconds after which the database is asked to keep what the Learner does not take.
const GIVEN_UP_AFTER: f64 = 12.0;
/// Seconds that a request stays with what others have to tell.
const HELPS_FOR: f64 = 5.0;

/// What this isolate has told lately: shown before the Feed and the database have it.
#[derive(Default)]
struct Lately {
    decisions: VecDeque<(f64, Option<u64>, Decision)>,
    alerts: VecDeque<(f64, u64, Alert)>,
}

/// Seconds after which the Feed has what was told, and rows remembered at the most.
const FEED_HAS_AFTER: f64 = 10.0;
const MOST_LATELY: usize = 200;

/// Hands a settlement over to its Learner and takes in the book that it answers.
pub async fn settle(env: &Env, settlement: Settlement) {
    let decision = &settlement.decision;
    let (task, model) = (decision.task, decision.model.clone());
    let (started, isolate) = (now(), isolate());
    let shown = (settlement.epoch, decision.clone());
    let place = POST.with_borrow_mut(|post| post.put(settlement, &isolate));
    let place = match place {
        Ok(place) => place,
        Err(settlement) => return keep_alone(env, *settlement).await,
    };
    LATELY.with_borrow_mut(|lately| lately.add(shown));
    let mature = brain::memory(|memory| {
        memory
            .book(task, &model)
            .is_some_and(|book| book.is_mature())
    });
    if mature {
        patience::pause(PAUSE).await;
    }
    let (mut look, mut again) = (LOOK, AGAIN);
    loop {
        let told = POST.with_borrow(|post| post.is_told(&place));
        let helps = !mature && now() - started < HELPS_FOR;
        if told && !helps {
            return;
        }
        let batch = POST.with_borrow_mut(|post| post.take(task, &model, now()));
        match batch {
            Some(batch) if tell(env, &batch).await => {}
            Some(batch) => {
                if now() - started > GIVEN_UP_AFTER && keep(env, &batch).await {
                    continue;
                }
                patience::pause(again).await;
                again = (again * 4).min(AGAIN_AT_MOST);
            }
            None if told => return,
            None => {
                patience::pause(look).await;
                look = (look * 2).min(LOOK_AT_MOST);
            }
        }
    }
}

/// Has all told that this isolate has to tell by now, so that whoever had an answer sees it counted.
/// Bounded: what takes longer shows a moment later, and is waited for by one in two seconds.
pub async fn catch_up(env: &Env, context: &Context) {
    let until = now() + patience::SHORT;
    let mut awaited = POST.with_borrow_mut(|post| post.untold(now()));
    loop {
        awaited.retain(|place| POST.with_borrow(|post| !post.is_told(place)));
        if awaited.is_empty() {
            return;
        }
        if now() > until {
            worker::console_warn!("a view did not wait for everything that was settled");
            POST.with_borrow_mut(|post| awaited.iter().for_each(|it| post.late(it, now())));
            return;
        }
        for Ticket { task, model, .. } in &awaited {
            let batch = POST.with_borrow_mut(|post| post.take(*task, model, now()));
            if let Some(batch) = batch {
                // It goes on when nobody waits for it any more.
                let env = env.clone();
                context.wait_until(async move {
                    tell(&env, &batch).await;
                });
            }
        }
        patience::pause(LOOK).await;
    }
}

/// The decisions that this isolate told of lately and that are wanted, newest first, for the epoch that is.
pub fn decisions(wanted: impl Fn(&Decision) -> bool) -> Vec<Decision> {
    let epoch = brain::memory(|memory| memory.epoch);
    LATELY.with_borrow_mut(|lately| {
        lately.sweep();
        let decisions = lately.decisions.iter().rev();
        let decisions = decisions
            .filter(|(_, own, row)| (own.is_none() || *own == epoch) && wanted(row))
            .map(|(_, _, row)| row.clone());
        decisions.collect()
    })
}

/// Its alerts likewise.
pub fn alerts() -> Vec<Alert> {
    let epoch = brain::memory(|memory| memory.epoch);
    LATELY.with_borrow_mut(|lately| {
        lately.sweep();
        let alerts = lately.alerts.iter().rev();
        let alerts = alerts.filter(|(_, own, _)| Some(*own) == epoch);
        alerts.map(|(_, _, row)| row.clone()).collect()
    })
}

async fn tell(env: &Env, batch: &Batch) -> bool {
    let door = format!("learner/{}/{}", batch.task.name(), batch.model);
    let telling = patience::change(&door, async {
        LearnerClient::of(env, batch.task, &batch.model)?
            .tell(batch)
            .await
    });
    match telling.await {
        Ok(Told { book, alerts }) => {
            let epoch = book.epoch;
            POST.with_borrow_mut(|post| post.delivered(batch));
            brain::memory(|memory| memory.absorb(batch.task, batch.model.clone(), book));
            LATELY.with_borrow_mut(|lately| {
                let alerts = alerts.into_iter().map(|alert| (now(), epoch, alert));
                lately.alerts.extend(alerts);
                lately.sweep();
            });
            true
        }
        Err(_) => {
            POST.with_borrow_mut(|post| post.failed(batch));
            false
        }
    }
}

/// Has the database keep what a Learner does not take.
async fn keep(env: &Env, batch: &Batch) -> bool {
    let Some(rest) = POST.with_borrow_mut(|post| post.give_up(batch)) else {
        return true;
    };
    let kept = patience::change("store", async {
        Store::open(env)?.keep_undelivered(&rest).await
    })
    .await;
    match kept {
        Ok(()) => {
            worker::console_error!(
                "{} settlements are kept undelivered",
                rest.settlements.len()
            );
            POST.with_borrow_mut(|post| post.kept(&rest, &isolate()));
            true
        }
        Err(_) => false,
    }
}

/// One that found no room goes to the database at once.
async fn keep_alone(env: &Env, settlement: Settlement) {
    let batch = Batch {
        task: settlement.decision.task,
        model: settlement.decision.model.clone(),
        line: settlement.decision.id.clone(),
        first: 1,
        settlements: vec![settlement.into()],
    };
    let kept = patience::change("store", async {
        Store::open(env)?.keep_undelivered(&batch).await
    })
    .await;
    if kept.is_err() {
        worker::console_error!("settlement {} is lost", batch.line);
    }
}

/// A name that no other isolate has.
fn isolate() -> String {
    NAME.with_borrow_mut(|name| {
        name.get_or_insert_with(|| {
            let mut bytes = [0u8; 9];
            // Without entropy the time has to do.
            let _ = getrandom::fill(&mut bytes);
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{:x}-{hex}", (now() * 1_000.0) as u64)
        })
        .clone()
    })
}

impl Lately {
    fn add(&mut self, (epoch, decision): (Option<u64>, Decision)) {
        self.decisions.push_back((now(), epoch, decision));
        self.sweep();
    }

    fn sweep(&mut self) {
        let old = now() - FEED_HAS_AFTER;
        let over = self.decisions.len().saturating_sub(MOST_LATELY);
        self.decisions.drain(..over);
        self.decisions.retain(|(at, ..)| *at > old);
        let over = self.alerts.len().saturating_sub(MOST_LATELY);
        self.alerts.drain(..over);
        self.alerts.retain(|(at, ..)| *at > old);
    }
}
