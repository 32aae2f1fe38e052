//! What the chunks of a stream add up to: choices, calls of tools, usage.

use chat::{
    Choice, ToolCall,
    json::{Lenient, Text, is_json},
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Line, StreamReader};
use crate::{
    Usage,
    whole::{RawChoice, RawToolCall, finish_reason},
};

/// A stream's answer beyond this many bytes is passed on but no longer kept for grading.
const MAX_KEPT: usize = 2 * 1024 * 1024;
/// More alternatives or tool calls than any client asks for.
const MAX_INDEX: u32 = 128;

/// What a runtime tells a call of a tool by.
#[derive(Clone, Debug, Default)]
pub struct Numbered {
    index: Option<u32>,
    id: String,
}

/// A chunk as runtimes write it.
#[derive(Deserialize, Default)]
pub struct RawChunk<'a> {
    #[serde(default)]
    id: Lenient<Text>,
    #[serde(default)]
    created: Lenient<f64>,
    #[serde(default)]
    model: Lenient<Text>,
    #[serde(borrow, default)]
    choices: Option<&'a RawValue>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    x_groq: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub error: Option<&'a RawValue>,
}

impl StreamReader {
    /// Takes in a chunk, and says what its line is.
    pub(super) fn chunk(&mut self, chunk: RawChunk<'_>) -> Line {
        if let Some(error) = chunk.error.filter(|raw| raw.get() != "null") {
            return Line::Error(error.get().to_owned());
        }
        // A chunk ahead of the answer (a filter's verdict, say) may have them empty.
        if self.id.is_none() {
            self.id = chunk.id.0.map(|text| text.0).filter(|id| !id.is_empty());
        }
        if self.model.is_none() {
            let name = chunk.model.0.map(|text| text.0);
            let named = |name: &String| (1..=256).contains(&name.len());
            self.model = name.filter(named).map(Into::into);
        }
        if self.created.is_none() {
            self.created = chunk.created.0.filter(|created| *created > 0.0);
        }
        let choices: Option<Vec<Lenient<RawChoice>>> = chunk
            .choices
            .and_then(|raw| serde_json::from_str(raw.get()).ok());
        let usage = chunk.usage.filter(|raw| raw.get() != "null");
        if let Some(told) = Usage::find(usage, chunk.x_groq, chunk.choices) {
            self.usage = Usage::parse(told.get()).or(self.usage);
            self.bill = Some(told.get().to_owned());
        }
        match (choices, usage) {
            (Some(choices), Some(_)) if choices.is_empty() => Line::UsageOnly,
            (None, Some(_)) => Line::UsageOnly,
            (None, None) => Line::Pass,
            (Some(choices), _) => {
                let choices: Vec<RawChoice> = choices
                    .into_iter()
                    .map(|Lenient(choice)| choice.unwrap_or_default())
                    .collect();
                if let Some(error) = choices.iter().find_map(RawChoice::fault) {
                    return Line::Error(error);
                }
                for choice in choices {
                    self.take(choice);
                }
                Line::Chunk
            }
        }
    }

    /// Adds one choice's delta to what is known of it.
    fn take(&mut self, raw: RawChoice) {
        let index = raw.index.0.unwrap_or(0);
        if index >= MAX_INDEX {
            self.overflowed = true;
            return;
        }
        let mut delta = raw.delta.0.unwrap_or_default();
        let thought = delta.thought();
        let refusal = delta.take_refusal();
        let texts = [delta.content.0.text.as_deref(), refusal.as_deref()];
        let size: usize = texts.into_iter().flatten().map(str::len).sum();
        let (media, beside) = (delta.has_media(), delta.has_beside());
        let calls = delta.all_calls();
        let call_size: usize = calls.iter().map(RawToolCall::size).sum();
        self.characters += size + call_size + thought;
        self.kept += size + call_size;
        self.overflowed |= self.kept > MAX_KEPT;
        while self.choices.len() <= index as usize {
            self.choices.push(Choice::default());
            self.calls.push(Vec::new());
        }
        let (Some(choice), Some(known)) = (
            self.choices.get_mut(index as usize),
            self.calls.get_mut(index as usize),
        ) else {
            return;
        };
        // Some runtimes write an empty reason, or the word for none, on every chunk.
        let finish = raw.finish_reason.0.map(|text| text.0);
        if let Some(reason) = finish.and_then(finish_reason) {
            choice.finish_reason = Some(reason);
        }
        choice.odd |= delta.content.0.odd;
        choice.media |= media;
        choice.beside |= beside;
        if self.overflowed {
            return;
        }
        if let Some(text) = delta.content.0.text {
            choice.text.get_or_insert_default().push_str(&text);
        }
        if let Some(text) = refusal {
            choice.refusal.get_or_insert_default().push_str(&text);
        }
        for call in calls {
            let Some(place) = place(known, choice, &call) else {
                continue;
            };
            let part = ToolCall::from(call);
            if let Some(whole) = choice.tool_calls.get_mut(place) {
                // Some runtimes repeat the name with every part.
                if whole.name != part.name {
                    whole.name.push_str(&part.name);
                }
                whole.custom |= part.custom;
                whole.arguments.push_str(&part.arguments);
            }
        }
    }
}

/// Which of a choice's calls a part belongs to: the one of its number or else of its id, unless it has
/// another id, or a name, and that one was whole already; where a runtime neither numbers nor names its
/// calls apart, a name begins one, unless it is the name of a call that is not whole yet. `None` where
/// there are more of them than anybody asks for.
fn place(known: &mut Vec<Numbered>, choice: &mut Choice, call: &RawToolCall) -> Option<usize> {
    let id = call.id.0.as_ref().map_or("", |text| text.0.as_str());
    let name = call.name();
    let index = call.index.0;
    if index.is_some_and(|index| index >= MAX_INDEX) {
        return None;
    }
    let of_id = || known.iter().rposition(|it| !id.is_empty() && it.id == id);
    let last = match index {
        Some(_) => known.iter().rposition(|it| it.index == index),
        None => of_id().or(known.len().checked_sub(1)),
    };
    let other = |place: &usize| {
        let (Some(begun), Some(it)) = (choice.tool_calls.get(*place), known.get(*place)) else {
            return false;
        };
        let whole = !begun.arguments.is_empty() && is_json(&begun.arguments);
        let goes_on = !whole && begun.name == name && !call.is_whole();
        match (id, it.id.as_str()) {
            (id, own) if !id.is_empty() && !own.is_empty() => {
                id != own && !(goes_on || name.is_empty() && !whole)
            }
            _ if name.is_empty() => false,
            _ if index.is_none() => whole || begun.name != name,
            _ => whole && id.is_empty(),
        }
    };
    if let Some(place) = last.filter(|place| !other(place)) {
        if let Some(it) = known.get_mut(place)
            && it.id.is_empty()
        {
            it.id = id.to_owned();
        }
        return Some(place);
    }
    if known.len() >= MAX_INDEX as usize {
        return None;
    }
    known.push(Numbered {
        index,
        id: id.to_owned(),
    });
    choice.tool_calls.push(ToolCall::default());
    Some(known.len() - 1)
}
