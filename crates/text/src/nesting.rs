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

/// Whether a text stops in the middle of something: a bracket or a quote is open at its end, or a tag,
/// or its last word or sign asks for more. Quotes count on their own line only, but for those of three
/// signs and backticks.
pub fn is_left_open(text: &str) -> bool {
    const SIGNS: [char; 15] = [
        '=', '+', '*', '/', ',', ':', '(', '[', '{', '<', '&', '|', '.', '\\', '-',
    ];
    const WORDS: [&str; 26] = [
        "and", "or", "not", "in", "is", "if", "then", "else", "do", "return", "where", "from",
        "select", "join", "on", "by", "set", "values", "into", "as", "import", "new", "let",
        "const", "function", "with",
    ];
    let text = text.trim_end();
    let word = text
        .rsplit(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next();
    let word = word.unwrap_or_default().to_ascii_lowercase();
    if text.ends_with(SIGNS) || WORDS.contains(&word.as_str()) {
        return true;
    }
    let (mut open, mut quote, mut skip) = (0_usize, None::<&str>, 0_usize);
    for (at, c) in text.char_indices() {
        if skip > 0 {
            skip -= 1;
            continue;
        }
        let rest = text.get(at..).unwrap_or_default();
        if let Some(mark) = quote {
            if c == '\\' {
                skip = 1;
            } else if rest.starts_with(mark) {
                skip = mark.len() - 1;
                quote = None;
            } else if c == '\n' && mark.len() == 1 && mark != "`" {
                quote = None;
            }
            continue;
        }
        match c {
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open = open.saturating_sub(1),
            '"' | '\'' | '`' => {
                let mark = ["\"\"\"", "'''", "\"", "'", "`"];
                quote = mark.into_iter().find(|mark| rest.starts_with(mark));
                skip = quote.map_or(0, |mark| mark.len() - 1);
            }
            _ => {}
        }
    }
    let tags = text.matches("</").count() + text.matches("/>").count();
    let opened = text
        .split('<')
        .skip(1)
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()) && rest.contains('>'))
        .count();
    let markup = text.trim_start().starts_with('<') && opened > tags;
    open > 0 || quote.is_some() || markup
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_stops_in_the_middle_is_left_open() {
        for text in [
            "{\"a\": [1, 2",
            "def f(a):",
            "SELECT a FROM t WHERE",
            "<a><b>1</b>",
            "x = \"ab",
            "\"\"\"a\nb",
            "f(a,\n  b",
            "if x; then",
        ] {
            assert!(is_left_open(text), "{text}");
        }
        for text in [
            "{\"a\": [1, 2]}",
            "def f(a)\n    return a",
            "SELECT a FROM t WHERE WHERE b = 1;",
            "<a><b></a></b>",
            "it's\nfine",
            "\"(\" + ')'",
            "",
        ] {
            assert!(!is_left_open(text), "{text}");
        }
        for unit in ["\"", "(", "<a>", "'''", "\\", "`"] {
            let _ = is_left_open(&unit.repeat(200_000));
        }
    }

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
