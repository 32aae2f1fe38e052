//! What a request tells of where its conversation stands: which turn it is, whether it goes on
//! with tools, and whether it goes round in circles.

use chat::{Message, json::RawObject};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::wire::{reminders, request::ChatRequest};

/// Messages after the last real one of the user that are looked at, the newest of them.
const MOST_LOOKED_AT: usize = 32;
/// So many results in a row that are errors are enough.
const ERRORS: usize = 3;
/// Bytes of a result in which it says that it failed.
const SAYS_WITHIN: usize = 600;

/// A turn of a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// 1 for the first.
    pub number: u64,
    /// The place of the last message in which a user says something.
    pub asked_at: Option<usize>,
    /// Does it go on with the results of tools.
    pub goes_on: bool,
    pub stuck: Option<Stuck>,
    /// Tokens that were added to it since its first turn, and those that the assistant said of them,
    /// roughly.
    pub grown: u64,
    pub answered: u64,
}

/// How a conversation goes round in circles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stuck {
    /// The newest call of a tool repeats the one before.
    Repeats,
    /// The newest three results are errors.
    Errors,
}

impl Turn {
    pub fn of(request: &ChatRequest) -> Turn {
        let messages = &request.messages;
        let asked_at = messages.iter().rposition(is_asked);
        let since = asked_at.map_or(0, |at| at + 1);
        let later = messages.get(since..).unwrap_or_default();
        let goes_on = later
            .iter()
            .any(|it| is_result(it) || it.role == "assistant");
        let raw = request.body.raw_messages();
        let (grown, answered) = grown(messages, &raw);
        let answers = messages.iter().filter(|it| it.role == "assistant").count();
        Turn {
            number: answers as u64 + 1,
            grown,
            answered,
            asked_at,
            goes_on,
            stuck: later
                .iter()
                .any(is_result)
                .then(|| stuck(messages, &raw, since))
                .flatten(),
        }
    }
}

fn grown(messages: &[Message], raw: &[&RawValue]) -> (u64, u64) {
    let sizes = messages.iter().zip(raw);
    let sizes = sizes.map(|(it, raw)| (it.role == "assistant", raw.get().len() as u64));
    let later = sizes.skip_while(|(answer, _)| !answer);
    let (mut grown, mut answered) = (0, 0);
    for (answer, size) in later {
        grown += size / 4;
        answered += if answer { size / 4 } else { 0 };
    }
    (grown, answered)
}

fn is_result(message: &Message) -> bool {
    matches!(message.role.as_str(), "tool" | "function")
}

/// Does a user say something, beside what an agent puts around it or shows of a result.
fn is_asked(message: &Message) -> bool {
    const NOT_SAID: [&str; 3] = [
        "Images in the result of `",
        "Result of an earlier tool call:",
        "<environment_context>",
    ];
    message.role == "user" && {
        let said = reminders::said(&message.text);
        !said.is_empty() && !NOT_SAID.iter().any(|it| said.starts_with(it))
    }
}

fn stuck(messages: &[Message], raw: &[&RawValue], since: usize) -> Option<Stuck> {
    let from = since.max(messages.len().saturating_sub(MOST_LOOKED_AT));
    let mut calls = raw
        .get(from..)
        .unwrap_or_default()
        .iter()
        .rev()
        .filter_map(|it| calls(it.get()));
    if let (Some(newest), Some(before)) = (calls.next(), calls.next())
        && newest == before
    {
        return Some(Stuck::Repeats);
    }
    let results = messages.get(from..).unwrap_or_default();
    let mut results = results.iter().rev().filter(|it| is_result(it));
    let newest: Vec<&Message> = results.by_ref().take(ERRORS).collect();
    (newest.len() == ERRORS && newest.iter().all(|it| is_error(&it.text))).then_some(Stuck::Errors)
}

#[derive(Deserialize, PartialEq)]
struct Call<'a> {
    #[serde(borrow)]
    function: Function<'a>,
}

#[derive(Deserialize, PartialEq)]
struct Function<'a> {
    #[serde(borrow)]
    name: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    arguments: std::borrow::Cow<'a, str>,
}

/// The calls of a message, where it has any.
fn calls(message: &str) -> Option<Vec<Call<'_>>> {
    // Nearly all messages have none: only one that has the word is read.
    if !message.contains("\"tool_calls\"") {
        return None;
    }
    let fields = RawObject::parse(message).ok()?;
    let calls: Vec<Call<'_>> = serde_json::from_str(fields.get(message, "tool_calls")?).ok()?;
    (!calls.is_empty()).then_some(calls)
}

/// Does a result say that the tool failed.
fn is_error(text: &str) -> bool {
    const BEGINS: [&str; 6] = [
        "error",
        "<tool_use_error>",
        "traceback",
        "failed",
        "fatal:",
        "apply_patch verification failed",
    ];
    const CODES: [&str; 4] = [
        "exit code",
        "exited with code",
        "\"exit_code\"",
        "exit status",
    ];
    let mut end = SAYS_WITHIN.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text
        .get(..end)
        .unwrap_or_default()
        .trim_start()
        .to_lowercase();
    let failed = |word: &str| {
        head.split(word).skip(1).any(|after| {
            let after = after.trim_start_matches([':', ' ']);
            after.starts_with(|it: char| ('1'..='9').contains(&it))
        })
    };
    BEGINS.iter().any(|it| head.starts_with(it))
        || CODES.iter().any(|it| failed(it))
        || head.contains("\"is_error\":true")
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat::RequestBounds;
    use serde_json::{Value, json};

    fn turn(messages: Value) -> Turn {
        let body = json!({"messages": messages}).to_string();
        Turn::of(&ChatRequest::parse(body, RequestBounds::default()).unwrap())
    }

    fn call(command: &str) -> Value {
        json!({"role": "assistant", "content": null, "tool_calls": [
            {"id": command, "type": "function", "function": {"name": "run", "arguments": command}}]})
    }

    fn result(text: &str) -> Value {
        json!({"role": "tool", "tool_call_id": "x", "content": text})
    }

    fn user(text: &str) -> Value {
        json!({"role": "user", "content": text})
    }

    #[test]
    fn a_turn_that_ends_in_results_goes_on() {
        let first = turn(json!([user("do it")]));
        assert_eq!((first.number, first.goes_on), (1, false));
        let second = turn(json!([user("do it"), call("ls"), result("a")]));
        assert_eq!(
            (second.number, second.goes_on, second.asked_at),
            (2, true, Some(0))
        );
        for around in [
            "<system-reminder>x</system-reminder>",
            "Images in the result of `x`:",
        ] {
            let shown = turn(json!([
                user("do it"),
                call("ls"),
                result("a"),
                user(around)
            ]));
            assert!(shown.goes_on && shown.asked_at == Some(0), "{around}");
        }
        let asked = turn(json!([
            user("do it"),
            call("ls"),
            result("a"),
            user("and now?")
        ]));
        assert_eq!(
            (asked.number, asked.goes_on, asked.asked_at),
            (2, false, Some(3))
        );
    }

    #[test]
    fn a_call_that_repeats_the_one_before_is_stuck() {
        let talk = |second: &str| {
            turn(json!([
                user("do it"),
                call("ls"),
                result("a"),
                call(second),
                result("a")
            ]))
            .stuck
        };
        assert_eq!(talk("ls"), Some(Stuck::Repeats));
        assert_eq!(talk("cat a"), None);
        let asked = turn(json!([
            user("x"),
            call("ls"),
            result("a"),
            user("y"),
            call("ls"),
            result("a")
        ]));
        assert_eq!(
            asked.stuck, None,
            "what was called before the question is no circle"
        );
    }

    #[test]
    fn three_errors_in_a_row_are_stuck() {
        let talk = |results: [&str; 3]| {
            let [a, b, c] = results;
            turn(json!([
                user("do it"),
                call("1"),
                result(a),
                call("2"),
                result(b),
                call("3"),
                result(c)
            ]))
            .stuck
        };
        let codex =
            "Chunk ID: 1\nWall time: 0.1 seconds\nProcess exited with code 127\nOutput:\nno";
        assert_eq!(
            talk(["Error: a", codex, "<tool_use_error>no"]),
            Some(Stuck::Errors)
        );
        assert_eq!(talk(["Error: a", "fine", "Exit code 1"]), None);
        let fine = "Process exited with code 0\nOutput: errors: none";
        assert_eq!(talk([fine, fine, fine]), None);
        assert_eq!(
            turn(json!([
                user("x"),
                call("1"),
                result("Error"),
                call("2"),
                result("Error")
            ]))
            .stuck,
            None
        );
    }
}
