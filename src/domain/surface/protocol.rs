//! The protocols as one value: what whoever takes a request in knows of its path.

use chat::RequestBounds;
use completion::{
    Completion, sse,
    sse::{Line, StreamReader},
};
use protocols::{Asked, Opening, Own, Said, TooLong, messages, responses};
use serde_json::Value;

use crate::domain::{
    conversation::Source,
    refusal::Refusal,
    tags,
    wire::request::{ChatRequest, OWN_PREFIX},
};

use super::{
    Arbiter, Beside, Surface, Writer, completions,
    failed::{instead, midway},
};

/// What every answer has that its protocol doesn't.
const OWN: &str = "arbiter";

/// A protocol that clients speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    #[default]
    Chat,
    Responses,
    Messages,
}

/// The protocol of a request that is no chat, with what its answer has to know of it.
#[derive(Clone, Debug)]
pub enum Foreign {
    Responses(responses::Form),
    Messages(messages::Form),
}

impl Protocol {
    /// The surface of a path.
    pub fn of(path: &str) -> Protocol {
        match path {
            "/v1/responses" => Protocol::Responses,
            "/v1/messages" | "/v1/messages/count_tokens" => Protocol::Messages,
            _ => Protocol::Chat,
        }
    }

    /// Where it is served.
    pub fn path(self) -> &'static str {
        match self {
            Protocol::Chat => "/v1/chat/completions",
            Protocol::Responses => "/v1/responses",
            Protocol::Messages => "/v1/messages",
        }
    }

    /// Reads a body into the one request, and what its answer has to know where it is no chat.
    pub fn read(
        self,
        body: String,
        bounds: RequestBounds,
    ) -> Result<(ChatRequest, Option<Foreign>), Refusal> {
        match self {
            Protocol::Chat => Ok((ChatRequest::parse(body, bounds)?, None)),
            Protocol::Responses => {
                let asked = responses::read(&body, bounds)?;
                enter(asked, Source::PromptCacheKey, Foreign::Responses, bounds)
            }
            Protocol::Messages => {
                let asked = messages::read(&body, bounds)?;
                enter(asked, Source::UserId, Foreign::Messages, bounds)
            }
        }
    }

    /// Says no; `request`: the id of the request.
    pub fn refuse(self, refusal: &Refusal, beside: Beside<'_>, request: &str) -> Said {
        match self {
            Protocol::Chat => completions::refuse(refusal, beside),
            Protocol::Responses => responses::refuse(instead(refusal, beside)),
            Protocol::Messages => messages::refuse(instead(refusal, beside), request),
        }
    }
}

fn enter<F>(
    asked: Asked<F>,
    conversation: Source,
    form: impl FnOnce(F) -> Foreign,
    bounds: RequestBounds,
) -> Result<(ChatRequest, Option<Foreign>), Refusal> {
    // An item may become two messages: its own, and what is shown of it.
    let bounds = RequestBounds {
        max_messages: bounds.max_messages.saturating_mul(3),
        max_depth: bounds.max_depth.saturating_add(8),
    };
    let mut chat = asked.chat;
    let own = |(name, _): &(String, Value)| name.starts_with(OWN_PREFIX);
    chat.extend(asked.rest.into_iter().filter(own));
    let mut request = ChatRequest::parse(Value::Object(chat).to_string(), bounds)?;
    request.ceiling = asked.ceiling;
    request.hints = asked.hints;
    request.dropped = asked.dropped;
    request.tags = tags::of_metadata(&asked.metadata);
    request.said.other = asked.conversation.map(|id| (conversation, id));
    Ok((request, Some(form(asked.form))))
}

impl Surface for Foreign {
    type Writer = ForeignWriter;

    fn route(&self) -> &'static str {
        match self {
            Foreign::Responses(_) => Protocol::Responses.path(),
            Foreign::Messages(_) => Protocol::Messages.path(),
        }
    }

    fn whole(&self, opening: &Opening, completion: &Completion, arbiter: &Arbiter<'_>) -> String {
        let body = completion.body();
        let own = Own {
            name: OWN,
            json: &arbiter.whole(),
        };
        match self {
            Foreign::Responses(form) => responses::whole(form, opening, body, own),
            Foreign::Messages(form) => messages::whole(form, opening, body, own),
        }
    }

    fn writer(&self, opening: Opening) -> ForeignWriter {
        let stream = match self {
            Foreign::Responses(form) => {
                let writer = responses::Writer::new(form.clone(), opening);
                Stream::Responses(Box::new(writer))
            }
            Foreign::Messages(form) => {
                let writer = messages::Writer::new(form.clone(), opening);
                Stream::Messages(Box::new(writer))
            }
        };
        ForeignWriter { stream, lost: None }
    }

    fn refuse(&self, refusal: &Refusal, beside: Beside<'_>, request: &str) -> Said {
        let protocol = match self {
            Foreign::Responses(_) => Protocol::Responses,
            Foreign::Messages(_) => Protocol::Messages,
        };
        protocol.refuse(refusal, beside, request)
    }
}

/// Writes a stream of either protocol.
#[derive(Debug)]
pub struct ForeignWriter {
    stream: Stream,
    lost: Option<&'static str>,
}

#[derive(Debug)]
enum Stream {
    Responses(Box<responses::Writer>),
    Messages(Box<messages::Writer>),
}

impl Writer for ForeignWriter {
    const AWAITS_GRADE: bool = false;

    fn event(&mut self, line: &Line, raw: &[u8]) {
        if *line == Line::Unread {
            self.lost = Some("an event of more than 4 MB");
        }
        if !matches!(line, Line::Chunk | Line::UsageOnly) {
            return;
        }
        let data = sse::data(raw);
        let taken = match &mut self.stream {
            Stream::Responses(it) => it.chunk(&data),
            Stream::Messages(it) => it.chunk(&data),
        };
        if taken == Err(TooLong) {
            self.lost = Some("more than 8 MB");
        }
    }

    fn lost(&self) -> Option<&'static str> {
        self.lost
    }

    fn alive(&mut self) {
        match &mut self.stream {
            Stream::Responses(it) => it.alive(),
            Stream::Messages(it) => it.alive(),
        }
    }

    fn finish(&mut self, _: &StreamReader, arbiter: &Arbiter<'_>) {
        let own = Own {
            name: OWN,
            json: &arbiter.owed(),
        };
        match &mut self.stream {
            Stream::Responses(it) => it.finish(own),
            Stream::Messages(it) => it.finish(own),
        }
    }

    fn fail(&mut self, refusal: &Refusal, beside: Beside<'_>) {
        let failed = midway(refusal, beside);
        match &mut self.stream {
            Stream::Responses(it) => it.fail(&failed),
            Stream::Messages(it) => it.fail(&failed),
        }
    }

    fn written(&mut self) -> Vec<u8> {
        let text = match &mut self.stream {
            Stream::Responses(it) => it.written(),
            Stream::Messages(it) => it.written(),
        };
        text.into_bytes()
    }
}
