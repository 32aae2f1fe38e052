//! How well answers are graded without asking a judge.

use std::{
    collections::BTreeMap,
    hint::black_box,
    time::{Duration, Instant},
};

use chat::{Choice, Message, Task};
use grading::{Asked, Finding, check, math::steps};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Options, files::read_lines};

/// How often an item is graded; the quickest run counts.
const RUNS: usize = 3;

/// One answer with its known truth.
#[derive(Deserialize)]
struct Pair {
    #[serde(default)]
    id: String,
    kind: String,
    prompt: String,
    answer: String,
    truth: u8,
    #[serde(default)]
    origin: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    why: Option<String>,
}

/// What became of the answers of one group.
#[derive(Clone, Copy, Default)]
struct Tally {
    /// Truth (0, 1) by verdict (0, 1, unknown).
    table: [[usize; 3]; 2],
}

impl Tally {
    fn add(&mut self, truth: bool, verdict: Option<bool>) {
        let column = verdict.map_or(2, usize::from);
        if let Some(cell) = self
            .table
            .get_mut(usize::from(truth))
            .and_then(|row| row.get_mut(column))
        {
            *cell += 1;
        }
    }

    fn all(&self) -> usize {
        self.table.iter().flatten().sum()
    }

    fn scored(&self) -> usize {
        let [[a, b, _], [c, d, _]] = self.table;
        a + b + c + d
    }

    fn right(&self) -> usize {
        let [[right_zero, _, _], [_, right_one, _]] = self.table;
        right_zero + right_one
    }

    /// Of those scored; 1 where none was.
    fn accuracy(&self) -> f64 {
        share(self.right(), self.scored())
    }

    /// Right of all, an unknown counting as not right.
    fn agreement(&self) -> f64 {
        share(self.right(), self.all())
    }

    fn report(&self) -> Value {
        let [[a, b, c], [d, e, f]] = self.table;
        json!({
            "items": self.all(),
            "accuracy": self.accuracy(),
            "agreement": self.agreement(),
            "share_scored": share(self.scored(), self.all()),
            "truth_0": {"scored_0": a, "scored_1": b, "unknown": c},
            "truth_1": {"scored_0": d, "scored_1": e, "unknown": f},
        })
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        return 1.0;
    }
    #[allow(clippy::cast_precision_loss)]
    let share = part as f64 / whole as f64;
    share
}

/// An answer that was graded, and how long that took.
struct Outcome {
    pair: Pair,
    finding: Finding,
    time: Duration,
}

impl Outcome {
    /// A quality of one half or more counts as right.
    fn verdict(&self) -> Option<bool> {
        match self.finding {
            Finding::Scored { quality, .. } => Some(quality >= 0.5),
            Finding::Unknown { .. } => None,
        }
    }

    fn reason(&self) -> &str {
        match &self.finding {
            Finding::Scored { reason, .. } | Finding::Unknown { reason } => reason,
        }
    }
}

/// Grades every answer of the files and prints how that went.
pub fn run(options: &Options) -> Result<(), String> {
    let mut outcomes = Vec::new();
    for file in &options.files {
        outcomes.extend(read_lines::<Pair>(file)?.into_iter().map(measure));
    }
    if outcomes.is_empty() {
        return Err("no pairs in these files".into());
    }
    let mut kinds: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut groups: BTreeMap<String, Tally> = BTreeMap::new();
    for outcome in &outcomes {
        let truth = outcome.pair.truth == 1;
        let verdict = outcome.verdict();
        kinds
            .entry(&outcome.pair.kind)
            .or_default()
            .add(truth, verdict);
        for group in [&outcome.pair.language, &outcome.pair.origin] {
            if !group.is_empty() {
                let name = format!("{} · {group}", outcome.pair.kind);
                groups.entry(name).or_default().add(truth, verdict);
            }
        }
    }
    if options.json {
        println!("{}", report(&kinds, &groups, &outcomes, options.misses));
    } else {
        print(&kinds, &groups, &outcomes);
        if options.misses {
            misses(&outcomes).for_each(|line| println!("{line}"));
        }
    }
    Ok(())
}

/// Grades one answer as the worker would, with the task that its kind of question belongs to.
///
/// Pairs of kind `arith-steps` say whether the equations inside a solution hold, not whether
/// its answer is right: there the step check itself is asked. The worker uses only its bad news.
fn measure(pair: Pair) -> Outcome {
    let messages = [Message {
        role: "user".into(),
        text: pair.prompt.clone(),
    }];
    let choices = [Choice {
        text: Some(pair.answer.clone()),
        finish_reason: Some("stop".into()),
        ..Choice::default()
    }];
    let asked = Asked {
        task: task_of(&pair.kind),
        messages: &messages,
        response_format: None,
        tools: None,
        max_tokens: None,
        names_stops: false,
    };
    let grade = || match pair.kind.as_str() {
        "arith-steps" => steps::grade(&pair.answer),
        _ => check(&asked, &choices),
    };
    let finding = grade();
    let time = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            black_box(grade());
            start.elapsed()
        })
        .min()
        .unwrap_or_default();
    Outcome {
        pair,
        finding,
        time,
    }
}

/// The task that questions of a kind are classified as.
pub fn task_of(kind: &str) -> Task {
    match kind {
        "code-csv" => Task::Structured,
        _ if kind.starts_with("code-") => Task::Code,
        _ if kind.starts_with("json-") => Task::Structured,
        _ if kind.starts_with("arith-") || kind.starts_with("math-") => Task::Math,
        _ => Task::Open,
    }
}

fn slowest(outcomes: &[Outcome]) -> Option<&Outcome> {
    outcomes.iter().max_by_key(|outcome| outcome.time)
}

fn mean_micros(outcomes: &[Outcome]) -> f64 {
    let total: Duration = outcomes.iter().map(|outcome| outcome.time).sum();
    #[allow(clippy::cast_precision_loss)]
    let mean = total.as_secs_f64() * 1e6 / outcomes.len().max(1) as f64;
    mean
}

fn print(kinds: &BTreeMap<&str, Tally>, groups: &BTreeMap<String, Tally>, outcomes: &[Outcome]) {
    println!(
        "{:<52} {:>6} {:>8} {:>9} {:>7}   {:>17} {:>17}",
        "kind", "items", "accuracy", "agreement", "scored", "truth 0: 0/1/?", "truth 1: 0/1/?"
    );
    let rows = kinds
        .iter()
        .map(|(name, tally)| ((*name).to_owned(), *tally))
        .chain(
            groups
                .iter()
                .map(|(name, tally)| (format!("  {name}"), *tally)),
        );
    for (name, tally) in rows {
        let [[a, b, c], [d, e, f]] = tally.table;
        println!(
            "{name:<52} {:>6} {:>8.4} {:>9.4} {:>6.1}%   {:>17} {:>17}",
            tally.all(),
            tally.accuracy(),
            tally.agreement(),
            100.0 * share(tally.scored(), tally.all()),
            format!("{a}/{b}/{c}"),
            format!("{d}/{e}/{f}"),
        );
    }
    println!("mean {:.1} µs an answer", mean_micros(outcomes));
    if let Some(slowest) = slowest(outcomes) {
        println!(
            "slowest {} ({} bytes): {:.0} µs",
            slowest.pair.id,
            slowest.pair.answer.len(),
            slowest.time.as_secs_f64() * 1e6
        );
    }
}

fn misses(outcomes: &[Outcome]) -> impl Iterator<Item = Value> + '_ {
    outcomes
        .iter()
        .filter(|outcome| outcome.verdict() != Some(outcome.pair.truth == 1))
        .map(|outcome| {
            json!({
                "id": outcome.pair.id,
                "kind": outcome.pair.kind,
                "truth": outcome.pair.truth,
                "verdict": outcome.verdict(),
                "reason": outcome.reason(),
                "why": outcome.pair.why,
                "prompt": outcome.pair.prompt,
                "answer": outcome.pair.answer,
            })
        })
}

fn report(
    kinds: &BTreeMap<&str, Tally>,
    groups: &BTreeMap<String, Tally>,
    outcomes: &[Outcome],
    with_misses: bool,
) -> Value {
    let kinds: BTreeMap<&str, Value> = kinds
        .iter()
        .map(|(name, tally)| (*name, tally.report()))
        .collect();
    let groups: BTreeMap<&str, Value> = groups
        .iter()
        .map(|(name, tally)| (name.as_str(), tally.report()))
        .collect();
    let mut report = json!({
        "kinds": kinds,
        "groups": groups,
        "mean_micros": mean_micros(outcomes),
        "slowest": slowest(outcomes).map(|outcome| json!({
            "id": outcome.pair.id,
            "micros": outcome.time.as_secs_f64() * 1e6,
            "bytes": outcome.pair.answer.len(),
        })),
    });
    if with_misses && let Some(object) = report.as_object_mut() {
        object.insert("misses".into(), misses(outcomes).collect());
    }
    report
}
