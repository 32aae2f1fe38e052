//! A conversation, and what is kept of it.

use chat::Task;
use serde::{Deserialize, Serialize};

use crate::domain::feed::ClassifiedBy;

use super::said::Source;

/// A conversation: where it was read, and the digest that it is known by.
#[derive(Clone, Debug, PartialEq)]
pub struct Whose {
    pub from: Source,
    pub digest: String,
    /// Is it asked on the side of the conversation, and no turn of it.
    pub aside: bool,
}

/// A request's part in its conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub whose: Whose,
    /// `None` at its first turn.
    pub kept: Option<Kept>,
}

/// What is kept of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    pub model: String,
    /// That of its last real user message, and who decided it.
    pub task: Task,
    pub classified_by: ClassifiedBy,
    /// When it was last asked for, Unix seconds.
    pub at: f64,
    /// Turns that its model was asked.
    pub turns: u64,
    /// The most tokens of its prompt that its model had cached.
    #[serde(default)]
    pub cached: u64,
    /// Did it leave a model because it was stuck there: it does so once.
    #[serde(default)]
    pub was_stuck: bool,
}

impl Kept {
    /// Is it over by `now`, `idle` seconds after it was last asked for.
    pub fn is_over(&self, now: f64, idle: f64) -> bool {
        now - self.at > idle
    }

    /// Does it say the same as another, but for the time and the turns.
    pub fn says(&self, other: &Kept) -> bool {
        self.model == other.model
            && self.task == other.task
            && self.cached == other.cached
            && self.was_stuck == other.was_stuck
    }
}
