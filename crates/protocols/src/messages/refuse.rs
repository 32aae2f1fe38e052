//! A refusal, as clients of the Messages protocol read it.

use serde_json::json;

use crate::failed::{Failed, Kind, Said};

/// What is told of it.
pub struct Failure {
    pub status: u16,
    pub kind: &'static str,
    pub message: String,
}

pub fn failure(failed: &Failed) -> Failure {
    let told = failed.kind();
    let status = match (told, failed.status) {
        (Kind::TooLong, _) => 400,
        (Kind::Account, _) => 402,
        // The runtime's own patience is over: that passes.
        (_, 408) if failed.by_runtime => 504,
        (_, 408 | 415 | 422) => 400,
        // The protocol's own status for what cannot be served at the moment.
        (_, 503) => 529,
        (_, status) => status,
    };
    Failure {
        status,
        kind: match status {
            401 => "authentication_error",
            402 => "billing_error",
            403 => "permission_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            400..=499 => "invalid_request_error",
            504 => "timeout_error",
            529 => "overloaded_error",
            _ => "api_error",
        },
        message: match told {
            Kind::TooLong => failed.too_long(),
            _ => failed.message.clone(),
        },
    }
}

/// As an answer; `request`: the id of the request.
pub fn refuse(failed: Failed, request: &str) -> Said {
    let failure = failure(&failed);
    let body = json!({
        "type": "error",
        "error": {"type": failure.kind, "message": failure.message},
        "request_id": request,
        "detail": failed.detail,
    });
    let mut headers = failed.headers;
    let said = headers.iter().any(|(name, _)| *name == "x-should-retry");
    if failure.status == 401 && !said {
        // Else a wrong key is tried for minutes.
        headers.push(("x-should-retry", "false".into()));
    }
    Said {
        status: failure.status,
        headers,
        body: body.to_string(),
    }
}
