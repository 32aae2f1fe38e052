//! ChatRequest → Brief: which task is it, and how large.

use chat::{Message, Task};

use crate::domain::{feed::ClassifiedBy, money::Pico, request::ChatRequest, surface::reminders};

use super::{World, ask};

/// Output tokens of a request that names no bound.
const USUAL_OUTPUT: u64 = 512;
/// Characters of text that make a token, roughly.
const CHARACTERS_PER_TOKEN: u64 = 4;
/// What the classifier model may write: one word, with room for a thought.
const CLASSIFIER_TOKENS: u64 = 16;

/// A request, sized up.
#[derive(Clone, Debug, PartialEq)]
pub struct Brief {
    pub task: Task,
    pub classified_by: ClassifiedBy,
    /// Estimated from the text of all messages.
    pub input_tokens: u64,
    /// What the client allows, or what is usual.
    pub output_tokens: u64,
    /// What asking the classifier model was charged.
    pub overhead: Pico,
}

impl Brief {
    /// Tokens that a context window must hold.
    pub fn tokens_needed(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}

/// Decides the task: locally where that is sure enough, else by asking the classifier model. A
/// classifier that gives no usable word, or none in time, makes it `open`. Never fails.
pub async fn classify<W: World>(world: &W, request: &ChatRequest) -> Brief {
    let characters: u64 = request
        .messages
        .iter()
        .map(|message| message.text.chars().count() as u64)
        .sum();
    let said = reminders::without(&request.messages);
    // The form that is asked for outranks the subject.
    let local = match request.wants_json() {
        true => Some(Task::Structured),
        false => classifier::classify(&said).map(|verdict| verdict.task),
    };
    let (task, classified_by, overhead) = match local {
        Some(task) => (task, ClassifiedBy::Rules, Pico::default()),
        None => ask_for_task(world, &said).await,
    };
    Brief {
        task,
        classified_by,
        input_tokens: characters / CHARACTERS_PER_TOKEN,
        output_tokens: request.max_tokens.unwrap_or(USUAL_OUTPUT),
        overhead,
    }
}

async fn ask_for_task<W: World>(world: &W, messages: &[Message]) -> (Task, ClassifiedBy, Pico) {
    let settings = world.settings();
    let (system, user) = classifier::classifier_prompt(messages);
    let asked = ask::ask(
        world,
        &ask::Question {
            model: &settings.classifier_model,
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
    match word {
        Some(task) => (task, ClassifiedBy::Model, asked.charge),
        None => (Task::Open, ClassifiedBy::ModelFallback, asked.charge),
    }
}
