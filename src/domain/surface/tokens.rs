//! Tokens as the runtime counted them, as far as clients are told of them.

use serde::Deserialize;

use chat::json::Lenient;

/// A figure that is absent or no count is `None`, never 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    pub input: Option<u64>,
    pub output: Option<u64>,
    pub total: Option<u64>,
    /// Of the input, those that were in the model's cache.
    pub cached: Option<u64>,
    /// Of the output, those that were thought.
    pub reasoning: Option<u64>,
}

/// The same with nothing left open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    pub input: u64,
    pub output: u64,
    pub total: u64,
    pub cached: u64,
    pub reasoning: u64,
}

#[derive(Deserialize, Default)]
struct Raw {
    #[serde(default)]
    prompt_tokens: Lenient<f64>,
    #[serde(default)]
    completion_tokens: Lenient<f64>,
    #[serde(default)]
    total_tokens: Lenient<f64>,
    #[serde(default)]
    prompt_tokens_details: Lenient<Details>,
    #[serde(default)]
    completion_tokens_details: Lenient<Details>,
    #[serde(default)]
    prompt_cache_hit_tokens: Lenient<f64>,
}

#[derive(Deserialize, Default)]
struct Details {
    #[serde(default)]
    cached_tokens: Lenient<f64>,
    #[serde(default)]
    reasoning_tokens: Lenient<f64>,
}

/// No call has more tokens than this: a figure beyond it is no count.
const MOST: f64 = 100_000_000.0;

impl Tokens {
    /// Reads a usage object of whatever type it may be.
    pub fn parse(raw: &str) -> Tokens {
        let raw: Raw = serde_json::from_str(raw).unwrap_or_default();
        let input = raw.prompt_tokens_details.0.unwrap_or_default();
        let output = raw.completion_tokens_details.0.unwrap_or_default();
        Tokens {
            input: count(raw.prompt_tokens),
            output: count(raw.completion_tokens),
            total: count(raw.total_tokens),
            cached: count(input.cached_tokens).or(count(raw.prompt_cache_hit_tokens)),
            reasoning: count(output.reasoning_tokens),
        }
    }

    /// This, and the other's figures where this has none.
    pub fn or(self, other: Tokens) -> Tokens {
        Tokens {
            input: self.input.or(other.input),
            output: self.output.or(other.output),
            total: self.total.or(other.total),
            cached: self.cached.or(other.cached),
            reasoning: self.reasoning.or(other.reasoning),
        }
    }

    /// With estimates for what was not counted.
    pub fn counted(self, input: u64, output: u64) -> Counted {
        let input = self.input.unwrap_or(input);
        let output = self.output.unwrap_or(output);
        Counted {
            input,
            output,
            total: self.total.unwrap_or(input.saturating_add(output)),
            // More than all of them are no part of them.
            cached: self.cached.unwrap_or(0).min(input),
            reasoning: self.reasoning.unwrap_or(0).min(output),
        }
    }
}

fn count(figure: Lenient<f64>) -> Option<u64> {
    let figure = figure.0?;
    ((0.0..=MOST).contains(&figure) && figure.fract() == 0.0).then_some(figure as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_any_type_are_read() {
        let tokens = Tokens::parse(
            r#"{"prompt_tokens":100,"completion_tokens":7,"prompt_tokens_details":{"cached_tokens":40},"completion_tokens_details":null}"#,
        );
        let counted = tokens.counted(1, 1);
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
            assert_eq!(Tokens::parse(odd), Tokens::default());
        }
        assert_eq!(Tokens::default().counted(9, 3).total, 12);
    }

    #[test]
    fn no_more_is_cached_than_there_is() {
        let tokens = Tokens::parse(r#"{"prompt_tokens":5,"prompt_cache_hit_tokens":9}"#);
        assert_eq!(tokens.counted(0, 0).cached, 5);
    }
}
