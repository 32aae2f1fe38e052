//! A chunk of a chat stream, or the message of a whole completion, as pieces of what is said.
//!
//! Everything is read leniently: of whatever type a field may be, what cannot be read says
//! nothing.

use serde::Deserialize;
use serde_json::value::RawValue;

use chat::json::{Lenient, Text};
use completion::{Usage, finish_reason};

/// What one chunk says of the answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delta {
    /// In order, as far as chat has one: thoughts, text, refusal, calls.
    pub pieces: Vec<Piece>,
    pub finish: Option<String>,
    /// The sequence that it stopped at, where the runtime tells.
    pub stop: Option<String>,
    pub tokens: Usage,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    Thought(String),
    Text(String),
    Refusal(String),
    Call(CallPiece),
}

/// A piece of a call: of a streamed one, often only its first has a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallPiece {
    pub index: Option<u32>,
    pub id: String,
    pub name: String,
    pub arguments: String,
}

#[derive(Deserialize, Default)]
struct RawChunk<'a> {
    #[serde(borrow, default)]
    choices: Option<&'a RawValue>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    x_groq: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
struct RawChoice<'a> {
    #[serde(default)]
    index: Lenient<u32>,
    #[serde(borrow, default)]
    delta: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
    #[serde(default)]
    finish_reason: Lenient<Text>,
    #[serde(default)]
    stop_reason: Lenient<Text>,
}

#[derive(Deserialize, Default)]
struct RawMessage<'a> {
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(default)]
    reasoning_content: Lenient<Text>,
    #[serde(default)]
    reasoning: Lenient<Text>,
    #[serde(default)]
    refusal: Lenient<Text>,
    #[serde(borrow, default)]
    tool_calls: Option<&'a RawValue>,
    /// A call as it was written before there were several.
    #[serde(default)]
    function_call: Lenient<RawFunction>,
}

#[derive(Deserialize, Default)]
struct RawCall {
    #[serde(default)]
    index: Lenient<u32>,
    #[serde(default)]
    id: Lenient<Text>,
    #[serde(default)]
    function: Lenient<RawFunction>,
}

#[derive(Deserialize, Default)]
struct RawFunction {
    #[serde(default)]
    name: Lenient<Text>,
    #[serde(default)]
    arguments: Option<Box<RawValue>>,
}

#[derive(Deserialize, Default)]
struct RawPart<'a> {
    #[serde(default)]
    text: Lenient<Text>,
    #[serde(borrow, default)]
    thinking: Option<&'a RawValue>,
}

impl Delta {
    /// Reads a chunk or a completion, JSON; `None` where it is neither. Of several choices the
    /// first is read: these protocols know no alternatives.
    pub fn parse(text: &str) -> Option<Delta> {
        let chunk: RawChunk<'_> = serde_json::from_str(text).ok()?;
        let mut delta = Delta::default();
        if let Some(usage) = Usage::find(chunk.usage, chunk.x_groq, chunk.choices) {
            delta.tokens = Usage::parse(usage.get());
        }
        let choices: Vec<&RawValue> = list(chunk.choices);
        let choice = choices
            .into_iter()
            .filter_map(|raw| serde_json::from_str::<RawChoice<'_>>(raw.get()).ok())
            .find(|choice| choice.index.0.unwrap_or(0) == 0);
        let Some(choice) = choice else {
            return Some(delta);
        };
        delta.finish = plain(choice.finish_reason).and_then(finish_reason);
        delta.stop = plain(choice.stop_reason);
        if let Some(raw) = choice.delta.or(choice.message) {
            let message: RawMessage<'_> = serde_json::from_str(raw.get()).unwrap_or_default();
            delta.read(message);
        }
        if choice.delta.is_none() {
            delta.number();
        }
        Some(delta)
    }

    fn read(&mut self, message: RawMessage<'_>) {
        let thought = plain(message.reasoning_content).or(plain(message.reasoning));
        self.pieces.extend(thought.map(Piece::Thought));
        if let Some(content) = message.content {
            self.content(content.get());
        }
        self.pieces
            .extend(plain(message.refusal).map(Piece::Refusal));
        for raw in list(message.tool_calls) {
            let call: RawCall = serde_json::from_str(raw.get()).unwrap_or_default();
            let function = call.function.0.unwrap_or_default();
            self.call(call.index.0, plain(call.id).unwrap_or_default(), function);
        }
        if let Some(function) = message.function_call.0 {
            self.call(None, String::new(), function);
        }
    }

    /// In a whole message every call stands for itself.
    fn number(&mut self) {
        let mut next = 0;
        for piece in &mut self.pieces {
            if let Piece::Call(call) = piece {
                call.index = Some(next);
                next += 1;
            }
        }
    }

    /// A text, or parts: texts and thoughts.
    fn content(&mut self, raw: &str) {
        if raw.starts_with('"') {
            let text = serde_json::from_str(raw).ok().and_then(non_empty);
            self.pieces.extend(text.map(Piece::Text));
            return;
        }
        // One part may stand by itself.
        let parts: Vec<&RawValue> = match raw.starts_with('[') {
            true => serde_json::from_str(raw).unwrap_or_default(),
            false => serde_json::from_str(raw).into_iter().collect(),
        };
        for part in parts {
            if part.get().starts_with('"') {
                self.content(part.get());
                continue;
            }
            let part: RawPart<'_> = serde_json::from_str(part.get()).unwrap_or_default();
            if let Some(thinking) = part.thinking {
                let thoughts = std::mem::take(&mut self.pieces);
                self.content(thinking.get());
                let said = std::mem::replace(&mut self.pieces, thoughts);
                self.pieces
                    .extend(said.into_iter().map(|piece| match piece {
                        Piece::Text(text) => Piece::Thought(text),
                        other => other,
                    }));
            }
            self.pieces.extend(plain(part.text).map(Piece::Text));
        }
    }

    fn call(&mut self, index: Option<u32>, id: String, function: RawFunction) {
        let call = CallPiece {
            index,
            id,
            name: plain(function.name).unwrap_or_default(),
            arguments: function
                .arguments
                .as_deref()
                .map(arguments)
                .unwrap_or_default(),
        };
        if call != CallPiece::default() {
            self.pieces.push(Piece::Call(call));
        }
    }
}

/// Arguments are text; some runtimes send the object itself.
fn arguments(raw: &RawValue) -> String {
    match serde_json::from_str::<Text>(raw.get()) {
        Ok(Text(text)) => text,
        Err(_) if raw.get() == "null" => String::new(),
        Err(_) => raw.get().to_owned(),
    }
}

fn list(raw: Option<&RawValue>) -> Vec<&RawValue> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default()
}

fn plain(text: Lenient<Text>) -> Option<String> {
    text.0.and_then(non_empty)
}

fn non_empty(Text(text): Text) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(delta: &str) -> Vec<Piece> {
        let chunk = format!(r#"{{"choices":[{{"index":0,"delta":{delta}}}]}}"#);
        Delta::parse(&chunk).unwrap().pieces
    }

    #[test]
    fn an_empty_list_of_calls_beside_content_is_no_call() {
        assert_eq!(
            pieces(r#"{"content":"a","tool_calls":[]}"#),
            [Piece::Text("a".into())]
        );
    }

    #[test]
    fn thoughts_are_read_wherever_they_stand() {
        for delta in [
            r#"{"reasoning_content":"t","reasoning":"t"}"#,
            r#"{"reasoning":"t"}"#,
            r#"{"content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}]}]}"#,
            r#"{"content":[{"type":"thinking","thinking":"t"}]}"#,
        ] {
            assert_eq!(pieces(delta), [Piece::Thought("t".into())], "{delta}");
        }
    }

    #[test]
    fn fields_of_any_type_are_read_without_error() {
        for delta in [
            "null",
            "7",
            "[]",
            r#"{"content":7,"tool_calls":{},"refusal":[]}"#,
            r#"{"tool_calls":[null,7,{"function":9}],"function_call":"x"}"#,
            r#"{"content":[null,7,{"text":[]},{"thinking":{}}]}"#,
        ] {
            assert_eq!(pieces(delta), [], "{delta}");
        }
        assert_eq!(Delta::parse("{"), None);
        assert_eq!(Delta::parse("{}"), Some(Delta::default()));
    }

    #[test]
    fn arguments_may_be_an_object() {
        let call = |raw: &str| match pieces(&format!(
            r#"{{"tool_calls":[{{"function":{{"name":"f","arguments":{raw}}}}}]}}"#
        ))
        .pop()
        {
            Some(Piece::Call(call)) => call.arguments,
            other => panic!("{other:?}"),
        };
        assert_eq!(call(r#"{"a":1}"#), r#"{"a":1}"#);
        assert_eq!(call(r#""{\"a\":1}""#), r#"{"a":1}"#);
        assert_eq!(call("null"), "");
    }
}
