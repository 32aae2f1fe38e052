//! How deep a text nests: what is asked before a parser that recurses is let at it.

/// How deep brackets of any kind nest, those of strings and comments counted in: an upper bound
/// in every language.
pub fn brackets(text: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

/// How deep arrays and objects of JSON nest, brackets inside strings not counted. The text need
/// not be valid.
pub fn json(text: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'"' => rest = after_json_string(after),
            b'[' | b'{' => {
                depth += 1;
                most = most.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// What follows a JSON string whose opening quote was read; nothing where the string is open.
pub fn after_json_string(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
        let escapes = rest.get(at) == Some(&b'\\');
        rest = rest
            .get(at + 1 + usize::from(escapes)..)
            .unwrap_or_default();
        if !escapes {
            return rest;
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_counts_brackets_outside_strings() {
        assert_eq!(json(r#"{"a":[[1]],"b":"[[[\"[[["}"#), 3);
        assert_eq!(json(&"[".repeat(200_000)), 200_000);
    }

    #[test]
    fn every_bracket_counts_where_the_language_is_not_known() {
        assert_eq!(brackets("f(a[{'('}])"), 4);
        assert_eq!(brackets("))(("), 2);
    }
}
