//! Tools, and the choice among them.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use chat::Wrong;

use crate::{
    json::{take, take_text, text},
    names::Names,
    responses::{schema, unsupported},
};

/// The tools of a request, as chat takes them.
#[derive(Debug, Default)]
pub struct Tools {
    pub chat: Vec<Value>,
    /// Anthropic's own, which only Anthropic can run: left out.
    pub hosted: Vec<Hosted>,
}

#[derive(Debug)]
pub struct Hosted {
    pub kind: String,
    pub name: String,
}

/// Reads the tools. One that is to be loaded later is left out until a result names it.
pub fn tools(list: Value, loaded: &BTreeSet<String>, names: &mut Names) -> Result<Tools, Wrong> {
    let Value::Array(list) = list else {
        return Err(bad("tools".into(), "must be an array"));
    };
    let mut tools = Tools::default();
    for (index, tool) in list.into_iter().enumerate() {
        let Value::Object(mut tool) = tool else {
            return Err(bad(format!("tools.{index}"), "must be an object"));
        };
        let name = take_text(&mut tool, "name").unwrap_or_default();
        match text(&tool, "type") {
            None | Some("custom") => {}
            Some(kind) => {
                let kind = kind.to_owned();
                tools.hosted.push(Hosted { kind, name });
                continue;
            }
        }
        let deferred = tool.get("defer_loading") == Some(&Value::Bool(true));
        if deferred && !loaded.contains(&name) {
            continue;
        }
        let mut function = Map::new();
        function.insert("name".into(), names.chat(None, &name, false).into());
        if let Some(description) = take_text(&mut tool, "description") {
            function.insert("description".into(), description.into());
        }
        let parameters = schema(take(&mut tool, "input_schema"));
        function.insert("parameters".into(), parameters);
        let tool = json!({"type": "function", "function": function});
        tools.chat.push(tool);
    }
    Ok(tools)
}

/// What a choice becomes: `tool_choice`, and whether calls may be parallel.
pub fn choice(
    choice: Option<Value>,
    tools: &Tools,
    names: &mut Names,
) -> Result<(Option<Value>, bool), Wrong> {
    let mut choice = match choice {
        None => return Ok((None, true)),
        Some(Value::Object(choice)) => choice,
        Some(_) => return Err(bad("tool_choice".into(), "must be an object")),
    };
    let parallel = choice.get("disable_parallel_tool_use") != Some(&Value::Bool(true));
    let name = take_text(&mut choice, "name").unwrap_or_default();
    let kind = take_text(&mut choice, "type").unwrap_or_default();
    let chosen = match kind.as_str() {
        "auto" => None,
        "any" => Some("required".into()),
        "none" => Some("none".into()),
        "tool" => {
            if let Some(hosted) = tools.hosted.iter().find(|tool| tool.name == name) {
                return Err(unsupported("tool_choice", &hosted.kind));
            }
            let name = names.chat(None, &name, false);
            Some(json!({"type": "function", "function": {"name": name}}))
        }
        _ => {
            let message = "must be of type `auto`, `any`, `none` or `tool`";
            return Err(bad("tool_choice".into(), message));
        }
    };
    Ok((chosen, parallel))
}

fn bad(field: String, what: &str) -> Wrong {
    let message = format!("{field}: {what}");
    Wrong::new(Some(field), message)
}
