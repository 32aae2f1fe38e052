//! What a client has to be told where there is no answer, in words that it knows.

use serde_json::Value;

/// Why there is no answer, or no more of it, as each protocol tells it in its own form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Failed {
    pub status: u16,
    /// A word for it, for programs.
    pub code: String,
    pub message: String,
    /// The field of the request that it is about.
    pub param: Option<String>,
    /// Is it the runtime's own no, passed on: then its words are looked at.
    pub by_runtime: bool,
    /// Seconds that the client is told to wait.
    pub retry_after: Option<u64>,
    pub headers: Vec<(&'static str, String)>,
    /// What is told beside it; null: nothing.
    pub detail: Value,
    pub room: Room,
}

/// How large the request is and what the largest model holds, tokens: told where it is too long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    pub needed: u64,
    pub largest: u64,
}

/// What a client is answered where it has no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: String,
}

/// Kinds of failure that clients treat in ways of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Longer than any model's window.
    TooLong,
    /// The runtime's account has no money or no leave.
    Account,
    Other,
}

/// Words that runtimes say it in, when a request is too long for a model.
const TOO_LONG: [&str; 9] = [
    "context length",
    "context_length",
    "context window",
    "context size",
    "maximum context",
    "prompt is too long",
    "too many tokens",
    "input is too long",
    "exceeds the maximum number of tokens",
];

impl Failed {
    pub fn kind(&self) -> Kind {
        if !self.by_runtime {
            return Kind::Other;
        }
        match self.status {
            400 | 413 | 422 => {
                let said = self.message.to_lowercase();
                let told = self.code == "context_length_exceeded"
                    || TOO_LONG.iter().any(|words| said.contains(words));
                if told { Kind::TooLong } else { Kind::Other }
            }
            402 => Kind::Account,
            429 if self.code == "insufficient_quota" => Kind::Account,
            _ => Kind::Other,
        }
    }

    /// How long a request is and how long it may be, in the one sentence that agents take the
    /// figures from: the runtime's, where it tells two, else our own.
    pub fn too_long(&self) -> String {
        let (numbers, room) = (numbers(&self.message), self.room);
        let (needed, largest) = match (numbers.iter().max(), numbers.iter().min()) {
            (Some(most), Some(least)) if most > least => (*most, *least),
            (Some(window), _) => (room.needed.max(window.saturating_add(1)), *window),
            _ => (
                room.needed.max(room.largest.saturating_add(1)),
                room.largest,
            ),
        };
        format!("prompt is too long: {needed} tokens > {largest} maximum")
    }
}

/// Numbers in a text that may be counts of tokens; thousands may be set apart by commas.
fn numbers(text: &str) -> Vec<u64> {
    text.replace(',', "")
        .split(|it: char| !it.is_ascii_digit())
        .filter(|digits| (4..=9).contains(&digits.len()))
        .filter_map(|digits| digits.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_runtime(status: u16, message: &str) -> Failed {
        Failed {
            status,
            message: message.into(),
            by_runtime: true,
            room: Room {
                needed: 9_000,
                largest: 8_000,
            },
            ..Failed::default()
        }
    }

    #[test]
    fn what_is_too_long_is_said_with_the_runtimes_figures() {
        for (message, sentence) in [
            (
                "This model's maximum context length is 128000 tokens. However, your messages resulted in 140000 tokens.",
                "prompt is too long: 140000 tokens > 128000 maximum",
            ),
            (
                "the input exceeds the context window of 32,768",
                "prompt is too long: 32769 tokens > 32768 maximum",
            ),
            (
                "context length exceeded",
                "prompt is too long: 9000 tokens > 8000 maximum",
            ),
        ] {
            let failed = by_runtime(400, message);
            assert_eq!(failed.kind(), Kind::TooLong, "{message}");
            assert_eq!(failed.too_long(), sentence);
        }
        assert_eq!(by_runtime(400, "bad tool").kind(), Kind::Other);
        assert_eq!(by_runtime(402, "no credit").kind(), Kind::Account);
        let own = Failed {
            by_runtime: false,
            ..by_runtime(402, "context length exceeded")
        };
        assert_eq!(own.kind(), Kind::Other);
    }

    #[test]
    fn what_the_runtime_took_too_long_for_may_be_tried_again() {
        for (by_runtime, told) in [(true, [504, 503]), (false, [400, 400])] {
            let failed = Failed {
                by_runtime,
                ..super::tests::by_runtime(408, "timed out")
            };
            let messages = crate::messages::refuse(failed.clone(), "req-1").status;
            assert_eq!([messages, crate::responses::refuse(failed).status], told);
        }
    }
}
