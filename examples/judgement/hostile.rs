//! How long the graders take on input made to bring them down.

use std::time::{Duration, Instant};

use chat::{Choice, Message, Task};
use grading::{Asked, check};

#[path = "../../crates/grading/tests/hostile/mod.rs"]
pub mod inputs;

/// Times every hostile text as a prompt and as an answer, and prints the slowest.
pub fn run() {
    let mut timed: Vec<(Duration, String)> = Vec::new();
    for text in inputs::texts() {
        let shown: String = text.chars().take(24).collect();
        let label = |what: &str| format!("{what}: {} bytes of {shown:?}", text.len());
        for task in Task::ALL {
            timed.push((time(task, &text, "The answer is 4."), label("prompt")));
            timed.push((time(task, "x", &text), label("answer")));
        }
        for prompt in inputs::PROMPTS {
            for task in [Task::Math, Task::Structured, Task::Code] {
                timed.push((time(task, prompt, &text), label(prompt)));
            }
        }
    }
    timed.sort_unstable_by(|a, b| b.cmp(a));
    println!("{} gradings; the slowest:", timed.len());
    for (time, label) in timed.iter().take(12) {
        println!("{:>9.2} ms  {label}", time.as_secs_f64() * 1e3);
    }
}

/// The quickest of five runs: others may share the machine.
fn time(task: Task, prompt: &str, answer: &str) -> Duration {
    let messages = [Message {
        role: "user".into(),
        text: prompt.into(),
    }];
    let choices = [Choice {
        text: Some(answer.into()),
        ..Choice::default()
    }];
    let asked = Asked {
        task,
        messages: &messages,
        response_format: None,
        tools: None,
        max_tokens: None,
        names_stops: false,
    };
    let once = || {
        let start = Instant::now();
        std::hint::black_box(check(&asked, &choices));
        start.elapsed()
    };
    (0..5).map(|_| once()).min().unwrap_or_default()
}
