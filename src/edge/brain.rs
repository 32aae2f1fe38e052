//! The isolate's memory of the shared brain, and how it is kept near the truth.

use chat::Task;
use std::{cell::RefCell, collections::BTreeMap, time::Duration};

use futures_util::future::{Either, join_all, select};
use worker::{Delay, Env};

use super::{objects::LearnerClient, store::Store};
use crate::domain::{
    book::Settlement,
    memory::{Memory, Snapshot},
};

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::new(Memory::default());
    static SENT: RefCell<Sent> = RefCell::new(Sent::default());
}

/// Settlements that this isolate has sent lately.
#[derive(Default)]
struct Sent {
    /// On their way: since when, by ticket. Unix seconds.
    under_way: BTreeMap<u64, f64>,
    next_ticket: u64,
    /// Learners that were told something, and when.
    told: BTreeMap<(Task, String), f64>,
}

/// A settlement on its way for longer than this was lost with its request.
const LOST_AFTER: f64 = 10.0;
/// A Learner told something longer ago than this has written it by itself.
const WRITTEN_AFTER: f64 = 5.0;
/// Seconds that a view waits for what this isolate has sent, at the most.
const PATIENCE: f64 = 1.5;
/// A read of the store under way keeps others from reading too for this long, seconds.
const READING: f64 = 2.0;

/// Seconds after which a store or an object that does not answer is given up.
const HANGS_AFTER: f64 = 5.0;

/// Lends the memory.
pub fn memory<R>(with: impl FnOnce(&mut Memory) -> R) -> R {
    MEMORY.with_borrow_mut(with)
}

/// Unix seconds.
pub fn now() -> f64 {
    worker::js_sys::Date::now() / 1_000.0
}

/// Reads the store where the memory is old, unless another request is at it and there is
/// something to go by until then. A store that is away leaves the memory as it is.
pub async fn refresh(env: &Env) {
    let now = now();
    let read = memory(|memory| {
        let read =
            !memory.is_fresh(now) && (memory.read_at.is_none() || memory.reading_until < now);
        if read {
            memory.reading_until = now + READING;
        }
        read
    });
    if !read {
        return;
    }
    let snapshot = soon(async { Store::open(env)?.snapshot().await }).await;
    let again = match snapshot {
        Ok(snapshot) => {
            take_in(snapshot, now);
            0.0
        }
        Err(error) => {
            worker::console_error!("the store could not be read: {error}");
            self::now() + READING
        }
    };
    memory(|memory| memory.reading_until = again);
}

/// Nothing that a request waits for may hang: what takes longer than some seconds has failed.
pub async fn soon<T>(asking: impl Future<Output = worker::Result<T>>) -> worker::Result<T> {
    let deadline = Delay::from(Duration::from_secs_f64(HANGS_AFTER));
    match select(std::pin::pin!(asking), std::pin::pin!(deadline)).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err(format!("no answer within {HANGS_AFTER} s").into()),
    }
}

/// Takes in what was read of the store at `read_at`.
pub fn take_in(snapshot: Snapshot, read_at: f64) {
    memory(|memory| memory.take_in(snapshot, read_at));
}

/// Hands a settlement over to its Learner and takes in the book that it answers. Said again
/// where it does not get through: the Learner counts it once.
pub async fn settle(env: &Env, settlement: &Settlement) {
    let decision = &settlement.decision;
    let ticket = SENT.with_borrow_mut(|sent| {
        sent.next_ticket += 1;
        sent.under_way.insert(sent.next_ticket, now());
        sent.next_ticket
    });
    for wait in [0, 50, 250, 1_000, 4_000] {
        if wait > 0 {
            Delay::from(Duration::from_millis(wait)).await;
        }
        let observed = soon(async {
            LearnerClient::of(env, decision.task, &decision.model)?
                .observe(settlement)
                .await
        });
        match observed.await {
            Ok(book) => {
                memory(|memory| memory.absorb(decision.task, decision.model.clone(), book));
                break;
            }
            Err(error) => worker::console_error!(
                "settlement {} did not reach its learner: {error}",
                decision.id
            ),
        }
    }
    SENT.with_borrow_mut(|sent| {
        sent.under_way.remove(&ticket);
        sent.told
            .insert((decision.task, decision.model.clone()), now());
    });
}

/// Waits until what this isolate has sent stands in the store, so that whoever had an answer
/// sees it counted. Bounded: what takes longer shows a moment later.
pub async fn catch_up(env: &Env) {
    let deadline = Delay::from(Duration::from_secs_f64(PATIENCE));
    let catching_up = async {
        loop {
            let busy = SENT.with_borrow_mut(|sent| {
                sent.under_way
                    .retain(|_, since| now() - *since < LOST_AFTER);
                !sent.under_way.is_empty()
            });
            if !busy {
                break;
            }
            Delay::from(Duration::from_millis(5)).await;
        }
        let told = SENT.with_borrow_mut(|sent| {
            sent.told.retain(|_, at| now() - *at < WRITTEN_AFTER);
            sent.told.clone()
        });
        let flushes = told.into_iter().map(|((task, model), at)| async move {
            let flushed = async { LearnerClient::of(env, task, &model)?.flush().await };
            if matches!(flushed.await, Ok(true)) {
                // Unless it was told something more meanwhile, the next view need not ask.
                SENT.with_borrow_mut(|sent| {
                    let key = (task, model);
                    if sent.told.get(&key) == Some(&at) {
                        sent.told.remove(&key);
                    }
                });
            }
        });
        join_all(flushes).await;
    };
    let (catching_up, deadline) = (std::pin::pin!(catching_up), std::pin::pin!(deadline));
    if let Either::Right(_) = select(catching_up, deadline).await {
        worker::console_warn!("a view did not wait for everything that was sent");
    }
}
