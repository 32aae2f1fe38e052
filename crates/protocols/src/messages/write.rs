//! A completion, whole or chunk by chunk → the answer of the Messages protocol.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::{
    Failed, Opening, Own, TooLong,
    blocks::{Block, Blocks, Kind, Pen},
    delta::Delta,
    ids,
    names::Names,
};

use super::{Form, refuse::failure};

/// Writes a whole answer; `completion` is the runtime's body.
pub fn whole(form: &Form, opening: &Opening, completion: &str, own: Own<'_>) -> String {
    let mut blocks = Blocks::new(form.thoughts);
    let mut said: Vec<Block> = Vec::new();
    if let Some(delta) = Delta::parse(completion) {
        blocks.take(delta, &mut said);
    }
    blocks.end(&mut said);
    let stem = ids::stem(&opening.id);
    let called = said.iter().any(|it| matches!(it.kind, Kind::Call { .. }));
    let content: Vec<Value> = said
        .into_iter()
        .enumerate()
        .map(|(at, block)| self::block(block, at, &form.names, &stem))
        .collect();
    let (reason, sequence) = stop(form, &blocks, called);
    json!({
        "id": format!("msg_{stem}"),
        "type": "message",
        "role": "assistant",
        "model": opening.model,
        "content": content,
        "stop_reason": reason,
        "stop_sequence": sequence,
        "usage": usage(opening, &blocks),
        own.name: own.value(),
    })
    .to_string()
}

/// Writes a stream. What is written gathers until it is taken.
#[derive(Debug)]
pub struct Writer {
    form: Form,
    opening: Opening,
    blocks: Blocks,
    events: Events,
    started: bool,
}

impl Writer {
    pub fn new(form: Form, opening: Opening) -> Writer {
        Writer {
            blocks: Blocks::new(form.thoughts),
            events: Events {
                names: form.names.clone(),
                stem: ids::stem(&opening.id),
                out: String::new(),
                called: false,
            },
            form,
            opening,
            started: false,
        }
    }

    /// Takes a chunk of the chat stream, JSON. An answer of which there was more than is passed on has
    /// failed: nothing is cut in silence.
    pub fn chunk(&mut self, data: &str) -> Result<(), TooLong> {
        self.start();
        if let Some(delta) = Delta::parse(data) {
            self.blocks.take(delta, &mut self.events);
        }
        match self.blocks.overflowed {
            true => Err(TooLong),
            false => Ok(()),
        }
    }

    /// Says that the answer is still on its way.
    pub fn alive(&mut self) {
        self.start();
        self.events.event("ping", json!({}));
    }

    /// The answer is whole.
    pub fn finish(&mut self, own: Own<'_>) {
        self.start();
        self.blocks.end(&mut self.events);
        let (reason, sequence) = stop(&self.form, &self.blocks, self.events.called);
        let delta = json!({
            "delta": {"stop_reason": reason, "stop_sequence": sequence},
            "usage": usage(&self.opening, &self.blocks),
        });
        self.events.event("message_delta", delta);
        self.events
            .event("message_stop", json!({own.name: own.value()}));
    }

    /// The answer broke off. No `message_stop` follows: by that alone the end is known.
    pub fn fail(&mut self, failed: &Failed) {
        let failure = failure(failed);
        let mut error = json!({
            "error": {"type": failure.kind, "message": failure.message},
            "request_id": self.opening.id,
        });
        if let (false, Some(error)) = (failed.detail.is_null(), error.as_object_mut()) {
            error.insert("detail".into(), failed.detail.clone());
        }
        self.events.event("error", error);
    }

    /// What was written since the last time.
    pub fn written(&mut self) -> String {
        std::mem::take(&mut self.events.out)
    }

    fn start(&mut self) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        let message = json!({
            "id": format!("msg_{}", self.events.stem),
            "type": "message",
            "role": "assistant",
            "model": self.opening.model,
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
            "usage": {
                "input_tokens": self.opening.input_tokens.max(1),
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "output_tokens": 1,
            },
        });
        self.events
            .event("message_start", json!({"message": message}));
    }
}

/// Why it stopped. Whatever the runtime calls it: where there are calls, it is them.
fn stop(form: &Form, blocks: &Blocks, called: bool) -> (&'static str, Option<String>) {
    let sequence = blocks
        .stop
        .as_ref()
        .filter(|stop| form.stops.contains(stop));
    match (blocks.finish.as_deref(), sequence) {
        (Some("length"), _) => ("max_tokens", None),
        (Some("content_filter"), _) => ("refusal", None),
        _ if called => ("tool_use", None),
        (Some("stop"), Some(sequence)) => ("stop_sequence", Some(sequence.clone())),
        _ => ("end_turn", None),
    }
}

fn usage(opening: &Opening, blocks: &Blocks) -> Value {
    let tokens = blocks
        .tokens
        .counted(opening.input_tokens, blocks.bytes() as u64 / 4);
    json!({
        "input_tokens": tokens.input - tokens.cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": tokens.cached,
        "output_tokens": tokens.output,
    })
}

/// The id of a call, in the letters that clients take.
fn call_id(id: &str, at: usize, stem: &str) -> String {
    if id.is_empty() {
        return format!("toolu_{stem}_{at}");
    }
    id.chars()
        .map(|it| match it {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => it,
            _ => '_',
        })
        .collect()
}

fn block(block: Block, at: usize, names: &Names, stem: &str) -> Value {
    let Block { kind, text, .. } = block;
    match kind {
        Kind::Thought => json!({"type": "thinking", "thinking": text, "signature": ""}),
        // The model's own words, also where it declines: clients throw a refusal's text away.
        Kind::Text | Kind::Refusal => json!({"type": "text", "text": text}),
        Kind::Call { id, name } => {
            let input = match serde_json::from_str::<Value>(&text) {
                Ok(input @ Value::Object(_)) => input,
                _ => json!({"_raw": text}),
            };
            let (id, name) = (call_id(&id, at, stem), names.tool(&name).name);
            json!({"type": "tool_use", "id": id, "name": name, "input": input})
        }
    }
}

/// The events that tell of blocks.
#[derive(Debug)]
struct Events {
    names: Names,
    stem: String,
    out: String,
    called: bool,
}

impl Events {
    fn event(&mut self, kind: &str, fields: Value) {
        let _ = write!(self.out, "event: {kind}\ndata: {{\"type\":\"{kind}\"");
        if let Value::Object(fields) = fields {
            for (name, value) in fields {
                let _ = write!(self.out, ",\"{name}\":{value}");
            }
        }
        self.out.push_str("}\n\n");
    }
}

impl Pen for Events {
    fn open(&mut self, at: usize, kind: &Kind) {
        let block = match kind {
            Kind::Thought => json!({"type": "thinking", "thinking": "", "signature": ""}),
            Kind::Text | Kind::Refusal => json!({"type": "text", "text": ""}),
            Kind::Call { id, name } => {
                self.called = true;
                let (id, name) = (call_id(id, at, &self.stem), self.names.tool(name).name);
                json!({"type": "tool_use", "id": id, "name": name, "input": {}})
            }
        };
        let start = json!({"index": at, "content_block": block});
        self.event("content_block_start", start);
    }

    /// By far the most frequent event, so written without a tree of values.
    fn more(&mut self, at: usize, kind: &Kind, text: &str) {
        let (delta, field) = match kind {
            Kind::Thought => ("thinking_delta", "thinking"),
            Kind::Text | Kind::Refusal => ("text_delta", "text"),
            Kind::Call { .. } => ("input_json_delta", "partial_json"),
        };
        let text = Value::from(text);
        let _ = write!(
            self.out,
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":{at},\
             \"delta\":{{\"type\":\"{delta}\",\"{field}\":{text}}}}}\n\n"
        );
    }

    fn close(&mut self, at: usize, _: Block) {
        self.event("content_block_stop", json!({"index": at}));
    }
}
