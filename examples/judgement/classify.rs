//! How well prompts are classified without asking a model.

use std::{
    collections::BTreeMap,
    hint::black_box,
    time::{Duration, Instant},
};

use chat::{Message, Task};
use classifier::{Verdict, classify};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Options, files::read_lines};

const TASKS: usize = Task::ALL.len();
/// How often an item is classified; the quickest run counts.
const RUNS: usize = 5;

/// One prompt with its known task.
#[derive(Deserialize)]
struct Prompt {
    #[serde(default)]
    id: String,
    #[serde(default = "unnamed")]
    source: String,
    task: Task,
    messages: Vec<Turn>,
}

#[derive(Deserialize)]
struct Turn {
    role: String,
    content: String,
}

fn unnamed() -> String {
    "unnamed".into()
}

/// What became of the prompts of one source.
#[derive(Default)]
struct Tally {
    /// Truth by verdict; the last column is undecided.
    table: [[usize; TASKS + 1]; TASKS],
}

/// A prompt that was classified, and how long that took.
struct Outcome {
    prompt: Prompt,
    verdict: Option<Verdict>,
    time: Duration,
    bytes: usize,
}

/// Classifies every prompt of the files and prints how that went.
pub fn run(options: &Options) -> Result<(), String> {
    let mut outcomes = Vec::new();
    for file in &options.files {
        outcomes.extend(read_lines::<Prompt>(file)?.into_iter().map(measure));
    }
    if outcomes.is_empty() {
        return Err("no prompts in these files".into());
    }
    let mut all = Tally::default();
    let mut sources: BTreeMap<&str, Tally> = BTreeMap::new();
    for outcome in &outcomes {
        all.add(outcome);
        sources
            .entry(&outcome.prompt.source)
            .or_default()
            .add(outcome);
    }
    if options.json {
        println!("{}", report(&all, &sources, &outcomes, options.misses));
    } else {
        print(&all, &sources, &outcomes);
        if options.misses {
            misses(&outcomes).iter().for_each(|miss| println!("{miss}"));
        }
    }
    Ok(())
}

fn measure(prompt: Prompt) -> Outcome {
    let messages: Vec<Message> = prompt
        .messages
        .iter()
        .map(|turn| Message {
            role: turn.role.clone(),
            text: turn.content.clone(),
        })
        .collect();
    let mut verdict = None;
    let mut time = Duration::MAX;
    for _ in 0..RUNS {
        let begun = Instant::now();
        verdict = black_box(classify(black_box(&messages)));
        time = time.min(begun.elapsed());
    }
    Outcome {
        bytes: messages.iter().map(|message| message.text.len()).sum(),
        prompt,
        verdict,
        time,
    }
}

impl Tally {
    fn add(&mut self, outcome: &Outcome) {
        let place = |task: Task| Task::ALL.iter().position(|other| *other == task);
        let said = outcome.verdict.and_then(|verdict| place(verdict.task));
        let truth = place(outcome.prompt.task).unwrap_or(0);
        self.table[truth][said.unwrap_or(TASKS)] += 1;
    }

    fn count(&self) -> usize {
        self.table.iter().flatten().sum()
    }

    fn decided(&self) -> usize {
        self.count() - self.table.iter().map(|row| row[TASKS]).sum::<usize>()
    }

    /// Share of all prompts that were decided.
    fn share(&self) -> f64 {
        self.decided() as f64 / self.count().max(1) as f64
    }

    /// Share of the decided ones that are right.
    fn accuracy(&self) -> f64 {
        let right: usize = (0..TASKS).map(|task| self.table[task][task]).sum();
        right as f64 / self.decided().max(1) as f64
    }

    /// F1 of a task over the decided prompts; `None` where no decided prompt is of it.
    fn f1(&self, task: usize) -> Option<f64> {
        let truth: usize = self.table[task].iter().take(TASKS).sum();
        let said: usize = self.table.iter().map(|row| row[task]).sum();
        (truth > 0).then(|| 2.0 * self.table[task][task] as f64 / (truth + said) as f64)
    }

    /// Mean F1 over the tasks that occur.
    fn macro_f1(&self) -> f64 {
        let each: Vec<f64> = (0..TASKS).filter_map(|task| self.f1(task)).collect();
        each.iter().sum::<f64>() / each.len().max(1) as f64
    }

    fn figures(&self) -> Value {
        json!({
            "prompts": self.count(),
            "decided": self.share(),
            "accuracy": self.accuracy(),
            "macro_f1": self.macro_f1(),
        })
    }
}

fn mean_micros(outcomes: &[Outcome]) -> f64 {
    let total: Duration = outcomes.iter().map(|outcome| outcome.time).sum();
    total.as_secs_f64() * 1e6 / outcomes.len() as f64
}

fn slowest(outcomes: &[Outcome]) -> Option<&Outcome> {
    outcomes.iter().max_by_key(|outcome| outcome.time)
}

fn print(all: &Tally, sources: &BTreeMap<&str, Tally>, outcomes: &[Outcome]) {
    println!("truth by verdict");
    print!("{:12}", "");
    for task in Task::ALL {
        print!("{:>11}", task.name());
    }
    println!("{:>11}{:>8}", "undecided", "F1");
    for (task, row) in Task::ALL.iter().zip(&all.table) {
        print!("{:12}", task.name());
        row.iter().for_each(|count| print!("{count:>11}"));
        let place = Task::ALL.iter().position(|other| other == task);
        let f1 = place.and_then(|place| all.f1(place)).unwrap_or(0.0);
        println!("{f1:>8.3}");
    }
    println!(
        "\n{:28}{:>8}{:>10}{:>10}{:>10}",
        "source", "prompts", "decided", "right", "macro-F1"
    );
    let rows = sources.iter().map(|(name, tally)| (*name, tally));
    for (name, tally) in rows.chain([("all", all)]) {
        println!(
            "{name:28}{:>8}{:>9.1}%{:>10.3}{:>10.3}",
            tally.count(),
            100.0 * tally.share(),
            tally.accuracy(),
            tally.macro_f1()
        );
    }
    println!("\nmean {:.1} µs a prompt", mean_micros(outcomes));
    if let Some(slowest) = slowest(outcomes) {
        println!(
            "slowest {:.1} µs: {} ({}, {} bytes)",
            slowest.time.as_secs_f64() * 1e6,
            slowest.prompt.id,
            slowest.prompt.source,
            slowest.bytes
        );
    }
}

fn report(
    all: &Tally,
    sources: &BTreeMap<&str, Tally>,
    outcomes: &[Outcome],
    with_misses: bool,
) -> Value {
    let confusion: serde_json::Map<String, Value> = Task::ALL
        .iter()
        .zip(&all.table)
        .map(|(task, row)| {
            let names = Task::ALL
                .iter()
                .map(|task| task.name())
                .chain(["undecided"]);
            let row: serde_json::Map<String, Value> = names
                .zip(row)
                .map(|(name, count)| (name.to_owned(), json!(count)))
                .collect();
            (task.name().to_owned(), Value::Object(row))
        })
        .collect();
    let sources: serde_json::Map<String, Value> = sources
        .iter()
        .map(|(name, tally)| ((*name).to_owned(), tally.figures()))
        .collect();
    let mut report = json!({
        "all": all.figures(),
        "confusion": confusion,
        "sources": sources,
        "mean_us": mean_micros(outcomes),
        "slowest": slowest(outcomes).map(|outcome| json!({
            "id": outcome.prompt.id,
            "us": outcome.time.as_secs_f64() * 1e6,
            "bytes": outcome.bytes,
        })),
    });
    if with_misses {
        report["misses"] = json!(misses(outcomes));
    }
    report
}

/// One line for each prompt that was decided wrongly.
fn misses(outcomes: &[Outcome]) -> Vec<String> {
    outcomes
        .iter()
        .filter_map(|outcome| {
            let verdict = outcome.verdict?;
            (verdict.task != outcome.prompt.task).then(|| {
                let last = outcome.prompt.messages.last();
                let text: String = last
                    .map_or("", |turn| turn.content.as_str())
                    .chars()
                    .take(120)
                    .map(|letter| if letter.is_control() { ' ' } else { letter })
                    .collect();
                format!(
                    "{} taken for {} ({:.2}): {} {}: {text}",
                    outcome.prompt.task.name(),
                    verdict.task.name(),
                    verdict.confidence,
                    outcome.prompt.id,
                    outcome.prompt.source
                )
            })
        })
        .collect()
}
