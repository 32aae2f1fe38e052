//! Tools, and the choice among them.

use serde_json::{Map, Value, json};

use chat::Wrong;

use crate::{
    json::{take, take_text, text},
    names::Names,
};

/// The tools of a request.
#[derive(Debug, Default)]
pub struct Tools {
    /// As chat takes them.
    pub chat: Vec<Value>,
    /// Tools that only their own service can run: left out.
    pub hosted: Vec<String>,
}

impl Tools {
    /// Adds tools as the client lists them; `at`: what their list is called.
    pub fn add(&mut self, list: Value, at: &str, names: &mut Names) -> Result<(), Wrong> {
        let Value::Array(list) = list else {
            let message = format!("`{at}` must be an array");
            return Err(Wrong::new(Some(at.into()), message));
        };
        for (index, tool) in list.into_iter().enumerate() {
            let Value::Object(tool) = tool else {
                let at = format!("{at}[{index}]");
                let message = format!("`{at}` must be an object");
                return Err(Wrong::new(Some(at), message));
            };
            self.one(tool, None, names);
        }
        Ok(())
    }

    fn one(&mut self, mut tool: Map<String, Value>, namespace: Option<&str>, names: &mut Names) {
        let kind = text(&tool, "type").unwrap_or("function").to_owned();
        match kind.as_str() {
            "function" => {
                if let Some(Value::Object(nested)) = take(&mut tool, "function") {
                    tool = nested;
                }
                self.function(tool, namespace, names);
            }
            "custom" => self.custom(tool, namespace, names),
            "namespace" => {
                let name = take_text(&mut tool, "name").unwrap_or_default();
                if let Some(Value::Array(tools)) = take(&mut tool, "tools") {
                    for tool in tools {
                        if let Value::Object(tool) = tool
                            && text(&tool, "type") != Some("namespace")
                        {
                            self.one(tool, Some(&name), names);
                        }
                    }
                }
            }
            _ => self.hosted.push(kind),
        }
    }

    fn function(
        &mut self,
        mut tool: Map<String, Value>,
        namespace: Option<&str>,
        names: &mut Names,
    ) {
        let name = take_text(&mut tool, "name").unwrap_or_default();
        let mut function = Map::new();
        function.insert("name".into(), names.chat(namespace, &name, false).into());
        if let Some(description) = take_text(&mut tool, "description") {
            function.insert("description".into(), description.into());
        }
        function.insert("parameters".into(), schema(take(&mut tool, "parameters")));
        if tool.get("strict") == Some(&Value::Bool(true)) {
            function.insert("strict".into(), true.into());
        }
        self.chat
            .push(json!({"type": "function", "function": function}));
    }

    /// A tool that takes a text: a function of that one text. What the text must look like is
    /// told in its description, as chat has no other place for it.
    fn custom(&mut self, mut tool: Map<String, Value>, namespace: Option<&str>, names: &mut Names) {
        let name = take_text(&mut tool, "name").unwrap_or_default();
        let mut description = take_text(&mut tool, "description").unwrap_or_default();
        if let Some(Value::Object(format)) = tool.get("format")
            && let Some(definition) = text(format, "definition")
        {
            let syntax = text(format, "syntax").unwrap_or("given");
            if !description.is_empty() {
                description.push_str("\n\n");
            }
            description.push_str(&format!(
                "`input` must follow this {syntax} grammar:\n{definition}"
            ));
        }
        let mut function = Map::new();
        function.insert("name".into(), names.chat(namespace, &name, true).into());
        if !description.is_empty() {
            function.insert("description".into(), description.into());
        }
        let parameters = json!({
            "type": "object",
            "properties": {"input": {"type": "string"}},
            "required": ["input"],
            "additionalProperties": false,
        });
        function.insert("parameters".into(), parameters);
        self.chat
            .push(json!({"type": "function", "function": function}));
    }

    fn keep(&mut self, allowed: &[String]) {
        self.chat.retain(|tool| {
            let name = tool.pointer("/function/name").and_then(Value::as_str);
            name.is_some_and(|name| allowed.iter().any(|it| it == name))
        });
    }
}

/// A schema as runtimes take it: there always, and an object.
pub fn schema(parameters: Option<Value>) -> Value {
    match parameters {
        Some(Value::Object(mut schema)) => {
            schema.shift_remove("$schema");
            if schema.is_empty() {
                return json!({"type": "object", "properties": {}});
            }
            schema.into()
        }
        _ => json!({"type": "object", "properties": {}}),
    }
}

/// The choice as chat takes it; of allowed tools the others are left out.
pub fn choice(choice: Value, tools: &mut Tools, names: &mut Names) -> Result<Option<Value>, Wrong> {
    let mut choice = match choice {
        Value::String(word) => {
            return Ok(matches!(word.as_str(), "none" | "required").then(|| word.into()));
        }
        Value::Object(choice) => choice,
        _ => return Err(bad_choice()),
    };
    let kind = take_text(&mut choice, "type").unwrap_or_default();
    match kind.as_str() {
        "function" | "custom" => {
            let nested = take(&mut choice, "function");
            if let Some(Value::Object(nested)) = nested {
                choice = nested;
            }
            let name = named(&choice, kind == "custom", names);
            Ok(Some(
                json!({"type": "function", "function": {"name": name}}),
            ))
        }
        "allowed_tools" => {
            let required = text(&choice, "mode") == Some("required");
            let Some(Value::Array(allowed)) = take(&mut choice, "tools") else {
                return Err(bad_choice());
            };
            let mut kept = Vec::new();
            for tool in &allowed {
                let Value::Object(tool) = tool else {
                    return Err(bad_choice());
                };
                let custom = text(tool, "type") == Some("custom");
                kept.push(named(tool, custom, names));
            }
            tools.keep(&kept);
            Ok(required.then(|| "required".into()))
        }
        "" => Err(bad_choice()),
        hosted => Err(unsupported("tool_choice", hosted)),
    }
}

fn named(tool: &Map<String, Value>, custom: bool, names: &mut Names) -> String {
    let name = text(tool, "name").unwrap_or_default();
    names.chat(text(tool, "namespace"), name, custom)
}

fn bad_choice() -> Wrong {
    Wrong::new(
        Some("tool_choice".into()),
        "`tool_choice` must be `auto`, `none`, `required`, or name a tool of `tools`",
    )
}

/// A tool that nobody here can run, and that the request cannot do without.
pub fn unsupported(field: &str, tool: &str) -> Wrong {
    Wrong {
        code: Some("unsupported_tool"),
        field: Some(field.into()),
        message: format!(
            "the tool `{tool}` is run by its own service and cannot be run here: \
             send it as a function, or leave it out"
        ),
    }
}
