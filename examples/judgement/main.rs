//! Measures the local judgement on files with known answers.
//!
//! ```text
//! cargo run --release --example judgement -- classify FILE… [--json] [--misses]
//! cargo run --release --example judgement -- grade FILE… [--json] [--misses]
//! ```
//!
//! Files hold one JSON object a line, plain or gzipped.

mod classify;
mod files;
mod grade;

use std::process::ExitCode;

const USAGE: &str = "usage: judgement classify|grade FILE… [--json] [--misses]";

/// What the command line asked for, the same for every subcommand.
pub struct Options {
    /// The files to read, in the order given.
    pub files: Vec<String>,
    /// Print one JSON object instead of tables.
    pub json: bool,
    /// List what was judged wrongly.
    pub misses: bool,
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let subcommand = arguments.next().unwrap_or_default();
    let mut options = Options {
        files: Vec::new(),
        json: false,
        misses: false,
    };
    for argument in arguments {
        match argument.as_str() {
            "--json" => options.json = true,
            "--misses" => options.misses = true,
            option if option.starts_with("--") => {
                eprintln!("unknown option {option}\n{USAGE}");
                return ExitCode::FAILURE;
            }
            file => options.files.push(file.to_owned()),
        }
    }
    if options.files.is_empty() {
        eprintln!("no file named\n{USAGE}");
        return ExitCode::FAILURE;
    }
    let outcome = match subcommand.as_str() {
        "classify" => classify::run(&options),
        "grade" => grade::run(&options),
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
