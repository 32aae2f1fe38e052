//! Chat completions: what the runtime speaks too, and so the identity. Lines are passed on as
//! they came, but for a usage chunk that nobody asked for; one event of our own follows `[DONE]`.

use serde_json::json;

use crate::domain::{refusal::Refusal, wire::request::ChatRequest};
use completion::{
    Completion,
    sse::{Line, StreamReader},
};

use super::{Arbiter, Beside, Opening, Said, Surface, Writer};

/// Lines that name an event are held back up to this many bytes.
const MAX_NAMING: usize = 4 * 1024;
const DONE: &str = "data: [DONE]\n\n";
const ALIVE: &str = ": keep-alive\n\n";

/// Chat completions, as one request speaks them.
#[derive(Clone, Copy, Debug)]
pub struct Chat {
    /// Did the client ask for a usage chunk.
    include_usage: bool,
}

impl Chat {
    pub fn of(request: &ChatRequest) -> Chat {
        Chat {
            include_usage: request.include_usage,
        }
    }
}

impl Surface for Chat {
    type Writer = ChatWriter;

    fn route(&self) -> &'static str {
        "/v1/chat/completions"
    }

    fn whole(&self, _: &Opening, completion: &Completion, arbiter: &Arbiter<'_>) -> String {
        completion.with("arbiter", &arbiter.whole())
    }

    fn writer(&self, opening: Opening) -> ChatWriter {
        ChatWriter {
            usage_wanted: self.include_usage,
            created: opening.created,
            out: Vec::new(),
            skipping: false,
            naming: Vec::new(),
            done: false,
            unended: "",
        }
    }

    fn refuse(&self, refusal: &Refusal, beside: Beside<'_>, _: &str) -> Said {
        self::refuse(refusal, beside)
    }
}

/// A refusal, as clients of chat completions read it.
pub fn refuse(refusal: &Refusal, beside: Beside<'_>) -> Said {
    Said {
        status: refusal.status(),
        headers: refusal.headers(),
        body: refusal
            .body_with(beside.failover_from, beside.candidates)
            .to_string(),
    }
}

/// A stream of chat completions.
#[derive(Debug)]
pub struct ChatWriter {
    usage_wanted: bool,
    /// When it began, Unix seconds.
    created: f64,
    out: Vec<u8>,
    /// An event is left out: what else belongs to it, up to its blank line, is left out too.
    skipping: bool,
    /// Lines that name the event at hand: passed on with its data, or left out with it.
    naming: Vec<u8>,
    /// The runtime said `[DONE]`: never invented, and written once.
    done: bool,
    /// What the last event that was passed on lacks of its end.
    unended: &'static str,
}

impl Writer for ChatWriter {
    const AWAITS_GRADE: bool = true;

    fn event(&mut self, line: &Line, raw: &[u8]) {
        match line {
            Line::Done => self.done = true,
            Line::Error(_) => {}
            Line::UsageOnly if !self.usage_wanted => {
                self.naming.clear();
                self.skipping = true;
            }
            Line::Chunk | Line::UsageOnly | Line::Unread => {
                self.skipping = false;
                self.pass(raw);
            }
            Line::Comment => self.put(raw),
            Line::Pass => {
                let blank = raw.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
                if self.skipping {
                    self.skipping = !blank;
                } else if names_event(raw) && self.naming.len() < MAX_NAMING {
                    self.naming.extend_from_slice(raw);
                } else {
                    self.pass(raw);
                }
            }
        }
    }

    fn forget(&mut self) {
        self.out.clear();
        self.naming.clear();
        self.skipping = false;
        self.done = false;
        self.unended = "";
    }

    fn alive(&mut self) {
        self.put(ALIVE.as_bytes());
        self.unended = "";
    }

    fn release(&mut self) {
        let done = std::mem::take(&mut self.done);
        let naming = std::mem::take(&mut self.naming);
        if !done && !naming.is_empty() {
            self.put(&naming);
        }
        // What follows would be taken for part of an event that was not ended.
        self.out
            .extend_from_slice(std::mem::take(&mut self.unended).as_bytes());
        if done {
            self.out.extend_from_slice(DONE.as_bytes());
        }
    }

    /// The event after `[DONE]` is dressed as an empty chunk: clients that read past `[DONE]` and
    /// ignore event names would reject anything else.
    fn finish(&mut self, reader: &StreamReader, arbiter: &Arbiter<'_>) {
        self.release();
        let mut event = json!({
            "id": reader.id.as_deref().unwrap_or("chatcmpl-arbiter"),
            "object": "chat.completion.chunk",
            "created": reader.created.unwrap_or(self.created).max(0.0) as u64,
            "model": arbiter.model,
            "choices": [{"index": 0, "delta": {}, "finish_reason": null}],
            "task": arbiter.task,
            "mode": arbiter.mode,
            "classified_by": arbiter.classified_by,
            "quality": arbiter.quality,
            "quality_reason": arbiter.quality_reason,
            "cost": arbiter.cost,
            "cost_estimated": arbiter.cost_estimated,
            "cost_source": arbiter.cost_source,
            "baseline_cost": arbiter.baseline_cost,
            "saved": arbiter.saved,
            "reason": arbiter.reason,
            "failover_from": arbiter.failover_from,
        });
        if let (Some(told), Some(event)) = (&arbiter.session, event.as_object_mut()) {
            event.insert("session".into(), json!(told));
        }
        if let (false, Some(event)) = (arbiter.candidates.is_empty(), event.as_object_mut()) {
            event.insert("candidates".into(), json!(arbiter.candidates));
        }
        let event = format!("event: arbiter\ndata: {event}\n\n");
        self.out.extend_from_slice(event.as_bytes());
    }

    /// Begins with a line end, in case the last thing passed on was half an event.
    fn fail(&mut self, refusal: &Refusal, beside: Beside<'_>) {
        self.naming.clear();
        let body = refusal.body_with(&[], beside.candidates);
        let event = format!("\n\ndata: {body}\n\n");
        self.out.extend_from_slice(event.as_bytes());
    }

    fn written(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }
}

impl ChatWriter {
    fn pass(&mut self, raw: &[u8]) {
        self.out.append(&mut self.naming);
        self.put(raw);
    }

    /// Writes whole lines, the last of which may lack its end.
    fn put(&mut self, raw: &[u8]) {
        self.out.extend_from_slice(raw);
        let ended = |byte: &u8| matches!(byte, b'\r' | b'\n');
        self.unended = match raw.last() {
            _ if raw.iter().all(ended) => "",
            Some(b'\n') => "\n",
            // The first is the other half of a bare return.
            _ => "\n\n",
        };
    }
}

/// Is it a field that belongs to an event but is no data of it.
fn names_event(line: &[u8]) -> bool {
    [&b"event:"[..], b"id:", b"retry:"]
        .iter()
        .any(|field| line.starts_with(field))
}
