//! A body of the Messages protocol → the one request.

use chat::{RequestBounds, Wrong};
use serde_json::{Map, Value, json};

use crate::{
    Asked,
    json::{boolean, object, take, take_text, text, whole},
    responses::unsupported,
};

use super::{
    Form,
    blocks::{Reading, system_text},
    tools::{choice, tools},
};

/// Sequences to stop at that runtimes take at most.
const MOST_STOPS: usize = 4;

/// Reads a body. Refuses by name what nobody here can run.
pub fn read(body: &str, bounds: RequestBounds) -> Result<Asked<Form>, Wrong> {
    let fields = object(body, bounds)?;
    let ceiling = whole(&fields, "max_tokens")?;
    let Some(ceiling) = ceiling else {
        let message = "max_tokens: Field required";
        return Err(Wrong::new(Some("max_tokens".into()), message));
    };
    asked(fields, Some(ceiling), bounds)
}

/// The same for a body that is only counted: it need not say how much may be answered.
pub fn asked(
    mut fields: Map<String, Value>,
    ceiling: Option<u64>,
    bounds: RequestBounds,
) -> Result<Asked<Form>, Wrong> {
    for name in ["mcp_servers", "container"] {
        let given = fields
            .get(name)
            .is_some_and(|it| !it.is_null() && *it != json!([]));
        if given {
            let message = format!("{name}: is run by its own service and cannot be run here");
            return Err(Wrong::new(Some(name.into()), message));
        }
    }
    let mut reading = Reading::default();
    if let Some(system) = take(&mut fields, "system") {
        reading.turns.system(system_text(system));
    }
    let no_messages = |what: &str| Wrong::new(Some("messages".into()), format!("messages: {what}"));
    let Some(Value::Array(messages)) = take(&mut fields, "messages") else {
        return Err(no_messages("must be an array"));
    };
    if messages.len() > bounds.max_messages {
        let most = bounds.max_messages;
        return Err(no_messages(&format!("at most {most} are taken")));
    }
    for (index, message) in messages.into_iter().enumerate() {
        reading.message(message, &format!("messages.{index}"))?;
    }
    let Reading {
        turns,
        mut names,
        loaded,
    } = reading;
    let mut dropped = Vec::new();
    if turns.ends_with_the_assistant() {
        // Most runtimes answer it anew instead of going on from there.
        dropped.push("prefill".into());
    }
    let messages = turns.messages();
    if messages.is_empty() {
        return Err(no_messages(
            "at least one message with something in it is required",
        ));
    }

    let mut chat = Map::new();
    chat.insert("messages".into(), messages.into());
    let tools = match take(&mut fields, "tools") {
        Some(list) => tools(list, &loaded, &mut names)?,
        None => super::tools::Tools::default(),
    };
    let (wanted, parallel) = choice(take(&mut fields, "tool_choice"), &tools, &mut names)?;
    if let Some(hosted) = tools.hosted.first()
        && tools.chat.is_empty()
        && wanted != Some("none".into())
    {
        return Err(unsupported("tools", &hosted.kind));
    }
    dropped.extend(tools.hosted.into_iter().map(|tool| tool.kind));
    if !tools.chat.is_empty() {
        chat.insert("tools".into(), tools.chat.into());
        chat.extend(wanted.map(|choice| ("tool_choice".into(), choice)));
        if !parallel {
            chat.insert("parallel_tool_calls".into(), false.into());
        }
    }
    let stops = stops(take(&mut fields, "stop_sequences"));
    if stops.len() > MOST_STOPS {
        dropped.push("stop_sequences".into());
    }
    if !stops.is_empty() {
        let few: Vec<Value> = stops
            .iter()
            .take(MOST_STOPS)
            .map(|it| it.as_str().into())
            .collect();
        chat.insert("stop".into(), few.into());
    }
    for name in ["temperature", "top_p"] {
        chat.extend(take(&mut fields, name).map(|value| (name.into(), value)));
    }
    let mut hints = Vec::new();
    if let Some(value) = take(&mut fields, "top_k") {
        hints.push(("top_k", value.to_string()));
    }
    let mut config = match take(&mut fields, "output_config") {
        Some(Value::Object(config)) => config,
        _ => Map::new(),
    };
    let (thoughts, effort) = thinking(&fields, &config);
    hints.extend(effort.map(|effort| ("reasoning_effort", Value::from(effort).to_string())));
    let format = take(&mut config, "format").or_else(|| take(&mut fields, "output_format"));
    chat.extend(
        format
            .and_then(response_format)
            .map(|it| ("response_format".into(), it)),
    );
    let mut metadata = take(&mut fields, "metadata").unwrap_or_default();
    let (user, conversation) = user_id(metadata.get_mut("user_id").map(Value::take));
    chat.extend(user.map(|user| ("user".into(), user.into())));
    if boolean(&fields, "stream")? == Some(true) {
        chat.insert("stream".into(), true.into());
        chat.insert("stream_options".into(), json!({"include_usage": true}));
    }
    Ok(Asked {
        chat,
        ceiling,
        hints,
        conversation,
        metadata,
        dropped,
        rest: fields,
        form: Form {
            names,
            thoughts,
            stops,
        },
    })
}

fn stops(value: Option<Value>) -> Vec<String> {
    let list = match value {
        Some(Value::Array(list)) => list,
        Some(one @ Value::String(_)) => vec![one],
        _ => vec![],
    };
    list.into_iter()
        .filter_map(|stop| match stop {
            Value::String(stop) if !stop.is_empty() => Some(stop),
            _ => None,
        })
        .collect()
}

/// Are thoughts told, and how much effort is wanted.
fn thinking(
    fields: &Map<String, Value>,
    config: &Map<String, Value>,
) -> (bool, Option<&'static str>) {
    let thinking = fields.get("thinking").and_then(Value::as_object);
    let kind = thinking.and_then(|it| text(it, "type"));
    let on = matches!(kind, Some("enabled" | "adaptive"));
    let told = on && thinking.and_then(|it| text(it, "display")) != Some("omitted");
    let effort = match text(config, "effort") {
        Some("low") => Some("low"),
        Some("medium") => Some("medium"),
        Some("high" | "max" | "xhigh") => Some("high"),
        _ => None,
    };
    let budget = thinking.and_then(|it| it.get("budget_tokens")?.as_f64());
    let by_budget = budget.filter(|_| on).map(|tokens| match tokens {
        ..=4_096.0 => "low",
        ..=16_384.0 => "medium",
        _ => "high",
    });
    (told, effort.or(by_budget))
}

fn response_format(format: Value) -> Option<Value> {
    let Value::Object(mut format) = format else {
        return None;
    };
    if take_text(&mut format, "type")? != "json_schema" {
        return None;
    }
    let schema = take(&mut format, "schema")?;
    let schema = json!({"name": "answer", "schema": schema});
    Some(json!({"type": "json_schema", "json_schema": schema}))
}

/// An end user's name, where runtimes would take it for one; and the conversation that an agent
/// writes into it.
fn user_id(user: Option<Value>) -> (Option<String>, Option<String>) {
    let Some(Value::String(user)) = user else {
        return (None, None);
    };
    let session = conversation(&user);
    let is_name = !user.starts_with('{') && user.len() <= 64;
    (is_name.then_some(user), session)
}

/// The conversation that an agent writes into `metadata.user_id`.
pub fn conversation(user: &str) -> Option<String> {
    if user.starts_with('{') {
        let inner: Map<String, Value> = serde_json::from_str(user).ok()?;
        return inner.get("session_id")?.as_str().map(str::to_owned);
    }
    // An older form: `user_…_account_…_session_…`.
    user.rsplit_once("_session_").map(|(_, it)| it.to_owned())
}
