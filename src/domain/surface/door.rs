//! The surfaces as one value: what whoever serves a request knows of the protocol that it came in.

use crate::domain::{
    completion::Completion,
    refusal::Refusal,
    registry,
    request::{ChatRequest, RequestBounds},
};

use super::{Asked, Hint, Opening, Room, Said, messages, responses};

/// A protocol that clients speak.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Surface {
    #[default]
    Chat,
    Responses,
    Messages,
}

/// The door that a request came in by: what its answer has to know of it.
#[derive(Clone, Debug, Default)]
pub struct Door {
    form: Form,
    ceiling: Option<u64>,
    hints: Vec<Hint>,
    /// Whose conversation it is, where the body says so.
    pub conversation: Option<String>,
    /// What was left out of the request, by the names that the client gave it.
    pub dropped: Vec<String>,
}

#[derive(Clone, Debug, Default)]
enum Form {
    /// Passed on as it stands.
    #[default]
    Chat,
    Responses(responses::Form),
    Messages(messages::Form),
}

/// What an agent's turn is expected to write at the most, tokens: it names a ceiling, and what no
/// turn needs is neither set aside nor held against a model's window.
const TURN: u64 = 2_048;

impl Surface {
    /// The surface of a path.
    pub fn of(path: &str) -> Surface {
        match path {
            "/v1/responses" => Surface::Responses,
            "/v1/messages" | "/v1/messages/count_tokens" => Surface::Messages,
            _ => Surface::Chat,
        }
    }

    /// Where it is served.
    pub fn path(self) -> &'static str {
        match self {
            Surface::Chat => "/v1/chat/completions",
            Surface::Responses => "/v1/responses",
            Surface::Messages => "/v1/messages",
        }
    }

    /// Reads a body into the one request.
    pub fn read(self, body: String, bounds: RequestBounds) -> Result<(ChatRequest, Door), Refusal> {
        match self {
            Surface::Chat => Ok((ChatRequest::parse(body, bounds)?, Door::default())),
            Surface::Responses => {
                let asked = responses::read(&body, bounds)?;
                enter(asked, Form::Responses, bounds)
            }
            Surface::Messages => {
                let asked = messages::read(&body, bounds)?;
                enter(asked, Form::Messages, bounds)
            }
        }
    }

    /// Says no; `failover_from`: models that had failed before, `request`: the id of the request.
    pub fn refuse(
        self,
        refusal: &Refusal,
        failover_from: &[String],
        room: Room,
        request: &str,
    ) -> Said {
        match self {
            Surface::Chat => Said {
                status: refusal.status(),
                headers: refusal.headers(),
                body: refusal.body_after(failover_from).to_string(),
            },
            Surface::Responses => responses::refuse(refusal, failover_from, room),
            Surface::Messages => messages::refuse(refusal, failover_from, room, request),
        }
    }
}

fn enter<F>(
    asked: Asked<F>,
    form: impl FnOnce(F) -> Form,
    bounds: RequestBounds,
) -> Result<(ChatRequest, Door), Refusal> {
    // An item may become two messages: its own, and what is shown of it.
    let bounds = RequestBounds {
        max_messages: bounds.max_messages.saturating_mul(3),
        max_depth: bounds.max_depth.saturating_add(8),
    };
    let mut request = ChatRequest::parse(asked.chat, bounds)?;
    request.max_tokens = asked.ceiling.map(|ceiling| ceiling.min(TURN));
    let door = Door {
        form: form(asked.form),
        ceiling: asked.ceiling,
        hints: asked.hints,
        conversation: asked.conversation,
        dropped: asked.dropped,
    };
    Ok((request, door))
}

impl Door {
    pub fn surface(&self) -> Surface {
        match self.form {
            Form::Chat => Surface::Chat,
            Form::Responses(_) => Surface::Responses,
            Form::Messages(_) => Surface::Messages,
        }
    }

    /// Tokens that a request has beside the text of its messages, roughly: the tools of an agent
    /// are half of what it sends. Chat keeps to the text.
    pub fn more_tokens(&self, request: &ChatRequest) -> u64 {
        match (&self.form, &request.tools) {
            (Form::Chat, _) | (_, None) => 0,
            (_, Some(tools)) => tools.get().len() as u64 / 4,
        }
    }

    /// The body that goes upstream to a model, with what only it takes, and never asking for more
    /// than it answers.
    pub fn upstream_body(&self, request: &ChatRequest, model: &str) -> String {
        let mut body = request.upstream_body(model);
        let mut put = |name: &str, value: &str| {
            if body.pop() == Some('}') {
                body.push_str(&format!(",\"{name}\":{value}}}"));
            }
        };
        if let Some(ceiling) = self.ceiling {
            let most = ceiling.min(registry::max_output(model));
            put("max_tokens", &most.to_string());
        }
        for (name, value) in &self.hints {
            if *name == "reasoning_effort" && registry::takes_effort(model) {
                put(name, value);
            }
        }
        body
    }

    /// The whole answer.
    pub fn whole(
        &self,
        opening: &Opening,
        completion: &Completion,
        now: f64,
        arbiter: &str,
    ) -> String {
        let body = completion.body();
        match &self.form {
            Form::Chat => completion.with_arbiter(arbiter),
            Form::Responses(form) => responses::whole(form, opening, body, now, arbiter),
            Form::Messages(form) => messages::whole(form, opening, body, arbiter),
        }
    }

    /// Who writes the answer's stream; nobody where it is passed on as it stands.
    pub fn writer(&self, opening: Opening) -> Option<Writer> {
        match &self.form {
            Form::Chat => None,
            Form::Responses(form) => {
                let writer = responses::Writer::new(form.clone(), opening);
                Some(Writer::Responses(Box::new(writer)))
            }
            Form::Messages(form) => {
                let writer = messages::Writer::new(form.clone(), opening);
                Some(Writer::Messages(Box::new(writer)))
            }
        }
    }
}

/// Writes a stream. What is written gathers until it is taken.
#[derive(Debug)]
pub enum Writer {
    Responses(Box<responses::Writer>),
    Messages(Box<messages::Writer>),
}

impl Writer {
    /// Takes a chunk of the chat stream, JSON.
    pub fn chunk(&mut self, data: &str) {
        match self {
            Writer::Responses(it) => it.chunk(data),
            Writer::Messages(it) => it.chunk(data),
        }
    }

    /// Says that the answer is still on its way.
    pub fn alive(&mut self) {
        match self {
            Writer::Responses(it) => it.alive(),
            Writer::Messages(it) => it.alive(),
        }
    }

    /// The answer is whole; `arbiter` is JSON.
    pub fn finish(&mut self, now: f64, arbiter: &str) {
        match self {
            Writer::Responses(it) => it.finish(now, arbiter),
            Writer::Messages(it) => it.finish(arbiter),
        }
    }

    /// The answer failed. The body ends in order behind it: broken off, it would take the words
    /// with it.
    pub fn fail(&mut self, refusal: &Refusal, room: Room) {
        match self {
            Writer::Responses(it) => it.fail(refusal, room),
            Writer::Messages(it) => it.fail(refusal, room),
        }
    }

    /// Was it more than is passed on.
    pub fn overflowed(&self) -> bool {
        match self {
            Writer::Responses(it) => it.overflowed(),
            Writer::Messages(it) => it.overflowed(),
        }
    }

    /// What was written since the last time.
    pub fn written(&mut self) -> String {
        match self {
            Writer::Responses(it) => it.written(),
            Writer::Messages(it) => it.written(),
        }
    }
}
