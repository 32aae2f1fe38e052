//! A streamed answer, read line by line while it is passed on.
//!
//! The reader never decides what the client gets: it says of each line what it is. It keeps what
//! is needed for the grade and the books, bounded. It does not wait, and holds no bytes but the
//! line that is not whole yet, and an event whose data begins in one line and goes on in the next.
//! An event under the name of our own is the runtime's to say to nobody: it is left out, unread.
//! Lines end as the standard for server-sent events has it, in `\n`, `\r\n` or `\r`; a byte order
//! mark before the first is dropped.

mod chunk;

use chat::Choice;
use serde_json::{Map, Value, json};

use crate::{Usage, error};

use chunk::{Numbered, RawChunk};

/// A line longer than this is not held back until it is whole. A picture, or all of an answer, may be one.
pub const MAX_LINE: usize = 4 * 1024 * 1024;
/// Of words that are no JSON, so many characters are passed on.
const MAX_QUOTED: usize = 500;
const DONE: &[u8] = b"[DONE]";
/// The name of the event in which a client is told how it was routed.
const OURS: &[u8] = b"arbiter";
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// What one line of the stream is, or several that hold one event's data.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// A chunk of the answer.
    Chunk,
    /// To be passed on as it stands: the end of an event, a name, an id, data that is no chunk.
    Pass,
    /// A comment: a sign of life, nothing more.
    Comment,
    /// A usage chunk without choices: only for clients that asked for one.
    UsageOnly,
    /// `data: [DONE]`.
    Done,
    /// An error instead of a chunk, as the runtime wrote it.
    Error(String),
    /// Data, or a piece of it, that is too long to be read.
    Unread,
}

/// What a stream has said so far.
#[derive(Clone, Debug, Default)]
pub struct StreamReader {
    partial: Vec<u8>,
    /// Lines of an event whose data is not whole yet.
    held: Option<Held>,
    /// Was there a line: a byte order mark stands before the first.
    begun: bool,
    /// Was there a line that ended in `\r` alone: then one at the end of the bytes ends a line too,
    /// and is not half of `\r\n`.
    bare_returns: bool,
    /// The line at hand was too long to be held back: what is left of it is passed on unread. Is it data.
    unread: Option<bool>,
    /// The event at hand is named `error`.
    names_error: bool,
    /// It has the name of our own.
    names_ours: bool,
    /// Calls of tools as the runtime tells them apart, by choice, in the order of `choices`.
    calls: Vec<Vec<Numbered>>,
    kept: usize,
    /// Did the answer outgrow what is kept: then it cannot be graded.
    pub overflowed: bool,
    pub choices: Vec<Choice>,
    /// Tokens as the runtime counted them, all that it told of them together.
    pub usage: Usage,
    /// The last usage as the runtime wrote it.
    pub bill: Option<String>,
    /// `id`, `created` and `model` of the first chunk that has them.
    pub id: Option<String>,
    pub created: Option<f64>,
    pub model: Option<Box<str>>,
    /// Was `[DONE]` seen.
    pub done: bool,
    /// Characters of answer text so far: what a stream that was cut is priced by.
    pub characters: usize,
}

/// An event on its way: its lines as they came, and the data in them.
#[derive(Clone, Debug, Default)]
struct Held {
    raw: Vec<u8>,
    data: Vec<u8>,
}

impl StreamReader {
    /// Takes in a chunk of bytes and calls `each` with every line that is whole by now, its line
    /// end included; what follows the last stays until more comes. Lines that hold one event's
    /// data together are given together.
    pub fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(Line, &[u8])) {
        let mut rest = bytes;
        while let Some(length) = self.line_length(rest) {
            let (head, tail) = rest.split_at(length);
            rest = tail;
            if let Some(is_data) = self.unread.take() {
                self.give_unread(is_data, head, &mut each);
            } else if self.partial.is_empty() {
                self.line(head, &mut each);
            } else {
                let mut line = std::mem::take(&mut self.partial);
                line.extend_from_slice(head);
                self.line(&line, &mut each);
            }
        }
        if let (Some(is_data), false) = (self.unread, rest.is_empty()) {
            self.give_unread(is_data, rest, &mut each);
            return;
        }
        self.partial.extend_from_slice(rest);
        if self.partial.len() > MAX_LINE {
            let is_data = self.is_within_data();
            self.release(is_data, &mut each);
            let raw = std::mem::take(&mut self.partial);
            self.overflowed = true;
            self.give_unread(is_data, &raw, &mut each);
            self.unread = Some(is_data);
        }
    }

    /// What it says counts by its length, where it is data.
    fn give_unread(&mut self, is_data: bool, raw: &[u8], each: &mut impl FnMut(Line, &[u8])) {
        if is_data {
            self.characters += raw.len();
            each(Line::Unread, raw);
        } else {
            each(Line::Pass, raw);
        }
    }

    /// Is a line, or an event, begun and not whole yet.
    pub fn is_within(&self) -> bool {
        !self.partial.is_empty() || self.held.is_some()
    }

    /// Is an event's data begun and not whole yet.
    pub fn is_within_data(&self) -> bool {
        let line = self.partial.strip_prefix(BYTE_ORDER_MARK);
        self.held.is_some() || line.unwrap_or(&self.partial).starts_with(b"data:")
    }

    /// Was part of a line passed on whose rest is still to come.
    pub fn is_mid_line(&self) -> bool {
        self.unread.is_some()
    }

    /// Nothing more comes: the last line, where it had no line end, and the last event.
    pub fn finish(&mut self, mut each: impl FnMut(Line, &[u8])) {
        let line = std::mem::take(&mut self.partial);
        if !line.is_empty() {
            self.line(&line, &mut each);
        }
        if let Some(event) = self.held.take() {
            each(self.data(&event.data).0, &event.raw);
        }
    }

    /// Bytes up to the end of the line at hand, `None` where that has not come. May be 0: the line
    /// ended with the bytes before.
    fn line_length(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.partial.last() == Some(&b'\r') {
            let paired = *bytes.first()? == b'\n';
            self.bare_returns |= !paired;
            return Some(usize::from(paired));
        }
        let end = bytes
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'))?;
        if bytes.get(end) == Some(&b'\n') {
            return Some(end + 1);
        }
        match bytes.get(end + 1) {
            Some(b'\n') => Some(end + 2),
            None if !self.bare_returns => None,
            _ => {
                self.bare_returns = true;
                Some(end + 1)
            }
        }
    }

    /// Takes in a whole line.
    fn line(&mut self, raw: &[u8], each: &mut impl FnMut(Line, &[u8])) {
        let first = !std::mem::replace(&mut self.begun, true);
        let raw = match raw.strip_prefix(BYTE_ORDER_MARK) {
            Some(rest) if first => rest,
            _ => raw,
        };
        let text = trim_end(raw);
        let data = text.strip_prefix(b"data:").map(trim_start);
        if text.is_empty() {
            if let Some(event) = self.held.take() {
                let line = match self.data(&event.data) {
                    // Nothing more of it comes, and what it was to say is lost.
                    (_, true) if !event.data.trim_ascii().is_empty() => {
                        Line::Error(quoted(&event.data))
                    }
                    (line, _) => line,
                };
                each(line, &event.raw);
            }
            (self.names_error, self.names_ours) = (false, false);
            return each(Line::Pass, raw);
        }
        if let Some(name) = text.strip_prefix(b"event:") {
            self.names_error = trim_start(name) == b"error";
            self.names_ours = name.trim_ascii().eq_ignore_ascii_case(OURS);
        }
        let alive = text.starts_with(b":");
        if self.names_ours && !alive && data != Some(DONE) {
            return;
        }
        if data == Some(DONE) {
            // Whatever was to come of an event, it does not come any more.
            self.release(false, each);
        }
        if let Some(event) = &mut self.held {
            event.raw.extend_from_slice(raw);
            if let Some(data) = data {
                event.data.push(b'\n');
                event.data.extend_from_slice(data);
            }
            if event.raw.len() > MAX_LINE {
                self.overflowed = true;
                self.release(true, each);
            }
            return;
        }
        let Some(data) = data else {
            let line = match text.strip_prefix(b"error:").map(trim_start) {
                Some(error) => Line::Error(quoted(error)),
                None if alive => Line::Comment,
                None => Line::Pass,
            };
            return each(line, raw);
        };
        match self.data(data) {
            (_, true) => {
                self.held = Some(Held {
                    raw: raw.to_vec(),
                    data: data.to_vec(),
                });
            }
            (line, false) => each(line, raw),
        }
    }

    /// Passes on what is held, unread; `is_data`: it is lost, and not only cut short.
    fn release(&mut self, is_data: bool, each: &mut impl FnMut(Line, &[u8])) {
        if let Some(event) = self.held.take() {
            self.give_unread(is_data, &event.raw, each);
        }
    }

    /// Is the answer whole: told by `[DONE]` or by every choice's `finish_reason`, never by the
    /// end of the bytes.
    pub fn complete(&self) -> bool {
        self.done
            || (!self.choices.is_empty()
                && self
                    .choices
                    .iter()
                    .all(|choice| choice.finish_reason.is_some()))
    }

    /// What an event's data is, and whether it breaks off where more of it may follow.
    fn data(&mut self, data: &[u8]) -> (Line, bool) {
        if data == DONE {
            self.done = true;
            return (Line::Done, false);
        }
        // Clients read what is no UTF-8 with replacement characters, too.
        let text = &*String::from_utf8_lossy(data);
        match serde_json::from_str::<RawChunk>(text) {
            Ok(chunk) if self.names_error && chunk.error.is_none() => {
                (Line::Error(quoted(data)), false)
            }
            Ok(chunk) => match self.chunk(chunk) {
                Line::Pass => (unknown(text), false),
                line => (line, false),
            },
            Err(error) if error.is_eof() => (Line::Pass, true),
            // What is no JSON is the runtime's own way to say what went wrong.
            Err(error) if error.is_syntax() => (Line::Error(quoted(data)), false),
            Err(_) if self.names_error => (Line::Error(quoted(data)), false),
            Err(_) => (Line::Pass, false),
        }
    }
}

/// Data that is neither a chunk nor anything else that is known: an error, or nothing to us.
fn unknown(text: &str) -> Line {
    match serde_json::from_str::<Map<String, Value>>(text) {
        Ok(body) if error::is_error(&body) => {
            let error = error::unwrapped(Value::Object(body)).unwrap_or_default();
            Line::Error(error.to_string())
        }
        _ => Line::Pass,
    }
}

/// The runtime's words for an error, as JSON.
fn quoted(words: &[u8]) -> String {
    let text = String::from_utf8_lossy(words);
    match serde_json::from_str::<Value>(&text) {
        Ok(value @ Value::Object(_)) => error::unwrapped(value).unwrap_or_default(),
        Ok(Value::String(message)) => json!({ "message": message }),
        _ => {
            let message: String = text.chars().take(MAX_QUOTED).collect();
            json!({ "message": message })
        }
    }
    .to_string()
}

/// The data of an event: of its lines those that hold data, without their names.
pub fn data(event: &[u8]) -> String {
    let text = String::from_utf8_lossy(event);
    let lines: Vec<&str> = text
        .split(['\n', '\r'])
        .filter_map(|line| line.strip_prefix("data:"))
        .map(str::trim_start)
        .collect();
    lines.join("\n")
}

fn trim_end(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b'\n' | b'\r' | b' '] = line {
        line = rest;
    }
    line
}

fn trim_start(mut data: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] = data {
        data = rest;
    }
    data
}

#[cfg(test)]
mod tests;
