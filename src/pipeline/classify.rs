//! ChatRequest → Brief: which task is it, and how large.

use std::borrow::Cow;

use serde_json::value::RawValue;

use chat::{Message, Task};
use runtimes::tokens::Characters;

use crate::domain::{
    conversation::Kept,
    isolate::memory::Memory,
    money::Pico,
    reason::ClassifiedBy,
    session::{self, Talk},
    wire::{
        reminders,
        request::{ChatRequest, likely_output},
    },
};

use super::{World, ask};

/// Output tokens of a request that names no bound.
const USUAL_OUTPUT: u64 = 512;
/// What the classifier model may write: one word, with room for a thought.
const CLASSIFIER_TOKENS: u64 = 16;

/// A request, sized up.
#[derive(Clone, Debug, PartialEq)]
pub struct Brief {
    pub task: Task,
    pub classified_by: ClassifiedBy,
    /// How sure the local classifier was, 0..=1; `None` where it did not decide.
    pub confidence: Option<f64>,
    /// Estimated from the text of all messages.
    pub input_tokens: u64,
    /// What the client wants, or what is usual; of a ceiling what is likely.
    pub output_tokens: u64,
    /// What asking the classifier model was charged.
    pub overhead: Pico,
    /// Where it is a turn of a conversation: what is known of that.
    pub talk: Option<Talk>,
}

impl Brief {
    /// Tokens that a context window must hold.
    pub fn tokens_needed(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}

/// Decides the task: locally where that is sure enough, else by asking the classifier model. A
/// classifier that gives no usable word, or none in time, makes it `open`; and so does one that is not to
/// be asked. Never fails.
pub async fn classify<W: World>(world: &W, request: &ChatRequest) -> Brief {
    let (mut brief, undecided) = world.memory(|memory| size_up(request, memory));
    if let Some(messages) = undecided {
        (brief.task, brief.classified_by, brief.overhead) = ask_for_task(world, &messages).await;
        brief.output_tokens = world.memory(|memory| output_tokens(request, brief.task, memory));
    }
    brief
}

/// All of it that asks nobody: `open` where the task could not be decided like that, and then also
/// the messages that the classifier model would be shown.
///
/// A turn that goes on with the results of tools has the task of what was asked, and is not
/// classified anew; what is asked on the side has the one that its form says.
pub fn size_up<'a>(
    request: &'a ChatRequest,
    memory: &Memory,
) -> (Brief, Option<Cow<'a, [Message]>>) {
    let talk = Talk::of(request);
    let mut undecided = None;
    let (task, classified_by, confidence) = match known(request, talk.as_ref()) {
        Some((task, by)) => (task, by, None),
        None => {
            let asked = reminders::without(asked(request, talk.as_ref()));
            match classifier::classify(&asked) {
                Some(verdict) => {
                    let confidence = (verdict.confidence * 1e4).round() / 1e4;
                    (verdict.task, ClassifiedBy::Rules, Some(confidence))
                }
                None => {
                    undecided = Some(asked);
                    (Task::Open, ClassifiedBy::ModelFallback, None)
                }
            }
        }
    };
    let input_tokens = memory.density.tokens(characters(request));
    let brief = Brief {
        task,
        classified_by,
        confidence,
        input_tokens: input_tokens.saturating_add(request.needs.picture_tokens),
        output_tokens: output_tokens(request, task, memory),
        overhead: Pico::default(),
        talk,
    };
    (brief, undecided)
}

/// Tokens of output that the client wants, or that are usual; of a ceiling those that are likely.
fn output_tokens(request: &ChatRequest, task: Task, memory: &Memory) -> u64 {
    match request.ceiling {
        Some(ceiling) => ceiling.min(likely_output(memory.usual_output(Some(task)))),
        None => request.max_tokens.unwrap_or(USUAL_OUTPUT),
    }
}

/// How much text there is in it: of its messages, of the tools that it offers, and of the calls that
/// it tells of.
pub fn characters(request: &ChatRequest) -> Characters {
    let texts = request.messages.iter().map(|message| message.text.as_str());
    let texts = texts.chain(request.tools.as_deref().map(RawValue::get));
    let all = texts.fold(Characters::default(), |sum, text| {
        sum.plus(Characters::count(text))
    });
    all.plus(request.called())
}

/// The task, where nobody has to be asked.
fn known(request: &ChatRequest, talk: Option<&Talk>) -> Option<(Task, ClassifiedBy)> {
    // The form that is asked for outranks the subject.
    if request.wants_json() {
        return Some((Task::Structured, ClassifiedBy::Rules));
    }
    match talk {
        Some(talk) if talk.turn.goes_on => {
            let of = |kept: &Kept| (kept.task, kept.classified_by);
            talk.session.kept.as_ref().map(of)
        }
        Some(_) => None,
        None if !session::is_side(request) => None,
        None => Some((side_task(&request.messages), ClassifiedBy::Rules)),
    }
}

/// The task of what is asked on the side: chat apps show the object that they read the answer from.
fn side_task(messages: &[Message]) -> Task {
    let last = messages.iter().rfind(|it| it.role == "user");
    match last.is_some_and(|it| classifier::shows_form(&it.text)) {
        true => Task::Structured,
        false => Task::Open,
    }
}

/// The messages up to what was asked last.
fn asked<'a>(request: &'a ChatRequest, talk: Option<&Talk>) -> &'a [Message] {
    let all = &request.messages;
    let last = talk.and_then(|talk| talk.turn.asked_at);
    last.and_then(|at| all.get(..=at)).unwrap_or(all)
}

async fn ask_for_task<W: World>(world: &W, messages: &[Message]) -> (Task, ClassifiedBy, Pico) {
    let settings = world.settings();
    let unknown = (Task::Open, ClassifiedBy::ModelFallback, Pico::default());
    let Some(model) = &settings.classifier_model else {
        return unknown;
    };
    let now = world.now();
    if !world.memory(|memory| memory.classifier.may_ask(now)) {
        return unknown;
    }
    let (system, user) = classifier::classifier_prompt(messages);
    let asked = ask::ask(
        world,
        &ask::Question {
            model,
            system: &system,
            user: &user,
            max_tokens: CLASSIFIER_TOKENS,
            timeout: settings.classifier_timeout,
        },
    )
    .await;
    let word = asked
        .text
        .as_deref()
        .and_then(classifier::parse_classifier_word);
    let now = world.now();
    world.memory(|memory| memory.classifier.heard(word.is_some(), now));
    match word {
        Some(task) => (task, ClassifiedBy::Model, asked.charge),
        None => (Task::Open, ClassifiedBy::ModelFallback, asked.charge),
    }
}
