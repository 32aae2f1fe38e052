//! A body of the Responses protocol → the one request.

use chat::{RequestBounds, Wrong};
use serde_json::{Map, Value, json};

use crate::{
    Asked,
    json::{self, boolean, object, take, take_text, text, whole},
    turns::text_part,
};

use super::{
    Form,
    items::Reading,
    tools::{choice, unsupported},
};

/// What a client may ask to have included that is not to be had here.
const LOGPROBS: &str = "message.output_text.logprobs";

/// Reads a body. Refuses by name what needs something that is kept, or that nobody here can run.
pub fn read(body: &str, bounds: RequestBounds) -> Result<Asked<Form>, Wrong> {
    let mut fields = object(body, bounds)?;
    refuse_kept(&fields)?;
    let mut echo = echo(&fields);
    let mut reading = Reading::default();
    match take(&mut fields, "instructions") {
        Some(Value::String(text)) => reading.turns.system(text),
        Some(Value::Array(items)) => reading.items(items, "instructions")?,
        _ => {}
    }
    let own_tools = take(&mut fields, "tools");
    if let Some(tools) = own_tools {
        reading.tools.add(tools, "tools", &mut reading.names)?;
    }
    match take(&mut fields, "input") {
        Some(Value::String(text)) => reading.turns.user(vec![text_part(text)]),
        Some(Value::Array(items)) if items.len() > bounds.max_messages => {
            let most = bounds.max_messages;
            let message = format!(
                "`input` has {} items: at most {most} are taken",
                items.len()
            );
            return Err(Wrong::new(Some("input".into()), message));
        }
        Some(Value::Array(items)) => reading.items(items, "input")?,
        _ => return Err(no_input()),
    }
    let Reading {
        turns,
        mut tools,
        mut names,
        mut dropped,
    } = reading;
    let messages = turns.messages();
    if messages.is_empty() {
        return Err(no_input());
    }

    let mut chat = Map::new();
    chat.insert("messages".into(), messages.into());
    let wanted = take(&mut fields, "tool_choice").map(|it| choice(it, &mut tools, &mut names));
    let wanted = wanted.transpose()?.flatten();
    if let Some(hosted) = tools.hosted.first()
        && tools.chat.is_empty()
        && wanted != Some("none".into())
    {
        return Err(unsupported("tools", hosted));
    }
    dropped.extend(tools.hosted);
    if !tools.chat.is_empty() {
        chat.insert("tools".into(), tools.chat.into());
        chat.extend(wanted.map(|choice| ("tool_choice".into(), choice)));
        if boolean(&fields, "parallel_tool_calls")? == Some(false) {
            chat.insert("parallel_tool_calls".into(), false.into());
        }
    }
    let mut hints = Vec::new();
    if let Some(Value::Object(mut said)) = take(&mut fields, "text") {
        let format = take(&mut said, "format").and_then(format);
        chat.extend(format.map(|format| ("response_format".into(), format)));
        hints.extend(hint("verbosity", &said, "verbosity"));
    }
    let mut thoughts = false;
    if let Some(Value::Object(reasoning)) = take(&mut fields, "reasoning") {
        hints.extend(hint("reasoning_effort", &reasoning, "effort"));
        thoughts = ["summary", "generate_summary"]
            .iter()
            .any(|name| text(&reasoning, name).is_some_and(|it| it != "none"));
    }
    for name in ["temperature", "top_p"] {
        chat.extend(take(&mut fields, name).map(|value| (name.into(), value)));
    }
    chat.extend(user(&fields).map(|user| ("user".into(), user)));
    if fields.get("top_logprobs").and_then(Value::as_f64) > Some(0.0) {
        dropped.push("top_logprobs".into());
    }
    let included = fields.get("include").and_then(Value::as_array);
    if included.is_some_and(|names| names.iter().any(|name| name == LOGPROBS)) {
        dropped.push(LOGPROBS.into());
    }
    if boolean(&fields, "stream")? == Some(true) {
        chat.insert("stream".into(), true.into());
        chat.insert("stream_options".into(), json!({"include_usage": true}));
    }
    let ceiling = whole(&fields, "max_output_tokens")?;
    let conversation = text(&fields, "prompt_cache_key").map(str::to_owned);
    echo.insert("max_output_tokens".into(), ceiling.into());
    Ok(Asked {
        chat,
        ceiling,
        hints,
        conversation,
        metadata: take(&mut fields, "metadata").unwrap_or_default(),
        dropped,
        rest: fields,
        form: Form {
            names,
            thoughts,
            echo,
        },
    })
}

/// What would need something of an earlier request.
fn refuse_kept(fields: &Map<String, Value>) -> Result<(), Wrong> {
    let given = |name: &str| fields.get(name).is_some_and(|value| !value.is_null());
    if given("previous_response_id") {
        return Err(Wrong {
            code: Some("previous_response_not_found"),
            field: Some("previous_response_id".into()),
            message: "`previous_response_id`: no answers are kept here: send the whole \
                      conversation as `input`"
                .into(),
        });
    }
    for name in ["conversation", "prompt"] {
        if given(name) {
            let message =
                format!("`{name}`: nothing is kept here: send the whole conversation as `input`");
            return Err(Wrong::new(Some(name.into()), message));
        }
    }
    if boolean(fields, "background")? == Some(true) {
        let message = "`background`: no answers are kept here: ask without it, or with `stream`";
        return Err(Wrong::new(Some("background".into()), message));
    }
    Ok(())
}

/// Small fields of the request that the answer repeats, each with what stands for its absence.
fn echo(fields: &Map<String, Value>) -> Map<String, Value> {
    let get = |name: &str| fields.get(name).filter(|value| !value.is_null()).cloned();
    let mut echo = Map::new();
    echo.insert("metadata".into(), get("metadata").unwrap_or(json!({})));
    let parallel = get("parallel_tool_calls").unwrap_or(true.into());
    echo.insert("parallel_tool_calls".into(), parallel);
    let key = get("prompt_cache_key").unwrap_or_default();
    echo.insert("prompt_cache_key".into(), key);
    let within = |name: &str, field: &str| {
        get(name)
            .and_then(|value| value.get(field).cloned())
            .unwrap_or_default()
    };
    let reasoning = json!({
        "effort": within("reasoning", "effort"),
        "summary": within("reasoning", "summary"),
    });
    echo.insert("reasoning".into(), reasoning);
    echo.insert("temperature".into(), get("temperature").unwrap_or(1.into()));
    let format = match within("text", "format") {
        Value::Null => json!({"type": "text"}),
        format => format,
    };
    echo.insert("text".into(), json!({"format": format}));
    let choice = get("tool_choice").unwrap_or("auto".into());
    echo.insert("tool_choice".into(), choice);
    echo.insert("top_p".into(), get("top_p").unwrap_or(1.into()));
    echo
}

fn format(format: Value) -> Option<Value> {
    let Value::Object(mut format) = format else {
        return None;
    };
    match take_text(&mut format, "type")?.as_str() {
        "json_object" => Some(json!({"type": "json_object"})),
        "json_schema" => {
            let mut schema = Map::new();
            for name in ["name", "description", "schema", "strict"] {
                schema.extend(take(&mut format, name).map(|value| (name.into(), value)));
            }
            schema.entry("name").or_insert("answer".into());
            Some(json!({"type": "json_schema", "json_schema": schema}))
        }
        _ => None,
    }
}

/// A field that only some models take.
fn hint(
    name: &'static str,
    fields: &Map<String, Value>,
    field: &str,
) -> Option<(&'static str, String)> {
    let value = fields
        .get(field)
        .filter(|value| !value.is_null() && *value != "none")?;
    Some((name, value.to_string()))
}

/// An end user's name, where runtimes would take it for one.
fn user(fields: &Map<String, Value>) -> Option<Value> {
    let user = json::text(fields, "user")?;
    (user.len() <= 64 && !user.starts_with('{')).then(|| user.into())
}

fn no_input() -> Wrong {
    Wrong::new(
        Some("input".into()),
        "`input` must be a text, or an array of items with something to answer",
    )
}
