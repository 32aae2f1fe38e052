//! Calls of tools against the tools that the request offers.

use chat::ToolCall;
use json_schema::{Verdict, quoted};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{
    MAX_TEXT, PARSING, TOO_LONG, extract, json,
    schema::{validate, worth_of_match, worth_of_miss},
};
use crate::{Finding, Worth, work::Work};

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
            fault.get_or_insert_with(|| {
                let names: Vec<String> = known.iter().take(5).map(|it| quoted(&it.name)).collect();
                let (names, found) = (names.join(", "), quoted(&call.name));
                format!("expected a tool of {names}, found {found}")
            });
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
            let name = quoted(&call.name);
            fault.get_or_insert_with(|| {
                let why = extract::parsed(arguments)
                    .map_or_else(|why| why, |value| format!("found {}", json::kind(&value)));
                format!("{name}: expected an object as arguments, {why}")
            });
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
