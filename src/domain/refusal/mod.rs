//! Every way to say no: one type, one match for the status, one body; and how a runtime says it.
//!
//! The law: what is told names what was wrong and how to put it right, and no secret. Whose fault
//! it is, and whether another model is asked, is not decided here.

pub mod complaint;
pub mod error_body;
pub mod redact;
pub mod slip;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{considered::Considered, money::Pico};
use complaint::Complaint;

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

/// How the runtime is called in refusals.
const UPSTREAM: &str = "btl_runtime";

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
            // What is no error status cannot be passed on as one.
            Refusal::Upstream { status, .. } if !(400..600).contains(status) => 502,
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

    /// The kind of error, in the words that OpenAI clients know.
    fn kind(&self) -> &'static str {
        match self.status() {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            400..=499 => "invalid_request_error",
            _ => "api_error",
        }
    }

    /// What was wrong and how to put it right.
    pub fn message(&self) -> String {
        match self {
            Refusal::OperatorKeyStatus => {
                "an operator key has no status: change ARBITER_API_KEYS instead".into()
            }
            Refusal::Unauthorized => {
                "missing or invalid key: send `Authorization: Bearer <Arbiter key>`; \
                 POST /v1/register makes one"
                    .into()
            }
            Refusal::ViewsClosed => {
                "this deployment shows its figures to operators only (VIEWS): send an operator key"
                    .into()
            }
            Refusal::KeyPaused => "this key is paused: POST /v1/key/resume wakes it".into(),
            Refusal::OperatorOnly => {
                "this call changes what everyone shares: it takes an operator key".into()
            }
            Refusal::ControlOnly => "this call administers: it takes one of CONTROL_KEYS".into(),
            Refusal::ControlKey => {
                "a key of CONTROL_KEYS administers and asks no model: use another key for this"
                    .into()
            }
            Refusal::RegistrationClosed { message } => message.clone(),
            Refusal::NotFound { path } => slip::advice(path),
            Refusal::NoSuchAnswer { id } => {
                format!("no answer of yours has the id {id}: it is in `x-request-id`")
            }
            Refusal::TooLate { id } => {
                format!("{id} was answered more than 7 days ago: it can no longer be rated")
            }
            Refusal::NoSocket => {
                "answers are streamed over HTTP here: POST with `stream` instead of an upgrade"
                    .into()
            }
            Refusal::MethodNotAllowed { allow } => format!("wrong method: use {allow}"),
            Refusal::TooLarge { limit } => format!("the body is larger than {limit} bytes"),
            Refusal::TooSlow { seconds } => {
                format!("the body was not all there within {seconds} s")
            }
            Refusal::UnsupportedEncoding { encoding } => {
                format!("content-encoding `{encoding}` is not read: send the body as it is")
            }
            Refusal::Invalid { message, .. }
            | Refusal::Unserved { message, .. }
            | Refusal::NoModelFits { message, .. }
            | Refusal::Barred { message, .. } => message.clone(),
            Refusal::RateLimited { limit, retry_after } => {
                format!("over the limit of {limit}: try again in {retry_after} s")
            }
            Refusal::Setting { message, .. } => message.clone(),
            Refusal::StoreAway => "the store cannot be reached: try again soon".into(),
            Refusal::ForeignOrigin => {
                "a web page from elsewhere may not change anything on a local server: call it \
                 without a browser, or from a page of localhost"
                    .into()
            }
            Refusal::HttpsRequired => {
                "this deployment is served over https only (REQUIRE_HTTPS)".into()
            }
            Refusal::NoModelAllowed => {
                "the lists of this key leave no model of the pool: an operator can change them"
                    .into()
            }
            Refusal::BudgetExceeded(exceeded) => format!(
                "the budget of {} does not hold this request: {} of {} USD are spent and {} set \
                 aside for requests under way",
                exceeded.whose,
                exceeded.spent.usd(),
                exceeded.limit.usd(),
                exceeded.reserved.usd()
            ),
            Refusal::NotServing { why } if why.is_empty() => {
                "the operator has stopped this service for now".into()
            }
            Refusal::NotServing { why } => {
                format!("the operator has stopped this service for now: {why}")
            }
            Refusal::Busy { retry_after } => {
                format!("too much is under way here: try again in {retry_after} s")
            }
            Refusal::Upstream { status, error, .. } => {
                let said = Complaint::read(*status, error)
                    .message
                    .unwrap_or_else(|| format!("the runtime answered with status {status}"));
                // A caller would take it for its own key.
                match status {
                    401 => {
                        format!("the runtime refused the key of this deployment, not yours: {said}")
                    }
                    _ => said,
                }
            }
            Refusal::Unreachable { model, .. } => {
                format!("the runtime could not be reached for {model}, or its connection broke")
            }
            Refusal::Nonsense { model, what } => {
                format!("the runtime answered {what} instead of a completion of {model}")
            }
            Refusal::TimedOut { model, seconds } => {
                // What is left of a time-out has a dozen digits that tell nobody anything.
                let seconds = (seconds * 10.0).round() / 10.0;
                format!("the runtime did not answer for {model} within {seconds} s")
            }
            Refusal::ClientGone => "the client went away".into(),
            Refusal::Internal => "something went wrong here".into(),
        }
    }

    /// The body of every refusal: `error` in the shape that OpenAI clients read, `detail` as this
    /// API documents it. `error` stands first, as clients of streams look for it there.
    pub fn body(&self) -> Value {
        let upstream_field = |name: &str| match self {
            Refusal::Upstream { error, .. } => {
                error.get(name).and_then(Value::as_str).map(str::to_owned)
            }
            _ => None,
        };
        let param = match self {
            Refusal::Invalid { field, .. } | Refusal::Unserved { field, .. } => field.clone(),
            _ => upstream_field("param"),
        };
        json!({
            "error": {
                "message": self.message(),
                "type": upstream_field("type").unwrap_or_else(|| self.kind().into()),
                "code": upstream_field("code").unwrap_or_else(|| self.code().into()),
                "param": param,
            },
            "detail": self.detail(),
        })
    }

    /// The same, and beside it which models had failed before the one that it speaks of, and
    /// which the request could have had.
    pub fn body_with(&self, failover_from: &[String], candidates: &[Considered]) -> Value {
        let mut body = self.body();
        if let Some(Value::Object(detail)) = body.get_mut("detail") {
            if !failover_from.is_empty() {
                detail.insert("failover_from".into(), failover_from.into());
            }
            if !candidates.is_empty() {
                detail.insert("candidates".into(), json!(candidates));
            }
        }
        body
    }

    fn detail(&self) -> Value {
        match self {
            Refusal::Upstream { model, error, .. } => {
                json!({"upstream": UPSTREAM, "model": model, "error": error})
            }
            Refusal::Unreachable { model, .. }
            | Refusal::Nonsense { model, .. }
            | Refusal::TimedOut { model, .. } => json!({
                "upstream": UPSTREAM,
                "model": model,
                "error": {"code": self.code(), "message": self.message()},
            }),
            _ => self.own_detail(),
        }
    }

    fn own_detail(&self) -> Value {
        let mut detail = Map::new();
        detail.insert("error".into(), self.code().into());
        detail.insert("message".into(), self.message().into());
        match self {
            Refusal::Invalid {
                field: Some(field), ..
            }
            | Refusal::Unserved {
                field: Some(field), ..
            } => {
                detail.insert("field".into(), field.as_str().into());
            }
            Refusal::NoModelFits {
                field,
                excluded,
                candidates,
                ..
            } => {
                if !candidates.is_empty() {
                    detail.insert("candidates".into(), json!(candidates));
                }
                if let Some(field) = field {
                    detail.insert("field".into(), (*field).into());
                }
                detail.insert("excluded".into(), json!(excluded));
            }
            Refusal::Setting { name, .. } => {
                detail.insert("setting".into(), name.as_str().into());
            }
            Refusal::BudgetExceeded(exceeded) => {
                detail.insert("limit".into(), exceeded.limit.usd().into());
                detail.insert("spent".into(), exceeded.spent.usd().into());
                detail.insert("reserved".into(), exceeded.reserved.usd().into());
                detail.insert("resets_at".into(), exceeded.resets_at.into());
            }
            Refusal::TooLarge { limit } => {
                detail.insert("limit".into(), (*limit).into());
            }
            Refusal::RateLimited { limit, retry_after } => {
                detail.insert("limit".into(), limit.as_str().into());
                detail.insert("retry_after_seconds".into(), (*retry_after).into());
            }
            _ => {}
        }
        Value::Object(detail)
    }

    /// Headers beyond those of every answer.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        match self {
            Refusal::Unauthorized | Refusal::ViewsClosed => {
                headers.push(("www-authenticate", "Bearer".to_owned()))
            }
            Refusal::MethodNotAllowed { allow } => headers.push(("allow", (*allow).to_owned())),
            Refusal::RateLimited { retry_after, .. } => {
                headers.push(("retry-after", retry_after.to_string()));
                if *retry_after > PATIENCE {
                    headers.push(("x-should-retry", "false".to_owned()));
                }
            }
            Refusal::BudgetExceeded(_) | Refusal::NotServing { .. } => {
                headers.push(("x-should-retry", "false".to_owned()));
            }
            Refusal::StoreAway => headers.push(("retry-after", "2".to_owned())),
            Refusal::Busy { retry_after } => {
                headers.push(("retry-after", retry_after.to_string()));
            }
            Refusal::Unreachable { retry_after, .. } => {
                headers.extend(retry_after.map(|seconds| ("retry-after", seconds.to_string())));
            }
            Refusal::Upstream {
                status,
                retry_after,
                ..
            } => {
                headers.extend(retry_after.map(|seconds| ("retry-after", seconds.to_string())));
                if *status == 402 {
                    headers.push(("x-should-retry", "false".to_owned()));
                }
            }
            _ => {}
        }
        headers
    }
}

/// A wait of more seconds than this is pointless for a client that retries by itself.
const PATIENCE: u64 = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_of_the_runtime_keeps_its_words_but_not_its_types() {
        let refusal = Refusal::Upstream {
            status: 402,
            model: "m".into(),
            error: json!({"message": "no credit", "code": 402, "type": "billing", "param": []}),
            retry_after: None,
        };
        let body = refusal.body();
        assert_eq!(body["error"]["message"], "no credit");
        assert_eq!(body["error"]["type"], "billing");
        assert_eq!(body["error"]["code"], "upstream_error", "never a number");
        assert_eq!(body["error"]["param"], Value::Null);
        assert_eq!(body["detail"]["model"], "m");
        assert_eq!(body["detail"]["error"]["code"], 402);
        assert!(
            refusal
                .headers()
                .contains(&("x-should-retry", "false".into()))
        );
        assert!(body.to_string().starts_with(r#"{"error":"#), "{body}");
    }

    #[test]
    fn a_field_is_named_in_both_shapes() {
        let body = Refusal::invalid(Some("messages".into()), "x").body();
        assert_eq!(body["detail"]["field"], "messages");
        assert_eq!(body["error"]["param"], "messages");
    }

    #[test]
    fn a_status_that_is_no_error_is_not_passed_on() {
        let refusal = |status| Refusal::Upstream {
            status,
            model: String::new(),
            error: Value::Null,
            retry_after: Some(7),
        };
        assert_eq!(refusal(302).status(), 502);
        assert_eq!(refusal(429).status(), 429);
        assert_eq!(refusal(429).headers(), [("retry-after", "7".to_owned())]);
    }

    #[test]
    fn a_time_out_is_told_in_round_seconds() {
        let message = |seconds| {
            let model = "m".to_owned();
            Refusal::TimedOut { model, seconds }.message()
        };
        assert!(message(3.999_000_072).ends_with("within 4 s"));
        assert!(message(22.53).ends_with("within 22.5 s"));
    }
}
