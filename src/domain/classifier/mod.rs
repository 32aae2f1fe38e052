//! Which task is it: decided locally, without asking a model.

use super::{chat::Message, task::Task};

/// What the local classifier makes of a conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict {
    pub task: Task,
    /// Calibrated probability that `task` is right, 0..=1.
    pub confidence: f64,
}

/// The task of a conversation, judged by its last user message; `None` where the local
/// rules and the local model are not sure enough to decide without asking.
pub fn classify(messages: &[Message]) -> Option<Verdict> {
    let _ = messages;
    None
}

/// The classifier model's system and user message.
pub fn classifier_prompt(messages: &[Message]) -> (String, String) {
    let question = messages.last().map_or("", |message| &message.text);
    (
        "Which task is it? Answer with one word: code, math, structured, factual or open.".into(),
        question.to_owned(),
    )
}

/// The task in what the classifier model wrote.
pub fn parse_classifier_word(text: &str) -> Option<Task> {
    Task::parse(text.trim().trim_end_matches('.').to_lowercase().as_str())
}
