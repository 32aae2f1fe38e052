//! Tokens as the runtime counted them, as far as clients are told of them.

use completion::Usage;

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

impl Tokens {
    /// Reads a usage object of whatever type it may be.
    pub fn parse(raw: &str) -> Tokens {
        let told = Usage::parse(raw);
        Tokens {
            input: told.input,
            output: told.output,
            total: told.total,
            cached: told.cached,
            reasoning: told.reasoning,
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
