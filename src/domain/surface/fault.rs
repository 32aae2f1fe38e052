//! What clients have to be told of a refusal in words that they know.

use crate::domain::refusal::Refusal;

use super::Room;

/// Kinds of refusal that clients treat in ways of their own.
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

pub fn kind(refusal: &Refusal) -> Kind {
    let Refusal::Upstream { status, error, .. } = refusal else {
        return Kind::Other;
    };
    let code = error.get("code").and_then(|code| code.as_str());
    match status {
        400 | 413 | 422 => {
            let said = refusal.message().to_lowercase();
            let told = code == Some("context_length_exceeded")
                || TOO_LONG.iter().any(|words| said.contains(words));
            if told { Kind::TooLong } else { Kind::Other }
        }
        402 => Kind::Account,
        429 if code == Some("insufficient_quota") => Kind::Account,
        _ => Kind::Other,
    }
}

/// How long a request is and how long it may be, in the one sentence that agents take the figures
/// from: the runtime's, where it tells two, else our own.
pub fn too_long(refusal: &Refusal, room: Room) -> String {
    let numbers = numbers(&refusal.message());
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
    use serde_json::json;

    fn upstream(status: u16, message: &str) -> Refusal {
        Refusal::Upstream {
            status,
            model: "m".into(),
            error: json!({"message": message}),
            retry_after: None,
        }
    }

    #[test]
    fn what_is_too_long_is_said_with_the_runtimes_figures() {
        let room = Room {
            needed: 9_000,
            largest: 8_000,
        };
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
            let refusal = upstream(400, message);
            assert_eq!(kind(&refusal), Kind::TooLong, "{message}");
            assert_eq!(too_long(&refusal, room), sentence);
        }
        assert_eq!(kind(&upstream(400, "bad tool")), Kind::Other);
        assert_eq!(kind(&upstream(402, "no credit")), Kind::Account);
        assert_eq!(kind(&Refusal::Unauthorized), Kind::Other);
    }
}
