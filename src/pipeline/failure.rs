//! An attempt that gave no answer: what the runtime said, whose doing it was, what it cost.

use serde_json::{Value, json};

use crate::domain::{
    fault,
    money::Charge,
    redact::redact,
    refusal::Refusal,
    runtime::faults::{Fault, Said},
    settings::Settings,
};

use super::{read, world::Broken};

/// An attempt that gave no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub refusal: Box<Refusal>,
    /// Whose fault it is.
    pub fault: Fault,
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
            fault: Fault::Model,
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
                fault: Fault::Caller,
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
        let status = fault::status(&error).unwrap_or(502);
        Failure::told(error, status, None, model, settings)
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
        for key in settings.keys.values() {
            redact(&mut error, key);
        }
        let fault = Fault::of(&Said::read(status, &error));
        Failure {
            fault,
            by_model: is_worth_another(fault, status),
            counts: puts_out(fault, status),
            ..Failure::of_model(Refusal::Upstream {
                status,
                model: model.to_owned(),
                error,
                retry_after,
            })
        }
    }
}

/// May another model answer what this one did not. The account's refusal would meet any of them,
/// but for a rate: that may be one model's own.
fn is_worth_another(fault: Fault, status: u16) -> bool {
    match fault {
        Fault::Caller => false,
        Fault::Account => status == 429,
        _ => true,
    }
}

/// Is the model left out for it. What it cannot do says nothing of other requests, and an address
/// that is not there nothing of the model.
fn puts_out(fault: Fault, status: u16) -> bool {
    match fault {
        Fault::NoSuchModel | Fault::Model => true,
        Fault::Runtime => !matches!(status, 404 | 405),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Is another model asked, and is this one put out.
    fn told(status: u16, message: &str) -> (bool, bool) {
        let settings = Settings::read(|_| None).unwrap();
        let body = json!({"error": {"message": message}}).to_string();
        let failure = Failure::status(status, None, &body, "m", &settings);
        (failure.by_model, failure.by_model && failure.counts)
    }

    #[test]
    fn what_one_model_cannot_do_is_asked_of_another_and_puts_nobody_out() {
        for (status, message, expected) in [
            (
                404,
                "No endpoints found that support image input",
                (true, false),
            ),
            (
                400,
                "this model does not support image input",
                (true, false),
            ),
            (
                400,
                "This model's maximum context length is 8192 tokens",
                (true, false),
            ),
            (400, "x is not a valid model ID", (true, true)),
            (404, "The model `x` does not exist", (true, true)),
            (429, "You exceeded your current quota", (true, false)),
            (429, "slow down", (true, true)),
            (503, "overloaded", (true, true)),
            (400, "`messages` is missing", (false, false)),
            (401, "Incorrect API key", (false, false)),
            (402, "Insufficient credits", (false, false)),
        ] {
            assert_eq!(told(status, message), expected, "{status} {message}");
        }
    }
}
