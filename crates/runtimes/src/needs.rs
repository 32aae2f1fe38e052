//! What a request needs of a model, and what a model takes.
//!
//! Its law: what is not known of a model passes; what is known to be missing does not.

use chat::json::{Lenient, Text};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::tokens;

/// Something that not every model can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    Tools,
    Images,
    Audio,
    Files,
    JsonSchema,
    Reasoning,
    /// As many tokens of output as are asked for.
    Output,
    /// Messages in an order that strict templates refuse: a user right after a tool.
    Order,
    /// Some parameter beyond the usual ones.
    Parameters,
}

impl Need {
    pub fn name(self) -> &'static str {
        match self {
            Need::Tools => "tools",
            Need::Images => "images",
            Need::Audio => "audio",
            Need::Files => "files",
            Need::JsonSchema => "json_schema",
            Need::Reasoning => "reasoning",
            Need::Output => "output",
            Need::Order => "order",
            Need::Parameters => "parameters",
        }
    }

    /// Is it met well enough by a model that cannot, where none can: a bound or a parameter that is
    /// cut down or left out, rather than something that is not there to be read.
    pub fn is_soft(self) -> bool {
        matches!(
            self,
            Need::Reasoning | Need::Output | Need::Order | Need::Parameters
        )
    }

    pub fn parse(name: &str) -> Option<Need> {
        ALL.into_iter().find(|need| need.name() == name)
    }
}

const ALL: [Need; 9] = [
    Need::Tools,
    Need::Images,
    Need::Audio,
    Need::Files,
    Need::JsonSchema,
    Need::Reasoning,
    Need::Output,
    Need::Order,
    Need::Parameters,
];

/// What a model takes; null: not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Accepts {
    pub tools: Option<bool>,
    pub images: Option<bool>,
    pub audio: Option<bool>,
    pub files: Option<bool>,
    pub json_schema: Option<bool>,
    pub reasoning: Option<bool>,
}

impl Accepts {
    /// What is known here, else there.
    pub fn or(self, other: Accepts) -> Accepts {
        Accepts {
            tools: self.tools.or(other.tools),
            images: self.images.or(other.images),
            audio: self.audio.or(other.audio),
            files: self.files.or(other.files),
            json_schema: self.json_schema.or(other.json_schema),
            reasoning: self.reasoning.or(other.reasoning),
        }
    }

    /// Is it known not to take that.
    pub fn refuses(&self, need: Need) -> bool {
        let known = match need {
            Need::Tools => self.tools,
            Need::Images => self.images,
            Need::Audio => self.audio,
            Need::Files => self.files,
            Need::JsonSchema => self.json_schema,
            Need::Reasoning => self.reasoning,
            Need::Output | Need::Order | Need::Parameters => None,
        };
        known == Some(false)
    }
}

/// What one request needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    pub list: Vec<Need>,
    /// Tokens that its pictures take.
    pub picture_tokens: u64,
}

/// Fields that every model takes, or that are handled by name.
const USUAL: [&str; 17] = [
    "model",
    "messages",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "stop",
    "n",
    "user",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "functions",
    "function_call",
    "response_format",
];

/// Fields of which is known what they ask for, besides.
const KNOWN: [&str; 5] = [
    "reasoning_effort",
    "reasoning",
    "thinking",
    "modalities",
    "audio",
];

/// Is a top-level field one that is known here.
pub(crate) fn is_known(name: &str) -> bool {
    USUAL.contains(&name) || KNOWN.contains(&name)
}

/// Pictures of a request that are looked at; the others are taken for usual ones.
const MOST_PICTURES: usize = 64;
/// Characters of a picture's base64 that are decoded to find its size.
const HEAD: usize = 8_192;

#[derive(Deserialize, Default)]
struct RawMessage<'a> {
    #[serde(default)]
    role: Lenient<Text>,
    #[serde(default, borrow)]
    content: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
struct Part {
    #[serde(rename = "type", default)]
    kind: Lenient<Text>,
    #[serde(default)]
    image_url: Lenient<Picture>,
}

#[derive(Deserialize, Default)]
struct Picture {
    #[serde(default)]
    url: Lenient<Text>,
    #[serde(default)]
    detail: Lenient<Text>,
}

impl Needs {
    /// Reads a request by its top-level fields, names and raw values: those that a runtime is sent.
    pub fn read<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Needs {
        let mut needs = Needs::default();
        for (name, raw) in fields {
            if raw == "null" {
                continue;
            }
            match name {
                "messages" => needs.messages(raw),
                "tools" | "functions" if raw != "[]" => needs.add(Need::Tools),
                "response_format" if raw.contains("json_schema") => needs.add(Need::JsonSchema),
                "reasoning_effort" | "reasoning" | "thinking" => needs.add(Need::Reasoning),
                "max_tokens" | "max_completion_tokens" => needs.add(Need::Output),
                "modalities" | "audio" if raw.contains("audio") || name == "audio" => {
                    needs.add(Need::Audio);
                }
                name if USUAL.contains(&name) => {}
                _ => needs.add(Need::Parameters),
            }
        }
        needs.list.sort_unstable();
        needs
    }

    /// Without those that are soft.
    pub fn hard(&self) -> Needs {
        let mut hard = self.clone();
        hard.list.retain(|need| !need.is_soft());
        hard
    }

    pub fn has(&self, need: Need) -> bool {
        self.list.contains(&need)
    }

    fn add(&mut self, need: Need) {
        if !self.list.contains(&need) {
            self.list.push(need);
        }
    }

    fn messages(&mut self, raw: &str) {
        let items: Vec<&RawValue> = serde_json::from_str(raw).unwrap_or_default();
        let mut before = String::new();
        let mut pictures = 0;
        for item in items {
            let message: RawMessage = serde_json::from_str(item.get()).unwrap_or_default();
            let role = message.role.0.map(|Text(role)| role).unwrap_or_default();
            if role == "user" && before == "tool" {
                self.add(Need::Order);
            }
            before = role;
            let content = message.content.map_or("null", RawValue::get);
            if content.starts_with('[') {
                self.parts(content, &mut pictures);
            }
        }
    }

    fn parts(&mut self, content: &str, pictures: &mut usize) {
        let items: Vec<&RawValue> = serde_json::from_str(content).unwrap_or_default();
        for item in items {
            let part: Part = serde_json::from_str(item.get()).unwrap_or_default();
            let Some(Text(kind)) = part.kind.0 else {
                continue;
            };
            match kind.as_str() {
                "image_url" | "image" | "input_image" => {
                    self.add(Need::Images);
                    *pictures += 1;
                    let picture = part.image_url.0.filter(|_| *pictures <= MOST_PICTURES);
                    let tokens = picture.map_or(tokens::picture(None, false), Picture::tokens);
                    self.picture_tokens = self.picture_tokens.saturating_add(tokens);
                }
                "input_audio" | "audio" | "audio_url" => self.add(Need::Audio),
                "file" | "input_file" | "document" => self.add(Need::Files),
                _ => {}
            }
        }
    }
}

impl Picture {
    fn tokens(self) -> u64 {
        let low = self.detail.0.is_some_and(|Text(detail)| detail == "low");
        let size = self.url.0.as_ref().and_then(|Text(url)| {
            use base64ct::Encoding;
            let (_, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
            let head = data.get(..data.len().min(HEAD) / 4 * 4)?;
            let bytes = base64ct::Base64::decode_vec(head).ok()?;
            tokens::picture_size(&bytes)
        });
        tokens::picture(size, low)
    }
}

#[cfg(test)]
mod tests;
