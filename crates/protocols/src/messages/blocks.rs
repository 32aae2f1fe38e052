//! Blocks of content → turns.

use std::collections::BTreeSet;

use chat::Wrong;
use serde_json::{Map, Value, json};

use crate::{
    json::{take, take_text, text},
    names::Names,
    turns::{ToolResult, Turns, text_part},
};

/// What the messages of a request are read into.
#[derive(Default)]
pub struct Reading {
    pub turns: Turns,
    pub names: Names,
    /// Tools that a result has named: they may be called from then on.
    pub loaded: BTreeSet<String>,
}

/// A block of the client's that says who pays: it changes with each call, and with it the
/// beginning of every prompt would.
const BILLING: &str = "x-anthropic-billing-header";

impl Reading {
    pub fn message(&mut self, message: Value, at: &str) -> Result<(), Wrong> {
        let Value::Object(mut message) = message else {
            return Err(bad(at.into(), "must be an object"));
        };
        let content = take(&mut message, "content").unwrap_or_default();
        let at_content = format!("{at}.content");
        match text(&message, "role") {
            Some("user") => self.user(content, &at_content),
            Some("assistant") => self.assistant(content, &at_content),
            Some("system") => {
                let text = system_text(content);
                self.turns.system(text);
                Ok(())
            }
            _ => Err(bad(
                format!("{at}.role"),
                "must be `user`, `assistant` or `system`",
            )),
        }
    }

    /// Results first, whatever stands before them: then what else is said. A reminder among
    /// results belongs to the last of them.
    fn user(&mut self, content: Value, at: &str) -> Result<(), Wrong> {
        let mut said = Vec::new();
        for (index, mut block) in blocks(content, at)?.into_iter().enumerate() {
            let at = format!("{at}.{index}");
            match text(&block, "type") {
                Some("tool_result") => {
                    let outcome = self.outcome(&mut block, &at)?;
                    self.turns.result(outcome);
                }
                _ => said.extend(shown(block, &at)?),
            }
        }
        said.retain(|part| !(is_reminder(part) && self.remind(part)));
        self.turns.user(said);
        Ok(())
    }

    fn remind(&mut self, part: &Value) -> bool {
        let note = part.get("text").and_then(Value::as_str);
        self.turns.remind(note.unwrap_or_default())
    }

    fn assistant(&mut self, content: Value, at: &str) -> Result<(), Wrong> {
        for (index, mut block) in blocks(content, at)?.into_iter().enumerate() {
            match text(&block, "type") {
                Some("tool_use") => {
                    let id = take_text(&mut block, "id").unwrap_or_default();
                    let name = take_text(&mut block, "name").unwrap_or_default();
                    let name = self.names.chat(None, &name, false);
                    let input = take(&mut block, "input").unwrap_or_else(|| json!({}));
                    self.turns.call(id, name, input.to_string());
                }
                _ => {
                    for part in shown(block, &format!("{at}.{index}"))? {
                        let text = part.get("text").and_then(Value::as_str);
                        self.turns.assistant(text.unwrap_or_default().into());
                    }
                }
            }
        }
        Ok(())
    }

    fn outcome(&mut self, block: &mut Map<String, Value>, at: &str) -> Result<ToolResult, Wrong> {
        let mut outcome = ToolResult {
            id: take_text(block, "tool_use_id").unwrap_or_default(),
            ..ToolResult::default()
        };
        let content = take(block, "content").unwrap_or_default();
        let mut texts = Vec::new();
        let at = format!("{at}.content");
        for (index, mut block) in blocks(content, &at)?.into_iter().enumerate() {
            if text(&block, "type") == Some("tool_reference") {
                let name = take_text(&mut block, "tool_name").unwrap_or_default();
                texts.push(format!("The tool {name} can be called now."));
                self.loaded.insert(name);
                continue;
            }
            for part in shown(block, &format!("{at}.{index}"))? {
                match part.get("text").and_then(Value::as_str) {
                    Some(text) => texts.push(text.to_owned()),
                    None => outcome.shown.push(part),
                }
            }
        }
        outcome.text = texts.join("\n");
        let failed = block.get("is_error") == Some(&Value::Bool(true));
        let begins = outcome.text.trim_start().to_lowercase();
        if failed && !begins.starts_with("error") && !begins.starts_with("<tool_use_error>") {
            outcome.text.insert_str(0, "Error: ");
        }
        Ok(outcome)
    }
}

/// The text of a system prompt: blocks joined, but for the one that says who pays.
pub fn system_text(content: Value) -> String {
    let Ok(blocks) = blocks(content, "system") else {
        return String::new();
    };
    let texts: Vec<String> = blocks
        .into_iter()
        .filter_map(|mut block| take_text(&mut block, "text"))
        .filter(|text| !text.is_empty() && !text.starts_with(BILLING))
        .collect();
    texts.join("\n\n")
}

/// A content as blocks: a text is one.
fn blocks(content: Value, at: &str) -> Result<Vec<Map<String, Value>>, Wrong> {
    let block = |value: Value| match value {
        Value::Object(block) => Some(block),
        Value::String(text) => match text_part(text) {
            Value::Object(block) => Some(block),
            _ => None,
        },
        _ => None,
    };
    match content {
        Value::Null => Ok(vec![]),
        Value::String(_) => Ok(block(content).into_iter().collect()),
        Value::Array(list) => list
            .into_iter()
            .enumerate()
            .map(|(index, value)| {
                block(value).ok_or_else(|| bad(format!("{at}.{index}"), "must be an object"))
            })
            .collect(),
        _ => Err(bad(at.into(), "must be a text or an array of blocks")),
    }
}

fn is_reminder(part: &Value) -> bool {
    let text = part.get("text").and_then(Value::as_str).unwrap_or_default();
    text.trim_start().starts_with("<system-reminder>")
}

/// What a block shows, as parts of a chat message: none where it is left out.
fn shown(mut block: Map<String, Value>, at: &str) -> Result<Vec<Value>, Wrong> {
    let kind = take_text(&mut block, "type").unwrap_or_default();
    match kind.as_str() {
        "text" => {
            let text = take_text(&mut block, "text").unwrap_or_default();
            Ok(match text.is_empty() {
                true => vec![],
                false => vec![text_part(text)],
            })
        }
        "image" => {
            let url = match source(&mut block) {
                Source::Inline { media, data } => format!("data:{media};base64,{data}"),
                Source::Url(url) => url,
                _ => return Err(bad(format!("{at}.source"), "must be base64 or a url")),
            };
            Ok(vec![
                json!({"type": "image_url", "image_url": {"url": url}}),
            ])
        }
        "document" => document(block, at),
        "search_result" => {
            let mut texts = Vec::new();
            texts.extend(take_text(&mut block, "title"));
            texts.extend(take_text(&mut block, "source"));
            let content = take(&mut block, "content").unwrap_or_default();
            texts.push(system_text(content));
            Ok(vec![text_part(texts.join("\n"))])
        }
        kind if is_passed_over(kind) => Ok(vec![]),
        _ => Err(bad(
            format!("{at}.type"),
            "is no type of block that can be read here",
        )),
    }
}

/// Thoughts of other models, and records of tools that Anthropic runs.
fn is_passed_over(kind: &str) -> bool {
    const PASSED_OVER: [&str; 8] = [
        "thinking",
        "redacted_thinking",
        "server_tool_use",
        "mcp_tool_use",
        "compaction",
        "fallback",
        "container_upload",
        "tool_reference",
    ];
    PASSED_OVER.contains(&kind) || (kind.ends_with("_tool_result") && kind != "tool_result")
}

enum Source {
    Inline { media: String, data: String },
    Text(String),
    Blocks(Value),
    Url(String),
    Elsewhere,
}

fn source(block: &mut Map<String, Value>) -> Source {
    let Some(Value::Object(mut source)) = take(block, "source") else {
        return Source::Elsewhere;
    };
    let kind = take_text(&mut source, "type").unwrap_or_default();
    let data = take_text(&mut source, "data");
    match (kind.as_str(), data) {
        ("base64", Some(data)) => Source::Inline {
            media: take_text(&mut source, "media_type").unwrap_or_default(),
            data,
        },
        ("text", Some(data)) => Source::Text(data),
        ("content", _) => Source::Blocks(take(&mut source, "content").unwrap_or_default()),
        ("url", _) => match take_text(&mut source, "url") {
            Some(url) => Source::Url(url),
            None => Source::Elsewhere,
        },
        _ => Source::Elsewhere,
    }
}

fn document(mut block: Map<String, Value>, at: &str) -> Result<Vec<Value>, Wrong> {
    let title = take_text(&mut block, "title");
    let titled = |text: String| match &title {
        Some(title) => text_part(format!("{title}\n\n{text}")),
        None => text_part(text),
    };
    match source(&mut block) {
        Source::Text(text) => Ok(vec![titled(text)]),
        Source::Blocks(content) => {
            let mut parts = Vec::new();
            parts.extend(title.clone().map(text_part));
            for block in blocks(content, at)? {
                // Within a document there are texts and images, and no documents.
                if text(&block, "type") != Some("document") {
                    parts.extend(shown(block, at)?);
                }
            }
            Ok(parts)
        }
        Source::Inline { media, data } => {
            let name = title.unwrap_or_else(|| "document.pdf".into());
            let data = format!("data:{media};base64,{data}");
            let file = json!({"filename": name, "file_data": data});
            Ok(vec![json!({"type": "file", "file": file})])
        }
        Source::Url(_) | Source::Elsewhere => Err(bad(
            format!("{at}.source"),
            "must hold the document itself: no files are kept or fetched here",
        )),
    }
}

fn bad(field: String, what: &str) -> Wrong {
    let message = format!("{field}: {what}");
    Wrong::new(Some(field), message)
}
