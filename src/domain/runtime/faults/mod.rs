//! Whose fault a failure is, and what follows from it: one table, read by whoever calls, fails
//! over, leaves models out or writes the log.
//!
//! Its law: the words decide where they are known, the status where they are not. What is the
//! caller's own is passed on; what one model cannot do is asked of another; what only one model
//! suffers from never touches the others.

mod table;
mod wording;

use serde::{Deserialize, Serialize};

pub use wording::reworded;

use super::needs::Need;
use completion::Complaint;

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request itself: any model would refuse it.
    Caller,
    /// This model, or this runtime, does not take a field as it is written: ask again without.
    Wording(Wording),
    /// This model cannot do what is needed.
    Cannot(Need),
    /// More than this model's window holds.
    TooLong,
    /// There is no such model, or not for this key.
    NoSuchModel,
    /// This model, for now.
    Model,
    /// The operator's account or key: of one model, or of all.
    Account,
    /// The runtime itself: not there, not at this address, or not answering anybody.
    Runtime,
}

/// A field that is left out, or spelled otherwise, when the same model is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wording {
    /// `max_tokens` becomes `max_completion_tokens`.
    MaxCompletionTokens,
    /// `max_completion_tokens` becomes `max_tokens`.
    MaxTokens,
    /// `temperature` is left to the model.
    NoTemperature,
    /// `stream_options` is left out; remembered of the runtime.
    NoStreamOptions,
}

/// Who may be asked next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nobody: the runtime's own refusal goes to the client.
    Nobody,
    /// The same model, with the request worded otherwise.
    SameModel,
    /// Any other that may.
    Another,
    /// Only one with a larger window than the one that refused.
    Larger,
    /// One other; what that says tells the account's fault from the model's.
    OneOther,
}

/// What is remembered of the model or its runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remember {
    Nothing,
    /// Of (model, need), for [`REFUSAL_KEPT`].
    Need(Need),
    /// Of the runtime, for [`WORDING_KEPT`].
    Wording(Wording),
    /// That the characters a token were guessed too high.
    Estimate,
    /// The model is out until the pool or the catalogue changes, but for growing probes.
    Unknown,
    /// The model is out for a while.
    Quarantine,
    /// The runtime's breaker counts it; no model is out for it.
    Breaker,
}

/// Seconds for which a model is not asked again for what it refused.
pub const REFUSAL_KEPT: f64 = 86_400.0;
/// Seconds for which a runtime is not sent again a field that it refused.
pub const WORDING_KEPT: f64 = 3_600.0;
/// A model is out for this long after its first failure, then twice as long each time, seconds.
pub const FIRST_QUARANTINE: f64 = 20.0;
/// And never longer than this, whatever `Retry-After` says.
pub const LONGEST_QUARANTINE: f64 = 3_600.0;

impl Fault {
    /// Whose fault an answer is that says no. `status` is the HTTP status, or that of the error's own
    /// code where it stands inside a 200.
    pub fn of(said: &Complaint) -> Fault {
        table::by_words(said).unwrap_or_else(|| by_status(said))
    }

    pub fn next(self) -> Next {
        match self {
            Fault::Caller => Next::Nobody,
            Fault::Wording(_) => Next::SameModel,
            Fault::Cannot(_) | Fault::NoSuchModel | Fault::Model => Next::Another,
            Fault::TooLong => Next::Larger,
            Fault::Account | Fault::Runtime => Next::OneOther,
        }
    }

    pub fn remember(self) -> Remember {
        match self {
            Fault::Caller => Remember::Nothing,
            Fault::Wording(wording) => Remember::Wording(wording),
            Fault::Cannot(need) => Remember::Need(need),
            Fault::TooLong => Remember::Estimate,
            Fault::NoSuchModel => Remember::Unknown,
            Fault::Model => Remember::Quarantine,
            Fault::Account | Fault::Runtime => Remember::Breaker,
        }
    }

    /// Is a model left out for it, that had begun to answer.
    pub fn is_models_own(self) -> bool {
        matches!(self, Fault::Model | Fault::NoSuchModel | Fault::Runtime)
    }

    /// As it stands in log lines.
    pub fn name(self) -> &'static str {
        match self {
            Fault::Caller => "caller",
            Fault::Wording(_) => "wording",
            Fault::Cannot(_) => "cannot",
            Fault::TooLong => "too_long",
            Fault::NoSuchModel => "no_such_model",
            Fault::Model => "model",
            Fault::Account => "account",
            Fault::Runtime => "runtime",
        }
    }
}

/// Seconds that a model is out: `first` at least, twice as long as `before` where that was not long
/// enough. What the runtime asks for wins. Up to the bound, unless `first` is set beyond it.
pub fn quarantine_seconds(first: f64, before: Option<f64>, retry_after: Option<u64>) -> f64 {
    let bound = LONGEST_QUARANTINE.max(first);
    match retry_after {
        // A wait of nothing is one of a second: a model that failed is not asked at once again.
        Some(wait) => (wait as f64).max(first.min(1.0)).min(bound),
        None => (before.unwrap_or(0.0) * 2.0).clamp(first, bound),
    }
}

/// Where the words say nothing that is known.
fn by_status(said: &Complaint) -> Fault {
    match said.status {
        // Followed, a redirect would carry the key elsewhere: the address is wrong.
        0..=399 => Fault::Runtime,
        401..=403 => Fault::Account,
        404 if !said.has_error => Fault::Runtime,
        404 | 410 => Fault::NoSuchModel,
        405 => Fault::Runtime,
        408 | 409 | 424 | 425 | 429 => Fault::Model,
        400..=499 => Fault::Caller,
        // What a proxy says of an origin that is not there.
        521..=523 | 525..=527 | 530 => Fault::Runtime,
        _ => Fault::Model,
    }
}

#[cfg(test)]
mod tests;
