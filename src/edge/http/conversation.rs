//! The conversation that a request is part of: asked beside its account, and waited for by nobody.

use worker::Request;

use super::Desk;
use crate::{
    domain::{
        account::key,
        conversation::{Session, Whose},
        wire::request::ChatRequest,
    },
    edge::objects::SessionClient,
};

/// What comes to a conversation.
#[derive(Clone, Copy)]
pub enum Visit {
    Turn,
    /// Somebody who only looks, as what is asked on the side does.
    Look,
}

/// The conversation that a request is a turn of, or asked on the side of. `None` where it is of none,
/// or where that cannot be had in time. `key`: what the request comes with.
pub fn of(
    desk: &Desk,
    request: &Request,
    key: Option<&str>,
    chat: &ChatRequest,
    visit: Visit,
) -> impl Future<Output = Option<Session>> + use<> {
    let caller = key.map(|key| key::hash(key).0);
    let header = |name: &str| request.headers().get(name).ok().flatten();
    let whose = caller.and_then(|caller| Whose::of(chat, &caller, header));
    let env = desk.env.clone();
    async move {
        let whose = whose?;
        let asking = async {
            let session = SessionClient::of(&env, &whose)?;
            match visit {
                Visit::Turn if !whose.aside => session.turn().await,
                _ => session.look().await,
            }
        };
        let kept = asking.await.ok()?;
        Some(Session { whose, kept })
    }
}
