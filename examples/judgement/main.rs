//! Measures the local judgement on files with known answers.
//!
//! ```text
//! cargo run --release --example judgement -- classify FILE… [--json] [--misses]
//! cargo run --release --example judgement -- grade FILE… [--json] [--misses]
//! cargo run --release --example judgement -- judge-bias FILE… [--prompts | --scores REPLIES] [--json]
//! cargo run --release --example judgement -- hostile
//! cargo run --release --example judgement -- torture [FILE…] [--seconds N] [--seed N]
//! ```
//!
//! Files hold one JSON object a line, plain or gzipped.

// What is measured here takes time.
#![allow(clippy::disallowed_methods)]

mod bias;
mod classify;
mod files;
mod grade;
mod hostile;
mod torture;

use std::process::ExitCode;

const USAGE: &str = "usage: judgement classify|grade FILE… [--json] [--misses]
       judgement judge-bias FILE… [--prompts | --scores REPLIES] [--json]
       judgement hostile
       judgement torture [FILE…] [--seconds N] [--seed N]";

/// What the command line asked for, the same for every subcommand.
pub struct Options {
    /// The files to read, in the order given.
    pub files: Vec<String>,
    /// Print one JSON object instead of tables.
    pub json: bool,
    /// List what was judged wrongly.
    pub misses: bool,
    /// Print what a judge is to be asked.
    pub prompts: bool,
    /// A file of a judge's replies.
    pub scores: Option<String>,
    /// How long `torture` damages answers.
    pub seconds: u64,
    /// Where `torture` starts its dice, not 0.
    pub seed: u64,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let subcommand = arguments.next().unwrap_or_default();
    let mut options = Options {
        files: Vec::new(),
        json: false,
        misses: false,
        prompts: false,
        scores: None,
        seconds: 60,
        seed: 1,
    };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => options.json = true,
            "--misses" => options.misses = true,
            "--prompts" => options.prompts = true,
            "--seconds" => options.seconds = number(arguments.next(), options.seconds),
            "--seed" => options.seed = number(arguments.next(), options.seed).max(1),
            "--scores" => options.scores = arguments.next(),
            option if option.starts_with("--") => {
                eprintln!("unknown option {option}\n{USAGE}");
                return ExitCode::FAILURE;
            }
            file => options.files.push(file.to_owned()),
        }
    }
    if subcommand == "hostile" {
        hostile::run();
        return ExitCode::SUCCESS;
    }
    if options.files.is_empty() && subcommand != "torture" {
        eprintln!("no file named\n{USAGE}");
        return ExitCode::FAILURE;
    }
    let outcome = match subcommand.as_str() {
        "classify" => classify::run(&options),
        "grade" => grade::run(&options),
        "torture" => torture::run(&options),
        "judge-bias" => bias::run(&options),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn number(argument: Option<String>, otherwise: u64) -> u64 {
    argument
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}
