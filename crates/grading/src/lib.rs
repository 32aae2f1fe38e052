//! Is the answer right: objective checks, free of charge. Nothing generated is ever executed.

pub mod code;
pub mod format;
pub mod judge;
pub mod math;
pub mod structured;
mod visible;
pub mod work;

use std::cell::OnceCell;

use serde_json::value::RawValue;

use ::text::{draft, fence, nesting};
use chat::{Choice, Message, Task};
use work::Work;

/// What was asked, as far as a check can use it.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub task: Task,
    pub messages: &'a [Message],
    /// The request's `response_format`, unread.
    pub response_format: Option<&'a RawValue>,
    /// The request's `tools`, unread.
    pub tools: Option<&'a RawValue>,
    /// The most tokens that the client lets an answer have.
    pub max_tokens: Option<u64>,
    /// The client names texts at which an answer ends (`stop`).
    pub names_stops: bool,
}

/// What an objective check found.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// The answer could be checked.
    Scored {
        /// 0..=1
        quality: f64,
        /// What was checked and what was found, briefly: what was expected and what was
        /// found, bounded and cleaned.
        reason: String,
        /// What it tells of the model.
        worth: Worth,
    },
    /// Nothing here can be checked objectively: the judge may rate it.
    Unknown {
        /// Why not, briefly.
        reason: String,
    },
}

/// What a score tells of the model that wrote the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worth {
    /// Nothing: it was measured against what nothing can fit.
    Nothing,
    /// That it is broken, where it is; that something is well formed hardly says that it is right.
    Form,
    /// How good it is.
    Proof,
}

impl Finding {
    pub fn scored(quality: f64, reason: impl Into<String>) -> Self {
        Finding::Scored {
            quality,
            reason: reason.into(),
            worth: Worth::Proof,
        }
    }

    /// The same, of no more worth than that.
    fn at_most(mut self, most: Worth) -> Self {
        if let Finding::Scored { worth, .. } = &mut self {
            *worth = most.min(*worth);
        }
        self
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

/// A request, and what of it is the same for all of its choices: read where a choice needs it, once.
struct Request<'a> {
    asked: &'a Asked<'a>,
    work: &'a Work,
    format: OnceCell<Option<structured::ResponseFormat>>,
    /// What is `None` here was beyond the work.
    form: OnceCell<Option<structured::Form>>,
    code: OnceCell<Option<code::Wanted>>,
    sum: OnceCell<math::Sum>,
}

impl<'a> Request<'a> {
    fn new(asked: &'a Asked<'a>, work: &'a Work) -> Request<'a> {
        Request {
            asked,
            work,
            format: OnceCell::new(),
            form: OnceCell::new(),
            code: OnceCell::new(),
            sum: OnceCell::new(),
        }
    }

    /// The text that is being answered.
    fn question(&self) -> &'a str {
        let mut said = self.asked.messages.iter().rev();
        let last = said.find(|message| message.role == "user");
        last.map_or("", |message| message.text.as_str())
    }

    fn form(&self) -> Option<&structured::Form> {
        let form = || structured::form(self.question(), self.work);
        self.form.get_or_init(form).as_ref()
    }

    fn sum(&self) -> &math::Sum {
        let sum = || math::Sum::read(self.question(), self.work);
        self.sum.get_or_init(sum)
    }
}

/// Checks the answer to a request; the mean over `choices` where there are several.
///
/// One choice is judged so, the first rule that fits deciding:
///
/// 1. A refusal is unknown: whether it was right to refuse is a matter of judgement.
/// 2. Tool calls are checked against the request's `tools`, whatever the task; text beside them
///    is not looked at. Calls of custom tools, sound and pictures are answers, and unknown.
/// 3. No text at all, thinking aside, is 0, except where a content filter of the runtime stopped
///    it, or the client's own token limit: that says nothing about the model, and is unknown.
/// 4. Text under a `response_format` that asks for JSON is checked against it, whatever the
///    task; for other tasks than `structured` only its failure decides, since JSON that is well
///    formed can still hold a wrong sum: then the task's own check goes on.
/// 5. Otherwise the task's check: code, math or structured; the other tasks are unknown, but for
///    a sum that is asked for and nothing else.
///
/// Where the last message is the model's own, the answer goes on from there: it is right if it is
/// so alone or with what it continues, and else unknown.
///
/// An answer cut off by the runtime's token limit (`finish_reason: length`) gets the same checks,
/// and a failure counts: that the text does not parse is what the client gets. Where the client
/// itself set the limit, the failure is the limit's, and unknown; so is a text that is not whole
/// where the client names texts at which it ends.
///
/// Several choices: the mean of those that could be scored; unknown if none could.
pub fn check(asked: &Asked<'_>, choices: &[Choice]) -> Finding {
    check_within(asked, choices, &Work::default())
}

/// The same within a budget.
pub fn check_within(asked: &Asked<'_>, choices: &[Choice], work: &Work) -> Finding {
    let mut total = 0.0;
    let mut scored = 0u32;
    let mut least = Worth::Proof;
    let mut first: Option<Finding> = None;
    let request = Request::new(asked, work);
    for choice in choices {
        let finding = check_choice(&request, choice);
        if let Finding::Scored { quality, worth, .. } = &finding {
            least = least.min(*worth);
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
        )
        .at_most(least),
        Some(finding) => finding,
    }
}

fn check_choice(request: &Request<'_>, choice: &Choice) -> Finding {
    let Request { asked, work, .. } = request;
    let whole = choice.text.as_deref().unwrap_or("");
    let begun = begun(asked.messages);
    // What the client began is put before it, and read with it once more.
    let readings = if begun.is_some() { 3 } else { 1 };
    if !work.take(50 + reading(whole) * readings) {
        return Finding::unknown(Work::USED_UP);
    }
    let refusal = choice.refusal.as_deref().unwrap_or("");
    if !refusal.trim().is_empty() {
        return Finding::unknown("the model refused");
    }
    if !choice.tool_calls.is_empty() {
        let finding = structured::check_tool_calls(asked.tools, &choice.tool_calls, work);
        return unless_cut(asked, choice, finding);
    }
    if choice.media {
        return Finding::unknown("sound and pictures are not checked");
    }
    // The client began the thinking: up to its end the answer goes on with that.
    let joined = begun
        .filter(|begun| draft::answer(begun).is_none())
        .map(|begun| format!("{begun}{whole}"));
    let text = visible::visible(joined.as_deref().unwrap_or(whole));
    if text.is_empty() && joined.is_some() && !whole.trim().is_empty() {
        return Finding::unknown("the thinking that the request begins does not end");
    }
    if text.starts_with("![") && text.contains("](data:") {
        return Finding::unknown("sound and pictures are not checked");
    }
    if text.is_empty() && choice.beside {
        return Finding::unknown("what the runtime's own tools did is not checked");
    }
    if text.is_empty() {
        let finding = match choice.finish_reason.as_deref() {
            Some("content_filter") => Finding::unknown("stopped by a content filter"),
            _ if choice.odd => Finding::scored(0.0, "no answer: its content is not a text"),
            _ if whole.trim().is_empty() => Finding::scored(0.0, "empty answer"),
            _ => Finding::scored(0.0, "empty answer: nothing but thinking"),
        };
        return unless_cut(asked, choice, finding);
    }
    let finding = check_text(request, choice, text);
    let finding = match begun {
        Some(begun) if finding.is_failure() || matches!(finding, Finding::Unknown { .. }) => {
            match check_text(request, choice, &format!("{begun}{whole}")) {
                found @ Finding::Scored { .. } if !found.is_failure() => found,
                _ => Finding::unknown("the answer goes on from the request's last message"),
            }
        }
        _ => finding,
    };
    unless_cut(asked, choice, finding)
}

/// What finding the answer in a text costs: its bytes, blanks and those of other scripts more, and most where a
/// tag or a fence may begin.
fn reading(text: &str) -> u64 {
    const SIGN: u64 = 15;
    let signs = text.bytes().filter(|byte| matches!(byte, b'<' | b'`'));
    let others = text.bytes().filter(|byte| !byte.is_ascii()).count() as u64;
    let blanks = text.bytes().filter(u8::is_ascii_whitespace).count() as u64;
    text.len() as u64 / 4 + blanks * 9 / 16 + others + signs.count() as u64 * SIGN
}

/// A failure of an answer that the client's own token limit cut off says nothing.
fn unless_cut(asked: &Asked<'_>, choice: &Choice, finding: Finding) -> Finding {
    let cut = asked.max_tokens.is_some() && choice.finish_reason.as_deref() == Some("length");
    match &finding {
        Finding::Scored { quality, .. } if cut && *quality < 1.0 => {
            Finding::unknown("cut off by the request's own token limit")
        }
        _ => finding,
    }
}

/// Nor does a text that is not whole, where it may have ended at one of the client's own stops: one that
/// stops in the middle of something, or holds fewer of what was asked for than it should.
fn unless_stopped(request: &Request<'_>, choice: &Choice, text: &str, finding: Finding) -> Finding {
    let stopped = matches!(choice.finish_reason.as_deref(), None | Some("stop"));
    let may_go_on = || {
        let last = last_part(text);
        last.is_some_and(nesting::is_left_open)
            || request
                .form()
                .is_some_and(|form| form.has_too_few(last.unwrap_or(text)))
    };
    match request.asked.names_stops && stopped && finding.is_failure() && may_go_on() {
        true => Finding::unknown("may have ended at one of the request's own stops"),
        false => finding,
    }
}

/// Nor does one without the number that it may have been about to say.
fn unless_said(asked: &Asked<'_>, choice: &Choice, finding: Finding) -> Finding {
    let stopped = matches!(choice.finish_reason.as_deref(), None | Some("stop"));
    match asked.names_stops && stopped && finding.is_failure() {
        true => Finding::unknown("may have ended at one of the request's own stops"),
        false => finding,
    }
}

/// What of an answer could go on: the fence that is not closed, or all of it where there is none.
fn last_part(text: &str) -> Option<&str> {
    let fences = fence::blocks(text);
    match fences.last() {
        None => Some(text),
        Some(last) => (!last.closed).then_some(last.body),
    }
}

/// The beginning of the answer that the client gave.
fn begun(messages: &[Message]) -> Option<&str> {
    /// A client begins an answer with a few words, not with a book.
    const MOST: usize = 16_384;
    let last = messages.last().filter(|last| last.role == "assistant")?;
    let text = last.text.as_str();
    (!text.trim().is_empty() && text.len() <= MOST).then_some(text)
}

fn check_text(request: &Request<'_>, choice: &Choice, text: &str) -> Finding {
    let Request { asked, work, .. } = request;
    if request.format.get().is_none() {
        let unread = asked.response_format.map_or(0, |raw| raw.get().len());
        if !work.take_bytes(unread, structured::PARSING) {
            return Finding::unknown(Work::USED_UP);
        }
    }
    let read = || structured::response_format(asked.response_format);
    let format = request.format.get_or_init(read).as_ref();
    let formed = format.map(|format| structured::check_response_format(format, text, work));
    let formed = formed.map(|finding| unless_stopped(request, choice, text, finding));
    match formed {
        Some(finding) if asked.task == Task::Structured || finding.is_failure() => finding,
        Some(finding) => match by_task(request, choice, text) {
            Finding::Unknown { .. } if !matches!(asked.task, Task::Factual | Task::Open) => finding,
            by_task => by_task,
        },
        None => by_task(request, choice, text),
    }
}

fn by_task(request: &Request<'_>, choice: &Choice, text: &str) -> Finding {
    let Request { asked, work, .. } = request;
    let cut = choice.finish_reason.as_deref() == Some("length");
    let finding = match asked.task {
        Task::Math => {
            let finding = math::check(request.sum(), text, work);
            // A number that is there was not cut off.
            return match text.contains(char::is_numeric) {
                true => finding,
                false => unless_said(asked, choice, finding),
            };
        }
        Task::Structured => match request.form() {
            Some(form) => structured::check(form, text, work),
            None => Finding::unknown(Work::USED_UP),
        },
        Task::Code => by_code(request, text, cut),
        Task::Factual | Task::Open => Finding::unknown("no objective check for this task"),
    };
    let finding = unless_stopped(request, choice, text, finding);
    match finding {
        // A sum is a sum, whatever the request was taken for.
        Finding::Unknown { reason } => {
            math::check_sum(request.sum(), text, work).unwrap_or(Finding::Unknown { reason })
        }
        scored => scored,
    }
}

fn by_code(request: &Request<'_>, text: &str, cut: bool) -> Finding {
    let work = request.work;
    let wanted = || code::Wanted::read(request.question(), work);
    let Some(wanted) = request.code.get_or_init(wanted) else {
        return Finding::unknown(Work::USED_UP);
    };
    let finding = code::check(wanted, text, cut, work);
    #[cfg(feature = "python")]
    if matches!(finding, Finding::Scored { quality, .. } if quality >= 1.0)
        && let Some(request) = only_request(request.asked.messages)
        && let Some(undefined) = code::check_names(&request, text, work)
    {
        return undefined;
    }
    finding
}

/// What was said, where it is one request and nothing came before it.
#[cfg(feature = "python")]
fn only_request(messages: &[Message]) -> Option<String> {
    let [before @ .., last] = messages else {
        return None;
    };
    let first = before
        .iter()
        .all(|message| message.role != "user" && message.role != "assistant");
    let texts = messages.iter().map(|message| message.text.as_str());
    // Of a longer one no word is looked at, and it is put together once a choice.
    let short = texts.clone().map(str::len).sum::<usize>() <= code::MOST_ASKED;
    (first && last.role == "user" && short).then(|| texts.collect::<Vec<_>>().join("\n"))
}

/// A parser's words for people: one line, nothing that does harm, no more than 80 signs.
fn told(what: &str) -> String {
    let line = what.lines().next().unwrap_or_default();
    let harmless = |c: &char| {
        (c.is_ascii() || c.is_alphanumeric()) && !c.is_control() && !matches!(c, '<' | '>' | '&')
    };
    line.chars().take(400).filter(harmless).take(80).collect()
}

/// The beginning and the end of a long text, so many bytes of both together.
fn both_ends(text: &str, bytes: usize) -> std::borrow::Cow<'_, str> {
    match text::window::ends(text, bytes) {
        None => text.into(),
        Some((head, tail)) => format!("{head}\n{tail}").into(),
    }
}
