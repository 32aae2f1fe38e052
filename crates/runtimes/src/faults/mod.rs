//! Whose fault a failure is: one table, read by whoever calls, fails over, leaves models out or writes
//! the log.
//!
//! Its law: the words decide where they are known, the status where they are not. What is the
//! caller's own is passed on; what one model cannot do is asked of another; what only one model
//! suffers from never touches the others. Words that the client may have put there itself are followed
//! for its own request, and remembered of nobody.

mod hearsay;
mod table;
mod wording;

use serde::{Deserialize, Serialize};

pub use hearsay::is_hearsay;
pub use wording::reworded;

use crate::needs::Need;
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

impl Fault {
    /// Whose fault an answer is that says no. `status` is the HTTP status, or that of the error's own
    /// code where it stands inside a 200.
    pub fn of(said: &Complaint) -> Fault {
        table::by_words(said).unwrap_or_else(|| Fault::by_status(said))
    }

    /// By the status alone, as where the words say nothing that is known.
    pub fn by_status(said: &Complaint) -> Fault {
        match said.status {
            // Followed, a redirect would carry the key elsewhere: the address is wrong.
            0..=399 => Fault::Runtime,
            // 407 is a proxy's, that wants a key of its own.
            401..=403 | 407 => Fault::Account,
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

#[cfg(test)]
mod tests;
