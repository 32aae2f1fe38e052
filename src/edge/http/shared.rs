//! What many look at and one asks for: the newest of the Feed, and what is read of D1 for whoever asks.

use std::{cell::RefCell, pin::Pin, rc::Rc, thread::LocalKey};

use worker::{Env, Result};

use super::gate;
use crate::{
    domain::{
        books::feed::{Alert, Decision},
        isolate::asked::{Asked, Turn},
        refusal::Refusal,
    },
    edge::{
        objects::FeedClient,
        patience::{self, now},
    },
};

pub type Kept<T> = LocalKey<RefCell<Asked<T>>>;

// Each by itself: whoever looks up one thing again and again keeps nobody from another.
thread_local! {
    pub static FOUND: RefCell<Asked<Rc<str>>> = RefCell::default();
    pub static SERIES: RefCell<Asked<Rc<str>>> = RefCell::default();
    pub static PRICES: RefCell<Asked<Rc<str>>> = RefCell::default();
    pub static POOL: RefCell<Asked<Rc<str>>> = RefCell::default();
    static DECISIONS: RefCell<Asked<Rc<[Decision]>>> = RefCell::default();
    static ALERTS: RefCell<Asked<Rc<[Alert]>>> = RefCell::default();
}

/// Milliseconds between two looks whether another request has its answer.
const LOOK: u64 = 5;
/// The same whether there is room for one more question, and how often one looks.
const ROOM: u64 = 200;
const LOOKS: u32 = 10;

/// JSON that `reading` gives, for all who ask the same.
pub async fn text(
    kept: &'static Kept<Rc<str>>,
    question: String,
    reading: impl Future<Output = Result<String>>,
) -> std::result::Result<Rc<str>, Refusal> {
    // What follows is compiled once, not once a view.
    let reading: Pin<Box<dyn Future<Output = Result<String>> + '_>> = Box::pin(reading);
    text_of(kept, question, reading).await
}

async fn text_of(
    kept: &'static Kept<Rc<str>>,
    question: String,
    reading: Pin<Box<dyn Future<Output = Result<String>> + '_>>,
) -> std::result::Result<Rc<str>, Refusal> {
    let reading = async { patience::ask("store", reading).await.map(Rc::from) };
    once(kept, &question, reading).await
}

/// The newest decisions that the Feed has, newest first.
pub async fn decisions(env: &Env) -> std::result::Result<Rc<[Decision]>, Refusal> {
    let asking = async { FeedClient::of(env)?.decisions().await.map(Rc::from) };
    once(&DECISIONS, "", patience::ask("feed", asking)).await
}

/// The newest alerts that it has, newest first.
pub async fn alerts(env: &Env) -> std::result::Result<Rc<[Alert]>, Refusal> {
    let asking = async { FeedClient::of(env)?.alerts().await.map(Rc::from) };
    once(&ALERTS, "", patience::ask("feed", asking)).await
}

/// What was read up to now is so no longer: it was changed here.
pub fn forget() {
    for kept in [&FOUND, &SERIES, &PRICES, &POOL] {
        kept.with_borrow_mut(Asked::forget);
    }
    DECISIONS.with_borrow_mut(Asked::forget);
    ALERTS.with_borrow_mut(Asked::forget);
}

async fn once<T: Clone>(
    kept: &'static Kept<T>,
    question: &str,
    reading: impl Future<Output = Result<T>>,
) -> std::result::Result<T, Refusal> {
    let mut looks = 0;
    let turn = loop {
        match kept.with_borrow_mut(|asked| asked.turn(question, now())) {
            Turn::Known(answer) => return answer.ok_or(Refusal::StoreAway),
            Turn::Wait => patience::pause(LOOK).await,
            Turn::Ask(turn) => break turn,
            Turn::Full if looks < LOOKS => {
                looks += 1;
                patience::pause(ROOM).await;
            }
            Turn::Full => {
                return Err(Refusal::RateLimited {
                    limit: "what is looked up for views in a second".into(),
                    retry_after: 1,
                });
            }
        }
    };
    let answer = reading.await;
    let told = answer.as_ref().ok().cloned();
    kept.with_borrow_mut(|asked| asked.told(question, turn, told, now()));
    answer.map_err(gate::away)
}
