//! Protocols that clients speak beside chat completions, to and from these.
//!
//! Each reads a body into a chat request, writes a whole answer from a completion, writes a stream
//! event by event from the chunks of a chat stream, and says no in its own form.
//!
//! Law: what cannot be carried over is refused by its name, or left out and named: never a silent
//! change of meaning. What comes from outside, from clients and from models, is not trusted, and what
//! is kept of it is bounded. Nothing is remembered between requests, and nobody here knows which
//! model answers, or why.

mod blocks;
mod delta;
mod failed;
mod ids;
mod json;
pub mod messages;
mod names;
pub mod responses;
mod turns;

use serde_json::{Map, Value};

pub use blocks::TooLong;
pub use failed::{Failed, Room, Said};

/// What a body asks for.
#[derive(Clone, Debug)]
pub struct Asked<F> {
    /// The chat request, without a model.
    pub chat: Map<String, Value>,
    /// What the most that may be answered is, where the client said it. A ceiling, not a need:
    /// agents name the largest there is.
    pub ceiling: Option<u64>,
    /// Fields that only go to models that are known to take them, each as JSON.
    pub hints: Vec<(&'static str, String)>,
    /// Whose conversation it is, where the body says so.
    pub conversation: Option<String>,
    /// What the client wrote on it, whatever it is.
    pub metadata: Value,
    /// What was left out, by the names that the client gave it.
    pub dropped: Vec<String>,
    /// Fields of the body that this protocol doesn't have, or that say nothing to a model.
    pub rest: Map<String, Value>,
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

/// A field of an answer that its protocol doesn't have: what whoever serves it tells besides.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    pub name: &'a str,
    pub json: &'a str,
}

impl Own<'_> {
    fn value(&self) -> Value {
        serde_json::from_str(self.json).unwrap_or_default()
    }
}
