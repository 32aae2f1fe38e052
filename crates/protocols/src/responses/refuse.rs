//! A refusal, as clients of the Responses protocol read it.
//!
//! The statuses are those that are read once and not tried for minutes: what is sent again and
//! again for nothing costs its sender time, and here a request.

use serde_json::json;

use crate::failed::{Failed, Kind, Said};

/// What is told of it.
pub struct Failure {
    pub status: u16,
    pub kind: &'static str,
    pub code: String,
    /// The code within a stream: clients check it against a fixed list.
    pub stream_code: &'static str,
    pub message: String,
}

/// Seconds of waiting that a client may do by itself.
const PATIENCE: u64 = 60;

pub fn failure(failed: &Failed) -> Failure {
    let wait = failed.retry_after.unwrap_or(0);
    let told = failed.kind();
    let (status, code): (u16, Option<&str>) = match (told, failed.status) {
        (Kind::TooLong, _) => (400, Some("context_length_exceeded")),
        (Kind::Account, _) => (429, Some("insufficient_quota")),
        (_, 402) => (400, None),
        // The runtime's own patience is over: that passes.
        (_, 408) if failed.by_runtime => (503, None),
        (_, 408 | 415 | 422) => (400, None),
        // A client that is told of a quota doesn't wait for hours.
        (_, 429) if wait > PATIENCE => (429, Some("insufficient_quota")),
        (_, 429) => (429, Some("rate_limit_exceeded")),
        (_, 500..=599) => (503, None),
        (_, own) => (own, None),
    };
    let code = code.unwrap_or(&failed.code).to_owned();
    let stream_code = match code.as_str() {
        "context_length_exceeded" => "context_length_exceeded",
        "insufficient_quota" | "budget_exceeded" => "insufficient_quota",
        _ if status == 429 => "rate_limit_exceeded",
        _ => "server_error",
    };
    Failure {
        status,
        kind: match status {
            401 => "authentication_error",
            403 => "permission_error",
            429 if code == "insufficient_quota" => "insufficient_quota",
            429 => "rate_limit_error",
            400..=499 => "invalid_request_error",
            _ => "server_error",
        },
        code,
        stream_code,
        message: match told {
            Kind::TooLong => failed.too_long(),
            _ => failed.message.clone(),
        },
    }
}

/// As an answer.
pub fn refuse(failed: Failed) -> Said {
    let failure = failure(&failed);
    let body = json!({
        "error": {
            "message": failure.message,
            "type": failure.kind,
            "code": failure.code,
            "param": failed.param,
        },
        "detail": failed.detail,
    });
    Said {
        status: failure.status,
        headers: failed.headers,
        body: body.to_string(),
    }
}
