//! Every way to say no: one type, one match for the status, one body.
//!
//! The law: what is told names what was wrong and how to put it right, and no secret. Whose fault
//! it is, and whether another model is asked, is not decided here.

pub mod redact;
pub mod slip;
mod told;

use std::collections::BTreeMap;

use chat::Wrong;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{considered::Considered, money::Pico};

/// Why a request is not answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// An operator key was asked to change its status.
    OperatorKeyStatus,
    /// No key, or one that is not valid.
    Unauthorized,
    /// No key that opens the views, where only operators may see them.
    ViewsClosed,
    /// A paused key on chat.
    KeyPaused,
    /// A minted key on a control call that only operators may make.
    OperatorOnly,
    /// An operator key where CONTROL_KEYS alone administer; one of those where a model is asked.
    ControlOnly,
    ControlKey,
    /// A web page from elsewhere, at a server on somebody's own machine.
    ForeignOrigin,
    /// Plain HTTP where `REQUIRE_HTTPS` says no.
    HttpsRequired,
    /// Registration is closed, or not open to this address.
    RegistrationClosed {
        message: String,
    },
    NotFound {
        path: String,
    },
    /// No answer of that id, or not the caller's.
    NoSuchAnswer {
        id: String,
    },
    /// An answer that is too old to be rated.
    TooLate {
        id: String,
    },
    MethodNotAllowed {
        allow: &'static str,
    },
    /// A WebSocket was asked for.
    NoSocket,
    TooLarge {
        limit: u64,
    },
    /// The body did not come within `BODY_TIMEOUT`.
    TooSlow {
        seconds: f64,
    },
    UnsupportedEncoding {
        encoding: String,
    },
    /// Not JSON, or a field missing or of the wrong kind.
    Invalid {
        field: Option<String>,
        message: String,
    },
    /// Understood, but not to be had here.
    Unserved {
        code: &'static str,
        field: Option<String>,
        message: String,
    },
    /// Something stands in the way of a change of the pool.
    Barred {
        status: u16,
        code: &'static str,
        message: String,
    },
    /// Over a limit of ours.
    RateLimited {
        limit: String,
        retry_after: u64,
    },
    /// A setting is missing or bad.
    Setting {
        name: String,
        message: String,
    },
    /// The store cannot be reached.
    StoreAway,
    /// The key's terms leave no model for the request.
    NoModelAllowed,
    /// What the client asked for, or what its request needs, leaves no model: how many are out for
    /// which reason.
    NoModelFits {
        field: Option<&'static str>,
        message: String,
        excluded: BTreeMap<String, u64>,
        /// Which for which, where the client wants to know.
        candidates: Vec<Considered>,
    },
    /// An operator has switched it off.
    NotServing {
        why: String,
    },
    /// A budget does not hold the request.
    BudgetExceeded(Exceeded),
    /// There is no room for the request here at the moment.
    Busy {
        retry_after: u64,
    },
    /// The runtime's own refusal, passed on.
    Upstream {
        status: u16,
        model: String,
        /// The runtime's error, as JSON.
        error: Value,
        retry_after: Option<u64>,
    },
    /// The runtime can't be reached, or its connection broke.
    Unreachable {
        model: String,
        /// Seconds until it is tried again.
        retry_after: Option<u64>,
    },
    /// The runtime answered something that is no answer.
    Nonsense {
        model: String,
        what: String,
    },
    /// The runtime did not answer in time.
    TimedOut {
        model: String,
        seconds: f64,
    },
    /// The client went away: nobody reads this.
    ClientGone,
    /// A fault of our own.
    Internal,
}

/// A budget that does not hold a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exceeded {
    /// Whose it is: `this key` or `all minted keys together`.
    pub whose: String,
    pub limit: Pico,
    pub spent: Pico,
    /// Set aside for requests under way.
    pub reserved: Pico,
    /// Unix seconds; null where it is for ever.
    pub resets_at: Option<f64>,
}

impl From<Wrong> for Refusal {
    fn from(wrong: Wrong) -> Refusal {
        let Wrong {
            field,
            message,
            code,
        } = wrong;
        match code {
            Some(code) => Refusal::Unserved {
                code,
                field,
                message,
            },
            None => Refusal::Invalid { field, message },
        }
    }
}

impl Refusal {
    pub fn invalid(field: Option<String>, message: impl Into<String>) -> Refusal {
        Refusal::Invalid {
            field,
            message: message.into(),
        }
    }

    /// The one place where a refusal becomes an HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Refusal::OperatorKeyStatus => 400,
            Refusal::Unauthorized | Refusal::ViewsClosed => 401,
            Refusal::BudgetExceeded(_) => 402,
            Refusal::KeyPaused
            | Refusal::OperatorOnly
            | Refusal::ControlOnly
            | Refusal::ControlKey
            | Refusal::NoModelAllowed
            | Refusal::ForeignOrigin
            | Refusal::HttpsRequired
            | Refusal::RegistrationClosed { .. } => 403,
            Refusal::NotFound { .. } | Refusal::NoSuchAnswer { .. } => 404,
            Refusal::MethodNotAllowed { .. } => 405,
            Refusal::TooSlow { .. } => 408,
            Refusal::TooLate { .. } => 410,
            Refusal::TooLarge { .. } => 413,
            Refusal::NoSocket => 426,
            Refusal::UnsupportedEncoding { .. } => 415,
            Refusal::Invalid { .. } | Refusal::Unserved { .. } | Refusal::NoModelFits { .. } => 422,
            Refusal::Barred { status, .. } => *status,
            Refusal::RateLimited { .. } => 429,
            Refusal::ClientGone => 499,
            Refusal::Internal => 500,
            // What is no error status cannot be passed on as one, and no proxy asks the client for a key.
            Refusal::Upstream { status, .. } if *status == 407 || !(400..600).contains(status) => {
                502
            }
            Refusal::Upstream { status, .. } => *status,
            Refusal::Unreachable { .. } | Refusal::Nonsense { .. } => 502,
            Refusal::Setting { .. }
            | Refusal::StoreAway
            | Refusal::NotServing { .. }
            | Refusal::Busy { .. } => 503,
            Refusal::TimedOut { .. } => 504,
        }
    }

    /// Does a request that ends like this stay uncounted against the key's limits.
    pub fn is_uncounted(&self) -> bool {
        matches!(self.status(), 401 | 403 | 404 | 405 | 413 | 415 | 422)
    }

    /// A word for what was wrong, for programs and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::OperatorKeyStatus => "operator_key",
            Refusal::Unauthorized => "invalid_api_key",
            Refusal::ViewsClosed => "views_closed",
            Refusal::KeyPaused => "key_paused",
            Refusal::OperatorOnly => "operator_only",
            Refusal::ControlOnly => "control_only",
            Refusal::ControlKey => "control_key",
            Refusal::RegistrationClosed { .. } => "registration_closed",
            Refusal::NotFound { .. } | Refusal::NoSuchAnswer { .. } => "not_found",
            Refusal::TooLate { .. } => "too_late",
            Refusal::MethodNotAllowed { .. } => "method_not_allowed",
            Refusal::TooLarge { .. } => "body_too_large",
            Refusal::NoSocket => "no_websocket",
            Refusal::TooSlow { .. } => "body_timeout",
            Refusal::UnsupportedEncoding { .. } => "unsupported_encoding",
            Refusal::Invalid { .. } => "invalid_request",
            Refusal::Unserved { code, .. } | Refusal::Barred { code, .. } => code,
            Refusal::RateLimited { .. } => "rate_limit_exceeded",
            Refusal::Setting { .. } => "setting",
            Refusal::StoreAway => "store_unavailable",
            Refusal::Busy { .. } => "busy",
            Refusal::NotServing { .. } => "not_serving",
            Refusal::BudgetExceeded(_) => "budget_exceeded",
            Refusal::NoModelAllowed => "no_model_allowed",
            Refusal::NoModelFits { .. } => "no_model_fits",
            Refusal::ForeignOrigin => "foreign_origin",
            Refusal::HttpsRequired => "https_required",
            Refusal::Upstream { .. } => "upstream_error",
            Refusal::Unreachable { .. } => "upstream_unreachable",
            Refusal::Nonsense { .. } => "upstream_nonsense",
            Refusal::TimedOut { .. } => "upstream_timeout",
            Refusal::ClientGone => "client_gone",
            Refusal::Internal => "internal_error",
        }
    }

    /// The code as it is shown: the runtime's own, where it has one.
    pub fn shown_code(&self) -> String {
        let own = match self {
            Refusal::Upstream { error, .. } => error.get("code").and_then(Value::as_str),
            _ => None,
        };
        own.unwrap_or_else(|| self.code()).to_owned()
    }

    /// Seconds that a client is told to wait.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Refusal::RateLimited { retry_after, .. } => Some(*retry_after),
            Refusal::Upstream { retry_after, .. } | Refusal::Unreachable { retry_after, .. } => {
                *retry_after
            }
            _ => None,
        }
    }

    /// Its runtime is not asked before so many seconds have passed.
    pub fn wait_at_least(&mut self, seconds: u64) {
        match self {
            Refusal::Unreachable { retry_after, .. }
            | Refusal::Upstream {
                status: 429 | 500..,
                retry_after,
                ..
            } => *retry_after = Some(retry_after.unwrap_or(0).max(seconds)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
