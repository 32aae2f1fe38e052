//! The grammar of each protocol's stream: what may follow what, as strict clients hold one to it.

use serde_json::Value;

use crate::chats::Event;

/// Checks a stream of the Responses protocol, and returns its items, or what is wrong.
pub fn responses(events: &[Event]) -> Result<Vec<Value>, String> {
    let mut items: Vec<Value> = Vec::new();
    let mut open: Option<(Value, String, Option<String>)> = None;
    let mut id = None;
    let mut over = false;
    let mut failing = false;
    for (at, Event { name, data }) in events.iter().enumerate() {
        let wrong = |what: &str| Err(format!("{at} {name}: {what}"));
        if over {
            return wrong("follows the end");
        }
        if data["sequence_number"] != at {
            return wrong("out of sequence");
        }
        if let Some(response) = data.get("response") {
            let this = response["id"].as_str().map(str::to_owned);
            if this.is_none() || id.is_some() && id != this {
                return wrong("another response id");
            }
            id = this;
        }
        if failing && name != "response.failed" {
            return wrong("follows an error");
        }
        match (at, name.as_str()) {
            (0, "response.created") | (1, "response.in_progress") | (0, "error") => {}
            (0 | 1, _) => return wrong("does not begin a stream"),
            _ => {}
        }
        match name.as_str() {
            "response.created" | "response.in_progress" => {
                if data["response"]["status"] != "in_progress"
                    || data["response"]["output"] != Value::Array(vec![])
                {
                    return wrong("not in progress");
                }
            }
            "response.output_item.added" => {
                let item = data["item"].clone();
                if open.is_some() || data["output_index"] != items.len() {
                    return wrong("an item in another's midst, or out of order");
                }
                if item["id"].as_str().is_none_or(str::is_empty) {
                    return wrong("no id");
                }
                open = Some((item, String::new(), None));
            }
            "response.output_item.done" => {
                let Some((item, text, done)) = open.take() else {
                    return wrong("no item is open");
                };
                let whole = &data["item"];
                if whole["id"] != item["id"] || whole["type"] != item["type"] {
                    return wrong("another id");
                }
                if done.as_deref() != Some(text_of(whole).as_str()) || done != Some(text) {
                    return wrong("another text than was streamed");
                }
                items.push(whole.clone());
            }
            "response.completed" | "response.incomplete" => {
                let response = &data["response"];
                if open.is_some() {
                    return wrong("an item is open");
                }
                if response["output"] != Value::Array(items.clone()) {
                    return wrong("another output");
                }
                if response["status"] != name.trim_start_matches("response.") {
                    return wrong("another status");
                }
                for figure in ["input_tokens", "output_tokens", "total_tokens"] {
                    if !response["usage"][figure].is_u64() {
                        return wrong("no usage");
                    }
                }
                over = true;
            }
            "error" => {
                if data["message"].as_str().is_none_or(str::is_empty) || data["code"].is_null() {
                    return wrong("says nothing");
                }
                failing = true;
            }
            "response.failed" => {
                if !failing || data["response"]["error"]["message"].is_null() {
                    return wrong("says nothing");
                }
                over = true;
            }
            piece => {
                let Some((item, text, done)) = &mut open else {
                    return wrong("no item is open");
                };
                if data["item_id"] != item["id"] || data["output_index"] != items.len() {
                    return wrong("belongs to another item");
                }
                let kind = item["type"].as_str().unwrap_or_default();
                let fits = match piece.split('.').nth(1).unwrap_or_default() {
                    "content_part" | "output_text" | "refusal" => kind == "message",
                    "reasoning_summary_part" | "reasoning_summary_text" => kind == "reasoning",
                    "function_call_arguments" => kind == "function_call",
                    "custom_tool_call_input" => kind == "custom_tool_call",
                    _ => return wrong("is no event that clients know"),
                };
                if !fits {
                    return wrong("is of another kind than its item");
                }
                if piece.ends_with(".delta") {
                    text.push_str(data["delta"].as_str().unwrap_or_default());
                } else if piece.ends_with(".done") && !piece.contains("part.") {
                    let names = ["text", "refusal", "arguments", "input"];
                    let said = names.iter().find_map(|name| data[*name].as_str());
                    *done = said.map(str::to_owned);
                }
            }
        }
    }
    if !over && !failing {
        return Err("no end".into());
    }
    Ok(items)
}

/// The text that an item holds.
pub fn text_of(item: &Value) -> String {
    let places = [
        "/content/0/text",
        "/content/0/refusal",
        "/summary/0/text",
        "/arguments",
        "/input",
    ];
    let text = places.iter().find_map(|at| item.pointer(at)?.as_str());
    text.unwrap_or_default().to_owned()
}

/// Checks a stream of the Messages protocol, and returns its blocks with what was streamed of
/// each as `streamed`, or what is wrong.
pub fn messages(events: &[Event]) -> Result<Vec<Value>, String> {
    let mut blocks: Vec<Value> = Vec::new();
    let mut open: Option<(Value, String)> = None;
    let (mut stopped, mut over, mut failed) = (false, false, false);
    for (at, Event { name, data }) in events.iter().enumerate() {
        let wrong = |what: &str| Err(format!("{at} {name}: {what}"));
        if over || failed {
            return wrong("follows the end");
        }
        if (at == 0) != (name == "message_start") && name != "error" {
            return wrong("a stream begins with `message_start`, once");
        }
        match name.as_str() {
            "message_start" => {
                let message = &data["message"];
                if !message["usage"]["input_tokens"].is_u64()
                    || message["content"] != Value::Array(vec![])
                {
                    return wrong("no usage, or a content");
                }
            }
            "ping" => {}
            "content_block_start" => {
                if open.is_some() || stopped || data["index"] != blocks.len() {
                    return wrong("a block in another's midst, or out of order");
                }
                open = Some((data["content_block"].clone(), String::new()));
            }
            "content_block_delta" => {
                let Some((block, text)) = &mut open else {
                    return wrong("no block is open");
                };
                let delta = &data["delta"];
                let (kind, field) = match block["type"].as_str() {
                    Some("text") => ("text_delta", "text"),
                    Some("thinking") => ("thinking_delta", "thinking"),
                    Some("tool_use") => ("input_json_delta", "partial_json"),
                    _ => return wrong("is no block that clients know"),
                };
                if delta["type"] != kind || data["index"] != blocks.len() {
                    return wrong("is of another kind or block");
                }
                let Some(piece) = delta[field].as_str() else {
                    return wrong("says nothing");
                };
                text.push_str(piece);
            }
            "content_block_stop" => {
                let Some((mut block, text)) = open.take() else {
                    return wrong("no block is open");
                };
                if data["index"] != blocks.len() {
                    return wrong("is another block's");
                }
                block["streamed"] = text.into();
                blocks.push(block);
            }
            "message_delta" => {
                if open.is_some() || stopped || data["delta"]["stop_reason"].is_null() {
                    return wrong("a block is open, or no reason");
                }
                if !data["usage"]["output_tokens"].is_u64() {
                    return wrong("no usage");
                }
                stopped = true;
            }
            "message_stop" => {
                if !stopped {
                    return wrong("no `message_delta` came before");
                }
                over = true;
            }
            "error" => {
                if data["error"]["message"].as_str().is_none_or(str::is_empty) {
                    return wrong("says nothing");
                }
                failed = true;
            }
            _ => return wrong("is no event that clients know"),
        }
    }
    if !over && !failed {
        return Err("no end".into());
    }
    Ok(blocks)
}
