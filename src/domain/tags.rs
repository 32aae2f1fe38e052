//! Words that a client puts on its request, to find it again: at most ten, never learned from, and
//! never sent on.

use std::collections::BTreeMap;

/// Tags that one request has at the most; what is beyond that, or too long, is left out.
const MOST: usize = 10;
/// Characters of a name and of a value.
const MOST_NAME: usize = 64;
const MOST_VALUE: usize = 128;

/// Tags by name.
pub type Tags = BTreeMap<String, String>;

/// Can a tag be called that: letters, digits, `_`, `-`, `.`, `:`.
pub fn is_name(name: &str) -> bool {
    let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '.' | ':');
    !name.is_empty() && name.len() <= MOST_NAME && name.chars().all(plain)
}

/// Adds `name=value`, where it is one and there is room.
pub fn add(tags: &mut Tags, name: &str, value: &str) {
    let (name, value) = (name.trim(), value.trim());
    let fits = value.chars().count() <= MOST_VALUE && !value.chars().any(char::is_control);
    let room = tags.len() < MOST || tags.contains_key(name);
    if is_name(name) && fits && !value.is_empty() && room {
        tags.insert(name.to_owned(), value.to_owned());
    }
}

/// The tags of a header `X-Arbiter-Tags: k=v,…`.
pub fn of_header(header: &str) -> Tags {
    let mut tags = Tags::new();
    for pair in header.split(',').take(2 * MOST) {
        if let Some((name, value)) = pair.split_once('=') {
            add(&mut tags, name, value);
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_gives_its_pairs_and_nothing_else() {
        let tags = of_header("team=blue, stage = test ,odd,=x,a b=c,empty=,n=1=2");
        let pairs: Vec<_> = tags.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(pairs, [("n", "1=2"), ("stage", "test"), ("team", "blue")]);
    }

    #[test]
    fn more_than_ten_and_what_is_too_long_is_left_out() {
        let many: Vec<String> = (0..30).map(|n| format!("t{n}={n}")).collect();
        assert_eq!(of_header(&many.join(",")).len(), 10);
        assert!(of_header(&format!("a={}", "x".repeat(200))).is_empty());
        assert!(of_header(&format!("{}=a", "x".repeat(65))).is_empty());
        let mut tags = Tags::new();
        add(&mut tags, "a", "b\nc");
        assert!(tags.is_empty());
    }
}
