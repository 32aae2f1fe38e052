//! How many tokens a request has, roughly: what the context filter would say of it.

use chat::{RequestBounds, Wrong};
use serde_json::Value;

use crate::json::object;

use super::read::asked;

/// Characters of text that make a token, roughly.
const CHARACTERS_PER_TOKEN: usize = 4;
/// Tokens of a picture of a usual size: its bytes say nothing of them.
const PICTURE: usize = 1_105;

/// Counts a body of `count_tokens`: the text of system, messages and tools, and pictures.
pub fn count(body: &str, bounds: RequestBounds) -> Result<u64, Wrong> {
    let asked = asked(object(body, bounds)?, None, bounds)?;
    let mut pictures = 0;
    let mut characters = 0;
    for name in ["messages", "tools", "response_format"] {
        if let Some(value) = asked.chat.get(name) {
            weigh(value, &mut characters, &mut pictures);
        }
    }
    Ok((characters / CHARACTERS_PER_TOKEN + pictures * PICTURE) as u64)
}

fn weigh(value: &Value, characters: &mut usize, pictures: &mut usize) {
    match value {
        Value::String(text) => *characters += text.chars().count(),
        Value::Array(items) => items.iter().for_each(|it| weigh(it, characters, pictures)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match name.as_str() {
                    "image_url" | "file" | "input_audio" => *pictures += 1,
                    _ => {
                        *characters += name.len();
                        weigh(value, characters, pictures);
                    }
                }
            }
        }
        _ => *characters += 2,
    }
}
