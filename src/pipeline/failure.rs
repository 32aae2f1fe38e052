//! An attempt that gave no answer: what the runtime said, whose doing it was, what it cost.

use serde_json::{Value, json};

use crate::domain::{fault, money::Charge, redact::redact, refusal::Refusal, settings::Settings};

use super::{read, world::Broken};

/// An attempt that gave no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub refusal: Box<Refusal>,
    /// Is it the model's or the provider's doing.
    pub by_model: bool,
    /// Does it count against the model.
    pub counts: bool,
    /// What it was charged all the same.
    pub charge: Option<Charge>,
}

impl Failure {
    pub fn of_model(refusal: Refusal) -> Failure {
        Failure {
            refusal: Box::new(refusal),
            by_model: true,
            counts: true,
            charge: None,
        }
    }

    /// Something that is no answer came.
    pub fn nonsense(model: &str, what: &str) -> Failure {
        Failure::of_model(Refusal::Nonsense {
            model: model.to_owned(),
            what: what.to_owned(),
        })
    }

    /// It broke; `patience` is how long it might have been silent, seconds.
    pub fn broken(broken: Broken, model: &str, patience: f64) -> Failure {
        let model = model.to_owned();
        match broken {
            Broken::ClientGone => Failure {
                by_model: false,
                ..Failure::of_model(Refusal::ClientGone)
            },
            Broken::Connection => Failure::of_model(Refusal::Unreachable { model }),
            Broken::TooLarge => Failure::nonsense(&model, read::TOO_LARGE),
            Broken::Silent => Failure::of_model(Refusal::TimedOut {
                model,
                seconds: patience.max(0.0),
            }),
        }
    }

    /// The runtime answered with an error status; `text` is the body that came with it.
    pub fn status(
        status: u16,
        retry_after: Option<u64>,
        text: &str,
        model: &str,
        settings: &Settings,
    ) -> Failure {
        let error = serde_json::from_str(text)
            .ok()
            .and_then(fault::unwrapped)
            .unwrap_or_else(
                || json!({"message": format!("the runtime answered with status {status}")}),
            );
        Failure::told(error, status, retry_after, model, settings)
    }

    /// An error stood where an event or an answer should be: its own status decides whose doing
    /// it is.
    pub fn frame(error: Value, model: &str, settings: &Settings) -> Failure {
        match fault::status(&error) {
            Some(status) => Failure::told(error, status, None, model, settings),
            None => Failure {
                by_model: true,
                ..Failure::told(error, 502, None, model, settings)
            },
        }
    }

    pub fn charged(self, charge: Option<Charge>) -> Failure {
        Failure { charge, ..self }
    }

    fn told(
        mut error: Value,
        status: u16,
        retry_after: Option<u64>,
        model: &str,
        settings: &Settings,
    ) -> Failure {
        // Some runtimes quote the key that they refuse.
        if let Some(key) = &settings.gateway_api_key {
            redact(&mut error, key);
        }
        Failure {
            by_model: is_models_doing(status),
            ..Failure::of_model(Refusal::Upstream {
                status,
                model: model.to_owned(),
                error,
                retry_after,
            })
        }
    }
}

/// Overload, faults, redirects and a model that is gone are the model's or the provider's doing;
/// every other refusal is the caller's or the account's, and would meet any model.
fn is_models_doing(status: u16) -> bool {
    !(400..500).contains(&status) || matches!(status, 404 | 408 | 409 | 410 | 425 | 429)
}
