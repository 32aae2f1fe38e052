//! What of a conversation is read: a few windows, whatever its length.
//!
//! Law: what is read is bounded by the `*_BYTES` constants, so that classifying a megabyte
//! costs what classifying some kilobytes does. Long pastes have their request at the beginning
//! or at the end; the middle is not read.

use chat::Message;
use text::window;

/// Read from the beginning of the last user message, bytes.
pub const HEAD_BYTES: usize = 1536;
/// Read from the end of the last user message, bytes.
pub const TAIL_BYTES: usize = 1536;
/// Read from the beginning of the user message before it, bytes.
pub const BEFORE_BYTES: usize = 400;
/// Read from the beginning of the system or developer message, bytes.
pub const SYSTEM_BYTES: usize = 400;
/// Messages looked at from the end, to find what is read.
const MESSAGES: usize = 4_096;

/// The parts of a conversation that its task is told by.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading<'a> {
    /// The last user message from its beginning.
    pub head: &'a str,
    /// Its end, where it is longer than the head; else empty.
    pub tail: &'a str,
    /// Length of the whole message, bytes.
    pub length: usize,
    /// The beginning of the user message before, empty where there is none.
    pub before: &'a str,
    /// The beginning of the first system message, empty where there is none.
    pub system: &'a str,
}

impl<'a> Reading<'a> {
    /// The windows of a conversation. One without a user message is read by its last message.
    pub fn of(messages: &'a [Message]) -> Reading<'a> {
        let recent = messages.get(messages.len().saturating_sub(MESSAGES)..);
        let mut users = recent
            .unwrap_or_default()
            .iter()
            .rev()
            .filter(|message| message.role == "user" && !is_result(&message.text))
            .map(|message| message.text.trim());
        let last = users
            .next()
            .or_else(|| messages.last().map(|message| message.text.trim()))
            .unwrap_or_default();
        let system = messages
            .iter()
            .take(MESSAGES)
            .find(|message| message.role == "system" || message.role == "developer")
            .map_or("", |message| message.text.as_str());
        let head = window::head(last, HEAD_BYTES);
        Reading {
            head,
            tail: window::tail(last.get(head.len()..).unwrap_or_default(), TAIL_BYTES),
            length: last.len(),
            before: window::head(users.next().unwrap_or_default(), BEFORE_BYTES),
            system: window::head(system, SYSTEM_BYTES),
        }
    }
}

/// What a tool said, which some agents send as a message of the user: no task.
fn is_result(text: &str) -> bool {
    const MARKS: [&str; 9] = [
        "<tool_result",
        "<function_results",
        "<tool_response",
        "<observation",
        "observation:",
        "[tool result",
        "tool result:",
        "[result of",
        "tool output:",
    ];
    let start = window::head(text.trim_start(), 40).to_ascii_lowercase();
    MARKS.iter().any(|mark| start.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(role: &str, text: &str) -> Message {
        Message {
            role: role.into(),
            text: text.into(),
        }
    }

    #[test]
    fn the_last_user_message_is_read_and_the_one_before_it() {
        let talk = [
            say("system", "be brief"),
            say("user", "first"),
            say("assistant", "answer"),
            say("user", " second "),
            say("tool", "result"),
            say("user", "<tool_result>\nfn main() {}\n</tool_result>"),
        ];
        let reading = Reading::of(&talk);
        assert_eq!((reading.head, reading.before), ("second", "first"));
        assert_eq!(reading.system, "be brief");
    }

    #[test]
    fn a_megabyte_is_read_at_both_ends_only() {
        let talk = [say(
            "user",
            &format!("sum up: {} why?", "é".repeat(1 << 19)),
        )];
        let reading = Reading::of(&talk);
        assert!(reading.head.len() <= HEAD_BYTES && reading.tail.len() <= TAIL_BYTES);
        assert!(reading.head.starts_with("sum up") && reading.tail.ends_with("why?"));
    }

    #[test]
    fn nothing_at_all_reads_as_nothing() {
        assert_eq!(Reading::of(&[]), Reading::default());
        assert_eq!(Reading::of(&[say("user", "")]), Reading::default());
    }
}
