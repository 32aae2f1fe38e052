//! The turns of a conversation, on their way to chat messages.
//!
//! Its law: a call is followed by its result, in one `tool` message each, before anything else is
//! said; what an assistant says and calls in one turn is one message; and the beginning of a
//! conversation stays the same when it grows, or no cache of a model would know it again.

use serde_json::{Map, Value, json};

/// A conversation as it is read, turn by turn.
#[derive(Clone, Debug, Default)]
pub struct Turns {
    system: Vec<String>,
    turns: Vec<Turn>,
    /// What a system message in the middle says, where no turn is there to take it.
    notes: Vec<String>,
}

#[derive(Clone, Debug)]
enum Turn {
    User(Vec<Value>),
    Assistant {
        texts: Vec<String>,
        calls: Vec<Call>,
    },
    Results(Vec<ToolResult>),
}

#[derive(Clone, Debug)]
struct Call {
    id: String,
    name: String,
    arguments: String,
}

/// The result of a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToolResult {
    pub id: String,
    pub text: String,
    /// Pictures and files, as parts of a chat message.
    pub shown: Vec<Value>,
}

/// A part of text.
pub fn text_part(text: impl Into<String>) -> Value {
    json!({"type": "text", "text": text.into()})
}

impl Turns {
    /// A system message: in front of the conversation where it stands there; later at the end of
    /// the turn before it, wrapped. Strict templates know no system message in the middle, and
    /// one that is moved to the front makes the whole prompt new.
    pub fn system(&mut self, text: String) {
        if text.is_empty() {
            return;
        }
        if self.turns.is_empty() {
            self.system.push(text);
            return;
        }
        let note = format!("<system-reminder>\n{text}\n</system-reminder>");
        match self.turns.last_mut() {
            Some(Turn::User(parts)) => parts.push(text_part(note)),
            Some(Turn::Results(results)) => append(results, &note),
            _ => self.notes.push(note),
        }
    }

    /// What the user says, as parts of a chat message.
    pub fn user(&mut self, mut parts: Vec<Value>) {
        if parts.is_empty() {
            return;
        }
        let mut notes: Vec<Value> = self.notes.drain(..).map(text_part).collect();
        notes.append(&mut parts);
        self.turns.push(Turn::User(notes));
    }

    pub fn assistant(&mut self, text: String) {
        self.speaking(|texts, _| {
            if !text.is_empty() {
                texts.push(text);
            }
        });
    }

    pub fn call(&mut self, id: String, name: String, arguments: String) {
        self.speaking(|_, calls| {
            calls.push(Call {
                id,
                name,
                arguments,
            });
        });
    }

    pub fn result(&mut self, mut outcome: ToolResult) {
        for note in self.notes.drain(..) {
            attach(&mut outcome.text, &note);
        }
        match self.turns.last_mut() {
            Some(Turn::Results(results)) => results.push(outcome),
            _ => self.turns.push(Turn::Results(vec![outcome])),
        }
    }

    /// Adds to the last result, where results are the last there is.
    pub fn remind(&mut self, note: &str) -> bool {
        match self.turns.last_mut() {
            Some(Turn::Results(results)) => {
                append(results, note);
                true
            }
            _ => false,
        }
    }

    /// Is the assistant the last that spoke: then the answer is to go on from there.
    pub fn ends_with_the_assistant(&self) -> bool {
        matches!(self.turns.last(), Some(Turn::Assistant { calls, .. }) if calls.is_empty())
    }

    /// The chat messages; empty where nothing was said but by the system.
    pub fn messages(mut self) -> Vec<Value> {
        if !self.notes.is_empty() {
            let notes = self.notes.drain(..).map(text_part).collect();
            self.turns.push(Turn::User(notes));
        }
        let mut out = Vec::new();
        if !self.system.is_empty() {
            out.push(json!({"role": "system", "content": self.system.join("\n\n")}));
        }
        let front = out.len();
        let mut turns = self.turns.into_iter().peekable();
        while let Some(turn) = turns.next() {
            let (results, others) = match turn {
                Turn::Assistant { texts, calls } => {
                    let ids = calls.iter().map(|call| call.id.clone()).collect();
                    spoken(&mut out, texts, calls);
                    let mut answered = Answered {
                        open: ids,
                        ..Answered::default()
                    };
                    while let Some(next) = turns.next_if(|it| !matches!(it, Turn::Assistant { .. }))
                    {
                        answered.take(next);
                    }
                    answered.split()
                }
                other => {
                    let mut answered = Answered::default();
                    answered.take(other);
                    answered.split()
                }
            };
            out.extend(results);
            out.extend(others);
        }
        if out.len() == front {
            out.clear();
        }
        out
    }

    /// The assistant's turn at hand, or a new one.
    fn speaking(&mut self, say: impl FnOnce(&mut Vec<String>, &mut Vec<Call>)) {
        if !matches!(self.turns.last(), Some(Turn::Assistant { .. })) {
            self.turns.push(Turn::Assistant {
                texts: vec![],
                calls: vec![],
            });
        }
        if let Some(Turn::Assistant { texts, calls }) = self.turns.last_mut() {
            say(texts, calls);
        }
    }
}

/// What follows an assistant's turn, up to its next.
#[derive(Default)]
struct Answered {
    /// Calls without a result yet.
    open: Vec<String>,
    tools: Vec<Value>,
    shown: Vec<Value>,
    others: Vec<Value>,
}

impl Answered {
    fn take(&mut self, turn: Turn) {
        match turn {
            Turn::User(parts) => self.others.push(user(parts)),
            Turn::Results(results) => results.into_iter().for_each(|it| self.result(it)),
            Turn::Assistant { .. } => {}
        }
    }

    fn result(&mut self, ToolResult { id, text, shown }: ToolResult) {
        let called = self.open.iter().position(|open| *open == id);
        let text = match (text.is_empty(), shown.is_empty()) {
            (false, _) => text,
            (true, false) => "(an image, shown below)".into(),
            (true, true) => "(empty)".into(),
        };
        match called {
            Some(at) => {
                self.open.remove(at);
                self.tools
                    .push(json!({"role": "tool", "tool_call_id": id, "content": text}));
            }
            None => self.others.push(user(vec![text_part(format!(
                "Result of an earlier tool call: {text}"
            ))])),
        }
        if !shown.is_empty() {
            let head = format!("Images in the result of `{id}`:");
            self.shown.push(text_part(head));
            self.shown.extend(shown);
        }
    }

    /// The results, every call with one; then what is shown of them, and what else is said.
    fn split(mut self) -> (Vec<Value>, Vec<Value>) {
        for id in self.open {
            self.tools
                .push(json!({"role": "tool", "tool_call_id": id, "content": "(no result)"}));
        }
        if !self.shown.is_empty() {
            self.others.insert(0, user(self.shown));
        }
        (self.tools, self.others)
    }
}

fn append(results: &mut [ToolResult], note: &str) {
    if let Some(last) = results.last_mut() {
        attach(&mut last.text, note);
    }
}

fn attach(text: &mut String, note: &str) {
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(note);
}

/// A user's message: one text where all is text.
fn user(parts: Vec<Value>) -> Value {
    let text_of = |part: &Value| match part.get("type").and_then(Value::as_str) {
        Some("text") => part.get("text").and_then(Value::as_str).map(str::to_owned),
        _ => None,
    };
    let texts: Option<Vec<String>> = parts.iter().map(text_of).collect();
    let content = match texts {
        Some(texts) => Value::from(texts.join("\n\n")),
        None => Value::from(parts),
    };
    json!({"role": "user", "content": content})
}

fn spoken(out: &mut Vec<Value>, texts: Vec<String>, calls: Vec<Call>) {
    if texts.is_empty() && calls.is_empty() {
        return;
    }
    let mut message = Map::new();
    message.insert("role".into(), "assistant".into());
    let content = match texts.is_empty() {
        true => Value::Null,
        false => texts.join("\n\n").into(),
    };
    message.insert("content".into(), content);
    if !calls.is_empty() {
        let calls: Vec<Value> = calls
            .into_iter()
            .map(|Call { id, name, arguments }| {
                json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
            })
            .collect();
        message.insert("tool_calls".into(), calls.into());
    }
    out.push(message.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(id: &str, text: &str) -> ToolResult {
        ToolResult {
            id: id.into(),
            text: text.into(),
            shown: vec![],
        }
    }

    fn shape(turns: Turns) -> Vec<String> {
        turns
            .messages()
            .iter()
            .map(|message| {
                let content = message["content"].as_str().unwrap_or("-");
                let calls = message["tool_calls"].as_array().map_or(0, Vec::len);
                format!("{} {content} {calls}", message["role"].as_str().unwrap())
            })
            .collect()
    }

    #[test]
    fn every_call_has_its_result_before_anything_else_is_said() {
        let mut turns = Turns::default();
        turns.user(vec![text_part("go")]);
        turns.assistant("on it".into());
        turns.call("a".into(), "f".into(), "{}".into());
        turns.call("b".into(), "f".into(), "{}".into());
        turns.call("c".into(), "f".into(), "{}".into());
        turns.user(vec![text_part("hurry")]);
        turns.result(outcome("b", "2"));
        turns.result(outcome("a", ""));
        turns.result(outcome("x", "lost"));
        assert_eq!(
            shape(turns),
            [
                "user go 0",
                "assistant on it 3",
                "tool 2 0",
                "tool (empty) 0",
                "tool (no result) 0",
                "user hurry 0",
                "user Result of an earlier tool call: lost 0",
            ]
        );
    }

    #[test]
    fn a_system_message_in_the_middle_ends_the_turn_before_it() {
        let mut turns = Turns::default();
        turns.system("first".into());
        turns.system("second".into());
        turns.user(vec![text_part("go")]);
        turns.system("mind".into());
        turns.call("a".into(), "f".into(), "{}".into());
        turns.result(outcome("a", "1"));
        turns.system("now".into());
        turns.assistant("done".into());
        turns.system("late".into());
        turns.user(vec![text_part("more")]);
        let note = |text: &str| format!("<system-reminder>\n{text}\n</system-reminder>");
        assert_eq!(
            shape(turns),
            [
                "system first\n\nsecond 0".to_owned(),
                format!("user go\n\n{} 0", note("mind")),
                "assistant - 1".into(),
                format!("tool 1\n\n{} 0", note("now")),
                "assistant done 0".into(),
                format!("user {}\n\nmore 0", note("late")),
            ]
        );
    }

    #[test]
    fn pictures_of_results_follow_the_last_of_them() {
        let mut turns = Turns::default();
        turns.call("a".into(), "f".into(), "{}".into());
        turns.call("b".into(), "f".into(), "{}".into());
        turns.result(ToolResult {
            shown: vec![json!({"type": "image_url", "image_url": {"url": "data:,"}})],
            ..outcome("a", "")
        });
        turns.result(outcome("b", "2"));
        let messages = turns.messages();
        let roles: Vec<_> = messages.iter().map(|it| it["role"].as_str()).collect();
        assert_eq!(roles, ["assistant", "tool", "tool", "user"].map(Some));
        assert_eq!(messages[1]["content"], "(an image, shown below)");
        assert_eq!(
            messages[3]["content"][0]["text"],
            "Images in the result of `a`:"
        );
        assert_eq!(messages[3]["content"][1]["type"], "image_url");
    }

    #[test]
    fn nothing_said_is_no_conversation() {
        let mut turns = Turns::default();
        turns.system("x".into());
        turns.assistant(String::new());
        assert!(turns.messages().is_empty());
    }
}
