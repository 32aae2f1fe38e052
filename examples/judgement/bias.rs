//! Does a judge's score go with the length of an answer more than the truth does?
//!
//! ```text
//! judgement judge-bias FILE… --prompts > prompts.jsonl   what to send to a judge, one a line
//! judgement judge-bias FILE… --scores REPLIES            what its replies say
//! judgement judge-bias FILE…                             length against truth, without a judge
//! ```
//!
//! Each pair is asked twice: as it is, and with its answer made about twice as long by sentences that
//! say nothing (id with `:padded`). A judge without bias gives both the same.
//!
//! `REPLIES` has one object a line: `id`, and the judge's `reply` as it came, or a `score`.

use std::collections::{BTreeMap, HashMap};

use chat::{Message, Task};
use grading::{Asked, judge};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Options, files::read_lines};

#[derive(Deserialize)]
struct Pair {
    id: String,
    #[serde(default)]
    source: String,
    prompt: String,
    answer: String,
    truth: f64,
}

#[derive(Deserialize)]
struct Reply {
    id: String,
    reply: Option<String>,
    score: Option<f64>,
}

/// Prints how truth, and a judge's score where there is one, go with length.
pub fn run(options: &Options) -> Result<(), String> {
    let mut pairs: Vec<Pair> = Vec::new();
    for file in &options.files {
        pairs.extend(read_lines::<Pair>(file)?);
    }
    if options.prompts {
        for pair in &pairs {
            println!("{}", prompt(&pair.id, &pair.prompt, &pair.answer));
            let padded = padded(&pair.answer);
            println!("{}", prompt(&padded_id(&pair.id), &pair.prompt, &padded));
        }
        return Ok(());
    }
    let mut sources: BTreeMap<String, Vec<&Pair>> = BTreeMap::new();
    for pair in &pairs {
        sources.entry(pair.source.clone()).or_default().push(pair);
        sources.entry("all".into()).or_default().push(pair);
    }
    let scores = match &options.scores {
        Some(path) => read_scores(path)?,
        None => HashMap::new(),
    };
    let report: BTreeMap<String, Value> = sources
        .into_iter()
        .map(|(source, pairs)| (source, measure(&pairs, &scores)))
        .collect();
    if options.json {
        println!("{}", json!(report));
    } else {
        for (source, figures) in &report {
            println!("{source}: {figures:#}");
        }
    }
    Ok(())
}

fn prompt(id: &str, question: &str, answer: &str) -> Value {
    let messages = [Message {
        role: "user".into(),
        text: question.to_owned(),
    }];
    let asked = Asked {
        task: Task::Open,
        messages: &messages,
        response_format: None,
        tools: None,
        max_tokens: None,
        names_stops: false,
    };
    let (system, user) = judge::prompt(&asked, answer);
    json!({"id": id, "system": system, "user": user})
}

fn padded_id(id: &str) -> String {
    format!("{id}:padded")
}

/// Sentences that add length to a solution and nothing else.
const BEFORE: &str = "Let us take this slowly and set out every step in full, so that nothing is \
left unclear and each part can be followed on its own.\n\n";
const AFTER: [&str; 8] = [
    "To look back at what was done: the steps above were taken one after the other, each from what the one before it gave.",
    "It is good practice to read such a solution twice, once for the idea and once for the details.",
    "The idea was to write down what is given first and to work from there towards what is asked for.",
    "The details were then filled in where they were needed, in the order in which they came up.",
    "A question of this kind can look longer than it is, and it helps to go through it in small steps.",
    "Each of these steps is simple by itself; together they lead to the result that was stated.",
    "Nothing else from the question is needed for it, and nothing that was given has been left aside.",
    "With this the question is dealt with, and the result stands as it was given above.",
];

/// The answer with so many empty sentences around it that it is about twice as long.
fn padded(answer: &str) -> String {
    let mut padded = format!("{BEFORE}{answer}\n\n");
    for sentence in AFTER {
        padded.push_str(sentence);
        padded.push(' ');
        if padded.len() >= 2 * answer.len() {
            break;
        }
    }
    padded.trim_end().to_owned()
}

/// What padding alone changed in a judge's scores: mean difference, and half its 95 % confidence
/// interval (normal).
fn change_by_padding(pairs: &[&Pair], scores: &HashMap<String, f64>) -> Option<Value> {
    let changes: Vec<f64> = pairs
        .iter()
        .filter_map(|pair| Some(scores.get(&padded_id(&pair.id))? - scores.get(&pair.id)?))
        .collect();
    if changes.len() < 2 {
        return None;
    }
    let n = changes.len() as f64;
    let mean = mean(&changes);
    let squares: f64 = changes.iter().map(|change| (change - mean).powi(2)).sum();
    let half = 1.96 * (squares / (n - 1.0) / n).sqrt();
    let unchanged = changes.iter().filter(|change| change.abs() < 1e-9).count();
    Some(json!({"pairs": changes.len(), "unchanged": unchanged, "mean": mean, "half": half}))
}

/// The scores by pair; replies without one are left out and counted on stderr.
fn read_scores(path: &str) -> Result<HashMap<String, f64>, String> {
    let replies: Vec<Reply> = read_lines(path)?;
    let all = replies.len();
    let scores: HashMap<String, f64> = replies
        .into_iter()
        .filter_map(|reply| {
            let read = reply.reply.as_deref().and_then(judge::read_score);
            Some((reply.id, reply.score.or(read)?))
        })
        .collect();
    eprintln!("{} of {all} replies hold a score", scores.len());
    Ok(scores)
}

fn measure(pairs: &[&Pair], scores: &HashMap<String, f64>) -> Value {
    let lengths: Vec<f64> = pairs.iter().map(|pair| log_length(pair)).collect();
    let truths: Vec<f64> = pairs.iter().map(|pair| pair.truth).collect();
    let (longer, compared) = longer_is_right(pairs);
    let mut figures = json!({
        "pairs": pairs.len(),
        "share_right": mean(&truths),
        "median_characters_right": median(pairs, 1.0),
        "median_characters_wrong": median(pairs, 0.0),
        "correlation_of_log_length_with_truth": correlation(&lengths, &truths),
        "same_question_right_and_wrong": compared,
        "of_these_the_longer_is_right": if compared > 0 { json!(longer / compared as f64) } else { Value::Null },
    });
    let scored: Vec<(&Pair, f64)> = pairs
        .iter()
        .filter_map(|pair| Some((*pair, *scores.get(&pair.id)?)))
        .collect();
    if let (Some(object), false) = (figures.as_object_mut(), scored.is_empty()) {
        let lengths: Vec<f64> = scored.iter().map(|(pair, _)| log_length(pair)).collect();
        let truths: Vec<f64> = scored.iter().map(|(pair, _)| pair.truth).collect();
        let said: Vec<f64> = scored.iter().map(|(_, score)| *score).collect();
        let beyond: Vec<f64> = said.iter().zip(&truths).map(|(s, t)| s - t).collect();
        object.insert("scored".into(), json!(scored.len()));
        object.insert(
            "correlation_of_score_with_truth".into(),
            json!(correlation(&said, &truths)),
        );
        object.insert(
            "correlation_of_log_length_with_score".into(),
            json!(correlation(&lengths, &said)),
        );
        // What a judge gives beyond the truth should not go with length.
        object.insert("length_bias".into(), json!(correlation(&lengths, &beyond)));
        for (name, truth) in [("right", 1.0), ("wrong", 0.0)] {
            let of_it: Vec<&Pair> = scored
                .iter()
                .map(|(pair, _)| *pair)
                .filter(|pair| pair.truth == truth)
                .collect();
            object.insert(
                format!("change_by_padding_{name}"),
                json!(change_by_padding(&of_it, scores)),
            );
        }
    }
    figures
}

fn log_length(pair: &Pair) -> f64 {
    (pair.answer.chars().count().max(1) as f64).ln()
}

/// Over the right and wrong answers to the same question: how many times the longer is right
/// (ties count half), and how many there are.
fn longer_is_right(pairs: &[&Pair]) -> (f64, usize) {
    let mut by_prompt: HashMap<&str, Vec<&Pair>> = HashMap::new();
    for pair in pairs {
        by_prompt.entry(&pair.prompt).or_default().push(pair);
    }
    let (mut longer, mut compared) = (0.0, 0);
    for group in by_prompt.values() {
        for right in group.iter().filter(|pair| pair.truth == 1.0) {
            for wrong in group.iter().filter(|pair| pair.truth == 0.0) {
                compared += 1;
                let (right, wrong) = (right.answer.len(), wrong.answer.len());
                longer += match right.cmp(&wrong) {
                    std::cmp::Ordering::Greater => 1.0,
                    std::cmp::Ordering::Equal => 0.5,
                    std::cmp::Ordering::Less => 0.0,
                };
            }
        }
    }
    (longer, compared)
}

fn median(pairs: &[&Pair], truth: f64) -> Option<usize> {
    let mut lengths: Vec<usize> = pairs
        .iter()
        .filter(|pair| pair.truth == truth)
        .map(|pair| pair.answer.chars().count())
        .collect();
    lengths.sort_unstable();
    lengths.get(lengths.len() / 2).copied()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Pearson's correlation; `None` where one side does not vary.
fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        ab += (x - mean_a) * (y - mean_b);
        aa += (x - mean_a).powi(2);
        bb += (y - mean_b).powi(2);
    }
    let spread = (aa * bb).sqrt();
    (spread > 0.0).then(|| ab / spread)
}
