//! A refusal as a plain value, for protocols that know none of ours.

use protocols::{Failed, Room};
use serde_json::{Value, json};

use crate::domain::{considered::Considered, refusal::Refusal};

/// What is told beside a refusal.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Beside<'a> {
    /// Models that had failed before the one that it speaks of.
    pub failover_from: &'a [String],
    /// The models that the request could have had, where the client wants to know.
    pub candidates: &'a [Considered],
    pub room: Room,
}

/// A refusal where there was to be an answer.
pub fn instead(refusal: &Refusal, beside: Beside<'_>) -> Failed {
    let mut body = refusal.body_with(beside.failover_from, beside.candidates);
    Failed {
        param: body
            .pointer("/error/param")
            .and_then(Value::as_str)
            .map(str::to_owned),
        headers: refusal.headers(),
        detail: body.get_mut("detail").map(Value::take).unwrap_or_default(),
        ..plain(refusal, beside)
    }
}

/// A refusal in the midst of a stream: its head is out, and much is told there already.
pub fn midway(refusal: &Refusal, beside: Beside<'_>) -> Failed {
    Failed {
        detail: match beside.candidates {
            [] => Value::Null,
            candidates => json!({"candidates": candidates}),
        },
        ..plain(refusal, beside)
    }
}

fn plain(refusal: &Refusal, beside: Beside<'_>) -> Failed {
    Failed {
        status: refusal.status(),
        code: refusal.shown_code(),
        message: refusal.message(),
        by_runtime: matches!(refusal, Refusal::Upstream { .. }),
        retry_after: refusal.retry_after(),
        room: beside.room,
        ..Failed::default()
    }
}
