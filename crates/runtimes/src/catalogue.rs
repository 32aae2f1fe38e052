//! A runtime's catalogue of models, whoever sends it.
//!
//! Its law: entries are read by their fields, each field by its own name and unit. What is not said
//! is unknown: a price of −1 or none is no price, and never 0.

use std::collections::BTreeMap;

use serde_json::{Value, value::RawValue};

use super::{charge::Prices, needs::Accepts};

/// A model that a runtime offers for chat.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    pub id: String,
    /// USD per 1M tokens.
    pub prices: Prices,
    /// Context window, tokens.
    pub context: Option<u64>,
    pub max_output: Option<u64>,
    pub accepts: Accepts,
}

/// More models than any runtime offers.
pub const MOST: usize = 10_000;
/// Characters of an id.
const MOST_CHARACTERS: usize = 200;
const CHAT_SURFACE: &str = "/v1/chat/completions";
/// A price below this is one of a token, USD: no model is as cheap a million, none as dear a token.
const A_TOKEN: f64 = 0.001;
/// More than any price of a million tokens, USD.
const DEAREST: f64 = 100_000.0;

/// A page of a catalogue.
pub struct Page {
    pub entries: Vec<Entry>,
    /// How it names the one after it; `None`: it is the last.
    pub next: Option<NextPage>,
}

/// How a page names the next one.
#[derive(Debug, PartialEq)]
pub enum NextPage {
    /// By its URL, whole or from that of this page.
    Link(String),
    /// By the last id of this one.
    After(String),
}

/// Reads `GET /models`, or what LiteLLM has beside it (`/model/info`, `/model_group/info`): the chat
/// models among it. `None` where it is no catalogue at all.
pub fn page(text: &str) -> Option<Page> {
    let (items, next): (Vec<&RawValue>, _) = match text.trim_start().starts_with('[') {
        true => (serde_json::from_str(text).ok()?, None),
        false => {
            let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
            let items = serde_json::from_str(fields.get("data")?.get()).ok()?;
            (items, next(&fields))
        }
    };
    let mut entries: Vec<Entry> = Vec::new();
    for item in items.into_iter().take(MOST) {
        let value: Option<Value> = serde_json::from_str(item.get()).ok();
        entries.extend(value.as_ref().and_then(entry));
    }
    Some(Page { entries, next })
}

/// OpenRouter links to the next page, Anthropic names the last id of this one.
fn next(fields: &BTreeMap<String, &RawValue>) -> Option<NextPage> {
    let read = |name: &str| serde_json::from_str::<Value>(fields.get(name)?.get()).ok();
    let text = |value: &Value| {
        let text = value.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    let link = read("links").and_then(|links| text(links.get("next")?));
    let after = || match read("has_more")? {
        Value::Bool(true) => text(&read("last_id")?),
        _ => None,
    };
    link.map(NextPage::Link)
        .or_else(|| after().map(NextPage::After))
}

/// What the second knows, where the first does not.
pub fn merged(mut entries: Vec<Entry>, more: &[Entry]) -> Vec<Entry> {
    for entry in &mut entries {
        let Some(other) = more.iter().find(|other| other.id == entry.id) else {
            continue;
        };
        let (own, other_prices) = (&mut entry.prices, other.prices);
        own.input = own.input.or(other_prices.input);
        own.output = own.output.or(other_prices.output);
        own.cached = own.cached.or(other_prices.cached);
        entry.context = entry.context.or(other.context);
        entry.max_output = entry.max_output.or(other.max_output);
        entry.accepts = entry.accepts.or(other.accepts);
    }
    entries
}

fn entry(value: &Value) -> Option<Entry> {
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let id = ["id", "model_name", "model_group"]
        .iter()
        .find_map(|name| text(name))?;
    if id.is_empty() || id.len() > MOST_CHARACTERS || !answers_chat(value) {
        return None;
    }
    let tokens = |paths: &[&str]| {
        let found = paths.iter().find_map(|path| number(value.pointer(path)?));
        // Takes the fraction off, and what is too large to what fits.
        found
            .map(|tokens| tokens as u64)
            .filter(|tokens| *tokens > 0)
    };
    Some(Entry {
        id: id.to_owned(),
        prices: prices(value),
        context: tokens(&[
            "/loaded_context_length",
            "/context_window",
            "/context_length",
            "/max_model_len",
            "/max_context_length",
            "/max_input_tokens",
            "/meta/n_ctx",
            "/limits/max_input_tokens",
            "/metadata/context_length",
            "/model_info/max_input_tokens",
            "/meta/n_ctx_train",
        ]),
        max_output: tokens(&[
            "/top_provider/max_completion_tokens",
            "/max_completion_tokens",
            "/max_output_tokens",
            "/limits/max_output_tokens",
            "/metadata/max_tokens",
            "/model_info/max_output_tokens",
        ]),
        accepts: accepts(value),
    })
}

/// What says that it is something else keeps an entry out; what says nothing is taken for chat,
/// unless its id says otherwise.
fn answers_chat(value: &Value) -> bool {
    let has = |path: &str, wanted: &str| {
        let list = value.pointer(path)?.as_array()?;
        Some(list.iter().any(|item| item.as_str() == Some(wanted)))
    };
    let is = |path: &str, wanted: &[&str]| {
        let word = value.pointer(path)?.as_str()?;
        Some(wanted.contains(&word))
    };
    let flag = |path: &str| value.pointer(path).and_then(Value::as_bool);
    let says = [
        has("/compatible_endpoints", CHAT_SURFACE),
        has("/architecture/output_modalities", "text"),
        is("/mode", &["chat", "responses"]),
        is("/model_info/mode", &["chat", "responses"]),
        is("/type", &CHAT_TYPES),
        flag("/capabilities/completion_chat"),
        flag("/capabilities/chat_completion"),
        flag("/supports_chat"),
        flag("/active"),
    ];
    if says.iter().any(Option::is_some) {
        return says.iter().all(|said| said.unwrap_or(true));
    }
    let id = value.get("id").and_then(Value::as_str).unwrap_or_default();
    let id = id.to_ascii_lowercase();
    !OTHERS.iter().any(|word| id.contains(word))
}

/// Kinds of model that answer chat, in the words of Together, Vercel, Mistral and LM Studio.
const CHAT_TYPES: [&str; 8] = [
    "chat",
    "language",
    "model",
    "base",
    "code",
    "fine-tuned",
    "llm",
    "vlm",
];

/// What catalogues of bare ids list beside chat models.
const OTHERS: [&str; 19] = [
    "embed",
    "whisper",
    "tts",
    "dall-e",
    "moderation",
    "transcribe",
    "realtime",
    "gpt-image",
    "sora",
    "davinci",
    "babbage",
    "instruct-0914",
    "rerank",
    "guard",
    "stable-diffusion",
    "computer-use",
    "imagen",
    "/veo-",
    "/aqa",
];

/// Fields of a price and what its figure is multiplied by to be USD per 1M tokens; `None`: told by
/// magnitude.
type Field = (&'static str, Option<f64>);

const INPUT: &[Field] = &[
    ("/benchmark_pricing/input_per_mtok_min", Some(1.0)),
    ("/metadata/pricing/input_tokens", Some(1.0)),
    ("/input_cost_per_token", Some(1e6)),
    ("/model_info/input_cost_per_token", Some(1e6)),
    ("/pricing/prompt", None),
    ("/pricing/input", None),
];
const OUTPUT: &[Field] = &[
    ("/benchmark_pricing/output_per_mtok_min", Some(1.0)),
    ("/metadata/pricing/output_tokens", Some(1.0)),
    ("/output_cost_per_token", Some(1e6)),
    ("/model_info/output_cost_per_token", Some(1e6)),
    ("/pricing/completion", None),
    ("/pricing/output", None),
];
const CACHED: &[Field] = &[
    ("/metadata/pricing/cache_read_tokens", Some(1.0)),
    ("/cache_read_input_token_cost", Some(1e6)),
    ("/model_info/cache_read_input_token_cost", Some(1e6)),
    ("/pricing/input_cache_read", None),
    ("/pricing/cached_input", None),
];

fn prices(value: &Value) -> Prices {
    let read = |fields: &[Field]| {
        fields
            .iter()
            .find_map(|(path, unit)| Some((number(value.pointer(path)?)?, *unit)))
    };
    let all = [read(INPUT), read(OUTPUT), read(CACHED)];
    // One entry has one unit: its dearest price tells it best.
    let dearest = all
        .iter()
        .flatten()
        .map(|(price, _)| *price)
        .fold(0.0, f64::max);
    let guessed = if dearest < A_TOKEN { 1e6 } else { 1.0 };
    let [input, output, cached] = all.map(|found| {
        let (price, unit) = found?;
        // A price a token comes out with a tail of nines otherwise.
        let price = (price * unit.unwrap_or(guessed) * 1e9).round() / 1e9;
        (price <= DEAREST).then_some(price)
    });
    Prices {
        input,
        output,
        cached,
    }
}

fn accepts(value: &Value) -> Accepts {
    let list = |path: &str| value.pointer(path).and_then(Value::as_array);
    let modality = |wanted: &str| {
        let inputs = list("/architecture/input_modalities")?;
        Some(inputs.iter().any(|item| item.as_str() == Some(wanted)))
    };
    let parameter = |wanted: &[&str]| {
        let known = list("/supported_parameters")?;
        let has = |item: &Value| item.as_str().is_some_and(|item| wanted.contains(&item));
        Some(known.iter().any(has))
    };
    let flag = |paths: &[&str]| {
        let found = paths.iter().find_map(|path| value.pointer(path));
        found.and_then(Value::as_bool)
    };
    Accepts {
        tools: parameter(&["tools"]).or_else(|| {
            flag(&[
                "/supports_function_calling",
                "/supports_tools",
                "/model_info/supports_function_calling",
                "/capabilities/function_calling",
            ])
        }),
        images: modality("image").or_else(|| {
            flag(&[
                "/supports_vision",
                "/supports_image_input",
                "/model_info/supports_vision",
                "/capabilities/vision",
            ])
        }),
        audio: modality("audio")
            .or_else(|| flag(&["/supports_audio_input", "/model_info/supports_audio_input"])),
        files: modality("file")
            .or_else(|| flag(&["/supports_pdf_input", "/model_info/supports_pdf_input"])),
        json_schema: parameter(&["structured_outputs", "response_format"]).or_else(|| {
            flag(&[
                "/supports_response_schema",
                "/model_info/supports_response_schema",
            ])
        }),
        reasoning: parameter(&["reasoning", "include_reasoning"])
            .or_else(|| flag(&["/supports_reasoning", "/model_info/supports_reasoning"])),
    }
}

/// A finite number, 0 or more: some catalogues write theirs as strings.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_f64(),
    }
    .filter(|number| number.is_finite() && *number >= 0.0)
}

#[cfg(test)]
mod tests;
