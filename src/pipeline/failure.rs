//! An attempt that gave no answer: what the runtime said, whose doing it was, what it cost.

use serde_json::{Value, json};

use crate::domain::{
    refusal::{Refusal, redact::redact},
    settings::Settings,
};
use completion::{Complaint, error};
use runtimes::{
    charge::Charge,
    faults::{Fault, is_hearsay},
};

use super::{read, world::Broken};

/// An attempt that gave no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub refusal: Box<Refusal>,
    /// Whose fault it is.
    pub fault: Fault,
    /// Was that told by words that may be the client's own: then nobody is held to it.
    pub is_hearsay: bool,
    /// What it was charged all the same.
    pub charge: Option<Charge>,
}

impl Failure {
    pub fn of_model(refusal: Refusal) -> Failure {
        Failure {
            refusal: Box::new(refusal),
            fault: Fault::Model,
            is_hearsay: false,
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
                ..Failure::of_model(Refusal::ClientGone)
            },
            Broken::Connection => Failure::of_model(Refusal::Unreachable {
                model,
                retry_after: None,
            }),
            Broken::TooLarge => Failure::nonsense(&model, read::TOO_LARGE),
            Broken::Silent => Failure::of_model(Refusal::TimedOut {
                model,
                seconds: patience.max(0.0),
            }),
        }
    }

    /// There was no connection to it.
    pub fn unreachable(self) -> Failure {
        match *self.refusal {
            Refusal::Unreachable { .. } => Failure {
                fault: Fault::Runtime,
                ..self
            },
            _ => self,
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
        let told = serde_json::from_str(text).ok().and_then(error::unwrapped);
        // Words of our own say nothing of whose doing it was.
        let whose = Fault::of(&Complaint::read(
            status,
            told.as_ref().unwrap_or(&Value::Null),
        ));
        let error = told.unwrap_or_else(|| {
            let lost = lost(status);
            json!({"message": format!("the runtime answered with status {status}{lost}")})
        });
        let failure = Failure::told(error, status, retry_after, model, settings);
        Failure {
            fault: whose,
            ..failure
        }
    }

    /// An error stood where an event or an answer should be: its own status decides whose doing
    /// it is.
    pub fn frame(error: Value, model: &str, settings: &Settings) -> Failure {
        let status = error::status(&error).unwrap_or(502);
        Failure::told(error, status, None, model, settings)
    }

    /// Came of a request, as JSON, that it may quote. What the client can have said itself tells nothing
    /// of the account and of the runtime.
    pub fn of_request(self, request: &str) -> Failure {
        let Refusal::Upstream { status, error, .. } = &*self.refusal else {
            return self;
        };
        let said = Complaint::read(*status, error);
        if !is_hearsay(&said, request) {
            return self;
        }
        let fault = match self.fault {
            Fault::Account | Fault::Runtime => Fault::by_status(&said),
            fault => fault,
        };
        Failure {
            fault,
            is_hearsay: true,
            ..self
        }
    }

    /// What was charged for it all the same, where that is known: what is told last counts.
    pub fn charged(self, charge: Option<Charge>) -> Failure {
        Failure {
            charge: charge.or(self.charge),
            ..self
        }
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
        let fault = Fault::of(&Complaint::read(status, &error));
        Failure {
            fault,
            ..Failure::of_model(Refusal::Upstream {
                status,
                model: model.to_owned(),
                error,
                retry_after,
            })
        }
    }
}

/// What may be behind a page, or nothing, where an answer should be.
fn lost(status: u16) -> &'static str {
    match status {
        404 | 405 => ": there is nothing at its address, whose base URL may lack its path (`/v1`)",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_leads_nowhere_is_told_as_one() {
        let settings = Settings::read(|_| None).unwrap();
        let failure = Failure::status(404, None, "<html>Not found</html>", "m", &settings);
        assert_eq!(failure.fault, Fault::Runtime);
        assert!(failure.refusal.message().contains("`/v1`"), "{failure:?}");
        let named = r#"{"error":{"message":"model not found"}}"#;
        let failure = Failure::status(404, None, named, "m", &settings);
        assert_eq!(failure.refusal.message(), "model not found");
    }

    #[test]
    fn a_refused_key_is_not_taken_for_the_callers() {
        let settings = Settings::read(|_| None).unwrap();
        for (body, message) in [
            (
                r#"{"error":{"message":"Incorrect API key"}}"#,
                "the runtime refused the key of this deployment, not yours: Incorrect API key",
            ),
            (
                r#"{"error":"no"}"#,
                "the runtime refused the key of this deployment, not yours: no",
            ),
        ] {
            let failure = Failure::status(401, None, body, "m", &settings);
            assert_eq!(failure.refusal.message(), message);
            assert_eq!(failure.refusal.status(), 401);
        }
    }

    #[test]
    fn a_proxy_that_wants_a_key_does_not_ask_the_client_for_one() {
        let settings = Settings::read(|_| None).unwrap();
        let failure = Failure::status(407, None, "", "m", &settings);
        assert_eq!(failure.fault, Fault::Account);
        assert_eq!(failure.refusal.status(), 502);
    }
}
