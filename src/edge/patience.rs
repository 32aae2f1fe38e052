//! How long anybody waits, for whom, and how often they are asked again.
//!
//! The law: what a request waits for answers within a second or has failed, and what has hung once
//! is left alone by all but one request in two seconds, until it answers. What failed by saying so
//! is not left alone: it costs nobody any time. Either is logged once, and that it is over: whoever asks
//! here need not log that there was no answer.

use std::{cell::RefCell, pin::pin, time::Duration};

use futures_util::{
    FutureExt,
    future::{Either, LocalBoxFuture, join, select},
};
use worker::{Delay, Result};

use crate::domain::isolate::{hanging::Hanging, outages::Outages};

/// Seconds that a request waits for a store or an object.
pub const SHORT: f64 = 1.0;
/// Seconds that a change waits: one that is given up may have happened all the same.
pub const LONG: f64 = 5.0;
/// Milliseconds before each time that something is said until it is taken: in all, about as long as a
/// request outlives its answer.
const INSISTS: [u64; 6] = [0, 500, 2_000, 4_000, 6_000, 8_000];

/// Unix seconds.
#[expect(
    clippy::disallowed_methods,
    reason = "this is where the time comes from"
)]
pub fn now() -> f64 {
    worker::js_sys::Date::now() / 1_000.0
}

/// Lets some time pass.
pub async fn pause(millis: u64) {
    Delay::from(Duration::from_millis(millis)).await;
}

/// The future's value, or `None` when `seconds` pass first.
///
/// A timer that comes late tells of an isolate that was busy, not of somebody who did not answer:
/// then it is waited for once more.
pub async fn within<T>(seconds: f64, asking: impl Future<Output = T>) -> Option<T> {
    let mut asking = pin!(asking);
    for _ in 0..3 {
        let from = now();
        let timer = pin!(Delay::from(Duration::from_secs_f64(seconds)));
        match select(asking.as_mut(), timer).await {
            Either::Left((value, _)) => return Some(value),
            Either::Right(_) if now() - from > seconds * 1.5 => {}
            Either::Right(_) => return None,
        }
    }
    None
}

thread_local! {
    static HANGING: RefCell<Hanging> = RefCell::new(Hanging::default());
    /// Who does not answer, as it is logged.
    static AWAY: RefCell<Outages> = RefCell::new(Outages::default());
}

/// Asks a store or an object, by the name of its door, and waits [`SHORT`].
pub async fn ask<T>(door: &str, asking: impl Future<Output = Result<T>>) -> Result<T> {
    ask_for(SHORT, door, asking).await
}

/// The same, for a change: waits [`LONG`].
pub async fn change<T>(door: &str, asking: impl Future<Output = Result<T>>) -> Result<T> {
    ask_for(LONG, door, asking).await
}

/// Says what has to arrive, and may arrive twice, until it is taken. Whoever waits for nobody says it.
pub async fn insist<T>(what: &str, saying: impl AsyncFn() -> Result<T>) {
    let mut last = None;
    for wait in INSISTS {
        if wait > 0 {
            pause(wait).await;
        }
        match saying().await {
            Ok(_) => return,
            Err(error) => last = Some(error),
        }
    }
    if let Some(error) = last {
        worker::console_error!("{what}: {error}");
    }
}

/// The same, for so many seconds.
async fn ask_for<T>(
    seconds: f64,
    door: &str,
    asking: impl Future<Output = Result<T>>,
) -> Result<T> {
    let answer = asked(seconds, door, asking).await;
    note(door, &answer);
    answer
}

/// Logs that somebody does not answer, once, and that it is over.
pub fn note<T>(door: &str, answer: &Result<T>) {
    let said = AWAY.with_borrow_mut(|away| match answer {
        Ok(_) => away.answered(door, now()),
        Err(error) => away.failed(door, &error.to_string(), now()),
    });
    if let Some(said) = said {
        worker::console_error!("{said}");
    }
}

/// Asks somebody whose answer is welcome and not needed, while `other` is awaited: for as long as that takes, and
/// for `seconds` at least. What answers later is of no use any more, but its door is open again at once: so
/// `go_on` is given what awaits it.
pub async fn ask_beside<O, T: 'static>(
    other: impl Future<Output = O>,
    seconds: f64,
    door: &str,
    asking: impl Future<Output = Result<T>> + 'static,
    go_on: impl FnOnce(LocalBoxFuture<'static, ()>),
) -> (O, Result<T>) {
    let from = now();
    if !HANGING.with_borrow_mut(|hanging| hanging.may_ask(door, from)) {
        return (other.await, Err(left_alone(door)));
    }
    let mut asking = asking.boxed_local();
    let (other, soon) = join(other, within(seconds, asking.as_mut())).await;
    let by_now = soon.or_else(|| asking.as_mut().now_or_never());
    let is_late = by_now.is_none();
    let answer = heard(seconds, door, from, by_now);
    note(door, &answer);
    if is_late {
        let door = door.to_owned();
        go_on(Box::pin(async move {
            if let Some(late) = within(LONG, asking).await {
                let late = heard(LONG, &door, from, Some(late));
                note(&door, &late);
            }
        }));
    }
    (other, answer)
}

async fn asked<T>(seconds: f64, door: &str, asking: impl Future<Output = Result<T>>) -> Result<T> {
    let from = now();
    if !HANGING.with_borrow_mut(|hanging| hanging.may_ask(door, from)) {
        return Err(left_alone(door));
    }
    heard(seconds, door, from, within(seconds, asking).await)
}

fn left_alone(door: &str) -> worker::Error {
    format!("{door} did not answer a moment ago").into()
}

/// What was asked at `from` has answered within `seconds`, or not.
fn heard<T>(seconds: f64, door: &str, from: f64, answer: Option<Result<T>>) -> Result<T> {
    match answer {
        Some(answer) => {
            HANGING.with_borrow_mut(|hanging| hanging.answered(door, now()));
            answer
        }
        None => {
            HANGING.with_borrow_mut(|hanging| hanging.hung(door, from, SHORT, now()));
            Err(format!("{door} did not answer within {seconds} s").into())
        }
    }
}
