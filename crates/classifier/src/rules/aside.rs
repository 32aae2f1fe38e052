//! What is asked beside a conversation, by chat apps and agents.

use chat::Task;

use super::about_code;
use crate::reading::Reading;

/// What chat apps and agents ask of a conversation beside it: titles, tags, follow-up questions,
/// search queries, summaries. The form that is shown outranks what the conversation is about.
pub fn side_request(reading: &Reading<'_>) -> Option<Task> {
    const TALK: [&str; 11] = [
        "following query",
        "chat history",
        "chat_history",
        "conversation",
        "transcript",
        "<chat",
        "the chat",
        "previous messages",
        "message history",
        "chatverlauf",
        "<messages",
    ];
    const PURPOSES: [&str; 17] = [
        "title",
        "phrase as a header",
        "tags",
        "follow-up",
        "follow up",
        "ask next",
        "search quer",
        "queries",
        "summar",
        "emoji",
        "new topic",
        "autocomplet",
        "categor",
        "suggest",
        "image generation",
        "titel",
        "标题",
    ];
    let lower = format!("{}\n{}", reading.head, reading.tail).to_lowercase();
    let opening = text::window::head(&lower, 300);
    let sectioned = [
        "### task",
        "# task",
        "### aufgabe",
        "### 任务",
        "### tâche",
        "### tarea",
        "### задача",
    ]
    .iter()
    .any(|section| lower.starts_with(section));
    let first = opening.lines().next().unwrap_or_default();
    let words = || first.split(|c: char| !c.is_alphanumeric());
    let ordered = words().find(|word| !word.is_empty()).is_some_and(|word| {
        matches!(
            word,
            "generate"
                | "create"
                | "write"
                | "make"
                | "suggest"
                | "provide"
                | "summarize"
                | "summarise"
                | "analyze"
                | "analyse"
                | "based"
                | "given"
                | "please"
        )
    }) && !words().take(12).any(about_code);
    let about = TALK.iter().any(|mark| lower.contains(mark));
    let purpose = PURPOSES.iter().any(|mark| opening.contains(mark));
    if !(about && purpose && (sectioned || ordered)) {
        return None;
    }
    let form = shows_form(&lower) || (sectioned && lower.lines().any(|line| line.contains("{ \"")));
    let written = ["title", "summar", "emoji", "phrase"];
    match form {
        true => Some(Task::Structured),
        false => written
            .iter()
            .any(|word| opening.contains(word))
            .then_some(Task::Open),
    }
}

/// Whether a line of a text in lower case, up to the conversation that it brings along, speaks of JSON
/// as a form.
pub fn shows_form(lower: &str) -> bool {
    const FORMS: [&str; 6] = ["{", "format", "object", "array", "格式", "形式"];
    let brought = |line: &&str| {
        let begins = |marks: &[&str]| marks.iter().any(|mark| line.trim_start().starts_with(mark));
        begins(&[
            "<chat_history",
            "<messages",
            "user:",
            "human:",
            "assistant:",
        ])
    };
    lower
        .lines()
        .take_while(|line| !brought(line))
        .any(|line| line.contains("json") && FORMS.iter().any(|form| line.contains(form)))
}
