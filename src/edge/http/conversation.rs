//! The conversation that a request is part of: asked beside its account, and waited for by nobody.

use worker::Request;

use super::Desk;
use crate::{
    domain::{
        account::key,
        conversation::{Session, Whose},
        wire::request::ChatRequest,
    },
    edge::{objects::SessionClient, patience},
};

/// What comes to a conversation.
#[derive(Clone, Copy)]
pub enum Visit {
    Turn,
    /// Somebody who only looks, as what is asked on the side does.
    Look,
}

/// Seconds that a request waits for its conversation where nothing else is waited for.
const PATIENCE: f64 = 0.05;

/// What `other` comes to, and meanwhile the conversation that a request is a turn of, or asked on the side of.
/// `None` where it is of none, or where that cannot be had in time.
pub async fn beside<O>(
    other: impl Future<Output = O>,
    desk: &Desk,
    whose: Option<Whose>,
    visit: Visit,
) -> (O, Option<Session>) {
    let client = whose.and_then(|whose| Some((SessionClient::of(&desk.env, &whose).ok()?, whose)));
    let Some((session, whose)) = client else {
        return (other.await, None);
    };
    let door = session.door.clone();
    let is_turn = matches!(visit, Visit::Turn) && !whose.aside;
    let asking = async move {
        match is_turn {
            true => session.turn().await,
            false => session.look().await,
        }
    };
    let go_on = |rest| desk.context.wait_until(rest);
    let (other, kept) = patience::ask_beside(other, PATIENCE, &door, asking, go_on).await;
    let kept = kept.ok();
    (other, kept.map(|kept| Session { whose, kept }))
}

/// Whose conversation a request is of; `None`: of none. `key`: what it comes with.
pub fn whose(request: &Request, key: Option<&str>, chat: &ChatRequest) -> Option<Whose> {
    let header = |name: &str| request.headers().get(name).ok().flatten();
    Whose::of(chat, &key::hash(key?).0, header)
}
