//! Trains the local classifier and writes the weights that are shipped.
//!
//! ```text
//! cargo run --release --example train -- PROMPTS.jsonl.gz… [--misses] [--check]
//! ```
//!
//! The files are in the shared format (`source`, `task`, `messages`); the project's own prompts
//! in `data/classify/` are added to them. The same files give the same weights, to the byte.
//! `--check` compares with the weights that are there instead of writing.

mod data;
#[path = "../judgement/files.rs"]
mod files;
mod fit;
mod own;
mod validate;

use std::{fs, process::ExitCode};

use classifier::model::pack;

const WEIGHTS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/crates/classifier/src/weights.bin"
);

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let (flags, paths): (Vec<String>, Vec<String>) = std::env::args()
        .skip(1)
        .partition(|argument| argument.starts_with("--"));
    let flag = |name: &str| flags.iter().any(|flag| flag == name);
    if paths.is_empty() {
        return Err("usage: train PROMPTS… [--misses] [--check]".into());
    }
    let prompts = data::load(&paths)?;
    println!("{}", data::summary(&prompts));
    let samples = data::samples(&prompts);

    let calibration = validate::validate(&samples, flag("--misses"));
    let weights = fit::fit(&samples, |_| true);
    let bytes = pack(&weights, calibration);
    if flag("--check") {
        let there = fs::read(WEIGHTS).map_err(|error| format!("{WEIGHTS}: {error}"))?;
        return if there == bytes {
            println!("the same weights, to the byte");
            Ok(())
        } else {
            Err("other weights than those that are there".into())
        };
    }
    fs::write(WEIGHTS, bytes).map_err(|error| format!("{WEIGHTS}: {error}"))
}
