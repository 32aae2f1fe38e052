//! The key that a request comes with.

use worker::Request;

use super::Desk;
use crate::domain::{account::key, settings::Settings};

/// Longest header with a key that is looked at.
const MAX_HEADER: usize = 1_024;

/// The key that a request comes with. Of two, as clients send that are signed in elsewhere, the one that
/// can be one of ours.
pub fn token(desk: &Desk, request: &Request) -> Option<String> {
    let header = |name: &str| {
        let text = request.headers().get(name).ok().flatten();
        text.filter(|text| text.len() <= MAX_HEADER)
    };
    let bearer = header("authorization").and_then(|text| key::bearer(&text).map(str::to_owned));
    let other = header("x-api-key").map(|text| text.trim().to_owned());
    let other = other.filter(|text| !text.is_empty());
    let Settings {
        operator_keys,
        control_keys,
        ..
    } = &desk.config.settings;
    let ours = |token: &String| {
        key::shape(token).is_some()
            || key::operator(token, operator_keys).is_some()
            || key::operator(token, control_keys).is_some()
    };
    match (bearer, other) {
        (Some(bearer), Some(other)) if !ours(&bearer) && ours(&other) => Some(other),
        (bearer, other) => bearer.or(other),
    }
}
