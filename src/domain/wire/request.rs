//! A chat request as the client sent it: what the router reads of it, and the body it becomes.

mod allowance;
mod passed;

use chat::{
    Body, Message, RequestBounds,
    json::{Lenient, Text, quoted},
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
    /// As the client wrote it.
    pub body: Body,
}

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

impl ChatRequest {
    /// Reads a request body. Refuses with 422, naming the field, what is not JSON or has a field
    /// missing or of the wrong kind.
    pub fn parse(body: String, bounds: RequestBounds) -> Result<ChatRequest, Refusal> {
        let body = Body::parse(body, bounds)?;
        let sent = body.iter();
        let sent = sent.filter(|(name, _)| !name.starts_with(OWN_PREFIX));
        Ok(ChatRequest {
            messages: body.messages(bounds)?,
            stream: body.boolean("stream")?.unwrap_or(false),
            include_usage: body.include_usage(),
            max_tokens: match body.whole("max_completion_tokens")? {
                Some(tokens) => Some(tokens),
                None => body.whole("max_tokens")?,
            },
            max_cost: body.amount(MAX_COST, "a finite number of USD, 0 or more")?,
            response_format: body.raw("response_format"),
            tools: body.raw("tools"),
            choices: body.meant(&["n"]).unwrap_or(1).max(1),
            output_meant: body.meant(&["max_tokens", "max_completion_tokens"]),
            allowance: None,
            ceiling: None,
            needs: Needs::read(sent),
            wishes: Wishes::read(|name| body.get(name))?,
            hints: Vec::new(),
            dropped: Vec::new(),
            said: Claim::read(|name| body.get(name))?,
            tags: tags(&body),
            session: None,
            safe_only: false,
            explain: body.boolean("arbiter_explain")?.unwrap_or(false),
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

    /// Did the client say which models may answer, or how dear or slow they may be.
    pub fn is_narrowed(&self) -> bool {
        self.max_cost.is_some() || self.wishes.narrow() || self.wishes.max_latency.is_some()
    }

    /// The kind of a tool in it that the runtime would run for money of its own.
    pub fn hosted_tool(&self) -> Option<String> {
        passed::hosted_tool(self.tools.as_deref()?)
    }

    /// Is it given any tool.
    pub fn has_tools(&self) -> bool {
        let none = |raw: &RawValue| raw.get().trim_start_matches(['[', ' ', '\n']) == "]";
        self.tools.as_deref().is_some_and(|raw| !none(raw))
    }

    /// How much text the calls of tools have that it tells of.
    pub fn called(&self) -> Characters {
        if !self.body.text().contains("\"tool_calls\"") {
            return Characters::default();
        }
        let calls = self.body.raw_messages().into_iter().filter_map(|message| {
            let message: Calls<'_> = serde_json::from_str(message.get()).ok()?;
            Some(Characters::count(message.tool_calls?.get()))
        });
        calls.fold(Characters::default(), Characters::plus)
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
            in_tokens: self.body.weight(),
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
        let mut out = String::with_capacity(self.body.text().len() + model.upstream_id.len() + 16);
        out.push_str("{\"model\":");
        out.push_str(&quoted(&model.upstream_id));
        // OpenAI takes the one only beside the other.
        let unpaired = self.safe_only && self.body.get("store").is_some();
        for (name, raw) in self.body.iter() {
            let is_ours = self.stream && name == "stream_options" || unpaired && name == "metadata";
            if is_ours || !passed::is_passed(name, self.safe_only) {
                continue;
            }
            out.push(',');
            out.push_str(&quoted(name));
            out.push(':');
            out.push_str(raw);
        }
        if self.stream {
            out.push_str(",\"stream_options\":");
            out.push_str(&self.body.stream_options());
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
}

fn tags(body: &Body) -> Tags {
    let metadata = body.get("metadata").map(serde_json::from_str);
    metadata.map_or(Tags::new(), |it| tags::of_metadata(&it.unwrap_or_default()))
}

#[cfg(test)]
mod tests;
