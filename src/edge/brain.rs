//! The isolate's memory of the shared brain, and how it is kept near the truth.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use worker::{Context, Env};

use super::{
    config,
    patience::{self, now},
    pool, random,
    store::Store,
};
use crate::domain::isolate::memory::{Memory, Snapshot};

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::new(Memory::begin(random::number()));
    static READING: Cell<Reading> = const { Cell::new(Reading::Idle) };
}

/// What this isolate is at with the store.
#[derive(Clone, Copy)]
enum Reading {
    Idle,
    /// One request reads it, for no longer than until then. Unix seconds.
    UnderWay(f64),
    /// It could not be read: until then nobody asks it again.
    Failed(f64),
}

/// A read of the store under way keeps others from reading too for this long, seconds; and so
/// does one that failed.
const HELD_OFF: f64 = 2.0;
/// Seconds by which every request knows who is served.
const IN_FORCE: f64 = 1.5;
/// Milliseconds between two looks whether another request's read is done.
const LOOK: u64 = 5;

/// Lends the memory.
pub fn memory<R>(with: impl FnOnce(&mut Memory) -> R) -> R {
    MEMORY.with_borrow_mut(with)
}

/// Sees to it that the memory is near the truth. What is a little old serves while one request
/// reads the store anew; otherwise it is waited for. A store that is away leaves the memory as
/// it is.
pub async fn refresh(env: &Env, context: &Rc<Context>) {
    let now = now();
    if memory(|memory| memory.is_fresh(now)) || !may_read(now) {
        return;
    }
    let stale = config::config(env).is_ok_and(|config| {
        let least = config.settings.tunables.min_samples;
        let pool = config.pool();
        memory(|memory| memory.serves_stale(now, &pool, least))
    });
    if stale {
        let env = env.clone();
        READING.set(Reading::UnderWay(now + HELD_OFF));
        context.wait_until(async move {
            read(&env, now).await;
        });
    } else {
        read(env, now).await;
    }
}

/// Has the memory no older than what is in force may be. Under load nobody waits here: it is read
/// anew every second.
pub async fn keep_up(env: &Env) {
    let now = now();
    let age = memory(|memory| memory.read_at.map(|at| (now - at).abs()));
    if age.is_none_or(|age| age >= IN_FORCE) {
        be_fresh(env).await;
    }
}

/// Has the memory no older than a second, for views. `false` where the store is away.
pub async fn be_fresh(env: &Env) -> bool {
    loop {
        let now = now();
        if memory(|memory| memory.is_fresh(now)) {
            return true;
        }
        match READING.get() {
            Reading::Failed(until) if now < until => return false,
            Reading::UnderWay(until) if now < until => {
                patience::pause(LOOK).await;
            }
            _ => return read(env, now).await,
        }
    }
}

fn may_read(now: f64) -> bool {
    match READING.get() {
        Reading::Idle => true,
        // With nothing to go by there is nothing to lose by asking.
        Reading::UnderWay(until) | Reading::Failed(until) => {
            now >= until || memory(|memory| memory.read_at.is_none())
        }
    }
}

async fn read(env: &Env, now: f64) -> bool {
    READING.set(Reading::UnderWay(now + HELD_OFF));
    let since = memory(|memory| memory.since(now));
    let known = pool::version();
    let snapshot = patience::ask("store", async {
        Store::open(env)?.snapshot(since, known).await
    })
    .await;
    match snapshot {
        Ok(snapshot) => {
            take_in(snapshot, now);
            READING.set(Reading::Idle);
            true
        }
        Err(_) => {
            READING.set(Reading::Failed(patience::now() + HELD_OFF));
            false
        }
    }
}

/// Takes in what was read of the store at `read_at`.
pub fn take_in(mut snapshot: Snapshot, read_at: f64) {
    let changed = pool::take_in(std::mem::take(&mut snapshot.pool), snapshot.whole);
    memory(|memory| {
        memory.ask_anew(&changed);
        memory.take_in(snapshot, read_at);
    });
}
