//! What object does the prompt show: a schema, or a form to be filled in.

use serde_json::Value;
use text::fence;

use crate::structured::extract;

/// The JSON object that the prompt shows as the form of the answer: the last one in a fence or
/// in the text, provided the prompt speaks of a schema, a form or a template.
pub fn given_object(text: &str, words: &[String]) -> Option<Value> {
    let about = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
    let fenced: Vec<Value> = fence::blocks(text)
        .into_iter()
        .filter(|block| block.tag.is_empty() || block.tag.eq_ignore_ascii_case("json"))
        .filter_map(|block| extract::json(block.body.trim()))
        .filter(Value::is_object)
        .collect();
    let candidates = if fenced.is_empty() {
        let mut found: Vec<Value> = text
            .lines()
            .rev()
            .take(200)
            .filter_map(line_object)
            .collect();
        found.extend(extract::longest_span(text).and_then(extract::json));
        found.retain(Value::is_object);
        found.truncate(4);
        found
    } else {
        fenced.into_iter().rev().collect()
    };
    if let Some(schema) = candidates.iter().find(|object| is_schema(object))
        && about(&["schema", "schéma", "esquema"])
    {
        return Some(schema.clone());
    }
    let shown = about(&[
        "format",
        "structure",
        "template",
        "schema",
        "like",
        "form",
        "shape",
        "following",
    ]);
    candidates
        .into_iter()
        .find(|object| shown && is_template(object))
}

fn line_object(line: &str) -> Option<Value> {
    let span = extract::longest_span(line)?;
    span.starts_with('{').then(|| extract::json(span))?
}

pub fn is_schema(object: &Value) -> bool {
    let has = |name: &str| object.get(name).is_some();
    has("$schema")
        || (has("properties") && object.get("properties").is_some_and(Value::is_object))
        || (object.get("type").is_some_and(|kind| {
            kind.as_str().is_some_and(|kind| {
                matches!(
                    kind,
                    "object" | "array" | "string" | "number" | "integer" | "boolean"
                )
            })
        }) && (has("items") || has("required") || has("enum") || has("additionalProperties")))
}

/// Whether an object shows a form rather than data: some value is a placeholder.
fn is_template(object: &Value) -> bool {
    object
        .as_object()
        .is_some_and(|map| !map.is_empty() && map.values().any(has_placeholder))
}

fn has_placeholder(value: &Value) -> bool {
    match value {
        Value::String(text) => is_placeholder(text),
        Value::Array(items) => items.is_empty() || items.iter().any(has_placeholder),
        Value::Object(map) => map.values().any(has_placeholder),
        _ => false,
    }
}

/// "___", "...", "<name>", "string", "your answer here", "".
fn is_placeholder(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let bare = text
        .chars()
        .all(|c| matches!(c, '_' | '.' | '…' | '-' | '?' | '*' | 'x'));
    let wrapped = (text.starts_with('<') && text.ends_with('>'))
        || (text.starts_with('[') && text.ends_with(']'))
        || (text.starts_with('{') && text.ends_with('}'));
    let typed = matches!(
        text.as_str(),
        "string"
            | "str"
            | "number"
            | "int"
            | "integer"
            | "float"
            | "boolean"
            | "bool"
            | "array"
            | "list"
            | "text"
            | "value"
    );
    bare || wrapped || typed || text.starts_with("your ") || text.ends_with(" here")
}
