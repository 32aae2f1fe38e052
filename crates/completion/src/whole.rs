//! A whole answer of the runtime, read as far as it is graded and accounted for.

use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use chat::{
    Choice, ToolCall,
    json::{Answered, Lenient, RawObject, Text, is_json, quoted},
};

use crate::{Usage, error};

/// A completion: the runtime's own text, and what it says.
#[derive(Clone, Debug)]
pub struct Completion {
    pub choices: Vec<Choice>,
    /// Characters of thinking: no part of the answer, and output all the same.
    thought: u64,
    body: String,
    fields: RawObject,
}

#[derive(Deserialize, Default)]
pub(crate) struct RawChoice {
    #[serde(default)]
    pub index: Lenient<u32>,
    #[serde(default)]
    pub message: Lenient<RawMessage>,
    #[serde(default)]
    pub delta: Lenient<RawMessage>,
    #[serde(default)]
    pub finish_reason: Lenient<Text>,
    #[serde(default)]
    pub error: Option<Box<RawValue>>,
}

#[derive(Deserialize, Default)]
pub(crate) struct RawMessage {
    #[serde(default)]
    pub content: Answered,
    #[serde(default)]
    pub refusal: Lenient<Text>,
    /// Thinking, under any of its names; where several stand they say the same.
    #[serde(default)]
    pub reasoning_content: Lenient<Text>,
    #[serde(default)]
    pub reasoning: Lenient<Text>,
    #[serde(default)]
    thinking: Lenient<Text>,
    #[serde(default)]
    reasoning_text: Lenient<Text>,
    #[serde(default)]
    pub tool_calls: Lenient<Vec<RawToolCall>>,
    /// A call as it was written before there were several.
    #[serde(default)]
    pub function_call: Lenient<RawFunction>,
    #[serde(default)]
    audio: Lenient<Filled>,
    #[serde(default)]
    images: Lenient<Filled>,
    #[serde(default)]
    image: Lenient<Filled>,
    #[serde(default)]
    image_urls: Lenient<Filled>,
    #[serde(default)]
    video: Lenient<Filled>,
    #[serde(default)]
    files: Lenient<Filled>,
    #[serde(default)]
    attachments: Lenient<Filled>,
    #[serde(default)]
    annotations: Lenient<Filled>,
    /// Tools that the runtime ran itself.
    #[serde(default)]
    executed_tools: Lenient<Filled>,
}

/// An object or an array that holds something.
struct Filled;

impl<'de> Deserialize<'de> for Filled {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let inside = raw.strip_prefix(['{', '[']).unwrap_or_default();
        let empty = inside.trim_start().starts_with(['}', ']']) || inside.is_empty();
        if empty {
            Err(serde::de::Error::custom("nothing in it"))
        } else {
            Ok(Filled)
        }
    }
}

#[derive(Deserialize, Default)]
pub(crate) struct RawToolCall {
    #[serde(default)]
    pub index: Lenient<u32>,
    #[serde(default)]
    pub id: Lenient<Text>,
    #[serde(default)]
    pub function: Lenient<RawFunction>,
    #[serde(default)]
    pub custom: Lenient<RawCustom>,
    #[serde(default, rename = "type")]
    kind: Lenient<Text>,
}

/// A call of a tool that takes free text.
#[derive(Deserialize, Default)]
pub(crate) struct RawCustom {
    #[serde(default)]
    pub name: Lenient<Text>,
    #[serde(default)]
    pub input: Lenient<Text>,
}

#[derive(Deserialize, Default)]
pub(crate) struct RawFunction {
    #[serde(default)]
    pub name: Lenient<Text>,
    #[serde(default)]
    pub arguments: Lenient<Arguments>,
}

/// What a function is called with: JSON in a string, or, with some runtimes, the object itself.
pub(crate) struct Arguments(pub String);

impl<'de> Deserialize<'de> for Arguments {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        if raw.starts_with('{') {
            return Ok(Arguments(raw.to_owned()));
        }
        let text: Text = serde_json::from_str(raw).map_err(serde::de::Error::custom)?;
        Ok(Arguments(text.0))
    }
}

impl RawChoice {
    /// The error that stands in place of an answer, or of its end.
    pub fn fault(&self) -> Option<String> {
        let error = self.error.as_ref().map(|raw| raw.get());
        let ended = matches!(&self.finish_reason.0, Some(Text(reason)) if BROKE_OFF.contains(&reason.as_str()));
        match error.filter(|raw| *raw != "null") {
            Some(error) => Some(error.to_owned()),
            None => ended.then(|| r#"{"message":"the model ended with an error"}"#.to_owned()),
        }
    }
}

impl RawMessage {
    /// Bytes of thinking.
    pub fn thought(&self) -> usize {
        let of = |text: &Lenient<Text>| text.0.as_ref().map_or(0, |text| text.0.len());
        let named = [
            &self.reasoning_content,
            &self.reasoning,
            &self.thinking,
            &self.reasoning_text,
        ];
        let longest = named.into_iter().map(of).max().unwrap_or(0);
        longest.max(self.content.0.thought)
    }

    /// Why the model refused, whether in a field of its own or in a part of the content.
    pub fn take_refusal(&mut self) -> Option<String> {
        let own = self.refusal.0.take().map(|text| text.0);
        own.or_else(|| self.content.0.refusal.take())
    }

    /// Does it hold sound, pictures or files.
    pub fn has_media(&self) -> bool {
        let fields = [
            &self.audio,
            &self.images,
            &self.image,
            &self.image_urls,
            &self.video,
            &self.files,
            &self.attachments,
        ];
        self.content.0.media || fields.iter().any(|field| field.0.is_some())
    }

    /// Does it tell of what the runtime's own tools did or found.
    pub fn has_beside(&self) -> bool {
        self.annotations.0.is_some() || self.executed_tools.0.is_some() || self.content.0.calls
    }

    /// The calls of tools, written either way.
    pub fn all_calls(&mut self) -> Vec<RawToolCall> {
        let mut calls = self.tool_calls.0.take().unwrap_or_default();
        calls.extend(self.function_call.0.take().map(|function| RawToolCall {
            function: Lenient(Some(function)),
            ..RawToolCall::default()
        }));
        calls
    }
}

impl RawToolCall {
    /// Bytes of what the tool is given.
    pub fn size(&self) -> usize {
        let function = self
            .function
            .0
            .as_ref()
            .and_then(|it| it.arguments.0.as_ref());
        let custom = self.custom.0.as_ref().and_then(|it| it.input.0.as_ref());
        function.map_or(0, |it| it.0.len()) + custom.map_or(0, |it| it.0.len())
    }

    /// Its name, empty where it has none: of the parts of a streamed call only the first needs one.
    pub fn name(&self) -> &str {
        let function = self.function.0.as_ref().and_then(|it| it.name.0.as_ref());
        let custom = self.custom.0.as_ref().and_then(|it| it.name.0.as_ref());
        function.or(custom).map_or("", |Text(name)| name)
    }

    /// Is what it is called with whole by itself.
    pub fn is_whole(&self) -> bool {
        let function = self.function.0.as_ref();
        let arguments = function.and_then(|it| it.arguments.0.as_ref());
        arguments.is_some_and(|it| !it.0.is_empty() && is_json(&it.0))
    }
}

impl Completion {
    /// Reads the body of a 200. `Err` says what it is instead, without quoting it: nothing but an
    /// object with at least one choice and no error is an answer.
    pub fn parse(body: String) -> Result<Completion, &'static str> {
        if body.trim().is_empty() {
            return Err("an empty body");
        }
        let fields = RawObject::parse(&body).map_err(|_| "a body that is not a JSON object")?;
        if fields.get(&body, "error").is_some_and(|raw| raw != "null") {
            return Err("an error inside a 200");
        }
        let raw = fields.get(&body, "choices").unwrap_or("null");
        let items: Vec<&RawValue> =
            serde_json::from_str(raw).map_err(|_| "a body without choices")?;
        if items.is_empty() || items.iter().any(|item| !item.get().starts_with('{')) {
            return Err("a body without choices");
        }
        let choices: Vec<RawChoice> = items
            .iter()
            .map(|item| serde_json::from_str(item.get()).unwrap_or_default())
            .collect();
        if choices.iter().any(|choice| choice.fault().is_some()) {
            return Err("an error inside a choice");
        }
        let thought = choices
            .iter()
            .filter_map(|choice| choice.message.0.as_ref())
            .map(|message| message.thought() as u64)
            .sum();
        Ok(Completion {
            choices: choices.into_iter().map(Choice::from).collect(),
            thought,
            fields,
            body,
        })
    }

    /// Tokens as the runtime counted them.
    pub fn usage(&self) -> Usage {
        self.bill().map(Usage::parse).unwrap_or_default()
    }

    /// The model that answered, by the runtime's own word.
    pub fn model(&self) -> Option<String> {
        serde_json::from_str(self.fields.get(&self.body, "model")?).ok()
    }

    /// The runtime's usage as it wrote it.
    pub fn bill(&self) -> Option<&str> {
        let field = |name| serde_json::from_str(self.fields.get(&self.body, name)?).ok();
        Usage::find(field("usage"), field("x_groq"), field("choices")).map(RawValue::get)
    }

    /// What it says that it cost, beside its usage.
    pub fn cost(&self) -> Option<Value> {
        serde_json::from_str(self.fields.get(&self.body, "cost")?).ok()
    }

    /// The error in the body of a 200, as the runtime wrote it: in its place or in a choice.
    pub fn fault(body: &str) -> Option<Value> {
        let fields: Map<String, Value> = serde_json::from_str(body).ok()?;
        if error::is_error(&fields) {
            return error::unwrapped(Value::Object(fields));
        }
        let choices = fields.get("choices")?.as_array()?;
        let fault = choices.iter().find_map(|choice| {
            let choice: RawChoice = serde_json::from_value(choice.clone()).ok()?;
            choice.fault()
        })?;
        serde_json::from_str(&fault).ok()
    }

    /// Characters of all that was answered, thoughts too.
    pub fn characters(&self) -> u64 {
        let said: u64 = self.choices.iter().map(Choice::characters).sum();
        said + self.thought
    }

    /// The runtime's own text, JSON.
    pub fn body(&self) -> &str {
        &self.body
    }

    /// The same as a stream, for who asked for one: a chunk with all of it, its usage, the end.
    pub fn as_stream(&self) -> String {
        let chunk = |choices: &str, usage: Option<&str>| {
            let object = Some(r#""chat.completion.chunk""#);
            let changes = [
                ("choices", Some(choices)),
                ("object", object),
                ("usage", usage),
            ];
            let chunk = changed(&self.fields, &self.body, &changes);
            // Within JSON they stand between values only.
            format!("data: {}\n\n", chunk.replace(['\n', '\r'], " "))
        };
        let field = |name| self.fields.get(&self.body, name);
        let choices = each(field("choices").unwrap_or("[]"), |_, choice| {
            let message = get(choice, "message").unwrap_or("null".into());
            // In a stream, calls of tools are told apart by their numbers.
            let calls = get(&message, "tool_calls").map(|calls| {
                each(&calls, |index, call| {
                    with(call, &[("index", Some(&index.to_string()))])
                })
            });
            let delta = match calls {
                Some(calls) => with(&message, &[("tool_calls", Some(&calls))]),
                None => message,
            };
            with(choice, &[("message", None), ("delta", Some(&delta))])
        });
        let mut out = chunk(&choices, None);
        if let Some(usage) = field("usage").filter(|raw| raw.starts_with('{')) {
            out.push_str(&chunk("[]", Some(usage)));
        }
        out.push_str("data: [DONE]\n\n");
        out
    }

    /// The runtime's body, every field kept, with one more of that name at its end: `raw` is JSON.
    pub fn with(&self, name: &str, raw: &str) -> String {
        changed(&self.fields, &self.body, &[(name, Some(raw))])
    }
}

/// A field of an object, JSON.
fn get(object: &str, name: &str) -> Option<String> {
    let fields = RawObject::parse(object).ok()?;
    fields.get(object, name).map(str::to_owned)
}

/// An object with those fields in the place of its own; `None`: without them. What is none stays.
fn with(object: &str, changes: &[(&str, Option<&str>)]) -> String {
    match RawObject::parse(object) {
        Ok(fields) => changed(&fields, object, changes),
        Err(_) => object.to_owned(),
    }
}

fn changed(fields: &RawObject, text: &str, changes: &[(&str, Option<&str>)]) -> String {
    let kept = fields
        .iter(text)
        .filter(|(own, _)| changes.iter().all(|(name, _)| name != own));
    let new = changes
        .iter()
        .filter_map(|(name, raw)| Some((*name, (*raw)?)));
    let mut out = String::with_capacity(text.len() + 1_024);
    for (name, raw) in kept.chain(new) {
        out.push(if out.is_empty() { '{' } else { ',' });
        out.push_str(&quoted(name));
        out.push(':');
        out.push_str(raw);
    }
    out.push('}');
    out
}

/// A list with each of its items changed. What is none stays.
fn each(list: &str, change: impl Fn(usize, &str) -> String) -> String {
    let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(list) else {
        return list.to_owned();
    };
    let items = items.iter().enumerate();
    let items: Vec<String> = items.map(|(at, item)| change(at, item.get())).collect();
    format!("[{}]", items.join(","))
}

/// A reason to end in the words of OpenAI, whoever wrote it; one that says nothing is none.
pub fn finish_reason(reason: String) -> Option<String> {
    let lower = reason.to_ascii_lowercase();
    let word = match lower.strip_prefix("finish_reason_").unwrap_or(&lower) {
        "" | "null" | "none" => return None,
        "length"
        | "max_tokens"
        | "model_length"
        | "max_output_tokens"
        | "max_length"
        | "max_new_tokens"
        | "max_completion_tokens"
        | "max_tokens_reached"
        | "token_limit"
        | "length_limit"
        | "incomplete" => "length",
        "stop" | "eos" | "eos_token" | "end_turn" | "stop_sequence" | "stop_str" | "stop_token"
        | "stop_criteria_met" | "complete" | "completed" | "finished" | "done" | "end" => "stop",
        "tool_calls" | "tool_use" => "tool_calls",
        "content_filter"
        | "content_filtered"
        | "model_content_filter"
        | "safety"
        | "safety_filter"
        | "image_safety"
        | "prohibited_content"
        | "recitation"
        | "blocklist"
        | "blocked"
        | "spii"
        | "sensitive"
        | "moderation"
        | "guardrail_intervened"
        | "refusal" => "content_filter",
        _ => return Some(reason),
    };
    Some(word.to_owned())
}

/// Reasons that are none to end: the answer broke off.
const BROKE_OFF: [&str; 3] = ["error", "insufficient_system_resource", "abort"];

impl From<RawChoice> for Choice {
    fn from(raw: RawChoice) -> Choice {
        let mut message = raw.message.0.unwrap_or_default();
        let (media, beside) = (message.has_media(), message.has_beside());
        let calls = message.all_calls();
        Choice {
            refusal: message.take_refusal(),
            odd: message.content.0.odd,
            text: message.content.0.text,
            tool_calls: calls.into_iter().map(ToolCall::from).collect(),
            media,
            beside,
            finish_reason: raw.finish_reason.0.and_then(|text| finish_reason(text.0)),
        }
    }
}

impl From<RawToolCall> for ToolCall {
    fn from(raw: RawToolCall) -> ToolCall {
        let kind = raw.kind.0.map(|text| text.0).unwrap_or_default();
        let text = |it: Lenient<Text>| it.0.map(|text| text.0).unwrap_or_default();
        match (raw.custom.0, raw.function.0) {
            (Some(custom), None) => ToolCall {
                name: text(custom.name),
                arguments: text(custom.input),
                custom: true,
            },
            (_, function) => {
                // What the runtime runs itself stands there under a kind of its own.
                let custom = !matches!(kind.as_str(), "" | "function" | "function_call");
                let function = function.unwrap_or_default();
                ToolCall {
                    name: text(function.name),
                    arguments: function.arguments.0.map(|it| it.0).unwrap_or_default(),
                    custom,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
