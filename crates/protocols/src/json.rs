//! Reading a body that came from outside as one tree of values.

use std::borrow::Cow;

use chat::{RequestBounds, Wrong, json};
use serde_json::{Map, Value};

/// A JSON object that is within bounds. Lone surrogates, which JavaScript writes and no text can
/// hold, are replaced.
pub fn object(body: &str, bounds: RequestBounds) -> Result<Map<String, Value>, Wrong> {
    if text::nesting::json(body) > bounds.max_depth {
        let most = bounds.max_depth;
        let message = format!("the body is nested more than {most} levels deep");
        return Err(Wrong::new(None, message));
    }
    if json::has_unrepresentable_number(body) {
        return Err(Wrong::new(None, "the body holds a number out of range"));
    }
    match serde_json::from_str(&mended(body)) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Wrong::new(None, "the body is not a JSON object")),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            let message = format!("the body is not valid JSON: line {line}, column {column}");
            Err(Wrong::new(None, message))
        }
    }
}

/// The text with every escape of a lone surrogate replaced by that of U+FFFD.
pub fn mended(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut kept = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')) {
        at += found;
        match unit(text, at) {
            // Any other escape: what is escaped may be a backslash.
            None => at += 1 + text.get(at + 1..).and_then(first_length).unwrap_or(1),
            Some(0xD800..=0xDBFF) if matches!(unit(text, at + 6), Some(0xDC00..=0xDFFF)) => {
                at += 12;
            }
            Some(0xD800..=0xDFFF) => {
                out.push_str(text.get(kept..at).unwrap_or_default());
                out.push_str("\\ufffd");
                at += 6;
                kept = at;
            }
            Some(_) => at += 6,
        }
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(kept..).unwrap_or_default());
    Cow::Owned(out)
}

/// The code unit of an escape `\uXXXX` at a place.
fn unit(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    u16::from_str_radix(digits, 16).ok()
}

fn first_length(text: &str) -> Option<usize> {
    text.chars().next().map(char::len_utf8)
}

/// Takes a field out; `None` where it is absent or null.
pub fn take(fields: &mut Map<String, Value>, name: &str) -> Option<Value> {
    fields
        .get_mut(name)
        .map(Value::take)
        .filter(|value| !value.is_null())
}

/// Takes a text out; `None` where the field is absent, null, or no text.
pub fn take_text(fields: &mut Map<String, Value>, name: &str) -> Option<String> {
    match take(fields, name)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// A field's text.
pub fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name).and_then(Value::as_str)
}

/// A whole number, 0 or more; refuses a field of another kind by its name.
pub fn whole(fields: &Map<String, Value>, name: &str) -> Result<Option<u64>, Wrong> {
    let Some(value) = fields.get(name).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    let number = value.as_f64().filter(|it| *it >= 0.0 && it.fract() == 0.0);
    number.map(|it| Some(it as u64)).ok_or_else(|| {
        let message = format!("`{name}` must be a whole number, 0 or more");
        Wrong::new(Some(name.into()), message)
    })
}

/// True or false; refuses a field of another kind by its name.
pub fn boolean(fields: &Map<String, Value>, name: &str) -> Result<Option<bool>, Wrong> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(*value)),
        Some(_) => {
            let message = format!("`{name}` must be true or false");
            Err(Wrong::new(Some(name.into()), message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_are_replaced_and_pairs_kept() {
        for (text, mended_text) in [
            (r#""a\ud800b""#, r#""a\ufffdb""#),
            (r#""\udc00\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\\ud800""#, r#""\\ud800""#),
            (r#""\ud83d\n\ud83d""#, r#""\ufffd\n\ufffd""#),
            (r#""é\é\u00e9""#, r#""é\é\u00e9""#),
            ("\\", "\\"),
            (r"\ud8", r"\ud8"),
        ] {
            assert_eq!(mended(text), mended_text, "{text}");
        }
        let read = object(r#"{"a":"x\ud800"}"#, RequestBounds::default()).unwrap();
        assert_eq!(text(&read, "a"), Some("x\u{fffd}"));
    }

    #[test]
    fn what_is_no_object_or_out_of_bounds_is_refused() {
        for body in [
            "",
            "[]",
            "{",
            "null",
            r#"{"a":1e400}"#,
            &"[".repeat(200_000),
        ] {
            assert!(object(body, RequestBounds::default()).is_err());
        }
    }
}
