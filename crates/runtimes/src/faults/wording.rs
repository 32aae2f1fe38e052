//! A request in other words, for a model or a runtime that refused it as it was.

use std::collections::BTreeSet;

use chat::json::{RawObject, quoted};

use super::Wording;

impl Wording {
    pub const ALL: [Wording; 4] = [
        Wording::MaxCompletionTokens,
        Wording::MaxTokens,
        Wording::NoTemperature,
        Wording::NoStreamOptions,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Wording::MaxCompletionTokens => "max_completion_tokens",
            Wording::MaxTokens => "max_tokens",
            Wording::NoTemperature => "no_temperature",
            Wording::NoStreamOptions => "no_stream_options",
        }
    }

    pub fn parse(name: &str) -> Option<Wording> {
        Wording::ALL
            .into_iter()
            .find(|wording| wording.name() == name)
    }

    /// Is it the runtime's way, whatever the model.
    pub fn of_runtime(self) -> bool {
        self == Wording::NoStreamOptions
    }
}

/// The body of a request, worded so. Fields that are not concerned stay as they were written.
pub fn reworded(body: String, wordings: &BTreeSet<Wording>) -> String {
    if wordings.is_empty() {
        return body;
    }
    let Ok(fields) = RawObject::parse(&body) else {
        return body;
    };
    let has = |name: &str| fields.get(&body, name).is_some_and(|raw| raw != "null");
    let mut out = String::with_capacity(body.len() + 16);
    for (name, raw) in fields.iter(&body) {
        let Some(name) = name_of(name, wordings, has) else {
            continue;
        };
        out.push(if out.is_empty() { '{' } else { ',' });
        out.push_str(&quoted(name));
        out.push(':');
        out.push_str(raw);
    }
    out.push_str(if out.is_empty() { "{}" } else { "}" });
    out
}

/// What a field is called then; `None` where it is left out. `has` tells which fields there are.
fn name_of<'a>(
    name: &'a str,
    wordings: &BTreeSet<Wording>,
    has: impl Fn(&str) -> bool,
) -> Option<&'a str> {
    const OLD: &str = "max_tokens";
    const NEW: &str = "max_completion_tokens";
    let says = |wording| wordings.contains(&wording);
    match name {
        "temperature" if says(Wording::NoTemperature) => None,
        "stream_options" if says(Wording::NoStreamOptions) => None,
        OLD | NEW => {
            let (kept, other) = match (says(Wording::MaxCompletionTokens), says(Wording::MaxTokens))
            {
                (true, _) => (NEW, OLD),
                (false, true) => (OLD, NEW),
                (false, false) => return Some(name),
            };
            // Of two bounds the one that needs no other name is the one that is sent.
            let stays = has(kept) || !has(other);
            match (name == kept, stays) {
                (true, true) => Some(kept),
                (false, false) => Some(kept),
                _ => None,
            }
        }
        name => Some(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_field_that_was_refused_changes() {
        use Wording::*;
        let body = r#"{"model":"m","max_tokens":7,"temperature":0.10,"stream_options":{"include_usage":true},"x":1.10}"#;
        for (wordings, expected) in [
            (vec![], body),
            (
                vec![MaxCompletionTokens],
                r#"{"model":"m","max_completion_tokens":7,"temperature":0.10,"stream_options":{"include_usage":true},"x":1.10}"#,
            ),
            (
                vec![NoTemperature, NoStreamOptions],
                r#"{"model":"m","max_tokens":7,"x":1.10}"#,
            ),
            (vec![MaxTokens], body),
        ] {
            let wordings = wordings.into_iter().collect();
            assert_eq!(reworded(body.into(), &wordings), expected);
        }
    }

    #[test]
    fn a_bound_that_stands_there_twice_is_sent_once() {
        let body = r#"{"max_tokens":7,"max_completion_tokens":9}"#;
        let worded = |wording| reworded(body.into(), &BTreeSet::from([wording]));
        assert_eq!(
            worded(Wording::MaxCompletionTokens),
            r#"{"max_completion_tokens":9}"#
        );
        assert_eq!(worded(Wording::MaxTokens), r#"{"max_tokens":7}"#);
        let body = r#"{"max_tokens":7,"max_completion_tokens":null}"#;
        let worded = reworded(body.into(), &BTreeSet::from([Wording::MaxCompletionTokens]));
        assert!(worded.contains(r#""max_completion_tokens":7"#), "{worded}");
    }
}
