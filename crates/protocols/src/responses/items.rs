//! Items of `input` → turns.

use chat::Wrong;
use serde_json::{Map, Value, json};

use crate::{
    json::{take, take_text, text},
    names::Names,
    turns::{ToolResult, Turns, text_part},
};

use super::tools::Tools;

/// What the items of a request are read into.
#[derive(Default)]
pub struct Reading {
    pub turns: Turns,
    pub tools: Tools,
    pub names: Names,
    pub dropped: Vec<String>,
}

impl Reading {
    pub fn items(&mut self, items: Vec<Value>, field: &str) -> Result<(), Wrong> {
        for (index, item) in items.into_iter().enumerate() {
            let at = format!("{field}[{index}]");
            match item {
                Value::Object(item) => self.item(item, &at)?,
                Value::String(text) => self.turns.user(vec![text_part(text)]),
                _ => {
                    let message = format!("`{at}` must be an object");
                    return Err(Wrong::new(Some(at), message));
                }
            }
        }
        Ok(())
    }

    fn item(&mut self, mut item: Map<String, Value>, at: &str) -> Result<(), Wrong> {
        let kind = match text(&item, "type") {
            Some(kind) => kind.to_owned(),
            None if item.contains_key("role") => "message".into(),
            None => String::new(),
        };
        match kind.as_str() {
            "message" => self.message(item, at)?,
            "function_call" => {
                let arguments = match take(&mut item, "arguments") {
                    Some(Value::String(text)) if !text.trim().is_empty() => text,
                    Some(object @ Value::Object(_)) => object.to_string(),
                    _ => "{}".into(),
                };
                self.call(item, arguments, false);
            }
            "custom_tool_call" => {
                let input = take_text(&mut item, "input").unwrap_or_default();
                self.call(item, json!({"input": input}).to_string(), true);
            }
            "function_call_output" | "custom_tool_call_output" => {
                let output = take(&mut item, "output");
                let id = call_id(&mut item);
                let at = format!("{at}.output");
                let outcome = outcome(id, output, &at)?;
                self.turns.result(outcome);
            }
            "additional_tools" => {
                if let Some(tools) = take(&mut item, "tools") {
                    let at = format!("{at}.tools");
                    self.tools.add(tools, &at, &mut self.names)?;
                }
            }
            "reasoning" | "compaction_trigger" => {}
            "item_reference" => return reference(&item, at),
            hosted if is_hosted(hosted) => {
                if !self.dropped.iter().any(|it| it == hosted) {
                    self.dropped.push(hosted.into());
                }
            }
            _ => {
                let field = format!("{at}.type");
                let message = format!("`{field}` is no type of item that can be read here");
                return Err(Wrong::new(Some(field), message));
            }
        }
        Ok(())
    }

    fn call(&mut self, mut item: Map<String, Value>, arguments: String, custom: bool) {
        let name = take_text(&mut item, "name").unwrap_or_default();
        let namespace = take_text(&mut item, "namespace");
        let name = self.names.chat(namespace.as_deref(), &name, custom);
        self.turns.call(call_id(&mut item), name, arguments);
    }

    fn message(&mut self, mut item: Map<String, Value>, at: &str) -> Result<(), Wrong> {
        let content = take(&mut item, "content").unwrap_or_default();
        let at_content = format!("{at}.content");
        match text(&item, "role") {
            Some("user") => {
                let parts = parts(content, &at_content)?;
                self.turns.user(parts);
            }
            Some("assistant") => self.turns.assistant(words(content)),
            Some("system" | "developer") => self.turns.system(words(content)),
            _ => {
                let field = format!("{at}.role");
                let message =
                    format!("`{field}` must be `user`, `assistant`, `system` or `developer`");
                return Err(Wrong::new(Some(field), message));
            }
        }
        Ok(())
    }
}

fn call_id(item: &mut Map<String, Value>) -> String {
    take_text(item, "call_id")
        .or_else(|| take_text(item, "id"))
        .unwrap_or_default()
}

/// Records of tools that were run by another service.
fn is_hosted(kind: &str) -> bool {
    const HOSTED: [&str; 10] = [
        "web_search_call",
        "file_search_call",
        "code_interpreter_call",
        "image_generation_call",
        "mcp_",
        "computer_call",
        "tool_search_",
        "local_shell_call",
        "shell_call",
        "program",
    ];
    HOSTED.iter().any(|name| kind.starts_with(name))
}

/// Nothing is kept here that could be referred to. A reference to reasoning loses nothing.
fn reference(item: &Map<String, Value>, at: &str) -> Result<(), Wrong> {
    if text(item, "id").is_some_and(|id| id.starts_with("rs_")) {
        return Ok(());
    }
    Err(Wrong {
        code: Some("item_not_found"),
        field: Some(at.into()),
        message: format!(
            "`{at}` refers to an item of an earlier answer, and no answers are kept here: send \
             the whole conversation (AI SDK: `providerOptions.openai.store = false`, or \
             `openai.chat('auto')`)"
        ),
    })
}

/// The text of a content, whatever its parts are called.
fn words(content: Value) -> String {
    match content {
        Value::String(text) => text,
        Value::Array(parts) => {
            let texts: Vec<String> = parts
                .into_iter()
                .filter_map(|part| match part {
                    Value::String(text) => Some(text),
                    Value::Object(mut part) => {
                        take_text(&mut part, "text").or_else(|| take_text(&mut part, "refusal"))
                    }
                    _ => None,
                })
                .filter(|text| !text.is_empty())
                .collect();
            texts.join("\n\n")
        }
        _ => String::new(),
    }
}

/// The parts of what a user says, as chat has them.
fn parts(content: Value, at: &str) -> Result<Vec<Value>, Wrong> {
    let list = match content {
        Value::String(text) => vec![text_part(text)],
        Value::Array(list) => list
            .into_iter()
            .enumerate()
            .map(|(index, part)| self::part(part, &format!("{at}[{index}]")))
            .collect::<Result<_, _>>()?,
        Value::Null => vec![],
        _ => {
            let message = format!("`{at}` must be a string or an array of parts");
            return Err(Wrong::new(Some(at.into()), message));
        }
    };
    Ok(list
        .into_iter()
        .filter(|part| part.get("text").is_none_or(|text| text != ""))
        .collect())
}

fn part(part: Value, at: &str) -> Result<Value, Wrong> {
    let mut part = match part {
        Value::Object(part) => part,
        Value::String(text) => return Ok(text_part(text)),
        _ => {
            let message = format!("`{at}` must be an object");
            return Err(Wrong::new(Some(at.into()), message));
        }
    };
    let kind = take_text(&mut part, "type").unwrap_or_default();
    match kind.as_str() {
        "input_text" | "output_text" | "text" | "summary_text" => {
            Ok(text_part(take_text(&mut part, "text").unwrap_or_default()))
        }
        "refusal" => Ok(text_part(
            take_text(&mut part, "refusal").unwrap_or_default(),
        )),
        "input_image" | "image_url" => {
            let url = match take(&mut part, "image_url") {
                Some(Value::String(url)) => url,
                Some(Value::Object(mut image)) => {
                    take_text(&mut image, "url").ok_or_else(|| unkept(at, "image_url"))?
                }
                _ => return Err(unkept(at, "image_url")),
            };
            let mut image = Map::new();
            image.insert("url".into(), url.into());
            if let Some(detail) = take_text(&mut part, "detail").filter(|it| it != "auto") {
                image.insert("detail".into(), detail.into());
            }
            Ok(json!({"type": "image_url", "image_url": image}))
        }
        "input_file" | "file" => {
            if let Some(nested @ Value::Object(_)) = take(&mut part, "file") {
                return Ok(json!({"type": "file", "file": nested}));
            }
            let data = take_text(&mut part, "file_data").ok_or_else(|| unkept(at, "file_data"))?;
            let mut file = Map::new();
            if let Some(name) = take_text(&mut part, "filename") {
                file.insert("filename".into(), name.into());
            }
            file.insert("file_data".into(), data.into());
            Ok(json!({"type": "file", "file": file}))
        }
        "input_audio" => {
            part.insert("type".into(), "input_audio".into());
            Ok(part.into())
        }
        _ => {
            let field = format!("{at}.type");
            let message = format!("`{field}` is no type of part that can be read here");
            Err(Wrong::new(Some(field), message))
        }
    }
}

/// A picture or file that is not in the request itself.
fn unkept(at: &str, field: &str) -> Wrong {
    let message = format!("`{at}` must hold its content in `{field}`: no files are kept here");
    Wrong::new(Some(at.into()), message)
}

/// A result: text, or parts of which text is told and the rest is shown.
fn outcome(id: String, output: Option<Value>, at: &str) -> Result<ToolResult, Wrong> {
    let mut outcome = ToolResult {
        id,
        ..ToolResult::default()
    };
    match output {
        None => {}
        Some(Value::String(text)) => outcome.text = text,
        Some(list @ Value::Array(_)) => {
            let mut texts = Vec::new();
            for part in parts(list, at)? {
                match part.get("text").and_then(Value::as_str) {
                    Some(text) => texts.push(text.to_owned()),
                    None => outcome.shown.push(part),
                }
            }
            outcome.text = texts.join("\n");
        }
        Some(other) => outcome.text = other.to_string(),
    }
    Ok(outcome)
}
