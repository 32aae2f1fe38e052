//! A refusal, as clients of the Messages protocol read it.

use serde_json::json;

use crate::domain::{
    refusal::Refusal,
    surface::{
        Beside, Room, Said,
        fault::{self, Kind},
    },
};

/// What is told of a refusal.
pub struct Failure {
    pub status: u16,
    pub kind: &'static str,
    pub message: String,
}

pub fn failure(refusal: &Refusal, room: Room) -> Failure {
    let told = fault::kind(refusal);
    let status = match (told, refusal.status()) {
        (Kind::TooLong, _) => 400,
        (Kind::Account, _) => 402,
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
            Kind::TooLong => fault::too_long(refusal, room),
            _ => refusal.message(),
        },
    }
}

/// The refusal as an answer; `request`: the id of the request.
pub fn refuse(refusal: &Refusal, beside: Beside<'_>, request: &str) -> Said {
    let failure = failure(refusal, beside.room);
    let detail = refusal.body_with(beside.failover_from, beside.candidates);
    let detail = detail.get("detail").cloned();
    let body = json!({
        "type": "error",
        "error": {"type": failure.kind, "message": failure.message},
        "request_id": request,
        "detail": detail,
    });
    let mut headers = refusal.headers();
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
