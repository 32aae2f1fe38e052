//! What would the router have made of this traffic? Plays recorded answers of real models
//! through a policy of the core, in many seeded orders, and prints what came of it.
//!
//! `cargo run --release --example replay -- --help` lists the options.

mod args;
mod change;
mod data;
mod measure;
mod plot;
mod print;
mod run;

use std::{collections::BTreeSet, process::ExitCode, thread};

use arbiter::domain::policy::Strategy;
use chat::Task;

use args::Args;
use data::Set;
use measure::{CHECKPOINTS, Figures, Yardstick};
use run::{Call, Options};

/// What many orders of one set under one strategy gave.
pub struct Outcome {
    pub set: String,
    pub strategy: Strategy,
    pub baseline: String,
    /// Mean quality of the baseline's answers, 0..=1.
    pub baseline_quality: f64,
    pub models: usize,
    pub prompts: usize,
    pub orders: usize,
    /// Figures of each order, for each checkpoint (calls; 0 for all) and task (`None`: all).
    pub figures: Vec<(usize, Option<Task>, Vec<Figures>)>,
    /// Saved and mean quality so far, at steps over the stream, mean over orders.
    pub curve: Vec<(usize, f64, f64)>,
}

fn main() -> ExitCode {
    match Args::parse(std::env::args().skip(1)) {
        Ok(Some(args)) => match replay(&args) {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => {
                eprintln!("replay: {message}");
                ExitCode::FAILURE
            }
        },
        Ok(None) => {
            println!("{}", args::USAGE);
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("replay: {message}\n\n{}", args::USAGE);
            ExitCode::FAILURE
        }
    }
}

fn replay(args: &Args) -> Result<(), String> {
    let pool = args.pool()?;
    let mut outcomes = Vec::new();
    for file in &args.files {
        let mut set = data::read(file, pool.as_ref())?;
        if args.anonymous {
            set.make_anonymous();
        }
        if args.changes {
            for &strategy in &args.strategies {
                let options = args.options(strategy, &set)?;
                let noticed = change::measure(&set, &options, args.orders);
                print::changes(&set.name, strategy, &noticed, args.json);
            }
            continue;
        }
        let baseline = baseline(&set, args.baseline.as_deref())?;
        for &strategy in &args.strategies {
            eprintln!(
                "{}: {} prompts, {} models, {} orders, {strategy:?}",
                set.name,
                set.prompts.len(),
                set.models.len(),
                args.orders
            );
            let options = args.options(strategy, &set)?;
            outcomes.push(outcome(&set, baseline, strategy, &options, args));
            if args.hostile > 0.0 {
                let options = Options {
                    hostile: args.hostile,
                    ..options
                };
                let mut besieged = outcome(&set, baseline, strategy, &options, args);
                besieged.set = format!("{}, {} % hostile", besieged.set, 100.0 * args.hostile);
                outcomes.push(besieged);
            }
        }
    }
    if args.changes {
        return Ok(());
    }
    if args.json {
        println!("{}", print::json(&outcomes));
    } else {
        print::table(&outcomes);
    }
    if let Some(folder) = &args.plots {
        plot::write(folder, &outcomes)?;
    }
    Ok(())
}

/// The named baseline; where none is named, the model with the best mean quality.
fn baseline(set: &Set, name: Option<&str>) -> Result<usize, String> {
    if let Some(name) = name {
        return set.position(name).ok_or_else(|| {
            let names: BTreeSet<&str> = set.models.iter().map(|m| m.name.as_str()).collect();
            format!("{}: no model {name}; there are {names:?}", set.name)
        });
    }
    (0..set.models.len())
        .max_by(|&a, &b| set.quality(a).total_cmp(&set.quality(b)))
        .ok_or_else(|| format!("{}: no models", set.name))
}

fn outcome(
    set: &Set,
    baseline: usize,
    strategy: Strategy,
    options: &Options,
    args: &Args,
) -> Outcome {
    let runs = play_all(set, options, args);
    let length = args.calls.unwrap_or(set.prompts.len());
    let yardstick = Yardstick::new(set, baseline, options.tunables.quality_tolerance);
    let tasks: BTreeSet<Task> = set.prompts.iter().map(|prompt| prompt.task).collect();
    let checkpoints = CHECKPOINTS
        .into_iter()
        .filter(|&calls| calls < length)
        .chain([0]);
    let mut figures = Vec::new();
    for calls in checkpoints {
        let upto = if calls == 0 { usize::MAX } else { calls };
        for task in std::iter::once(None).chain(tasks.iter().copied().map(Some)) {
            let each = runs
                .iter()
                .map(|run| yardstick.figures(set, &run[..upto.min(run.len())], task))
                .collect();
            figures.push((calls, task, each));
        }
    }
    Outcome {
        set: set.name.clone(),
        strategy,
        baseline: set.models[baseline].name.clone(),
        baseline_quality: set.quality(baseline),
        models: set.models.len(),
        prompts: set.prompts.len(),
        orders: args.orders,
        figures,
        curve: curve(set, &yardstick, &runs, length),
    }
}

/// Every order, spread over the machine's cores; the progress goes to standard error.
fn play_all(set: &Set, options: &Options, args: &Args) -> Vec<Vec<Call>> {
    let orders = args.orders;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut runs: Vec<Option<Vec<Call>>> = (0..orders).map(|_| None).collect();
    thread::scope(|scope| {
        for (part, slots) in runs.chunks_mut(orders.div_ceil(threads).max(1)).enumerate() {
            let first = part * orders.div_ceil(threads).max(1);
            scope.spawn(move || {
                for (at, slot) in slots.iter_mut().enumerate() {
                    let seed = (first + at) as u64;
                    let order = match args.calls {
                        Some(calls) => run::drawn(set.prompts.len(), calls, seed),
                        None => run::order(set.prompts.len(), seed),
                    };
                    *slot = Some(run::play(set, &order, seed, options));
                    eprint!(".");
                }
            });
        }
    });
    eprintln!();
    runs.into_iter().flatten().collect()
}

fn curve(
    set: &Set,
    yardstick: &Yardstick,
    runs: &[Vec<Call>],
    calls: usize,
) -> Vec<(usize, f64, f64)> {
    const STEPS: usize = 60;
    (1..=STEPS)
        .map(|step| (calls * step / STEPS).max(1))
        .map(|upto| {
            let (mut saved, mut quality) = (0.0, 0.0);
            for run in runs {
                let figures = yardstick.figures(set, &run[..upto.min(run.len())], None);
                saved += figures.saved;
                quality += figures.quality;
            }
            let n = runs.len().max(1) as f64;
            (upto, saved / n, quality / n)
        })
        .collect()
}
