//! A conversation that a prompt brings along: what was asked in it is not asked now.

use std::borrow::Cow;

/// Tags that conversations stand in.
const TAGS: [&str; 12] = [
    "chat_history",
    "chat-history",
    "chat",
    "conversation",
    "conversation_history",
    "transcript",
    "messages",
    "history",
    "dialogue",
    "discussion",
    "context",
    "session",
];
const ASKERS: [&str; 5] = ["user:", "human:", "me:", "customer:", "user ("];
const ANSWERERS: [&str; 7] = [
    "assistant:",
    "ai:",
    "bot:",
    "model:",
    "agent:",
    "chatgpt:",
    "assistant (",
];

/// The prompt without the conversations in it: what stands in tags of their own, and what begins with
/// the line of one speaker where the other speaks as well, up to a title or to a last paragraph that is
/// nobody's.
pub fn without(prompt: &str) -> Cow<'_, str> {
    let untagged = without_tagged(prompt);
    match without_lines(&untagged) {
        Some(rest) => Cow::Owned(rest),
        None => untagged,
    }
}

fn without_tagged(prompt: &str) -> Cow<'_, str> {
    if !prompt.contains("</") {
        return prompt.into();
    }
    let lower = prompt.to_ascii_lowercase();
    let mut out = String::with_capacity(prompt.len());
    let mut kept = 0;
    // What is closed nowhere behind one place is closed nowhere behind a later one.
    let mut open: Vec<&str> = Vec::new();
    for tag in lower.match_indices('<') {
        let (at, _) = tag;
        if at < kept {
            continue;
        }
        let inside = lower.get(at + 1..).unwrap_or_default();
        let Some(name) = TAGS.into_iter().find(|name| {
            inside
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(['>', ' ']))
        }) else {
            continue;
        };
        if open.contains(&name) {
            continue;
        }
        let close = format!("</{name}>");
        let Some(length) = inside.find(&close) else {
            open.push(name);
            continue;
        };
        out.push_str(prompt.get(kept..at).unwrap_or_default());
        kept = at + 1 + length + close.len();
        if kept >= prompt.len() {
            break;
        }
    }
    if kept == 0 {
        return prompt.into();
    }
    out.push_str(prompt.get(kept..).unwrap_or_default());
    out.into()
}

fn speaker(line: &str) -> Option<bool> {
    let line = line.trim_start_matches(['*', '#', '-', '>', '[', ' ', '\t']);
    let near = line.get(..line.floor_char_boundary(16)).unwrap_or(line);
    let lower = near.to_ascii_lowercase().replace("**", "");
    let says = |names: &[&str]| names.iter().any(|name| lower.starts_with(name));
    match (says(&ASKERS), says(&ANSWERERS)) {
        (true, _) => Some(false),
        (_, true) => Some(true),
        _ => None,
    }
}

fn without_lines(prompt: &str) -> Option<String> {
    let (mut asked, mut answered) = (false, false);
    for answers in prompt.lines().filter_map(speaker) {
        asked |= !answers;
        answered |= answers;
    }
    if !(asked && answered) {
        return None;
    }
    let last = prompt.trim_end().rsplit("\n\n").next().unwrap_or_default();
    let end = prompt.trim_end().len() - last.len();
    let nobodys = !last.lines().any(|line| speaker(line).is_some());
    let mut out = String::with_capacity(prompt.len());
    let (mut talking, mut at) = (false, 0);
    for line in prompt.split_inclusive('\n') {
        let titled = line.starts_with("##") && speaker(line).is_none();
        if speaker(line).is_some() {
            talking = true;
        } else if titled || (nobodys && at >= end) {
            talking = false;
        }
        at += line.len();
        if !talking {
            out.push_str(line);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_taken_out_and_what_is_asked_stays() {
        for (prompt, rest) in [
            (
                "Title?\n<chat_history>\nUSER: csv!\n</chat_history>\nAs JSON.",
                "Title?\n\nAs JSON.",
            ),
            (
                "Title as JSON:\n\nUSER: give csv\nASSISTANT: a,b\n1,2",
                "Title as JSON:\n\n",
            ),
            (
                "User: csv\nAssistant: a,b\n\n1,2\n\nNow say it as JSON.",
                "Now say it as JSON.",
            ),
            (
                "A\n### Talk\nUser: x\nAI: y\n### Output\nJSON",
                "A\n### Talk\n### Output\nJSON",
            ),
            ("User: is one speaker only", "User: is one speaker only"),
            ("<b>bold</b> as JSON", "<b>bold</b> as JSON"),
        ] {
            assert_eq!(without(prompt), rest, "{prompt}");
        }
        for unit in ["<chat>", "</chat>", "user: a\nai: b\n", "<chat>a</chat>"] {
            let _ = without(&unit.repeat(4_000));
        }
    }
}
