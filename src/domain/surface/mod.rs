//! The doors: protocols that clients speak, each in a room of its own.
//!
//! A surface reads a body into the one request (chat completions), writes a whole answer from a
//! completion, writes a stream event by event from the chunks that chat is relayed from, and says
//! no in its own form. What cannot be carried over is refused before anything is called, or left
//! out and named: never a silent change of meaning. Nothing is remembered between requests, and
//! nothing here knows how a request is routed.

mod arbiter;
mod blocks;
pub mod chat;
mod delta;
mod door;
mod fault;
mod ids;
mod json;
pub mod messages;
mod names;
mod protocol;
pub mod responses;
mod tokens;
mod turns;

pub use arbiter::Arbiter;
pub use door::{Surface, Writer};
pub use protocol::{Foreign, Protocol};
pub use tokens::Tokens;

use super::{considered::Considered, tags::Tags};

/// What a surface makes of a body.
#[derive(Clone, Debug)]
pub struct Asked<F> {
    /// The one request: chat completions, JSON.
    pub chat: String,
    /// What the most that may be answered is, where the client said it. A ceiling, not a need:
    /// agents name the largest there is.
    pub ceiling: Option<u64>,
    /// Fields that only go to models that are known to take them, each as JSON.
    pub hints: Vec<(&'static str, String)>,
    /// Whose conversation it is, where the body says so.
    pub conversation: Option<String>,
    pub tags: Tags,
    /// What was left out, by the names that the client gave it.
    pub dropped: Vec<String>,
    /// What the answer has to know of the request.
    pub form: F,
}

/// An answer that begins.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// The id of the request.
    pub id: String,
    /// The model that answers.
    pub model: String,
    /// Unix seconds.
    pub created: f64,
    /// Tokens of the request, estimated: told where the runtime counts none.
    pub input_tokens: u64,
}

/// How large the request is and what the largest model holds, tokens: told where it is too long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    pub needed: u64,
    pub largest: u64,
}

/// What is told beside a refusal.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Beside<'a> {
    /// Models that had failed before the one that it speaks of.
    pub failover_from: &'a [String],
    /// The models that the request could have had, where the client wants to know.
    pub candidates: &'a [Considered],
    pub room: Room,
}

/// A refusal as a surface says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: String,
}
