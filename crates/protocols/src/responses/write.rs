//! A completion, whole or chunk by chunk → the answer of the Responses protocol.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::{
    Failed, Opening, Own, TooLong,
    blocks::{Block, Blocks, Kind, Pen},
    delta::Delta,
    ids,
    names::{Names, Tool},
};

use super::{Form, refuse::failure};

/// Writes a whole answer; `completion` is the runtime's body.
pub fn whole(form: &Form, opening: &Opening, completion: &str, own: Own<'_>) -> String {
    let mut blocks = Blocks::new(form.thoughts);
    let mut items = Items::new(form.names.clone(), &opening.id);
    if let Some(delta) = Delta::parse(completion) {
        blocks.take(delta, &mut items);
    }
    blocks.end(&mut items);
    response(form, opening, &blocks, items.done, Some(own)).to_string()
}

/// Writes a stream. What is written gathers until it is taken.
#[derive(Debug)]
pub struct Writer {
    form: Form,
    opening: Opening,
    blocks: Blocks,
    items: Items,
    created: bool,
}

impl Writer {
    pub fn new(form: Form, opening: Opening) -> Writer {
        Writer {
            blocks: Blocks::new(form.thoughts),
            items: Items::new(form.names.clone(), &opening.id),
            form,
            opening,
            created: false,
        }
    }

    /// Takes a chunk of the chat stream, JSON. An answer of which there was more than is passed on has
    /// failed: nothing is cut in silence.
    pub fn chunk(&mut self, data: &str) -> Result<(), TooLong> {
        self.begin();
        if let Some(delta) = Delta::parse(data) {
            self.blocks.take(delta, &mut self.items);
        }
        match self.blocks.overflowed {
            true => Err(TooLong),
            false => Ok(()),
        }
    }

    /// Says that the answer is still on its way.
    pub fn alive(&mut self) {
        if self.created {
            self.progress("response.in_progress");
        } else {
            self.begin();
        }
    }

    /// The answer is whole.
    pub fn finish(&mut self, own: Own<'_>) {
        self.begin();
        self.blocks.end(&mut self.items);
        let items = std::mem::take(&mut self.items.done);
        let response = response(&self.form, &self.opening, &self.blocks, items, Some(own));
        let event = match response.get("status").and_then(Value::as_str) {
            Some("incomplete") => "response.incomplete",
            _ => "response.completed",
        };
        self.items.event(event, json!({"response": response}));
    }

    /// The answer broke off. Two events: the one is read by some clients, the other by the rest.
    pub fn fail(&mut self, failed: &Failed) {
        let failure = failure(failed);
        let (code, message) = (failure.stream_code, failure.message);
        let mut error = json!({
            "code": code,
            "message": message,
            "param": null,
            "error": {"type": failure.kind, "code": code, "message": message, "param": null},
        });
        if let (false, Some(error)) = (failed.detail.is_null(), error.as_object_mut()) {
            error.insert("detail".into(), failed.detail.clone());
        }
        self.items.event("error", error);
        if !self.created {
            return;
        }
        let items = std::mem::take(&mut self.items.done);
        let mut response = response(&self.form, &self.opening, &self.blocks, items, None);
        if let Value::Object(fields) = &mut response {
            fields.insert("status".into(), "failed".into());
            fields.insert("error".into(), json!({"code": code, "message": message}));
        }
        self.items
            .event("response.failed", json!({"response": response}));
    }

    /// What was written since the last time.
    pub fn written(&mut self) -> String {
        std::mem::take(&mut self.items.out)
    }

    fn begin(&mut self) {
        if !std::mem::replace(&mut self.created, true) {
            self.progress("response.created");
            self.progress("response.in_progress");
        }
    }

    fn progress(&mut self, event: &str) {
        let response = response(&self.form, &self.opening, &Blocks::new(false), vec![], None);
        self.items.event(event, json!({"response": response}));
    }
}

/// The response object; in progress where there is no end, whose field is `own`.
fn response(
    form: &Form,
    opening: &Opening,
    blocks: &Blocks,
    output: Vec<Value>,
    own: Option<Own<'_>>,
) -> Value {
    let cut = match blocks.finish.as_deref() {
        Some("length") => Some("max_output_tokens"),
        Some("content_filter") => Some("content_filter"),
        _ => None,
    };
    let status = match (own, cut) {
        (None, _) => "in_progress",
        (Some(_), None) => "completed",
        (Some(_), Some(_)) => "incomplete",
    };
    let seconds = |time: f64| time.max(0.0) as u64;
    // No clock is asked here: it was done when it began to be told.
    let completed_at = own
        .filter(|_| cut.is_none())
        .map(|_| seconds(opening.created));
    let incomplete = own.and(cut).map(|reason| json!({"reason": reason}));
    let usage = own.map(|_| {
        let tokens = blocks
            .tokens
            .counted(opening.input_tokens, blocks.bytes() as u64 / 4);
        json!({
            "input_tokens": tokens.input,
            "input_tokens_details": {"cached_tokens": tokens.cached, "cache_write_tokens": 0},
            "output_tokens": tokens.output,
            "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
            "total_tokens": tokens.total,
        })
    });
    let echo = |name: &str| form.echo.get(name).cloned().unwrap_or_default();
    let mut response = Map::new();
    let mut put = |name: &str, value: Value| {
        response.insert(name.to_owned(), value);
    };
    put("id", format!("resp_{}", ids::stem(&opening.id)).into());
    put("object", "response".into());
    put("created_at", seconds(opening.created).into());
    put("completed_at", completed_at.into());
    put("status", status.into());
    put("background", false.into());
    put("error", Value::Null);
    put("incomplete_details", incomplete.into());
    // Large, known to whoever sent them, and read by nobody.
    put("instructions", Value::Null);
    put("max_output_tokens", echo("max_output_tokens"));
    put("max_tool_calls", Value::Null);
    put("metadata", echo("metadata"));
    put("model", opening.model.as_str().into());
    put("output", output.into());
    put("parallel_tool_calls", echo("parallel_tool_calls"));
    put("presence_penalty", 0.into());
    put("frequency_penalty", 0.into());
    put("previous_response_id", Value::Null);
    put("prompt_cache_key", echo("prompt_cache_key"));
    put("reasoning", echo("reasoning"));
    put("safety_identifier", Value::Null);
    put("service_tier", "default".into());
    put("store", false.into());
    put("temperature", echo("temperature"));
    put("text", echo("text"));
    put("tool_choice", echo("tool_choice"));
    put("tools", json!([]));
    put("top_logprobs", 0.into());
    put("top_p", echo("top_p"));
    put("truncation", "disabled".into());
    put("usage", usage.into());
    put("user", Value::Null);
    if let Some(own) = own {
        put(own.name, own.value());
    }
    response.into()
}

/// Items of the output, and the events that tell of them.
#[derive(Debug)]
struct Items {
    names: Names,
    stem: String,
    sequence: u64,
    out: String,
    done: Vec<Value>,
    /// The item that is open.
    open: Item,
}

#[derive(Debug, Default)]
struct Item {
    id: String,
    call_id: String,
    tool: Option<Tool>,
}

impl Items {
    fn new(names: Names, request: &str) -> Items {
        Items {
            names,
            stem: ids::stem(request),
            sequence: 0,
            out: String::new(),
            done: vec![],
            open: Item::default(),
        }
    }

    fn event(&mut self, kind: &str, fields: Value) {
        self.head(kind);
        if let Value::Object(fields) = fields {
            for (name, value) in fields {
                let _ = write!(self.out, ",\"{name}\":{value}");
            }
        }
        self.out.push_str("}\n\n");
    }

    fn head(&mut self, kind: &str) {
        let sequence = self.sequence;
        self.sequence += 1;
        let _ = write!(
            self.out,
            "event: {kind}\ndata: {{\"type\":\"{kind}\",\"sequence_number\":{sequence}"
        );
    }

    /// The event of a piece: by far the most frequent, so written without a tree of values.
    fn delta(&mut self, kind: &str, at: usize, place: &str, text: &str, rest: &str) {
        self.head(kind);
        let text = Value::from(text);
        let _ = write!(
            self.out,
            ",\"item_id\":\"{}\",\"output_index\":{at}{place},\"delta\":{text}{rest}}}\n\n",
            self.open.id
        );
    }

    fn within(&mut self, kind: &str, at: usize, fields: Value) {
        let mut all = Map::new();
        all.insert("item_id".into(), self.open.id.as_str().into());
        all.insert("output_index".into(), at.into());
        if let Value::Object(fields) = fields {
            all.extend(fields);
        }
        self.event(kind, all.into());
    }

    /// The item at hand, with its text.
    fn item(&self, kind: &Kind, text: Option<&str>, status: &str) -> Value {
        let id = self.open.id.as_str();
        match (kind, &self.open.tool) {
            (Kind::Thought, _) => {
                let summary: Vec<Value> = text
                    .map(|text| json!({"type": "summary_text", "text": text}))
                    .into_iter()
                    .collect();
                json!({"id": id, "type": "reasoning", "summary": summary})
            }
            (Kind::Call { .. }, Some(tool)) => {
                let (kind, field) = match tool.custom {
                    true => ("custom_tool_call", "input"),
                    false => ("function_call", "arguments"),
                };
                let mut item = Map::new();
                item.insert("id".into(), id.into());
                item.insert("type".into(), kind.into());
                item.insert("status".into(), status.into());
                item.insert("call_id".into(), self.open.call_id.as_str().into());
                item.insert("name".into(), tool.name.as_str().into());
                if let Some(namespace) = &tool.namespace {
                    item.insert("namespace".into(), namespace.as_str().into());
                }
                item.insert(field.into(), text.unwrap_or_default().into());
                item.into()
            }
            _ => {
                let content: Vec<Value> = text.map(|text| part(kind, text)).into_iter().collect();
                json!({
                    "id": id,
                    "type": "message",
                    "status": status,
                    "role": "assistant",
                    "content": content,
                })
            }
        }
    }
}

impl Pen for Items {
    fn open(&mut self, at: usize, kind: &Kind) {
        let (prefix, tool) = match kind {
            Kind::Thought => ("rs", None),
            Kind::Text | Kind::Refusal => ("msg", None),
            Kind::Call { name, .. } => {
                let tool = self.names.tool(name);
                (if tool.custom { "ctc" } else { "fc" }, Some(tool))
            }
        };
        let call_id = match kind {
            Kind::Call { id, .. } if id.is_empty() => format!("call_{}_{at}", self.stem),
            Kind::Call { id, .. } => id.clone(),
            _ => String::new(),
        };
        self.open = Item {
            id: format!("{prefix}_{}{at:02x}", self.stem),
            call_id,
            tool,
        };
        let item = self.item(kind, None, "in_progress");
        let added = json!({"output_index": at, "item": item});
        self.event("response.output_item.added", added);
        match kind {
            Kind::Text | Kind::Refusal => {
                let fields = json!({"content_index": 0, "part": part(kind, "")});
                self.within("response.content_part.added", at, fields);
            }
            Kind::Thought => {
                let part = json!({"type": "summary_text", "text": ""});
                let fields = json!({"summary_index": 0, "part": part});
                self.within("response.reasoning_summary_part.added", at, fields);
            }
            Kind::Call { .. } => {}
        }
    }

    fn more(&mut self, at: usize, kind: &Kind, text: &str) {
        let content = ",\"content_index\":0";
        match kind {
            Kind::Text => {
                let logprobs = ",\"logprobs\":[]";
                self.delta("response.output_text.delta", at, content, text, logprobs);
            }
            Kind::Refusal => self.delta("response.refusal.delta", at, content, text, ""),
            Kind::Thought => {
                let summary = ",\"summary_index\":0";
                self.delta(
                    "response.reasoning_summary_text.delta",
                    at,
                    summary,
                    text,
                    "",
                );
            }
            // What stands inside a JSON string is told once it is known whole.
            Kind::Call { .. } if self.open.tool.as_ref().is_some_and(|it| it.custom) => {}
            Kind::Call { .. } => {
                self.delta("response.function_call_arguments.delta", at, "", text, "");
            }
        }
    }

    fn close(&mut self, at: usize, block: Block) {
        let Block { kind, text, cut } = block;
        let mut text = text;
        match &kind {
            Kind::Text => {
                let fields = json!({"content_index": 0, "text": text, "logprobs": []});
                self.within("response.output_text.done", at, fields);
            }
            Kind::Refusal => {
                let fields = json!({"content_index": 0, "refusal": text});
                self.within("response.refusal.done", at, fields);
            }
            Kind::Thought => {
                let fields = json!({"summary_index": 0, "text": text});
                self.within("response.reasoning_summary_text.done", at, fields);
                let part = json!({"type": "summary_text", "text": text});
                let fields = json!({"summary_index": 0, "part": part});
                self.within("response.reasoning_summary_part.done", at, fields);
            }
            Kind::Call { .. } => match self.open.tool.clone() {
                Some(tool) if tool.custom => {
                    text = input(text);
                    if !text.is_empty() {
                        self.delta("response.custom_tool_call_input.delta", at, "", &text, "");
                    }
                    let fields = json!({"input": text});
                    self.within("response.custom_tool_call_input.done", at, fields);
                }
                tool => {
                    let name = tool.map(|tool| tool.name);
                    let fields = json!({"name": name, "arguments": text});
                    self.within("response.function_call_arguments.done", at, fields);
                }
            },
        }
        if matches!(kind, Kind::Text | Kind::Refusal) {
            let fields = json!({"content_index": 0, "part": part(&kind, &text)});
            self.within("response.content_part.done", at, fields);
        }
        let status = if cut { "incomplete" } else { "completed" };
        let item = self.item(&kind, Some(&text), status);
        let done = json!({"output_index": at, "item": item});
        self.event("response.output_item.done", done);
        self.done.push(item);
    }
}

fn part(kind: &Kind, text: &str) -> Value {
    match kind {
        Kind::Refusal => json!({"type": "refusal", "refusal": text}),
        _ => json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []}),
    }
}

/// The text that a custom tool is called with.
fn input(arguments: String) -> String {
    let read = serde_json::from_str::<Value>(&arguments);
    match read.map(|mut it| it.get_mut("input").map(Value::take)) {
        Ok(Some(Value::String(input))) => input,
        _ => arguments,
    }
}
