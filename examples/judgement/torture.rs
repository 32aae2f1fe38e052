//! Looks for an answer that a grader panics on or takes long over: hostile code in every
//! language, hostile prompts, schemas with hostile patterns, and damaged real answers.

use std::{
    collections::BTreeMap,
    panic::catch_unwind,
    time::{Duration, Instant},
};

use chat::Task;
use grading::work::Work;
use serde::Deserialize;
use serde_json::json;

use crate::{
    Options,
    files::read_lines,
    hostile::inputs::{
        self,
        cases::{self, Case},
    },
};

/// No grading of a request may take longer, whatever the number of its choices (the quickest of three runs:
/// others may share the machine). In wasm it takes up to three times that.
const BOUND: Duration = Duration::from_millis(33);
/// Longest answer that is tried.
const MOST: usize = 1_000_000;

/// A real answer to be damaged.
#[derive(Deserialize)]
struct Real {
    prompt: String,
    answer: String,
    kind: String,
}

/// What was seen so far.
#[derive(Default)]
struct Seen {
    gradings: usize,
    panics: usize,
    slow: usize,
    slowest: BTreeMap<String, (Duration, String)>,
}

impl Seen {
    fn try_case(&mut self, case: &Case) {
        self.gradings += 1;
        let label = || case.label();
        let Ok(mut took) = catch_unwind(|| time(case)) else {
            self.panics += 1;
            println!("PANIC {}: {}", case.group, label());
            return;
        };
        if took > BOUND / 2 {
            took = took.min(time(case)).min(time(case));
        }
        let slowest = self.slowest.entry(case.group.clone()).or_default();
        if took > slowest.0 {
            *slowest = (took, label());
        }
        if took > BOUND {
            self.slow += 1;
            println!("SLOW {:?} {}: {}", took, case.group, label());
        }
    }
}

fn time(case: &Case) -> Duration {
    let ready = case.ready();
    let start = Instant::now();
    std::hint::black_box(ready.grade(&Work::default()));
    start.elapsed()
}

/// Tries every hostile text once, then damages the answers of the files until `seconds` are over.
///
/// # Errors
/// A file can't be read, a grader panicked, or one took longer than the bound.
pub fn run(options: &Options) -> Result<(), String> {
    let mut seen = Seen::default();
    for text in inputs::code::texts(MOST) {
        for tag in inputs::code::TAGS {
            let fenced = format!("```{tag}\n{text}\n```");
            seen.try_case(&Case::new(
                format!("code {tag}"),
                Task::Code,
                "Write it.",
                fenced,
            ));
        }
        seen.try_case(&Case::new(
            "code bare",
            Task::Code,
            "Write it.",
            text.clone(),
        ));
        others(&mut seen, &text);
    }
    for text in inputs::texts() {
        others(&mut seen, &text);
    }
    patterns(&mut seen);
    for case in cases::each_many_times(cases::cases()) {
        seen.try_case(&case);
    }
    damaged(&mut seen, options)?;
    println!(
        "{} gradings, {} panics; the slowest of each kind:",
        seen.gradings, seen.panics
    );
    for (group, (time, label)) in &seen.slowest {
        println!("{:>9.2} ms  {group:<14} {label}", time.as_secs_f64() * 1e3);
    }
    if seen.slow > 0 || seen.panics > 0 {
        return Err("a grader panicked or took too long".into());
    }
    Ok(())
}

/// The text as an answer to arithmetic and to every format, and as the prompt.
fn others(seen: &mut Seen, text: &str) {
    for prompt in inputs::PROMPTS {
        let task = if prompt.starts_with("What") {
            Task::Math
        } else {
            Task::Structured
        };
        seen.try_case(&Case::new(prompt, task, prompt, text.to_owned()));
    }
    seen.try_case(&Case::new("steps", Task::Math, "A story.", text.to_owned()));
    for task in Task::ALL {
        seen.try_case(&Case::new("prompt", task, text, "The answer is 4.".into()));
    }
    let mut case = Case::new("json_object", Task::Structured, "x", text.to_owned());
    case.format = Some(r#"{"type":"json_object"}"#.into());
    seen.try_case(&case);
}

/// Schemas whose patterns, references or combinations multiply work.
fn patterns(seen: &mut Seen) {
    let long = "a".repeat(100_000);
    let schemas = [
        json!({"type": "string", "pattern": "^(a+)+$"}),
        json!({"type": "string", "pattern": "^(a|aa)*b$"}),
        json!({"type": "string", "pattern": "(.*)*(.*)*(.*)*x"}),
        json!({"type": "string", "pattern": "((a{0,100}){0,100}){0,100}"}),
        json!({"type": "string", "pattern": "(".repeat(50_000)}),
        json!({"type": "string", "pattern": "a?".repeat(5_000) + &"a".repeat(5_000)}),
        json!({"type": "string", "pattern": "\\p{L}+\\w+\\s*$"}),
        json!({"$ref": "#"}),
        json!({"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]}}, "$ref": "#/$defs/a"}),
        json!({"anyOf": vec![json!({"pattern": "^(a+)+b$"}); 200]}),
        json!({"items": {"pattern": "^(a+)+b$"}}),
        json!({"uniqueItems": true}),
        json!({"enum": vec![long.clone(); 5]}),
    ];
    let values = [
        json!(long),
        json!("a".repeat(1_000)),
        json!(vec!["a".repeat(100); 3_000]),
        json!((0..30_000).collect::<Vec<_>>()),
        json!(vec![json!({"a": [1, 2]}); 10_000]),
    ];
    for schema in &schemas {
        for value in &values {
            let mut case = Case::new("json_schema", Task::Structured, "x", value.to_string());
            let format =
                json!({"type": "json_schema", "json_schema": {"name": "x", "schema": schema}});
            case.format = Some(format.to_string());
            seen.try_case(&case);
        }
    }
}

/// A small generator of its own, so that a run can be repeated.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (most.max(1) as u64)).unwrap_or(0)
    }
}

fn damaged(seen: &mut Seen, options: &Options) -> Result<(), String> {
    let mut real: Vec<Real> = Vec::new();
    for file in &options.files {
        real.extend(read_lines::<Real>(file)?);
    }
    let pieces = inputs::code::texts(2_000);
    let mut dice = Dice(options.seed);
    let start = Instant::now();
    while !real.is_empty() && start.elapsed() < Duration::from_secs(options.seconds) {
        let Some(pair) = real.get(dice.below(real.len())) else {
            break;
        };
        let mut answer = pair.answer.clone();
        for _ in 0..=dice.below(4) {
            let a = answer.floor_char_boundary(dice.below(answer.len() + 1));
            let b = answer.floor_char_boundary((a + dice.below(200)).min(answer.len()));
            let part = answer.get(a..b).unwrap_or_default().to_owned();
            match dice.below(5) {
                0 => answer.replace_range(a..b, ""),
                1 => answer.insert_str(a, pieces.get(dice.below(pieces.len())).map_or("", |p| p)),
                2 if !part.is_empty() => {
                    let times = dice.below(MOST / part.len() / 4);
                    answer.insert_str(a, &part.repeat(times));
                }
                3 => answer.truncate(a),
                _ => answer.insert_str(
                    a,
                    real.get(dice.below(real.len())).map_or("", |r| &r.answer),
                ),
            }
            answer.truncate(answer.floor_char_boundary(MOST));
        }
        let task = crate::grade::task_of(&pair.kind);
        seen.try_case(&Case::new(
            format!("damaged {}", pair.kind),
            task,
            &pair.prompt,
            answer,
        ));
    }
    Ok(())
}
