//! What a client writes on a request for its own books: it stands in the decision, and nothing is
//! learned from it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::refusal::Refusal;

/// Names and what they are given, both cleaned and within bounds.
pub type Tags = BTreeMap<String, String>;

/// The header that they stand in.
pub const HEADER: &str = "X-Arbiter-Tags";

/// Of one request at the most.
const MOST: usize = 10;
/// Bytes.
const LONGEST_NAME: usize = 64;
const LONGEST_VALUE: usize = 256;
/// An agent's own: it names people, and conversations are told by it.
const USER: &str = "user_id";

/// The tags of a request: those of its header, or else the strings of its `metadata`. Refuses a
/// header that cannot be read with 422; of `metadata`, which is also the runtime's, what is no tag
/// is passed over.
pub fn of(header: Option<&str>, metadata: Tags) -> Result<Tags, Refusal> {
    header.map_or(Ok(metadata), read)
}

/// The first ten strings of a request's `metadata` that may be tags.
pub fn of_metadata(metadata: &Value) -> Tags {
    let fields = metadata.as_object().into_iter().flatten();
    let tag = |(name, value): (&String, &Value)| tag(name, value.as_str()?);
    fields
        .filter(|(name, _)| *name != USER)
        .filter_map(tag)
        .take(MOST)
        .collect()
}

/// Reads `name=value,…`.
fn read(header: &str) -> Result<Tags, Refusal> {
    let wrong = |what: &str| {
        let message = format!("`{HEADER}` must be `name=value,…`: {what}");
        Err(Refusal::invalid(Some(HEADER.into()), message))
    };
    let mut tags = Tags::new();
    for part in header.split(',').filter(|part| !part.trim().is_empty()) {
        if tags.len() == MOST {
            return wrong("at most 10");
        }
        let read = part.split_once('=');
        let Some((name, value)) = read.and_then(|(name, value)| tag(name, value)) else {
            return wrong("names of 1 to 64 bytes, values of at most 256");
        };
        if tags.insert(name, value).is_some() {
            return wrong("each name once");
        }
    }
    Ok(tags)
}

fn tag(name: &str, value: &str) -> Option<(String, String)> {
    let (name, value) = (cleaned(name, LONGEST_NAME)?, cleaned(value, LONGEST_VALUE)?);
    (!name.is_empty()).then_some((name, value))
}

/// Without what no line of text has; `None` where it is longer than that.
fn cleaned(text: &str, longest: usize) -> Option<String> {
    let seen = text.chars().filter(|character| !character.is_control());
    let text: String = seen.collect();
    let text = text.trim();
    (text.len() <= longest).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn a_header_is_read_and_cleaned() {
        let read = |header: &str| of(Some(header), tags(&[("of", "metadata")])).unwrap();
        assert_eq!(
            read(" team = blue ,run=a=b:c, empty=,"),
            tags(&[("team", "blue"), ("run", "a=b:c"), ("empty", "")])
        );
        assert_eq!(read("a\u{7}=x\u{1b}[31m"), tags(&[("a", "x[31m")]));
        assert_eq!(read(""), Tags::new());
        let name = "é".repeat(32);
        assert_eq!(read(&format!("{name}=v")), tags(&[(&name, "v")]));
    }

    #[test]
    fn a_header_that_cannot_be_read_is_refused_by_its_name() {
        let many: Vec<String> = (0..11).map(|n| format!("k{n}=v")).collect();
        for header in [
            "team".to_owned(),
            "=blue".to_owned(),
            "a=1,a=2".to_owned(),
            many.join(","),
            format!("{}=v", "k".repeat(65)),
            format!("k={}", "v".repeat(257)),
        ] {
            match of(Some(&header), Tags::new()) {
                Err(Refusal::Invalid { field, .. }) => assert_eq!(field.as_deref(), Some(HEADER)),
                other => panic!("{header}: {other:?}"),
            }
        }
    }

    #[test]
    fn of_metadata_the_first_strings_that_fit_are_taken_and_no_user() {
        let metadata = json!({"z": "1", "n": 7, "o": {"a": "b"}, "user_id": "session_x", "": "x",
            "long": "v".repeat(257), "a": "2"});
        assert_eq!(of_metadata(&metadata), tags(&[("z", "1"), ("a", "2")]));
        for none in [json!(null), json!("a=b"), json!(["a"]), json!({})] {
            assert_eq!(of_metadata(&none), Tags::new());
        }
        let many = (0..16).map(|n| (format!("k{n:02}"), json!("v")));
        let kept = of_metadata(&Value::Object(many.collect()));
        assert_eq!(kept.len(), 10);
        assert_eq!(kept.keys().next_back().map(String::as_str), Some("k09"));
        assert_eq!(of(None, kept.clone()).unwrap(), kept);
    }
}
