//! What a client is told of a refusal: the message, the body, the headers.

use completion::Complaint;
use serde_json::{Map, Value, json};

use super::{Refusal, slip};
use crate::domain::considered::Considered;

/// How the runtime is called in refusals.
const UPSTREAM: &str = "btl_runtime";

/// A wait of more seconds than this is pointless for a client that retries by itself.
const PATIENCE: u64 = 60;

impl Refusal {
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
