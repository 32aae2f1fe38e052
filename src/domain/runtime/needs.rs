//! What a request needs of a model, and which models the client lets it have.
//!
//! Its law: what is not known of a model passes; what is known to be missing does not. A list of the
//! client's is never widened: where nothing is left the request is refused, and told why.

use std::collections::BTreeMap;

use chat::json::{Lenient, Text};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::tokens;
use crate::domain::refusal::Refusal;

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
    /// Reads a request by its top-level fields, names and raw values.
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
                name if USUAL.contains(&name) || name.starts_with("arbiter_") => {}
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

/// What the client says of the models it wants: all optional, never sent on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wishes {
    /// Only these; `None`: any.
    pub models: Option<Vec<Pattern>>,
    pub exclude: Vec<Pattern>,
    /// Only models that carry all of them.
    pub tags: Vec<String>,
    /// 0..1 in place of `QUALITY_TOLERANCE`.
    pub tolerance: Option<f64>,
    /// Seconds to the first token of a stream, or to the end of a whole answer.
    pub max_latency: Option<f64>,
}

/// Entries of a list at most, and characters of one.
const MOST_ENTRIES: usize = 32;
const MOST_CHARACTERS: usize = 200;

impl Wishes {
    /// Reads them through `field`, which gives a field's raw value by its name. Refuses with 422,
    /// naming the field.
    pub fn read<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<Wishes, Refusal> {
        let given = |name: &str| field(name).filter(|raw| *raw != "null");
        let patterns = |name: &str| {
            let list = given(name).map(|raw| list(name, raw)).transpose()?;
            Ok::<_, Refusal>(list.map(|list| list.into_iter().map(Pattern).collect()))
        };
        let number = |name: &str, bounds: std::ops::RangeInclusive<f64>| {
            let Some(raw) = given(name) else {
                return Ok(None);
            };
            let number = serde_json::from_str::<f64>(raw).ok();
            number
                .filter(|number| bounds.contains(number))
                .map(Some)
                .ok_or_else(|| {
                    let (from, to) = (bounds.start(), bounds.end());
                    wrong(name, &format!("must be a number from {from} to {to}"))
                })
        };
        Ok(Wishes {
            models: patterns("arbiter_models")?,
            exclude: patterns("arbiter_exclude")?.unwrap_or_default(),
            tags: given("arbiter_tags")
                .map(|raw| list("arbiter_tags", raw))
                .transpose()?
                .unwrap_or_default(),
            tolerance: number("arbiter_tolerance", 0.0..=1.0)?,
            max_latency: number("arbiter_max_latency", 0.001..=3_600.0)?,
        })
    }

    /// Do they name one of these models, and no other.
    pub fn pin<'a>(&self, models: impl Iterator<Item = &'a str>) -> bool {
        self.models.as_deref().is_some_and(|list| {
            let named = |id: &&str| list.iter().any(|pattern| pattern.fits(id));
            models.filter(named).count() == 1
        })
    }

    /// Is the choice among models narrowed by them.
    pub fn narrow(&self) -> bool {
        self.models.is_some() || !self.exclude.is_empty() || !self.tags.is_empty()
    }
}

fn list(name: &str, raw: &str) -> Result<Vec<String>, Refusal> {
    let expected = || {
        wrong(
            name,
            &format!("must be an array of 1 to {MOST_ENTRIES} strings"),
        )
    };
    let items: Vec<String> = serde_json::from_str(raw).map_err(|_| expected())?;
    if items.is_empty() || items.len() > MOST_ENTRIES {
        return Err(expected());
    }
    if items
        .iter()
        .any(|item| item.is_empty() || item.len() > MOST_CHARACTERS)
    {
        return Err(wrong(
            name,
            &format!("has an entry that is empty or longer than {MOST_CHARACTERS} characters"),
        ));
    }
    Ok(items)
}

fn wrong(name: &str, message: &str) -> Refusal {
    Refusal::invalid(Some(name.to_owned()), format!("`{name}` {message}"))
}

/// An id, in which `*` stands for any characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    pub fn new(text: &str) -> Pattern {
        Pattern(text.to_owned())
    }

    pub fn text(&self) -> &str {
        &self.0
    }

    /// Takes time in proportion to both lengths at most.
    pub fn fits(&self, id: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(rest) = parts.next().and_then(|first| id.strip_prefix(first)) else {
            return false;
        };
        let parts: Vec<&str> = parts.collect();
        let Some((last, middle)) = parts.split_last() else {
            return rest.is_empty();
        };
        let mut rest = rest;
        for part in middle {
            match rest.split_once(part) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

/// A model, as far as it is looked at here.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    pub id: &'a str,
    pub accepts: &'a Accepts,
    pub tags: &'a [String],
    pub max_output: Option<u64>,
}

/// Why a model is out of the running for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Excluded {
    NotListed,
    Listed,
    Tags,
    /// It is known not to take it.
    Cannot(Need),
    /// It refused it within a day.
    Refused(Need),
    /// The terms of the caller's key.
    Key,
    /// Its window does not hold the request.
    Context,
    /// It may cost more than `arbiter_max_cost`, or take longer than `arbiter_max_latency`.
    Budget,
    Latency,
    /// It, or its runtime, failed lately.
    Out,
}

impl Excluded {
    pub fn name(self) -> String {
        match self {
            Excluded::NotListed => "arbiter_models".into(),
            Excluded::Listed => "arbiter_exclude".into(),
            Excluded::Tags => "arbiter_tags".into(),
            Excluded::Cannot(need) => format!("cannot_{}", need.name()),
            Excluded::Refused(need) => format!("refused_{}", need.name()),
            Excluded::Key => "key".into(),
            Excluded::Context => "context".into(),
            Excluded::Budget => "budget".into(),
            Excluded::Latency => "latency".into(),
            Excluded::Out => "out".into(),
        }
    }

    /// The first wish or need that keeps the model out; `refused` says whether it refused a need within a
    /// day. `output`: tokens that are asked for at most.
    pub fn of(
        offer: &Offer<'_>,
        wishes: &Wishes,
        needs: &Needs,
        output: Option<u64>,
        refused: impl Fn(Need) -> bool,
    ) -> Option<Excluded> {
        let named = |list: &[Pattern]| list.iter().any(|pattern| pattern.fits(offer.id));
        if wishes.models.as_ref().is_some_and(|list| !named(list)) {
            return Some(Excluded::NotListed);
        }
        if named(&wishes.exclude) {
            return Some(Excluded::Listed);
        }
        if !wishes.tags.iter().all(|tag| offer.tags.contains(tag)) {
            return Some(Excluded::Tags);
        }
        let too_long = output
            .zip(offer.max_output)
            .is_some_and(|(asked, most)| asked > most);
        for need in needs.list.iter().copied() {
            if offer.accepts.refuses(need) || (need == Need::Output && too_long) {
                return Some(Excluded::Cannot(need));
            }
            if refused(need) {
                return Some(Excluded::Refused(need));
            }
        }
        None
    }
}

/// How many models are out for which reason, as a refusal tells it.
pub fn tally(reasons: impl Iterator<Item = Excluded>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason.name()).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests;
