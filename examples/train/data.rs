//! What is learned from: the shared prompts, the project's own, and variations of both.

use chat::{Message, Task};
use classifier::{
    features::{Feature, features},
    reading::Reading,
};
use serde::Deserialize;

use crate::{files::read_lines, own};

/// A conversation with its known task.
#[derive(Clone)]
pub struct Prompt {
    pub source: String,
    /// `None`: says too little to tell.
    pub task: Option<Task>,
    pub messages: Vec<Message>,
    /// Of the project's own: never held out.
    pub own: bool,
    /// How much it counts in training.
    pub weight: f32,
}

/// A conversation as the model sees it.
pub struct Sample {
    pub source: String,
    /// The beginning of the last message, to be shown.
    pub text: String,
    /// Its place in `Task::ALL`; `None` where it says too little to tell.
    pub task: Option<usize>,
    pub features: Vec<Feature>,
    /// The same for conversations that begin with the same question.
    pub question: u64,
    pub own: bool,
    pub weight: f32,
}

#[derive(Deserialize)]
struct Line {
    source: String,
    task: Task,
    messages: Vec<Turn>,
}

#[derive(Deserialize)]
struct Turn {
    role: String,
    content: String,
}

/// The prompts of the files, in order, and the project's own after them.
pub fn load(paths: &[String]) -> Result<Vec<Prompt>, String> {
    let mut prompts = Vec::new();
    for path in paths {
        for line in read_lines::<Line>(path)? {
            prompts.push(Prompt {
                source: line.source,
                task: Some(line.task),
                messages: line
                    .messages
                    .into_iter()
                    .map(|turn| Message {
                        role: turn.role,
                        text: turn.content,
                    })
                    .collect(),
                own: false,
                weight: 1.0,
            });
        }
    }
    prompts.extend(own::prompts()?);
    Ok(prompts)
}

/// How many prompts there are, in one line.
pub fn summary(prompts: &[Prompt]) -> String {
    let own = prompts.iter().filter(|prompt| prompt.own).count();
    format!(
        "{} shared prompts, {own} of the project's own",
        prompts.len() - own
    )
}

/// What the model sees of the prompts.
pub fn samples(prompts: &[Prompt]) -> Vec<Sample> {
    prompts
        .iter()
        .map(|prompt| Sample {
            source: prompt.source.clone(),
            text: prompt.messages.last().map_or(String::new(), |message| {
                message.text.chars().take(160).collect()
            }),
            task: Task::ALL.iter().position(|task| Some(*task) == prompt.task),
            features: merged(features(&Reading::of(&prompt.messages))),
            question: question(&prompt.messages),
            own: prompt.own,
            weight: prompt.weight,
        })
        .collect()
}

/// Every row once, in ascending order.
fn merged(mut features: Vec<Feature>) -> Vec<Feature> {
    features.sort_by_key(|(row, _)| *row);
    let mut merged: Vec<Feature> = Vec::with_capacity(features.len());
    for (row, value) in features {
        match merged.last_mut() {
            Some((last, sum)) if *last == row => *sum += value,
            _ => merged.push((row, value)),
        }
    }
    merged
}

/// A hash of the first user message.
fn question(messages: &[Message]) -> u64 {
    let first = messages.iter().find(|message| message.role == "user");
    first.map_or(0, |message| own::hash(message.text.trim()))
}
