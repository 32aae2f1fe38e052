//! Structured output: is the answer well formed, in the format asked for, and does it hold what
//! was asked for?
//!
//! The format comes from `response_format` or from the words of the prompt. What is checked is
//! form, never content: that the text parses, that it matches the schema or has the keys, that
//! a list has as many items as it should. Where no format is asked for, or it is nested too
//! deeply to read, nothing is known.

mod asked;
mod extract;
mod parse;
mod rows;
mod schema;

use chat::ToolCall;
use json_schema::{Verdict, quoted};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use text::fence;

use self::{
    asked::{Format, Outside, Wanted},
    schema::{against_schema, validate, worth_of_match, worth_of_miss},
};
use super::{
    Finding, Worth,
    code::{Language, dialect},
    format,
    work::Work,
};

/// Longer texts than any model writes are not parsed, in bytes.
const MAX_TEXT: usize = 100_000;
/// What a byte of JSON, and of the other formats, costs at worst to parse, in units of [`Work`].
pub(crate) const PARSING: u64 = 6;
const PARSING_OTHERS: u64 = 25;
const TOO_LONG: &str = "structured answer too long to check";

/// What a request's `response_format` says.
#[derive(Clone, Debug, PartialEq)]
pub enum ResponseFormat {
    JsonObject,
    JsonSchema(Value),
}

/// Reads `response_format`; `None` where it asks for no structure, or is not understood.
pub fn response_format(raw: Option<&RawValue>) -> Option<ResponseFormat> {
    #[derive(Deserialize)]
    struct Outer {
        r#type: String,
        json_schema: Option<Inner>,
        schema: Option<Value>,
    }
    #[derive(Deserialize)]
    struct Inner {
        schema: Option<Value>,
    }
    let outer: Outer = serde_json::from_str(raw?.get()).ok()?;
    match outer.r#type.as_str() {
        "json_object" => Some(match outer.schema {
            Some(schema) => ResponseFormat::JsonSchema(schema),
            None => ResponseFormat::JsonObject,
        }),
        "json_schema" => {
            let schema = outer.json_schema.and_then(|inner| inner.schema);
            Some(match schema.or(outer.schema) {
                Some(schema) => ResponseFormat::JsonSchema(schema),
                None => ResponseFormat::JsonObject,
            })
        }
        _ => None,
    }
}

/// Whether a prompt asks for a format that is checked here.
pub fn is_checkable(prompt: &str) -> bool {
    asked::wanted(prompt).is_some()
}

/// Checks an answer against `response_format`: the content has to be JSON by itself. A fence
/// around it is forgiven, sentences are not: the program that asked would not read past them.
pub fn check_response_format(format: &ResponseFormat, text: &str, work: &Work) -> Finding {
    if text.len() > MAX_TEXT {
        return Finding::unknown(TOO_LONG);
    }
    if !work.take_bytes(text.len(), PARSING) {
        return Finding::unknown(Work::USED_UP);
    }
    if extract::too_deep(text) {
        return Finding::unknown("JSON nested too deeply to check");
    }
    let fences = fence::blocks(text);
    let body = match fences.as_slice() {
        [only] if text.starts_with("```") && text.ends_with("```") => only.body.trim(),
        _ => text,
    };
    let Some(value) = extract::json(body) else {
        return Finding::scored(0.0, "response_format: the answer is not JSON");
    };
    match format {
        ResponseFormat::JsonObject if value.is_object() => {
            Finding::scored(1.0, "response_format: a JSON object").at_most(Worth::Form)
        }
        ResponseFormat::JsonObject => {
            Finding::scored(0.0, "response_format: JSON, but not an object")
        }
        ResponseFormat::JsonSchema(schema) => {
            against_schema("response_format", schema, &value, work)
        }
    }
}

/// Checks tool calls against the parameter schemas of the request's `tools`: the share of them
/// that name a tool of the request and have arguments that match.
pub fn check_tool_calls(tools: Option<&RawValue>, calls: &[ToolCall], work: &Work) -> Finding {
    #[derive(Deserialize)]
    struct Tool {
        function: Function,
    }
    #[derive(Deserialize)]
    struct Function {
        name: String,
        #[serde(default)]
        parameters: Value,
    }
    if calls.iter().any(|call| call.custom) {
        return Finding::unknown("calls of custom tools are not checked");
    }
    let all = tools.map_or(0, |raw| raw.get().len());
    if !work.take_bytes(all, PARSING) {
        return Finding::unknown(Work::USED_UP);
    }
    let known: Vec<Value> = tools
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default();
    // A tool without a function is one of the runtime's own or takes free text.
    let others = known.iter().any(|tool| tool.get("function").is_none());
    let known: Vec<Function> = known
        .into_iter()
        .filter_map(|tool| serde_json::from_value::<Tool>(tool).ok())
        .map(|tool| tool.function)
        .collect();
    if known.is_empty() {
        return Finding::unknown("tool calls without tools to check them against");
    }
    let mut right = 0usize;
    let mut fault: Option<String> = None;
    let mut worth = Worth::Proof;
    let checked = calls.get(..calls.len().min(64)).unwrap_or(calls);
    for call in checked {
        let Some(function) = known.iter().find(|function| function.name == call.name) else {
            if others {
                return Finding::unknown("calls of tools that are no functions are not checked");
            }
            fault.get_or_insert_with(|| format!("no tool is called {}", quoted(&call.name)));
            continue;
        };
        // No arguments at all is how an empty object is often written.
        let arguments = match call.arguments.trim() {
            "" => "{}",
            arguments => arguments,
        };
        if arguments.len() > MAX_TEXT / 4 {
            return Finding::unknown(TOO_LONG);
        }
        if !work.take_bytes(arguments.len(), PARSING) {
            return Finding::unknown(Work::USED_UP);
        }
        if extract::too_deep(arguments) {
            return Finding::unknown("tool arguments nested too deeply to check");
        }
        let Some(value) = extract::json(arguments).filter(Value::is_object) else {
            fault.get_or_insert_with(|| "the arguments are no JSON object".to_owned());
            continue;
        };
        match &function.parameters {
            Value::Null => {
                right += 1;
                worth = worth.min(Worth::Form);
            }
            schema => match validate(schema, &value, work) {
                Verdict::Valid => {
                    right += 1;
                    worth = worth.min(worth_of_match(schema, true, work).max(Worth::Form));
                }
                Verdict::Invalid(why) => {
                    fault.get_or_insert(why);
                    worth = worth.min(worth_of_miss(schema, work));
                }
                Verdict::Undecided(reason) => {
                    return Finding::unknown(format!("tool arguments: {reason}"));
                }
            },
        }
    }
    let all = checked.len();
    #[allow(clippy::cast_precision_loss)]
    let quality = right as f64 / all.max(1) as f64;
    let fault = fault.map_or(String::new(), |fault| format!(": {fault}"));
    Finding::scored(
        quality,
        format!("tool calls: {right} of {all} name a tool and match its parameters{fault}"),
    )
    .at_most(worth)
}

/// Checks an answer against the format that the prompt names.
pub fn check(prompt: &str, text: &str, work: &Work) -> Finding {
    if !work.take_bytes(prompt.len().min(30_000), 4) {
        return Finding::unknown(Work::USED_UP);
    }
    let Some(wanted) = asked::wanted(prompt) else {
        return Finding::unknown("no format to check was asked for");
    };
    if text.len() > MAX_TEXT {
        return Finding::unknown(TOO_LONG);
    }
    let cost = match wanted.format {
        Format::Json | Format::JsonLines | Format::List | Format::MarkdownTable => PARSING,
        _ => PARSING_OTHERS,
    };
    if !work.take_bytes(text.len(), cost) {
        return Finding::unknown(Work::USED_UP);
    }
    let loose = dialect::excuse(Language::Json, "", "", &prompt_words(prompt)).is_some();
    let bare = wanted.is_bare();
    let finding = match wanted.format {
        Format::Json | Format::JsonLines => match json(&wanted, text, work) {
            found if loose && found.is_failure() => {
                Finding::unknown("JSON with comments or looser still")
            }
            found => found,
        },
        Format::List => rows::list(text, wanted.items),
        Format::MarkdownTable => rows::markdown_table(text, wanted.items),
        format => by_parser(format, &wanted, text),
    };
    match bare {
        true => finding.at_most(Worth::Form),
        false => finding,
    }
}

fn prompt_words(prompt: &str) -> String {
    super::both_ends(prompt, 4_000).to_lowercase()
}

/// The parts of an answer that are meant to be of that format: the fences with its tag, else
/// the fences without one, else what can be told from the text itself.
fn parts(format: Format, text: &str) -> Vec<&str> {
    let tagged = tagged(format, text);
    if !tagged.is_empty() {
        return tagged;
    }
    fence::blocks(text)
        .iter()
        .filter(|fence| fence.tag.is_empty())
        .map(|fence| fence.body.trim_matches('\n'))
        .collect()
}

fn tagged(format: Format, text: &str) -> Vec<&str> {
    fence::blocks(text)
        .iter()
        .filter(|fence| format.has_tag(fence.tag))
        .map(|fence| fence.body.trim_matches('\n'))
        .collect()
}

/// Whether the longest bracketed part parses: else a fence further on may hold a second try.
fn starts_well(text: &str) -> bool {
    extract::longest_span(text).is_some_and(|span| format::json(span).is_ok())
}

fn json(wanted: &Wanted, text: &str, work: &Work) -> Finding {
    if extract::too_deep(text) {
        return Finding::unknown("JSON nested too deeply to check");
    }
    if wanted.format == Format::JsonLines {
        return rows::json_lines(
            parts(Format::JsonLines, text)
                .first()
                .copied()
                .unwrap_or(text),
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
fn json_values(text: &str, for_a_program: bool) -> Result<Vec<Value>, &'static str> {
    if let Some(value) = extract::json(text) {
        return Ok(vec![value]);
    }
    // A bracket first: the JSON stands bare, and fences may stand inside its strings.
    let blocks = if text.starts_with(['{', '[']) {
        Vec::new()
    } else if for_a_program {
        let fences = fence::blocks(text).into_iter();
        fences.map(|fence| fence.body).take(1).collect()
    } else {
        parts(Format::Json, text)
    };
    let blocks = if blocks.is_empty() && !starts_well(text) {
        tagged(Format::Json, text)
    } else {
        blocks
    };
    if blocks.is_empty() {
        if fence::blocks(text)
            .iter()
            .any(|fence| !fence.closed && is_program(fence.tag))
        {
            return Err("none but a program that is not finished");
        }
        let span = extract::longest_span(text).ok_or("none in the answer")?;
        let value = extract::json(span).ok_or("what looks like it does not parse")?;
        return Ok(vec![value]);
    }
    blocks
        .into_iter()
        .map(|block| extract::json(block.trim()).ok_or("a fenced block does not parse"))
        .collect()
}

/// Whether a fence's tag names a language other than one of data.
fn is_program(tag: &str) -> bool {
    use crate::code::Language as L;
    matches!(
        L::of_tag(tag),
        Some(
            L::Python
                | L::JavaScript
                | L::Jsx
                | L::TypeScript
                | L::Tsx
                | L::Rust
                | L::Go
                | L::Java
                | L::Sql
                | L::Bash
        )
    )
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
    let missing = |object: &&Value| wanted.keys.iter().find(|key| !has_key(object, key, 0));
    if let Some(key) = objects.iter().find_map(missing) {
        let key = quoted(key);
        return Finding::scored(
            0.0,
            format!("JSON asked for: it parses, but {key} is missing"),
        );
    }
    if let (Some(count), Value::Array(items)) = (wanted.items, value)
        && items.len() != count
    {
        return Finding::scored(
            0.0,
            format!(
                "JSON asked for: expected {count} items, found {}",
                items.len()
            ),
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
        _ => Finding::scored(0.0, "JSON asked for: neither an object nor an array"),
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
                like(shown, found, depth + 1)?;
            }
            Ok(())
        }
        (Value::Object(_), Value::Array(items)) if depth == 0 && !items.is_empty() => {
            items.iter().try_for_each(|item| like(example, item, 1))
        }
        (Value::Object(_), _) => Err("an object was shown, something else is there".into()),
        (Value::Array(shown), Value::Array(items)) => match shown.first() {
            Some(first) => items
                .iter()
                .try_for_each(|item| like(first, item, depth + 1)),
            None => Ok(()),
        },
        (Value::Array(_), _) => Err("a list was shown, something else is there".into()),
        (Value::String(_), Value::String(_) | Value::Number(_)) => Ok(()),
        // Words such as "bool" may stand for what they name.
        (Value::String(shown), Value::Bool(_)) if shown.to_lowercase().contains("bool") => Ok(()),
        (Value::String(shown), _) if names_a_container(shown) => Ok(()),
        (Value::String(_), _) => Err("a text was shown, something else is there".into()),
        (Value::Number(_), Value::Number(_)) | (Value::Bool(_), Value::Bool(_)) => Ok(()),
        (Value::Number(_) | Value::Bool(_), Value::Null) => Ok(()),
        (Value::Null, _) => Ok(()),
        _ => Err("a value of another kind than shown".into()),
    }
}

fn names_a_container(shown: &str) -> bool {
    let shown = shown.to_lowercase();
    ["list", "array", "object", "dict", "map", "null", "[", "{"]
        .iter()
        .any(|word| shown.contains(word))
}

/// YAML, TOML, XML, CSV, TSV: every part of the answer in that format has to parse.
fn by_parser(format: Format, wanted: &Wanted, text: &str) -> Finding {
    let name = format.name();
    let mut blocks = parts(format, text);
    if blocks.is_empty() {
        blocks.push(parse::bare_part(format, text));
    }
    for block in &blocks {
        match parse::well_formed(format, block) {
            Ok(()) => {}
            Err(parse::Fault::Broken(_)) if dialect::is_template(Language::Yaml, block) => {
                return Finding::unknown(format!("{name} asked for: a template"));
            }
            Err(parse::Fault::Broken(what)) => {
                return Finding::scored(0.0, format!("{name} asked for: {what}"));
            }
            Err(parse::Fault::Unreadable(what)) => {
                return Finding::unknown(format!("{name} asked for: {what}"));
            }
        }
    }
    if let Some(column) = blocks
        .first()
        .and_then(|block| missing_column(wanted, block))
    {
        let column = quoted(column);
        return Finding::scored(0.0, format!("{name} asked for: column {column} is missing"));
    }
    Finding::scored(1.0, format!("{name} asked for: it parses"))
}

/// The first column asked for that the header does not have.
fn missing_column<'w>(wanted: &'w Wanted, block: &str) -> Option<&'w str> {
    let plain = |name: &str| -> String {
        let letters = name.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let header = block.lines().find(|line| !line.trim().is_empty())?;
    let fields: Vec<String> = header.split([',', ';', '\t', '|']).map(plain).collect();
    let mut names = wanted.columns.iter().map(String::as_str);
    names.find(|name| !fields.contains(&plain(name)))
}
