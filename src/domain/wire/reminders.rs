//! Reminders that agents put around what a user says: no part of what is asked.

use std::borrow::Cow;

use chat::Message;

const OPEN: &str = "<system-reminder>";
const CLOSE: &str = "</system-reminder>";

/// The messages as their users wrote them. A message of reminders alone says nothing.
pub fn without(messages: &[Message]) -> Cow<'_, [Message]> {
    let holds = |message: &Message| message.role == "user" && message.text.contains(OPEN);
    if !messages.iter().any(holds) {
        return Cow::Borrowed(messages);
    }
    let plain = |message: &Message| {
        let mut message = message.clone();
        if holds(&message) {
            message.text = said(&message.text);
        }
        message
    };
    let plain = messages.iter().map(plain);
    Cow::Owned(
        plain
            .filter(|it| it.role != "user" || !it.text.is_empty())
            .collect(),
    )
}

/// A text without the reminders in it.
pub fn said(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(OPEN) {
        out.push_str(before);
        // One without an end reaches to the end.
        rest = after.split_once(CLOSE).map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_says_is_left() {
        let user = |text: &str| Message {
            role: "user".into(),
            text: text.into(),
        };
        let talk = [
            user("<system-reminder>\na\n</system-reminder>"),
            user("<system-reminder>a</system-reminder>\n\nSum these up\n\n<system-reminder>b"),
        ];
        assert_eq!(without(&talk).as_ref(), [user("Sum these up")]);
        let plain = [user("hi")];
        assert!(matches!(without(&plain), Cow::Borrowed(_)));
    }
}
