//! A conversation: what a request says of it, and what is kept of it between two turns.
//!
//! Only the words for it, which a request and the room of sessions share; whose it is and what
//! becomes of it stands there.

use chat::Task;
use protocols::messages;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{reason::ClassifiedBy, refusal::Refusal};

/// Bytes of `arbiter_session` at the most.
const LONGEST: usize = 256;
/// May a conversation change models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Affinity {
    #[default]
    Adaptive,
    /// Only where its model cannot go on.
    Sticky,
    /// Every turn is routed by itself.
    None,
}

/// Where it was read whose conversation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    ArbiterSession,
    #[serde(rename = "x-session-id")]
    SessionHeader,
    #[serde(rename = "x-claude-code-session-id")]
    ClaudeHeader,
    #[serde(rename = "session-id")]
    CodexHeader,
    PromptCacheKey,
    #[serde(rename = "metadata.user_id")]
    UserId,
    Fingerprint,
}

/// What the body of a request says of its conversation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claim {
    pub affinity: Affinity,
    /// `arbiter_session`.
    pub own: Option<String>,
    /// What clients write into it for others.
    pub other: Option<(Source, String)>,
}

impl Claim {
    /// Reads it through `field`, which gives a top-level field's JSON. Refuses with 422.
    pub fn read<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<Claim, Refusal> {
        let text = |name: &str| {
            let raw = field(name)?;
            Some(serde_json::from_str::<String>(raw).ok())
        };
        let wrong = |name: &str, expected: &str| {
            let message = format!("`{name}` must be {expected}");
            Err(Refusal::invalid(Some(name.into()), message))
        };
        let own = match text("arbiter_session") {
            None => None,
            Some(own) => {
                let own = own.map(|own| own.trim().to_owned()).unwrap_or_default();
                if own.is_empty() || own.len() > LONGEST {
                    return wrong("arbiter_session", "a text of 1 to 256 bytes");
                }
                Some(own)
            }
        };
        let affinity = match text("arbiter_affinity") {
            None => Affinity::default(),
            Some(word) => match word.as_deref() {
                Some("adaptive") => Affinity::Adaptive,
                Some("sticky") => Affinity::Sticky,
                Some("none") => Affinity::None,
                _ => return wrong("arbiter_affinity", "one of: adaptive, sticky, none"),
            },
        };
        let cache_key = text("prompt_cache_key").flatten();
        let of_user = || {
            let metadata: Map<String, Value> = serde_json::from_str(field("metadata")?).ok()?;
            messages::conversation(metadata.get("user_id")?.as_str()?)
        };
        let other = cache_key
            .map(|key| (Source::PromptCacheKey, key))
            .or_else(|| of_user().map(|id| (Source::UserId, id)));
        Ok(Claim {
            affinity,
            own,
            other,
        })
    }
}

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
