//! How well prompts are classified without asking a model.

use arbiter::domain::{chat::Message, classifier, task::Task};
use serde::Deserialize;

use crate::{Options, files::read_lines};

/// One prompt with its known task.
#[derive(Deserialize)]
struct Prompt {
    task: Task,
    messages: Vec<Turn>,
}

#[derive(Deserialize)]
struct Turn {
    role: String,
    content: String,
}

/// Classifies every prompt of the files and prints how that went.
pub fn run(options: &Options) -> Result<(), String> {
    let (mut decided, mut right, mut all) = (0, 0, 0);
    for file in &options.files {
        for prompt in read_lines::<Prompt>(file)? {
            let messages: Vec<Message> = prompt
                .messages
                .into_iter()
                .map(|turn| Message {
                    role: turn.role,
                    text: turn.content,
                })
                .collect();
            all += 1;
            if let Some(verdict) = classifier::classify(&messages) {
                decided += 1;
                right += usize::from(verdict.task == prompt.task);
            }
        }
    }
    println!("{all} prompts, {decided} decided, {right} rightly");
    Ok(())
}
