//! The runtime's words for what went wrong, found wherever runtimes put them.

use serde_json::{Map, Value, json};

/// The error in a body that is one: an object with `error`, a list of one such, a list of
/// `errors`, or an error that stands there by itself. `None` for what is no object.
pub fn unwrapped(body: Value) -> Option<Value> {
    match body {
        Value::Array(mut items) if items.len() == 1 => unwrapped(items.pop()?),
        Value::Object(mut body) => {
            let error = body.remove("error").filter(|error| !error.is_null());
            Some(error.unwrap_or_else(|| first_of_errors(body)))
        }
        _ => None,
    }
}

/// Does an object that is no chunk and no completion speak of an error.
pub fn is_error(body: &Map<String, Value>) -> bool {
    let said = |name: &str| body.get(name).is_some_and(|value| !value.is_null());
    let named = |name: &str| body.get(name).and_then(Value::as_str) == Some("error");
    said("error")
        || (!body.contains_key("choices")
            && (said("detail") || said("errors") || named("object") || named("type")))
}

/// The status that an error gives itself, as a number or as the words of gRPC and the like.
pub fn status(error: &Value) -> Option<u16> {
    let of = |value: &Value| match value {
        Value::String(text) => text.parse().ok().or_else(|| of_word(text)),
        value => value.as_u64(),
    };
    ["code", "status", "status_code", "type"]
        .iter()
        .find_map(|name| of(error.get(name)?))
        .and_then(|status| u16::try_from(status).ok())
        .filter(|status| (400..600).contains(status))
}

/// Words that runtimes write in place of a status.
fn of_word(word: &str) -> Option<u64> {
    Some(match word.to_ascii_lowercase().as_str() {
        "invalid_request_error"
        | "invalid_argument"
        | "exceed_context_size_error"
        | "context_length_exceeded"
        | "failed_precondition"
        | "out_of_range" => 400,
        "authentication_error" | "invalid_api_key" | "unauthenticated" => 401,
        "insufficient_quota" | "billing_error" => 402,
        "permission_error" | "permission_denied" => 403,
        "not_found_error" | "not_found" | "model_not_found" => 404,
        "rate_limit_error" | "rate_limit_exceeded" | "resource_exhausted" => 429,
        "overloaded_error" | "unavailable" => 503,
        "timeout_error" | "deadline_exceeded" => 504,
        _ => return None,
    })
}

fn first_of_errors(mut body: Map<String, Value>) -> Value {
    let first = match body.get_mut("errors") {
        Some(Value::Array(items)) if !items.is_empty() => items.swap_remove(0),
        _ => return Value::Object(body),
    };
    match first {
        Value::String(message) => json!({"message": message}),
        first => first,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_found_where_runtimes_put_it() {
        for (body, error) in [
            (json!({"error": {"message": "x"}}), json!({"message": "x"})),
            (json!([{"error": "x"}]), json!("x")),
            (
                json!({"errors": [{"message": "x"}]}),
                json!({"message": "x"}),
            ),
            (json!({"errors": ["x"]}), json!({"message": "x"})),
            (
                json!({"error": null, "message": "x"}),
                json!({"message": "x"}),
            ),
            (json!({"detail": "x"}), json!({"detail": "x"})),
        ] {
            assert_eq!(unwrapped(body), Some(error));
        }
        assert_eq!(unwrapped(json!([])), None);
        assert_eq!(unwrapped(json!("x")), None);
    }

    #[test]
    fn a_status_is_read_as_a_number_or_a_word() {
        for (error, expected) in [
            (json!({"code": 400}), Some(400)),
            (json!({"code": "429"}), Some(429)),
            (json!({"code": "RESOURCE_EXHAUSTED"}), Some(429)),
            (
                json!({"code": "odd", "type": "invalid_request_error"}),
                Some(400),
            ),
            (json!({"code": 200}), None),
            (json!({"code": 1e300}), None),
            (json!("x"), None),
        ] {
            assert_eq!(status(&error), expected, "{error}");
        }
    }

    #[test]
    fn a_chunk_is_no_error() {
        let is = |body: Value| is_error(body.as_object().unwrap());
        assert!(is(json!({"detail": "no"})) && is(json!({"object": "error"})));
        assert!(!is(json!({"choices": [], "detail": "cached"})) && !is(json!({"error": null})));
    }
}
