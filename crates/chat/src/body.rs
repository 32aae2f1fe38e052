//! The body of a chat request: what stands in it, field by field.

use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use crate::{
    Message, RequestBounds, Wrong,
    json::{self, Content, RawObject, Text},
};

/// A JSON object within bounds, whose fields stay as they were written.
#[derive(Clone, Debug)]
pub struct Body {
    text: String,
    fields: RawObject,
}

/// More of anything nobody is answered.
const MOST_MEANT: u64 = 1_000_000_000;
/// What a large picture is read as: four tiles and what goes with them, and some more.
const PICTURE_TOKENS: u64 = 1_500;
/// Bytes of base64 that a file of another kind has for each token that it is read as, at the least: a
/// page of a PDF is some 1,500 tokens, and rarely less than 24 KB.
const FILE_BYTES_A_TOKEN: u64 = 16;

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: Option<bool>,
}

impl Body {
    /// Reads a body. What is wrong with it is said by its field.
    pub fn parse(text: String, bounds: RequestBounds) -> Result<Body, Wrong> {
        if text::nesting::json(&text) > bounds.max_depth {
            let most = bounds.max_depth;
            let message = format!("the body is nested more than {most} levels deep");
            return Err(Wrong::new(None, message));
        }
        let fields = RawObject::parse(&text).map_err(|error| {
            let place = match &error.field {
                Some(field) => format!("the value of `{field}` is not valid JSON"),
                None => "the body is not a JSON object".to_owned(),
            };
            Wrong::new(error.field, format!("{place}: {}", error.message))
        })?;
        for (name, raw) in fields.iter(&text) {
            if json::has_unrepresentable_number(raw) {
                let message = format!("`{name}` holds a number out of range");
                return Err(Wrong::new(Some(name.to_owned()), message));
            }
        }
        Ok(Body { text, fields })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The fields as they were written, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter(&self.text)
    }

    /// The field's raw value; `None` where it is absent or null, which SDKs send alike.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields
            .get(&self.text, name)
            .filter(|raw| *raw != "null")
    }

    /// The same, to be kept.
    pub fn raw(&self, name: &str) -> Option<Box<RawValue>> {
        RawValue::from_string(self.get(name)?.to_owned()).ok()
    }

    /// Its messages. There is one at least.
    pub fn messages(&self, bounds: RequestBounds) -> Result<Vec<Message>, Wrong> {
        let field = |message: String| Wrong::new(Some("messages".into()), message);
        let raw = self
            .get("messages")
            .ok_or_else(|| field("`messages` is missing: it must be a non-empty array".into()))?;
        let items: Vec<&RawValue> =
            serde_json::from_str(raw).map_err(|_| field("`messages` must be an array".into()))?;
        if items.is_empty() {
            return Err(field("`messages` must not be empty".into()));
        }
        if items.len() > bounds.max_messages {
            return Err(field(format!(
                "`messages` has {} entries: at most {} are taken",
                items.len(),
                bounds.max_messages
            )));
        }
        items
            .iter()
            .enumerate()
            .map(|(index, item)| message(index, item.get()))
            .collect()
    }

    pub fn boolean(&self, name: &str) -> Result<Option<bool>, Wrong> {
        match self.get(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(wrong(name, "true or false")),
        }
    }

    /// A whole number, 0 or more.
    pub fn whole(&self, name: &str) -> Result<Option<u64>, Wrong> {
        let Some(raw) = self.get(name) else {
            return Ok(None);
        };
        let number = number(raw).filter(|number| *number >= 0.0 && number.fract() == 0.0);
        // Saturates: whatever does not fit in 64 bits fits no context window either.
        number
            .map(|number| Some(number as u64))
            .ok_or_else(|| wrong(name, "a whole number, 0 or more"))
    }

    /// The most that any field of these names says, in any case of letters, as a number or in a text:
    /// what some runtime may go by is what is counted.
    pub fn meant(&self, names: &[&str]) -> Option<u64> {
        let is_one = |name: &str| names.iter().any(|it| it.eq_ignore_ascii_case(name));
        let fields = self.iter().filter(|(name, _)| is_one(name));
        let numbers = fields.filter_map(|(_, raw)| {
            let text = || serde_json::from_str::<String>(raw).ok();
            number(raw).or_else(|| text()?.trim().parse().ok())
        });
        numbers
            .filter(|number| *number >= 0.0)
            // Takes what is larger to what fits.
            .map(|number| (number.ceil() as u64).min(MOST_MEANT))
            .max()
    }

    /// Is a usage chunk asked for on the stream.
    pub fn include_usage(&self) -> bool {
        self.get("stream_options")
            .and_then(|raw| serde_json::from_str::<StreamOptions>(raw).ok())
            .and_then(|options| options.include_usage)
            .unwrap_or(false)
    }

    /// A finite number, 0 or more; `expected`: what it must be, where it is none.
    pub fn amount(&self, name: &str, expected: &str) -> Result<Option<f64>, Wrong> {
        let Some(raw) = self.get(name) else {
            return Ok(None);
        };
        number(raw)
            .filter(|number| *number >= 0.0)
            // -0.0 is 0.
            .map(|number| Some(number.abs()))
            .ok_or_else(|| wrong(name, expected))
    }

    /// Its messages as they were written.
    pub fn raw_messages(&self) -> Vec<&RawValue> {
        let raw = self.fields.get(&self.text, "messages");
        raw.and_then(|raw| serde_json::from_str(raw).ok())
            .unwrap_or_default()
    }

    /// Does it name texts at which an answer ends.
    pub fn names_stops(&self) -> bool {
        let stop = self.fields.get(&self.text, "stop").unwrap_or_default();
        matches!(serde_json::from_str(stop), Ok(Value::String(text)) if !text.is_empty())
            || stop.starts_with('[') && !stop.trim_start_matches(['[', ' ']).starts_with(']')
    }

    /// Tokens that the request may be read as, by all that it holds: text, tools, tool calls. Of
    /// a picture in it not its bytes count but the tiles that it is cut into; a file or a sound is
    /// read as more the longer it is.
    pub fn weight(&self) -> u64 {
        let mut bytes = self.text.len() as u64;
        let mut tokens = 0_u64;
        let mut parts = self.text.split(";base64,");
        let mut before = parts.next().unwrap_or_default();
        for part in parts {
            // Only what is base64 is none of the text, whatever stands in front of it.
            let is_digit = |it: u8| it.is_ascii_alphanumeric() || b"+/=-_\\".contains(&it);
            let length = part.bytes().take_while(|it| is_digit(*it)).count() as u64;
            bytes -= length;
            let kind = before.rfind("data:").and_then(|at| before.get(at..));
            tokens += match kind.is_some_and(|kind| kind.starts_with("data:image/")) {
                true => PICTURE_TOKENS.min(length),
                false => length / FILE_BYTES_A_TOKEN,
            };
            before = part;
        }
        bytes / 4 + tokens
    }

    /// The client's own options of a stream, with the usage asked for.
    pub fn stream_options(&self) -> String {
        let own = self.fields.get(&self.text, "stream_options");
        let mut options: Map<String, Value> = own
            .and_then(|raw| serde_json::from_str(raw).ok())
            .unwrap_or_default();
        options.insert("include_usage".into(), true.into());
        Value::Object(options).to_string()
    }
}

/// Reads one message. A field that says what is asked may stand in it once: of two, each reader
/// would take another.
fn message(index: usize, raw: &str) -> Result<Message, Wrong> {
    let at = |message: String| Wrong::new(Some(format!("messages[{index}]")), message);
    if !raw.starts_with('{') {
        return Err(at(format!("`messages[{index}]` must be an object")));
    }
    let fields = RawObject::parse(raw).map_err(|error| {
        at(format!(
            "`messages[{index}]` cannot be read: {}",
            error.message
        ))
    })?;
    for name in ["role", "content"] {
        if fields.is_repeated(name) {
            let field = format!("messages[{index}].{name}");
            let message = format!("`{field}` stands there more than once");
            return Err(Wrong::new(Some(field), message));
        }
    }
    let Text(role) = fields
        .get(raw, "role")
        .and_then(|role| serde_json::from_str(role).ok())
        .ok_or_else(|| at(format!("`messages[{index}].role` must be a string")))?;
    let content: Content = fields
        .get(raw, "content")
        .and_then(|content| serde_json::from_str(content).ok())
        .unwrap_or_default();
    Ok(Message {
        role,
        text: content.text.unwrap_or_default(),
    })
}

/// A JSON number as a finite double; `None` for a value of any other kind.
fn number(raw: &str) -> Option<f64> {
    serde_json::from_str::<f64>(raw)
        .ok()
        .filter(|number| number.is_finite())
}

fn wrong(name: &str, expected: &str) -> Wrong {
    Wrong::new(Some(name.into()), format!("`{name}` must be {expected}"))
}

#[cfg(test)]
mod tests;
