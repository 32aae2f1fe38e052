//! Is the answer right: objective checks, free of charge. Nothing generated is ever executed.

pub mod code;
pub mod format;
pub mod judge;
pub mod math;
pub mod structured;

use serde_json::value::RawValue;
use text::draft;

use chat::{Choice, Message, Task};

/// What was asked, as far as a check can use it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub task: Task,
    pub messages: &'a [Message],
    /// The request's `response_format`, unread.
    pub response_format: Option<&'a RawValue>,
    /// The request's `tools`, unread.
    pub tools: Option<&'a RawValue>,
}

/// What an objective check found.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// The answer could be checked.
    Scored {
        /// 0..=1
        quality: f64,
        /// What was checked and what was found, briefly, never quoting the answer.
        reason: String,
    },
    /// Nothing here can be checked objectively: the judge may rate it.
    Unknown {
        /// Why not, briefly.
        reason: String,
    },
}

impl Finding {
    pub fn scored(quality: f64, reason: impl Into<String>) -> Self {
        Finding::Scored {
            quality,
            reason: reason.into(),
        }
    }

    fn is_failure(&self) -> bool {
        matches!(self, Finding::Scored { quality, .. } if *quality < 0.5)
    }

    pub fn unknown(reason: impl Into<String>) -> Self {
        Finding::Unknown {
            reason: reason.into(),
        }
    }
}

/// Checks the answer to a request; the mean over `choices` where there are several.
///
/// One choice is judged so, the first rule that fits deciding:
///
/// 1. A refusal is unknown: whether it was right to refuse is a matter of judgement.
/// 2. Tool calls are checked against the request's `tools`, whatever the task; text beside them
///    is not looked at.
/// 3. What the model drafts before its answer (`<think>`) is no part of it; a draft without an
///    end is 0. No text at all is 0, except where a content filter of the runtime stopped it: that says
///    nothing about the model, and is unknown.
/// 4. Text under a `response_format` that asks for JSON is checked against it, whatever the
///    task; for other tasks than `structured` only its failure decides, since JSON that is well
///    formed can still hold a wrong sum: then the task's own check goes on.
/// 5. Otherwise the task's check: code, math or structured; the other tasks are unknown.
///
/// An answer cut off by the token limit (`finish_reason: length`) gets the same checks, and a
/// failure counts: that the text does not parse is what the client gets. But where the visible
/// text is empty because hidden thinking used up the budget, 0 is right too.
///
/// Several choices: the mean of those that could be scored; unknown if none could.
pub fn check(asked: &Asked<'_>, choices: &[Choice]) -> Finding {
    let mut total = 0.0;
    let mut scored = 0u32;
    let mut first: Option<Finding> = None;
    for choice in choices {
        let finding = check_choice(asked, choice);
        if let Finding::Scored { quality, .. } = &finding {
            total += quality;
            scored += 1;
            if !matches!(first, Some(Finding::Scored { .. })) {
                first = Some(finding);
            }
        } else if first.is_none() {
            first = Some(finding);
        }
    }
    match first {
        None => Finding::scored(0.0, "empty answer"),
        Some(Finding::Scored { reason, .. }) if choices.len() > 1 => Finding::scored(
            total / f64::from(scored),
            format!(
                "mean of {scored} of {} choices; first: {reason}",
                choices.len()
            ),
        ),
        Some(finding) => finding,
    }
}

fn check_choice(asked: &Asked<'_>, choice: &Choice) -> Finding {
    let text = choice.text.as_deref().unwrap_or("");
    let finish = choice.finish_reason.as_deref();
    if choice
        .refusal
        .as_deref()
        .is_some_and(|refusal| !refusal.trim().is_empty())
    {
        return Finding::unknown("the model refused");
    }
    if !choice.tool_calls.is_empty() {
        return structured::check_tool_calls(asked.tools, &choice.tool_calls);
    }
    let Some(text) = draft::answer(text) else {
        return Finding::scored(0.0, "a draft without an end, and no answer");
    };
    if text.trim().is_empty() {
        return if finish == Some("content_filter") {
            Finding::unknown("stopped by a content filter")
        } else {
            Finding::scored(0.0, "empty answer")
        };
    }
    let format = structured::response_format(asked.response_format);
    let formed = format.map(|format| structured::check_response_format(&format, text));
    match formed {
        Some(finding) if asked.task == Task::Structured || finding.is_failure() => finding,
        Some(finding) => match by_task(asked, choice, text) {
            Finding::Unknown { .. } if !matches!(asked.task, Task::Factual | Task::Open) => finding,
            by_task => by_task,
        },
        None => by_task(asked, choice, text),
    }
}

fn by_task(asked: &Asked<'_>, choice: &Choice, text: &str) -> Finding {
    let question = last_user(asked.messages);
    match asked.task {
        Task::Math => math::check(question, text),
        Task::Structured => structured::check(question, text),
        Task::Code => code::check(
            asked,
            text,
            choice.finish_reason.as_deref() == Some("length"),
        ),
        Task::Factual | Task::Open => Finding::unknown("no objective check for this task"),
    }
}

/// The text that is being answered.
fn last_user(messages: &[Message]) -> &str {
    messages
        .iter()
        .rev()
        .find(|message| message.role == "user")
        .map_or("", |message| message.text.as_str())
}
