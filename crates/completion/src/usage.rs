//! The tokens of a call, as the runtime counted them.

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

/// Tokens as a runtime counted them. A figure that is absent or no count is `None`, never 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub input: Option<u64>,
    /// Of them, those that a cache of the runtime's held.
    pub cached: Option<u64>,
    /// Reasoning among them.
    pub output: Option<u64>,
    pub reasoning: Option<u64>,
    pub total: Option<u64>,
}

/// The same with nothing left open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    pub input: u64,
    pub cached: u64,
    pub output: u64,
    pub reasoning: u64,
    pub total: u64,
}

/// More tokens than any call has, and more than any model thinks.
const MOST_TOKENS: f64 = 1e9;
const MOST_THOUGHT: u64 = 200_000;

impl Usage {
    /// The usage in a chunk or a completion: in its place, else in Groq's own object, else in a choice.
    pub fn find<'a>(
        own: Option<&'a RawValue>,
        groq: Option<&'a RawValue>,
        choices: Option<&'a RawValue>,
    ) -> Option<&'a RawValue> {
        #[derive(Deserialize, Default)]
        struct Holder<'a> {
            #[serde(borrow, default)]
            usage: Option<&'a RawValue>,
        }
        let told = |raw: &&RawValue| raw.get() != "null";
        let of = |raw: &'a RawValue| {
            let holder: Holder<'a> = serde_json::from_str(raw.get()).ok()?;
            holder.usage.filter(told)
        };
        let in_choice = || {
            // Looked for only where it can be.
            let choices = choices.filter(|raw| raw.get().contains("\"usage\""))?;
            let choices: Vec<&'a RawValue> = serde_json::from_str(choices.get()).ok()?;
            choices.into_iter().find_map(of)
        };
        own.filter(told).or_else(|| of(groq?)).or_else(in_choice)
    }

    /// Reads `usage`, JSON of whatever type.
    pub fn parse(raw: &str) -> Usage {
        serde_json::from_str(raw).map_or_else(|_| Usage::default(), |usage| Usage::read(&usage))
    }

    /// Reads `usage` in every spelling that is known. Of input, output and their sum two tell the third.
    pub fn read(usage: &Value) -> Usage {
        let at = |paths: &[&str]| paths.iter().find_map(|path| count(usage.pointer(path)?));
        let total = at(&["/total_tokens"]);
        let rest = |of: Option<u64>| total?.checked_sub(of?);
        let (input, output) = (
            at(&["/prompt_tokens", "/input_tokens"]),
            at(&["/completion_tokens", "/output_tokens"]),
        );
        let (input, output) = (
            input.or_else(|| rest(output)),
            output.or_else(|| rest(input)),
        );
        let reasoning = at(&[
            "/completion_tokens_details/reasoning_tokens",
            "/output_tokens_details/reasoning_tokens",
            "/reasoning_tokens",
        ]);
        let cached = at(&[
            "/prompt_tokens_details/cached_tokens",
            "/input_tokens_details/cached_tokens",
            "/prompt_cache_hit_tokens",
            "/cache_read_input_tokens",
            "/cached_tokens",
        ]);
        let left = rest(Some(input.unwrap_or(0).saturating_add(output.unwrap_or(0))));
        let left = left.filter(|left| *left > 0 && input.is_some() && output.is_some());
        // Some count reasoning beside the output instead of in it: their sum tells. Google does not
        // even name it.
        let beside = match (left, reasoning) {
            (Some(left), Some(reasoning)) => left == reasoning,
            (Some(left), None) => cached.is_none() && left <= MOST_THOUGHT,
            (None, _) => false,
        };
        let thought = left.filter(|_| beside);
        Usage {
            input,
            cached: cached.map(|cached| cached.min(input.unwrap_or(cached))),
            output: output.map(|output| output.saturating_add(thought.unwrap_or(0))),
            reasoning: reasoning.or(thought),
            total,
        }
    }

    /// This, and the other's figures where this has none.
    pub fn or(self, other: Usage) -> Usage {
        Usage {
            input: self.input.or(other.input),
            cached: self.cached.or(other.cached),
            output: self.output.or(other.output),
            reasoning: self.reasoning.or(other.reasoning),
            total: self.total.or(other.total),
        }
    }

    /// With estimates for what was not counted.
    pub fn counted(self, input: u64, output: u64) -> Counted {
        let input = self.input.unwrap_or(input);
        let output = self.output.unwrap_or(output);
        Counted {
            input,
            // More than all of them are no part of them.
            cached: self.cached.unwrap_or(0).min(input),
            output,
            reasoning: self.reasoning.unwrap_or(0).min(output),
            total: self.total.unwrap_or(input.saturating_add(output)),
        }
    }

    /// Was anything counted.
    pub fn any(&self) -> bool {
        self.input.is_some_and(|tokens| tokens > 0) || self.output.is_some_and(|tokens| tokens > 0)
    }
}

/// A count in any type that it is written in: `7`, `7.0`, `"7"`.
fn count(value: &Value) -> Option<u64> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok()?,
        value => value.as_f64()?,
    };
    ((0.0..=MOST_TOKENS).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tokens_are_read_in_every_spelling_and_nonsense_is_none() {
        let read = |usage: Value| {
            let counted = Usage::read(&usage);
            (counted.input, counted.cached, counted.output)
        };
        for (usage, expected) in [
            (
                json!({"prompt_tokens": 9, "completion_tokens": 3}),
                (Some(9), None, Some(3)),
            ),
            (
                json!({"input_tokens": "9", "output_tokens": 3.0}),
                (Some(9), None, Some(3)),
            ),
            (
                json!({"prompt_tokens": 9, "prompt_tokens_details": {"cached_tokens": 20}}),
                (Some(9), Some(9), None),
            ),
            (
                json!({"prompt_tokens": 9, "prompt_cache_hit_tokens": 4}),
                (Some(9), Some(4), None),
            ),
            (
                json!({"prompt_tokens": -1, "completion_tokens": 1e300}),
                (None, None, None),
            ),
            (
                json!({"prompt_tokens": [], "completion_tokens": 1.5}),
                (None, None, None),
            ),
            (
                json!({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 10,
                    "completion_tokens_details": {"reasoning_tokens": 7}}),
                (Some(1), None, Some(9)),
            ),
            (
                json!({"prompt_tokens": 1, "completion_tokens": 9, "total_tokens": 10,
                    "completion_tokens_details": {"reasoning_tokens": 7}}),
                (Some(1), None, Some(9)),
            ),
            // Google counts what was thought in the sum only.
            (
                json!({"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 530}),
                (Some(10), None, Some(520)),
            ),
            (
                json!({"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 9_000_000}),
                (Some(10), None, Some(20)),
            ),
            // A sum that holds what a cache had is none of the output.
            (
                json!({"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 130, "cached_tokens": 100}),
                (Some(10), Some(10), Some(20)),
            ),
            (
                json!({"prompt_tokens": "10", "completion_tokens": null, "total_tokens": "30"}),
                (Some(10), None, Some(20)),
            ),
            (
                json!({"completion_tokens": 20, "total_tokens": 30}),
                (Some(10), None, Some(20)),
            ),
            (json!("x"), (None, None, None)),
        ] {
            assert_eq!(read(usage.clone()), expected, "{usage}");
        }
    }
    #[test]
    fn what_was_not_counted_is_estimated() {
        let usage = Usage::parse(
            r#"{"prompt_tokens":100,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":40},"completion_tokens_details":null}"#,
        );
        let counted = usage.counted(1, 1);
        assert_eq!(
            (counted.input, counted.cached, counted.total),
            (100, 40, 107)
        );
        for odd in [
            "null",
            "7",
            "[]",
            r#"{"prompt_tokens":"x","completion_tokens":-1}"#,
        ] {
            assert_eq!(Usage::parse(odd), Usage::default());
        }
        assert_eq!(Usage::default().counted(9, 3).total, 12);
    }

    #[test]
    fn no_more_is_cached_than_there_is() {
        let usage = Usage::parse(r#"{"prompt_tokens":5,"prompt_cache_hit_tokens":9}"#);
        assert_eq!(usage.counted(0, 0).cached, 5);
        let usage = Usage::parse(r#"{"cached_tokens":9}"#);
        assert_eq!(usage.counted(5, 0).cached, 5);
    }
}
