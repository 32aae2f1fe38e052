//! The judge's part: what it is asked, and how its number is read.

use super::{chat::Choice, grade::Asked};

/// What the judge is shown of an answer.
pub fn rendered(choices: &[Choice]) -> String {
    let Some(choice) = choices.first() else {
        return String::new();
    };
    let mut parts: Vec<String> = Vec::new();
    parts.extend(choice.text.clone());
    parts.extend(choice.refusal.clone());
    parts.extend(
        choice
            .tool_calls
            .iter()
            .map(|call| format!("{}({})", call.name, call.arguments)),
    );
    parts.join("\n")
}

/// The judge's system and user message.
pub fn prompt(asked: &Asked<'_>, answer: &str) -> (String, String) {
    let question = asked.messages.last().map_or("", |message| &message.text);
    (
        "Rate the answer from 0 to 1. Reply with one number.".into(),
        format!("Question:\n{question}\n\nAnswer:\n{answer}"),
    )
}

/// The number in what the judge wrote, 0..=1.
pub fn read_score(text: &str) -> Option<f64> {
    text.trim()
        .parse()
        .ok()
        .filter(|score| (0.0..=1.0).contains(score))
}
