//! JSON in an answer: where it stands, and whether it holds what the prompt asked for.

use json_schema::quoted;
use serde_json::Value;
use text::fence;

use super::{
    asked::{Format, Items, Outside, Wanted},
    extract, parts, parts_of_any_tag, rows,
    schema::against_schema,
    tagged, unfinished_program,
};
use crate::{Finding, format, work::Work};

/// Whether the longest bracketed part parses: else a fence further on may hold a second try.
fn starts_well(text: &str) -> bool {
    extract::longest_span(text).is_some_and(|span| format::json(span).is_ok())
}

/// Checks an answer that shall be JSON, or one JSON value a line.
pub fn check(wanted: &Wanted, text: &str, work: &Work) -> Finding {
    if extract::too_deep(text) {
        return Finding::unknown("JSON nested too deeply to check");
    }
    if wanted.format == Format::JsonLines {
        return rows::json_lines(
            wanted,
            parts_of_any_tag(Format::JsonLines, text)
                .first()
                .map_or(text, String::as_str),
        );
    }
    let values = match json_values(text, wanted.lays_down_a_form()) {
        Ok(values) => values,
        Err(reason) => return Finding::scored(0.0, format!("JSON asked for: {reason}")),
    };
    let findings = values.iter().map(|value| content(wanted, value, work));
    // Of several blocks that all parse, one has to be what was asked for.
    let mut worst = None;
    for finding in findings {
        match &finding {
            Finding::Scored { quality, .. } if *quality < 0.5 => worst = Some(finding),
            _ => return finding,
        }
    }
    worst.unwrap_or_else(|| Finding::scored(0.0, "JSON asked for: none in the answer"))
}

/// The JSON of an answer: all of it, every fenced block, or the longest bracketed part.
///
/// A prompt that lays down a form has a program waiting: such programs take the first fenced
/// block, so there the first block is the answer, whatever follows.
fn json_values(text: &str, for_a_program: bool) -> Result<Vec<Value>, String> {
    if let Some(value) = extract::json(text) {
        return Ok(vec![value]);
    }
    // A bracket first: the JSON stands bare, and fences may stand inside its strings.
    let blocks = if text.starts_with(['{', '[']) {
        Vec::new()
    } else if for_a_program {
        let fences = fence::blocks(text).into_iter();
        fences.map(|fence| fence.body.to_owned()).take(1).collect()
    } else {
        parts(Format::Json, text)
    };
    let blocks = if blocks.is_empty() && !starts_well(text) {
        tagged(Format::Json, text)
    } else {
        blocks
    };
    if blocks.is_empty() {
        if !text.starts_with(['{', '[']) && unfinished_program(Format::Json, text) {
            return Err("none but a program that is not finished".into());
        }
        // What a fence of another language holds is the answer where all of it is JSON.
        let others = fence::blocks(text);
        if let [only] = others.as_slice()
            && !text.starts_with(['{', '['])
            && (text.starts_with("```") || text.starts_with("~~~"))
        {
            return match extract::json(only.body.trim()) {
                Some(value) => Ok(vec![value]),
                None => Err("none but a program".into()),
            };
        }
        let span = extract::longest_span(text).ok_or("none in the answer")?;
        return Ok(vec![extract::parsed(span)?]);
    }
    blocks
        .into_iter()
        .map(|block| extract::parsed(block.trim()))
        .collect()
}

/// Whether JSON that parsed holds what the prompt asked for.
fn content(wanted: &Wanted, value: &Value, work: &Work) -> Finding {
    if let Some(schema) = &wanted.schema {
        return against_schema("JSON asked for", schema, value, work);
    }
    if let Some(example) = &wanted.example {
        return match like(example, value, 0) {
            Ok(()) => Finding::scored(1.0, "JSON asked for: it has the form that was shown"),
            Err(reason) => Finding::scored(0.0, format!("JSON asked for: {reason}")),
        };
    }
    let objects: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        other => vec![other],
    };
    match (wanted.outside, value) {
        (Some(Outside::Array), Value::Object(_)) => {
            return Finding::scored(0.0, "JSON asked for: expected an array, found an object");
        }
        (Some(Outside::Object), Value::Array(_)) => {
            return Finding::scored(0.0, "JSON asked for: expected an object, found an array");
        }
        _ => {}
    }
    if let (Some(items), Value::Array(all)) = (wanted.items, value)
        && let Some(other) = all.iter().find(|item| !holds(items, item))
    {
        let expected = match items {
            Items::Texts => "texts",
            Items::Numbers => "numbers",
            Items::Objects => "objects",
        };
        let found = kind(other);
        return Finding::scored(
            0.0,
            format!("JSON asked for: expected an array of {expected}, found {found} in it"),
        );
    }
    let missing = |object: &&Value| wanted.keys.iter().find(|key| !has_key(object, key, 0));
    if let Some(key) = objects.iter().find_map(missing) {
        let key = quoted(key);
        return Finding::scored(
            0.0,
            format!("JSON asked for: it parses, but {key} is missing"),
        );
    }
    let alone = value.as_object().is_none_or(|map| map.len() == 1);
    let counted = wanted.records.filter(|count| !count.by_name || alone);
    if let (Some(count), Some(found)) = (counted, records(value))
        && !count.holds(found)
    {
        let expected = count.shown();
        return Finding::scored(
            0.0,
            format!("JSON asked for: expected {expected} items, found {found}"),
        );
    }
    match value {
        Value::Object(_) | Value::Array(_) => {
            let keys = if wanted.keys.is_empty() {
                ""
            } else {
                " and has the keys"
            };
            Finding::scored(1.0, format!("JSON asked for: it parses{keys}"))
        }
        other => {
            let found = kind(other);
            let reason = format!("JSON asked for: expected an object or an array, found {found}");
            Finding::scored(0.0, reason)
        }
    }
}

fn holds(items: Items, value: &Value) -> bool {
    match items {
        Items::Texts => value.is_string(),
        Items::Numbers => value.is_number(),
        Items::Objects => value.is_object(),
    }
}

/// How many records a value holds: the items of an array, alone or the only one in an object.
fn records(value: &Value) -> Option<usize> {
    match value {
        Value::Array(items) => Some(items.len()),
        Value::Object(map) => {
            let mut arrays = map.values().filter_map(Value::as_array);
            let only = arrays.next().filter(|_| arrays.next().is_none());
            only.map(Vec::len)
        }
        _ => None,
    }
}

/// Whether an object has the key, itself or in an object inside it.
fn has_key(value: &Value, key: &str, depth: u32) -> bool {
    match value {
        Value::Object(map) => {
            map.contains_key(key)
                || (depth < 3 && map.values().any(|inside| has_key(inside, key, depth + 1)))
        }
        Value::Array(items) => depth < 3 && items.iter().any(|item| has_key(item, key, depth + 1)),
        _ => false,
    }
}

/// Whether a value has the form of an example: the same keys, and values of the same kind. A
/// text as placeholder stands for any text or number.
fn like(example: &Value, value: &Value, depth: u32) -> Result<(), String> {
    match (example, value) {
        _ if depth > 8 => Ok(()),
        (Value::Object(example), Value::Object(map)) => {
            for (key, shown) in example {
                let found = map
                    .get(key)
                    .ok_or_else(|| format!("{} is missing", quoted(key)))?;
                like(shown, found, depth + 1).map_err(|why| match why.starts_with("expected") {
                    true => format!("{}: {why}", quoted(key)),
                    false => why,
                })?;
            }
            Ok(())
        }
        (Value::Object(_), Value::Array(items)) if depth == 0 && !items.is_empty() => {
            items.iter().try_for_each(|item| like(example, item, 1))
        }
        (Value::Array(shown), Value::Array(items)) => match shown.first() {
            Some(first) => items
                .iter()
                .try_for_each(|item| like(first, item, depth + 1)),
            None => Ok(()),
        },
        (Value::String(_), Value::String(_) | Value::Number(_)) => Ok(()),
        // Words such as "bool" may stand for what they name.
        (Value::String(shown), Value::Bool(_)) if shown.to_lowercase().contains("bool") => Ok(()),
        (Value::String(shown), _) if names_a_container(shown) => Ok(()),
        (Value::Number(_), Value::Number(_)) | (Value::Bool(_), Value::Bool(_)) => Ok(()),
        (Value::Number(_) | Value::Bool(_), Value::Null) => Ok(()),
        (Value::Null, _) => Ok(()),
        _ => Err(format!("expected {}, found {}", kind(example), kind(value))),
    }
}

/// What a value is, for people.
pub fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn names_a_container(shown: &str) -> bool {
    let shown = shown.to_lowercase();
    ["list", "array", "object", "dict", "map", "null", "[", "{"]
        .iter()
        .any(|word| shown.contains(word))
}
