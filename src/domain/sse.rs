//! A streamed answer, read line by line while it is passed on.
//!
//! The reader never decides what the client gets: it says of each line what it is. It keeps what
//! is needed for the grade and the books, bounded. It does not wait, and holds no bytes but the
//! line that is not whole yet. An event's data is taken to stand in one line, as it does with
//! every runtime known; data spread over several is passed on but not read.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    chat::{Choice, ToolCall},
    completion::{RawChoice, Usage},
    json::{Lenient, Text},
};

/// A stream's answer beyond this many bytes is passed on but no longer kept for grading.
const MAX_KEPT: usize = 2 * 1024 * 1024;
/// A line longer than this is not held back until it is whole.
const MAX_LINE: usize = 1024 * 1024;
/// More alternatives or tool calls than any client asks for.
const MAX_INDEX: u32 = 128;

/// What one line of the stream is.
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
}

/// What a stream has said so far.
#[derive(Clone, Debug, Default)]
pub struct StreamReader {
    partial: Vec<u8>,
    /// The line at hand was too long to be held back: what is left of it is passed on unread.
    unread: bool,
    kept: usize,
    /// Did the answer outgrow what is kept: then it cannot be graded.
    pub overflowed: bool,
    pub choices: Vec<Choice>,
    pub usage: Usage,
    /// `id`, `created` and `model` of the first chunk that has them.
    pub id: Option<String>,
    pub created: Option<f64>,
    /// Was `[DONE]` seen.
    pub done: bool,
    /// Characters of answer text so far: what a stream that was cut is priced by.
    pub characters: usize,
}

#[derive(Deserialize, Default)]
struct RawChunk<'a> {
    #[serde(default)]
    id: Lenient<Text>,
    #[serde(default)]
    created: Lenient<f64>,
    #[serde(borrow, default)]
    choices: Option<&'a RawValue>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    error: Option<&'a RawValue>,
}

impl StreamReader {
    /// Takes in a chunk of bytes and calls `each` with every line that is whole by now, its line
    /// end included. Lines end in `\n`, `\r\n`; what follows the last stays until more comes.
    pub fn feed(&mut self, bytes: &[u8], mut each: impl FnMut(Line, &[u8])) {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (head, tail) = rest.split_at(end + 1);
            rest = tail;
            if std::mem::take(&mut self.unread) {
                each(Line::Pass, head);
            } else if self.partial.is_empty() {
                each(self.read(head), head);
            } else {
                let mut line = std::mem::take(&mut self.partial);
                line.extend_from_slice(head);
                each(self.read(&line), &line);
            }
        }
        if self.unread && !rest.is_empty() {
            each(Line::Pass, rest);
            return;
        }
        self.partial.extend_from_slice(rest);
        if self.partial.len() > MAX_LINE {
            let line = std::mem::take(&mut self.partial);
            self.overflowed = true;
            self.unread = true;
            each(Line::Pass, &line);
        }
    }

    /// Nothing more comes: the last line, where it had no line end.
    pub fn finish(&mut self, mut each: impl FnMut(Line, &[u8])) {
        let line = std::mem::take(&mut self.partial);
        if !line.is_empty() {
            each(self.read(&line), &line);
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

    fn read(&mut self, line: &[u8]) -> Line {
        let line = trim_end(line);
        if line.starts_with(b":") {
            return Line::Comment;
        }
        let Some(data) = line.strip_prefix(b"data:") else {
            return Line::Pass;
        };
        let data = trim_start(data);
        if data == b"[DONE]" {
            self.done = true;
            return Line::Done;
        }
        let Ok(text) = std::str::from_utf8(data) else {
            return Line::Pass;
        };
        let Ok(chunk) = serde_json::from_str::<RawChunk>(text) else {
            return Line::Pass;
        };
        if let Some(error) = chunk.error.filter(|raw| raw.get() != "null") {
            return Line::Error(error.get().to_owned());
        }
        // A chunk ahead of the answer (a filter's verdict, say) may have them empty.
        if self.id.is_none() {
            self.id = chunk.id.0.map(|text| text.0).filter(|id| !id.is_empty());
        }
        if self.created.is_none() {
            self.created = chunk.created.0.filter(|created| *created > 0.0);
        }
        let choices: Option<Vec<Lenient<RawChoice>>> = chunk
            .choices
            .and_then(|raw| serde_json::from_str(raw.get()).ok());
        let usage = chunk.usage.filter(|raw| raw.get() != "null");
        if let Some(usage) = usage {
            self.usage = Usage::parse(usage.get()).or(self.usage);
        }
        match (choices, usage) {
            (Some(choices), Some(_)) if choices.is_empty() => Line::UsageOnly,
            (None, Some(_)) => Line::UsageOnly,
            (None, None) => Line::Pass,
            (Some(choices), _) => {
                for Lenient(choice) in choices {
                    self.take(choice.unwrap_or_default());
                }
                Line::Chunk
            }
        }
    }

    /// Adds one choice's delta to what is known of it.
    fn take(&mut self, raw: RawChoice) {
        let index = raw.index.0.unwrap_or(0);
        if index >= MAX_INDEX {
            return;
        }
        let delta = raw.delta.0.unwrap_or_default();
        let texts = [
            delta.content.0.as_deref(),
            delta.refusal.0.as_ref().map(|text| text.0.as_str()),
        ];
        let size: usize = texts.into_iter().flatten().map(str::len).sum();
        let calls = delta.tool_calls.0.unwrap_or_default();
        let call_size: usize = calls
            .iter()
            .filter_map(|call| call.function.0.as_ref()?.arguments.0.as_ref())
            .map(|text| text.0.len())
            .sum();
        self.characters += size + call_size;
        self.kept += size + call_size;
        self.overflowed |= self.kept > MAX_KEPT;
        while self.choices.len() <= index as usize {
            self.choices.push(Choice::default());
        }
        let Some(choice) = self.choices.get_mut(index as usize) else {
            return;
        };
        if let Some(Text(reason)) = raw.finish_reason.0 {
            choice.finish_reason = Some(reason);
        }
        if self.overflowed {
            return;
        }
        if let Some(text) = delta.content.0 {
            choice.text.get_or_insert_default().push_str(&text);
        }
        if let Some(Text(text)) = delta.refusal.0 {
            choice.refusal.get_or_insert_default().push_str(&text);
        }
        for call in calls {
            let index = call.index.0.unwrap_or(0);
            if index >= MAX_INDEX {
                continue;
            }
            while choice.tool_calls.len() <= index as usize {
                choice.tool_calls.push(ToolCall::default());
            }
            let part = ToolCall::from(call);
            if let Some(whole) = choice.tool_calls.get_mut(index as usize) {
                whole.name.push_str(&part.name);
                whole.arguments.push_str(&part.arguments);
            }
        }
    }
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
mod tests {
    use super::*;

    const STREAM: &str = concat!(
        ": hello\r\n\r\n",
        "data: {\"id\":\"c1\",\"created\":5,\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\r\n\r\n",
        "data:{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"grüß 🦀\"}}]}\n\n",
        "data: {\"choices\":[{\"index\":1,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"a\\\"\"}}]}}]}\n\n",
        "data: {\"choices\":[{\"index\":1,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\":1}\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\n",
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":9}}\n\n",
        "data: [DONE]\n\n",
    );

    fn read(chunks: impl Iterator<Item = Vec<u8>>) -> (StreamReader, Vec<Line>, Vec<u8>) {
        let (mut reader, mut lines, mut bytes) = (StreamReader::default(), vec![], vec![]);
        for chunk in chunks {
            reader.feed(&chunk, |line, raw| {
                lines.push(line);
                bytes.extend_from_slice(raw);
            });
        }
        reader.finish(|line, raw| {
            lines.push(line);
            bytes.extend_from_slice(raw);
        });
        (reader, lines, bytes)
    }

    #[test]
    fn the_same_is_read_however_the_bytes_are_split() {
        let whole = read(std::iter::once(STREAM.as_bytes().to_vec()));
        assert_eq!(whole.0.choices[0].text.as_deref(), Some("grüß 🦀"));
        assert_eq!(whole.0.choices[1].tool_calls[0].arguments, "{\"a\":1}");
        assert_eq!(whole.0.usage.in_tokens, Some(0));
        assert!(whole.0.complete() && whole.0.done);
        assert_eq!(
            whole
                .1
                .iter()
                .filter(|line| **line == Line::UsageOnly)
                .count(),
            1
        );
        for size in 1..40 {
            let split = read(STREAM.as_bytes().chunks(size).map(<[u8]>::to_vec));
            assert_eq!(split.1, whole.1, "chunks of {size}");
            assert_eq!(split.0.choices, whole.0.choices);
            assert_eq!(split.2, STREAM.as_bytes(), "no byte is lost");
        }
    }

    #[test]
    fn a_chunk_ahead_of_the_answer_does_not_name_the_stream() {
        let ahead = "data: {\"id\":\"\",\"created\":0,\"model\":\"\",\"choices\":[]}\n\n";
        let (reader, _, _) = read([ahead, STREAM].map(|text| text.into()).into_iter());
        assert_eq!(
            (reader.id.as_deref(), reader.created),
            (Some("c1"), Some(5.0))
        );
    }

    #[test]
    fn the_end_of_the_bytes_does_not_make_an_answer_whole() {
        let cut = STREAM.find("\"finish_reason\":\"stop\"").unwrap();
        let (reader, _, _) = read(std::iter::once(STREAM.as_bytes()[..cut].to_vec()));
        assert!(!reader.complete());
    }

    #[test]
    fn an_error_frame_is_told_apart_from_a_chunk() {
        let (_, lines, _) = read(std::iter::once(
            b"data: {\"error\":{\"message\":\"x\"}}\n\ndata: {\"error\":null,\"choices\":[]}\n\n"
                .to_vec(),
        ));
        assert_eq!(lines[0], Line::Error("{\"message\":\"x\"}".into()));
        assert_eq!(lines[2], Line::Chunk);
    }

    #[test]
    fn an_endless_line_is_not_kept() {
        let mut reader = StreamReader::default();
        let mut passed = 0;
        for _ in 0..40 {
            reader.feed(&vec![b'x'; 64 * 1024], |_, raw| passed += raw.len());
        }
        assert!(reader.overflowed && passed >= MAX_LINE);
        assert!(reader.partial.len() <= MAX_LINE);
    }

    #[test]
    fn indices_from_outside_allocate_nothing() {
        let (reader, _, _) = read(std::iter::once(
            b"data: {\"choices\":[{\"index\":4000000000,\"delta\":{\"content\":\"x\"}}]}\n\n"
                .to_vec(),
        ));
        assert!(reader.choices.is_empty());
    }
}
