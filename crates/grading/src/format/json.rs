//! JSON as of RFC 8259: no comments, no trailing commas, one value.

use serde::{Deserialize, de::IgnoredAny};

/// One JSON value and nothing else.
///
/// # Errors
/// Where it stops being JSON. Numbers out of a double's range are fine: the grammar has no range.
pub fn json(text: &str) -> Result<(), String> {
    let mut reader = serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}'));
    IgnoredAny::deserialize(&mut reader)
        .and_then(|_| reader.end())
        .map_err(|error| format!("line {}", error.line()))
}

/// JSON Lines: one value on each line that is not blank, and at least one.
///
/// # Errors
/// The first line that is not JSON.
pub fn json_lines(text: &str) -> Result<(), String> {
    let mut values = 0_usize;
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        json(line).map_err(|_| format!("line {}", index + 1))?;
        values += 1;
    }
    if values == 0 {
        return Err("no value".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_is_json_and_two_are_json_lines() {
        assert!(json(" {\"a\": [1, -2.5e300, 1e999, null]} ").is_ok());
        assert_eq!(json("{\"a\":1}\n{\"a\":2}"), Err("line 2".into()));
        assert!(json_lines("{\"a\":1}\n\n[2]").is_ok());
        assert_eq!(json_lines("{\"a\":1}\n{'a':2}"), Err("line 2".into()));
        assert!(json_lines(" \n").is_err());
    }

    #[test]
    fn what_only_looks_like_json_is_refused() {
        for text in ["", "{'a': 1}", "[1,]", "// x\n{}", "{\"a\": 1", "[1, ...]"] {
            assert!(json(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nesting_without_end_is_refused_in_bounded_memory() {
        assert!(json(&"[".repeat(1_000_000)).is_err());
    }
}
