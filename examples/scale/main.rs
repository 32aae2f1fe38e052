//! Plays the queues of a deployment: what fills up first as requests a second grow.
//!
//! Requests come by chance to isolates in many places; each asks the account of its key, and its
//! settlement goes with others of its isolate to the Learner of its (task, model), which copies
//! what it counted to the database every two seconds. Accounts, Learners and the database serve
//! one message after the other, for times drawn around what was measured. The runtime, the policy
//! and the answers are not played: only who waits for whom.
//!
//! ```text
//! cargo run --release --example scale -- [--seconds 60] [--seed 1] [--svg FILE] [--json]
//! ```

mod plot;
mod queues;

use std::process::ExitCode;

use queues::{Load, Played, World};

const USAGE: &str = "usage: scale [--seconds 60] [--seed 1] [--svg FILE] [--json]";

/// Requests a second that are played.
const RATES: [f64; 9] = [
    1.0, 10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0, 20_000.0,
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), String> {
    let (mut seconds, mut seed, mut svg, mut json) = (60.0, 1_u64, None, false);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value\n{USAGE}"));
        match arg.as_str() {
            "--seconds" => seconds = number(&value()?)?,
            "--seed" => seed = number(&value()?)? as u64,
            "--svg" => svg = Some(value()?),
            "--json" => json = true,
            "--help" | "-h" => {
                println!("{USAGE}");
                return Ok(());
            }
            _ => return Err(format!("unknown argument '{arg}'\n{USAGE}")),
        }
    }
    let world = World::default();
    let played: Vec<Played> = RATES
        .iter()
        .map(|&rate| {
            queues::play(
                &world,
                Load {
                    rate,
                    seconds,
                    seed,
                },
            )
        })
        .collect();
    match json {
        true => print_json(&played),
        false => print(&played),
    }
    if let Some(path) = svg {
        std::fs::write(&path, plot::svg(&played)).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(())
}

fn number(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 1.0 => Ok(number),
        _ => Err(format!("'{text}' is not a number of at least 1\n{USAGE}")),
    }
}

fn print(played: &[Played]) {
    println!(
        "requests/s  isolates  messages  rows    rows but   busy: account  Learner  database   p99 wait, ms: account  Learner  database"
    );
    println!("                      /request  /request decisions");
    for it in played {
        println!(
            "{:>10} {:>9} {:>9.2} {:>8.2} {:>9.2} {:>14.0} % {:>6.0} % {:>7.0} % {:>21.1} {:>8.1} {:>9.0}",
            it.rate,
            it.isolates,
            it.messages,
            it.rows,
            it.rows_but_decisions,
            100.0 * it.account.busy,
            100.0 * it.learner.busy,
            100.0 * it.database.busy,
            1_000.0 * it.account.wait_p99,
            1_000.0 * it.learner.wait_p99,
            1_000.0 * it.database.wait_p99,
        );
    }
}

fn print_json(played: &[Played]) {
    let rows: Vec<serde_json::Value> = played
        .iter()
        .map(|it| {
            let queue = |queue: &queues::Queue| serde_json::json!({"busy": queue.busy, "wait_p99_s": queue.wait_p99});
            serde_json::json!({
                "rate": it.rate, "isolates": it.isolates, "messages": it.messages, "rows": it.rows,
                "rows_but_decisions": it.rows_but_decisions,
                "account": queue(&it.account), "learner": queue(&it.learner), "database": queue(&it.database),
            })
        })
        .collect();
    println!("{}", serde_json::Value::Array(rows));
}
