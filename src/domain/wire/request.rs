//! A chat request as the client sent it: what the router reads of it, and the body it becomes.

mod allowance;
mod passed;

use chat::{
    Message, RequestBounds,
    json::{self, Content, Lenient, RawObject, Text, quoted},
};
use runtimes::{needs::Needs, tokens::Characters};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::{
    account::{budget::Estimate, terms::Terms},
    conversation::{Claim, Session},
    money::Pico,
    refusal::Refusal,
    runtime::{registry::Model, wishes::Wishes},
    tags::{self, Tags},
};

pub use allowance::{Allowance, likely_output};
pub use passed::OWN_PREFIX;

/// A checked chat-completions request.
#[derive(Clone, Debug)]
pub struct ChatRequest {
    pub messages: Vec<Message>,
    pub stream: bool,
    /// Did the client ask for a usage chunk on its stream; for the models that it could have had.
    pub include_usage: bool,
    pub explain: bool,
    /// `max_completion_tokens`, else `max_tokens`.
    pub max_tokens: Option<u64>,
    /// Ceiling on the estimated cost, USD.
    pub max_cost: Option<f64>,
    pub response_format: Option<Box<RawValue>>,
    pub tools: Option<Box<RawValue>>,
    /// How many answers may be meant, and how many tokens of each, as whichever runtime reads it
    /// that takes a number in a text or a name in other letters.
    pub choices: u64,
    pub output_meant: Option<u64>,
    /// What the caller's key allows; `None` for one without terms.
    pub allowance: Option<Allowance>,
    /// The most that may be answered, where that is a ceiling and no need: each model is asked for
    /// no more than it answers, and what no turn writes is neither set aside nor held against a window.
    pub ceiling: Option<u64>,
    /// What it needs of a model, and what the client says of those that it wants.
    pub needs: Needs,
    pub wishes: Wishes,
    /// Fields that only go to models that are known to take them, each as JSON.
    pub hints: Vec<(&'static str, String)>,
    /// What was left out of it, by the names that the client gave it.
    pub dropped: Vec<String>,
    /// What it says of its conversation, and its part in that; `None` where it is of none.
    pub said: Claim,
    pub session: Option<Session>,
    pub tags: Tags,
    /// Are fields taken out that some runtimes read as another model, provider, price or address.
    pub safe_only: bool,
    body: String,
    fields: RawObject,
}

/// More of anything nobody is answered.
const MOST_MEANT: u64 = 1_000_000_000;
const MAX_COST: &str = "arbiter_max_cost";

#[derive(Deserialize)]
struct ResponseFormat {
    #[serde(rename = "type", default)]
    kind: Lenient<Text>,
}

#[derive(Deserialize)]
struct Calls<'a> {
    #[serde(default, borrow)]
    tool_calls: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: Option<bool>,
}

impl ChatRequest {
    /// Reads a request body. Refuses with 422, naming the field, what is not JSON or has a field
    /// missing or of the wrong kind.
    pub fn parse(body: String, bounds: RequestBounds) -> Result<ChatRequest, Refusal> {
        if text::nesting::json(&body) > bounds.max_depth {
            return Err(Refusal::invalid(
                None,
                format!(
                    "the body is nested more than {} levels deep",
                    bounds.max_depth
                ),
            ));
        }
        let fields = RawObject::parse(&body).map_err(|error| {
            let place = match &error.field {
                Some(field) => format!("the value of `{field}` is not valid JSON"),
                None => "the body is not a JSON object".to_owned(),
            };
            Refusal::invalid(error.field, format!("{place}: {}", error.message))
        })?;
        for (name, raw) in fields.iter(&body) {
            if json::has_unrepresentable_number(raw) {
                return Err(Refusal::invalid(
                    Some(name.to_owned()),
                    format!("`{name}` holds a number out of range"),
                ));
            }
        }
        let read = Fields {
            body: &body,
            fields: &fields,
        };
        let sent = fields.iter(&body);
        let sent = sent.filter(|(name, _)| !name.starts_with(OWN_PREFIX));
        Ok(ChatRequest {
            messages: read.messages(bounds)?,
            stream: read.boolean("stream")?.unwrap_or(false),
            include_usage: read.include_usage(),
            max_tokens: match read.whole("max_completion_tokens")? {
                Some(tokens) => Some(tokens),
                None => read.whole("max_tokens")?,
            },
            max_cost: read.max_cost()?,
            response_format: read.raw("response_format"),
            tools: read.raw("tools"),
            choices: read.meant(&["n"]).unwrap_or(1).max(1),
            output_meant: read.meant(&["max_tokens", "max_completion_tokens"]),
            allowance: None,
            ceiling: None,
            needs: Needs::read(sent),
            wishes: Wishes::read(|name| read.get(name))?,
            hints: Vec::new(),
            dropped: Vec::new(),
            said: Claim::read(|name| read.get(name))?,
            tags: read.tags(),
            session: None,
            safe_only: false,
            explain: read.boolean("arbiter_explain")?.unwrap_or(false),
            fields,
            body,
        })
    }

    /// The most that may be answered, however it was said.
    pub fn most_output(&self) -> Option<u64> {
        self.max_tokens.or(self.ceiling)
    }

    /// Does `response_format` ask for JSON, with a schema or without.
    pub fn wants_json(&self) -> bool {
        self.response_format
            .as_deref()
            .and_then(|raw| serde_json::from_str::<ResponseFormat>(raw.get()).ok())
            .and_then(|format| format.kind.0)
            .is_some_and(|Text(kind)| matches!(kind.as_str(), "json_object" | "json_schema"))
    }

    /// Does it name texts at which an answer ends.
    pub fn names_stops(&self) -> bool {
        let stop = self.fields.get(&self.body, "stop").unwrap_or_default();
        matches!(serde_json::from_str(stop), Ok(serde_json::Value::String(text)) if !text.is_empty())
            || stop.starts_with('[') && !stop.trim_start_matches(['[', ' ']).starts_with(']')
    }

    /// Did the client say which models may answer, or how dear or slow they may be.
    pub fn is_narrowed(&self) -> bool {
        self.max_cost.is_some() || self.wishes.narrow() || self.wishes.max_latency.is_some()
    }

    /// Is it given any tool.
    pub fn has_tools(&self) -> bool {
        let none = |raw: &RawValue| raw.get().trim_start_matches(['[', ' ', '\n']) == "]";
        self.tools.as_deref().is_some_and(|raw| !none(raw))
    }

    /// Its messages as they were written.
    pub fn raw_messages(&self) -> Vec<&RawValue> {
        let raw = self.fields.get(&self.body, "messages");
        raw.and_then(|raw| serde_json::from_str(raw).ok())
            .unwrap_or_default()
    }

    /// How much text the calls of tools have that it tells of.
    pub fn called(&self) -> Characters {
        if !self.body.contains("\"tool_calls\"") {
            return Characters::default();
        }
        let calls = self.raw_messages().into_iter().filter_map(|message| {
            let message: Calls<'_> = serde_json::from_str(message.get()).ok()?;
            Some(Characters::count(message.tool_calls?.get()))
        });
        calls.fold(Characters::default(), Characters::plus)
    }

    /// Tokens that the request may be read as, by all that it holds: text, tools, tool calls. Of
    /// a picture in it not its bytes count but the tiles that it is cut into.
    pub fn weight(&self) -> u64 {
        let mut bytes = self.body.len() as u64;
        let mut pictures = 0;
        for (at, _) in self.body.match_indices(";base64,") {
            let rest = self.body.get(at..).unwrap_or_default();
            let length = rest.find('"').unwrap_or(rest.len()) as u64;
            bytes = bytes.saturating_sub(length);
            pictures += 1;
        }
        bytes / 4 + pictures * PICTURE_TOKENS
    }

    /// What the request may cost at the most, on the dearest and on the cheapest of these models,
    /// as far as the key's terms allow them; `usual`: tokens of an answer as a rule.
    pub fn estimate<'a>(
        &self,
        pool: impl Iterator<Item = &'a Model>,
        terms: &Terms,
        usual: Option<f64>,
    ) -> Estimate {
        let allowance = self.allowed(None, terms, usual);
        let costs = pool
            .filter(|model| terms.allows(&model.id))
            .map(|model| Pico::from_usd(allowance.cost(model)));
        let (mut dearest, mut cheapest) = (Pico::default(), None);
        for cost in costs {
            dearest = dearest.max(cost);
            cheapest = Some(cheapest.map_or(cost, |known: Pico| known.min(cost)));
        }
        Estimate {
            dearest,
            cheapest: cheapest.unwrap_or_default(),
        }
    }

    /// What the key's terms allow of this request, `within` so much money.
    pub fn allowed(&self, within: Option<Pico>, terms: &Terms, usual: Option<f64>) -> Allowance {
        let likely = likely_output(usual);
        Allowance {
            within,
            in_tokens: self.weight(),
            out_tokens: self
                .output_meant
                .or(self.ceiling)
                .map_or(likely, |most| most.min(likely)),
            choices: self.choices,
            terms: terms.clone(),
        }
    }

    /// The body that goes upstream: every field as the client wrote it, except that `model` is
    /// the routed one, our own fields are gone, and a stream is asked for its usage.
    pub fn upstream_body(&self, model: &Model) -> String {
        let mut out = String::with_capacity(self.body.len() + model.upstream_id.len() + 16);
        out.push_str("{\"model\":");
        out.push_str(&quoted(&model.upstream_id));
        for (name, raw) in self.fields.iter(&self.body) {
            if !passed::is_passed(name, self.safe_only) || (self.stream && name == "stream_options")
            {
                continue;
            }
            out.push(',');
            out.push_str(&quoted(name));
            out.push(':');
            out.push_str(raw);
        }
        if self.stream {
            out.push_str(",\"stream_options\":");
            out.push_str(&self.stream_options());
        }
        if let Some(ceiling) = self.ceiling {
            let most = ceiling.min(model.most_output());
            out.push_str(&format!(",\"max_tokens\":{most}"));
        }
        for (name, value) in &self.hints {
            if *name == "reasoning_effort" && model.takes_effort() {
                out.push_str(&format!(",\"{name}\":{value}"));
            }
        }
        out.push('}');
        out
    }

    /// The client's own, with the usage asked for: what a stream cost is worked out by it.
    fn stream_options(&self) -> String {
        let own = self.fields.get(&self.body, "stream_options");
        let mut options: serde_json::Map<String, serde_json::Value> = own
            .and_then(|raw| serde_json::from_str(raw).ok())
            .unwrap_or_default();
        options.insert("include_usage".into(), true.into());
        serde_json::Value::Object(options).to_string()
    }
}

/// What a large picture is read as: four tiles and what goes with them, and some more.
const PICTURE_TOKENS: u64 = 1_500;

struct Fields<'a> {
    body: &'a str,
    fields: &'a RawObject,
}

impl<'a> Fields<'a> {
    /// The field's raw value; `None` where it is absent or null, which SDKs send alike.
    fn get(&self, name: &str) -> Option<&'a str> {
        self.fields
            .get(self.body, name)
            .filter(|raw| *raw != "null")
    }

    fn raw(&self, name: &str) -> Option<Box<RawValue>> {
        RawValue::from_string(self.get(name)?.to_owned()).ok()
    }

    fn messages(&self, bounds: RequestBounds) -> Result<Vec<Message>, Refusal> {
        let field = |message: String| Refusal::invalid(Some("messages".into()), message);
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

    fn boolean(&self, name: &str) -> Result<Option<bool>, Refusal> {
        match self.get(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(wrong(name, "true or false")),
        }
    }

    fn whole(&self, name: &str) -> Result<Option<u64>, Refusal> {
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
    fn meant(&self, names: &[&str]) -> Option<u64> {
        let is_one = |name: &str| names.iter().any(|it| it.eq_ignore_ascii_case(name));
        let fields = self.fields.iter(self.body).filter(|(name, _)| is_one(name));
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

    fn tags(&self) -> Tags {
        let metadata = self.get("metadata").map(serde_json::from_str);
        metadata.map_or(Tags::new(), |it| tags::of_metadata(&it.unwrap_or_default()))
    }

    fn max_cost(&self) -> Result<Option<f64>, Refusal> {
        let Some(raw) = self.get(MAX_COST) else {
            return Ok(None);
        };
        number(raw)
            .filter(|number| *number >= 0.0)
            // A budget of -0.0 is one of 0.
            .map(|number| Some(number.abs()))
            .ok_or_else(|| wrong(MAX_COST, "a finite number of USD, 0 or more"))
    }

    fn include_usage(&self) -> bool {
        self.get("stream_options")
            .and_then(|raw| serde_json::from_str::<StreamOptions>(raw).ok())
            .and_then(|options| options.include_usage)
            .unwrap_or(false)
    }
}

/// Reads one message. A field that says what is asked may stand in it once: of two, each reader
/// would take another.
fn message(index: usize, raw: &str) -> Result<Message, Refusal> {
    let at = |message: String| Refusal::invalid(Some(format!("messages[{index}]")), message);
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
            return Err(Refusal::invalid(Some(field), message));
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

fn wrong(name: &str, expected: &str) -> Refusal {
    Refusal::invalid(Some(name.into()), format!("`{name}` must be {expected}"))
}

#[cfg(test)]
mod tests;
