//! The request within a long message: what is asked for, apart from what was pasted along.
//!
//! In "… 80 lines of a log … how do I count the errors?" the last paragraph says what the task
//! is and the log says next to nothing. A request at the beginning needs no such care: the
//! features of a first sentence weigh enough, and to set aside what follows would lose the
//! functions that a call is to be made of.

use text::window;

use super::{
    lexicon::{ASKING, classes},
    reading::Reading,
    tokens::{Kind, Token, tokens},
};

/// A message no longer than this is read as a whole, bytes.
const WHOLE_BYTES: usize = 500;
/// A request is no longer than this, bytes.
const REQUEST_BYTES: usize = 400;
/// Tokens that are looked at in a paragraph.
const TOKENS: usize = 120;

/// The last paragraph of a long message where it holds the request; `None` where the message is
/// short, or its last paragraph looks like no request or less like one than its first.
pub fn request<'a>(reading: &Reading<'a>) -> Option<&'a str> {
    if reading.length <= WHOLE_BYTES {
        return None;
    }
    let end = if reading.tail.is_empty() {
        reading.head
    } else {
        reading.tail
    };
    let gaps = ["\n\n", "\r\n\r\n", "\n"];
    let start = window::head(reading.head, REQUEST_BYTES + 1);
    let first = gaps.iter().find_map(|gap| start.split_once(gap));
    let first = first.map_or("", |(first, _)| first.trim());
    let end = window::tail(end, REQUEST_BYTES + 1);
    let last = gaps.iter().find_map(|gap| end.rsplit_once(gap));
    let last = last.map_or("", |(_, last)| last.trim());
    let asked = asks(last);
    // The end has one point to begin with: it is where most people ask.
    (asked >= 1 && asked + 1 >= asks(first)).then_some(last)
}

/// How much a paragraph looks like a request: a question, a word at its beginning that asks for
/// something or one within, a colon at its end; and not a line of a log, a table or a program.
fn asks(text: &str) -> i32 {
    let words = tokens(text, TOKENS);
    let Some(opening) = words.iter().find(|token| token.kind != Kind::Sign) else {
        return 0;
    };
    let asking = |token: &Token<'_>| classes(token.hash) & ASKING != 0;
    let signs = words
        .iter()
        .filter(|token| token.kind == Kind::Sign)
        .count();
    let material = signs * 3 > words.len() || matches!(opening.kind, Kind::Number | Kind::Label);
    2 * i32::from(text.contains(['?', '？', '؟']))
        + 2 * i32::from(asking(opening))
        + i32::from(words.iter().any(asking))
        + i32::from(text.ends_with([':', '：']))
        - 3 * i32::from(material)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat::Message;

    fn of(text: &str) -> Option<String> {
        let talk = [Message {
            role: "user".into(),
            text: text.into(),
        }];
        request(&Reading::of(&talk)).map(str::to_owned)
    }

    #[test]
    fn the_request_after_a_long_paste_is_its_last_paragraph() {
        let log = "12:00:01 worker 3 picked job 17, 200 OK\n".repeat(40);
        let text = format!("{log}\nhow do I count these by hour?");
        assert_eq!(of(&text).as_deref(), Some("how do I count these by hour?"));
        let text = format!("{log}Make a table of it");
        assert_eq!(of(&text).as_deref(), Some("Make a table of it"));
    }

    #[test]
    fn what_is_short_or_ends_in_material_is_read_as_a_whole() {
        assert_eq!(of("Here it is:\nWhat does it say?"), None);
        let text = "12:00:01 worker 3 picked job 17, 200 OK\n".repeat(40);
        assert_eq!(of(&format!("Why is this slow?\n{text}")), None);
        assert_eq!(of(&"word ".repeat(400)), None);
    }
}
