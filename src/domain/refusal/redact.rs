//! Takes secrets out of what somebody else wrote.

use serde_json::Value;

/// What stands where a secret stood.
const HIDDEN: &str = "[redacted]";
/// Of a secret this short, occurrences mean nothing.
const SHORTEST: usize = 6;

/// Replaces the secret wherever it stands in a text of the value, names of fields included.
pub fn redact(value: &mut Value, secret: &str) {
    if secret.len() < SHORTEST {
        return;
    }
    match value {
        Value::String(text) if text.contains(secret) => *text = text.replace(secret, HIDDEN),
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, secret)),
        Value::Object(fields) => {
            if fields.keys().any(|name| name.contains(secret)) {
                *fields = std::mem::take(fields)
                    .into_iter()
                    .map(|(name, value)| (name.replace(secret, HIDDEN), value))
                    .collect();
            }
            fields.values_mut().for_each(|value| redact(value, secret));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_secret_is_hidden_wherever_it_stands() {
        let mut value = json!({
            "message": "bad key Bearer sk-secret, sk-secret",
            "more": [{"sk-secret": ["sk-secret", 7, null]}],
            "code": "invalid",
        });
        redact(&mut value, "sk-secret");
        assert_eq!(
            value,
            json!({
                "message": "bad key Bearer [redacted], [redacted]",
                "more": [{"[redacted]": ["[redacted]", 7, null]}],
                "code": "invalid",
            })
        );
    }

    #[test]
    fn nothing_is_hidden_where_the_secret_is_hardly_one() {
        let mut value = json!("a b c");
        redact(&mut value, "");
        redact(&mut value, "a");
        assert_eq!(value, json!("a b c"));
    }
}
