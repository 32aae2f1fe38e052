//! Chat as the runtime speaks it: streams and whole answers for the surfaces to be written from.

use completion::{
    sse,
    sse::{Line, StreamReader},
};
use protocols::{Failed, Opening, Own, TooLong, messages, responses};
use serde_json::{Value, json};

pub fn opening() -> Opening {
    Opening {
        id: "req-1".into(),
        model: "routed".into(),
        created: 1_700_000_000.0,
        input_tokens: 42,
    }
}

/// A stream of these deltas; the last chunk ends it, usage follows.
pub fn stream(deltas: &[Value], finish: Option<&str>, usage: Option<Value>) -> String {
    let chunk =
        |choice: Value| json!({"id": "c", "object": "chat.completion.chunk", "choices": [choice]});
    let mut chunks: Vec<Value> = deltas
        .iter()
        .map(|delta| chunk(json!({"index": 0, "delta": delta, "finish_reason": null})))
        .collect();
    if let Some(finish) = finish {
        chunks.push(chunk(
            json!({"index": 0, "delta": {}, "finish_reason": finish}),
        ));
    }
    if let Some(usage) = usage {
        chunks.push(json!({"id": "c", "choices": [], "usage": usage}));
    }
    let events: String = chunks.iter().map(|it| format!("data: {it}\n\n")).collect();
    events + "data: [DONE]\n\n"
}

/// What is told besides.
pub const OWN: Own<'static> = Own {
    name: "own",
    json: r#"{"task":"open"}"#,
};

/// How a stream ends.
#[derive(Clone, Copy, PartialEq)]
pub enum Ends {
    Whole,
    Broken,
}

/// One event: its name and its data.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub name: String,
    pub data: Value,
}

/// Either surface's writer.
pub enum Writer {
    Responses(Box<responses::Writer>),
    Messages(Box<messages::Writer>),
}

impl Writer {
    pub fn responses(form: responses::Form) -> Writer {
        Writer::Responses(Box::new(responses::Writer::new(form, opening())))
    }

    pub fn messages(form: messages::Form) -> Writer {
        Writer::Messages(Box::new(messages::Writer::new(form, opening())))
    }

    fn chunk(&mut self, data: &str) -> Result<(), TooLong> {
        match self {
            Writer::Responses(it) => it.chunk(data),
            Writer::Messages(it) => it.chunk(data),
        }
    }

    /// Ends it, as whoever serves it does.
    fn end(&mut self, broke: Option<&str>) -> String {
        let failed = broke.map(|message| Failed {
            status: 502,
            code: "away".into(),
            message: message.into(),
            ..Failed::default()
        });
        match (&mut *self, &failed) {
            (Writer::Responses(it), Some(failed)) => it.fail(failed),
            (Writer::Messages(it), Some(failed)) => it.fail(failed),
            (Writer::Responses(it), None) => it.finish(OWN),
            (Writer::Messages(it), None) => it.finish(OWN),
        }
        match self {
            Writer::Responses(it) => it.written(),
            Writer::Messages(it) => it.written(),
        }
    }

    /// The events that a stream becomes, its bytes cut into pieces of this size.
    pub fn events(mut self, bytes: &str, piece: usize, ends: Ends) -> Vec<Event> {
        let mut reader = StreamReader::default();
        let mut broke = match ends {
            Ends::Broken => Some("could not be reached"),
            Ends::Whole => None,
        };
        for bytes in bytes.as_bytes().chunks(piece.max(1)) {
            reader.feed(bytes, |line, raw| {
                let said = matches!(line, Line::Chunk | Line::UsageOnly);
                if said && self.chunk(&sse::data(raw)).is_err() {
                    broke = Some("more than 8 MB");
                }
            });
        }
        events(&self.end(broke))
    }
}

/// Reads a stream of events as clients do.
pub fn events(text: &str) -> Vec<Event> {
    assert!(text.ends_with("\n\n"));
    text.split_terminator("\n\n")
        .map(|event| {
            let (name, data) = event.split_once('\n').expect("two lines");
            let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
            let name = name.strip_prefix("event: ").unwrap().to_owned();
            assert_eq!(data["type"], name.as_str());
            Event { name, data }
        })
        .collect()
}
