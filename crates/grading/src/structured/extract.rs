//! Finding the structured part of an answer: bare, in a fence, or between sentences.

use serde_json::Value;

use super::super::format;

/// The longest part of a text that is bracketed like a JSON object or array, whether or not it
/// parses. Brackets inside double quotes don't count. `None` where no bracket closes.
pub fn longest_span(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let mut longest: Option<&str> = None;
    let mut start = None;
    let mut depth = 0usize;
    let mut in_string = false;
    let mut escaped = false;
    for (at, byte) in bytes.iter().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            // A quote in the prose around opens nothing.
            b'"' if depth > 0 => in_string = true,
            b'{' | b'[' => {
                if depth == 0 {
                    start = Some(at);
                }
                depth += 1;
            }
            b'}' | b']' if depth > 0 => {
                depth -= 1;
                if depth == 0
                    && let Some(span) = start.and_then(|start| text.get(start..=at))
                    && longest.is_none_or(|longest| span.len() > longest.len())
                {
                    longest = Some(span);
                }
            }
            _ => {}
        }
    }
    // A bracket that never closes: what it opened was meant to be the answer.
    if depth > 0 {
        let rest = start.and_then(|start| text.get(start..))?;
        if longest.is_none_or(|longest| rest.len() > longest.len()) {
            return Some(rest);
        }
    }
    longest
}

/// Strict JSON.
pub fn json(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// The same.
///
/// # Errors
/// Where it stops being JSON, and why.
pub fn parsed(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| {
        let why = error.to_string();
        let why = why.split(" at line").next().unwrap_or_default();
        format!("line {}: {}", error.line(), crate::told(why))
    })
}

/// Whether a text is nested deeper than any parser here reads: then it can't be checked.
pub fn too_deep(text: &str) -> bool {
    text::nesting::json(text) > format::MAX_DEPTH
}

/// The paragraph with the most lines that hold the separator, or the whole text where it has
/// one paragraph only: tables between sentences.
pub fn table_part(text: &str, separator: char) -> &str {
    let mut best = (0, text);
    let mut start = 0;
    let mut offset = 0;
    let mut rows = 0;
    for line in text.split_inclusive('\n').chain(std::iter::once("")) {
        let end_of_text = line.is_empty();
        if end_of_text || line.trim().is_empty() {
            if rows > best.0 {
                best = (rows, text.get(start..offset).unwrap_or(text));
            }
            start = offset + line.len();
            rows = 0;
        } else if line.contains(separator) {
            rows += 1;
        }
        offset += line.len();
    }
    best.1
}
