//! Saving and quality over calls, drawn as one SVG a set.

use std::{fmt::Write, fs, path::Path};

use arbiter::domain::policy::Strategy;

use super::{Outcome, print::name};

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 200.0;
const LEFT: f64 = 46.0;
const TOP: f64 = 34.0;

pub fn write(folder: &Path, outcomes: &[Outcome]) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut sets: Vec<&str> = outcomes
        .iter()
        .map(|outcome| outcome.set.as_str())
        .collect();
    sets.dedup();
    for set in sets {
        let of_set: Vec<&Outcome> = outcomes
            .iter()
            .filter(|outcome| outcome.set == set)
            .collect();
        let path = folder.join(format!("{set}.svg"));
        fs::write(&path, svg(set, &of_set))
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn svg(set: &str, outcomes: &[&Outcome]) -> String {
    let total = LEFT * 2.0 + WIDTH * 2.0 + 40.0;
    let tall = TOP + HEIGHT + 56.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {total} {tall}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    type Point = (usize, f64, f64);
    let saved: fn(&Point) -> f64 = |point| point.1 * 100.0;
    let quality: fn(&Point) -> f64 = |point| point.2;
    for (at, (title, value)) in [("saved so far, %", saved), ("mean quality so far", quality)]
        .into_iter()
        .enumerate()
    {
        let x0 = LEFT + at as f64 * (WIDTH + LEFT + 20.0);
        panel(&mut out, x0, &format!("{set}: {title}"), outcomes, value);
    }
    for (at, outcome) in outcomes.iter().enumerate() {
        let x = LEFT + at as f64 * 110.0;
        let y = TOP + HEIGHT + 44.0;
        let _ = writeln!(
            out,
            "<path d=\"M{x} {y}h18\" stroke=\"{0}\" stroke-width=\"2\"/>\
             <text x=\"{1}\" y=\"{2}\" fill=\"#333\">{3}</text>",
            colour(outcome.strategy),
            x + 24.0,
            y + 4.0,
            name(outcome.strategy)
        );
    }
    out.push_str("</svg>\n");
    out
}

fn panel(
    out: &mut String,
    x0: f64,
    title: &str,
    outcomes: &[&Outcome],
    value: fn(&(usize, f64, f64)) -> f64,
) {
    let values = || {
        outcomes
            .iter()
            .flat_map(|outcome| outcome.curve.iter().map(value))
    };
    // The first steps are a few dear calls: they would flatten all that follows.
    let late = || {
        outcomes
            .iter()
            .flat_map(|outcome| outcome.curve.iter().skip(2).map(value))
    };
    let low = late().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    let pad = ((high - low) * 0.08).max(1e-3);
    let (low, high) = (low - pad, high + pad);
    let most = outcomes
        .iter()
        .map(|outcome| outcome.prompts)
        .max()
        .unwrap_or(1) as f64;
    let y_of = |v: f64| TOP + HEIGHT * (1.0 - (v.max(low) - low) / (high - low));
    let _ = writeln!(
        out,
        "<text x=\"{x0}\" y=\"20\" font-size=\"13\" fill=\"#111\">{title}</text>"
    );
    for tick in 0..=4 {
        let v = low + (high - low) * f64::from(tick) / 4.0;
        let y = y_of(v);
        let label = if high > 2.0 {
            format!("{v:.0}")
        } else {
            format!("{v:.3}")
        };
        let _ = writeln!(
            out,
            "<path d=\"M{x0} {y:.1}h{WIDTH}\" stroke=\"#ddd\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#555\">{label}</text>",
            x0 - 6.0,
            y + 4.0
        );
        let x = x0 + WIDTH * f64::from(tick) / 4.0;
        let _ = writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#555\">{:.0}</text>",
            TOP + HEIGHT + 18.0,
            most * f64::from(tick) / 4.0
        );
    }
    for outcome in outcomes {
        let mut path = String::new();
        for point in &outcome.curve {
            let command = if path.is_empty() { 'M' } else { 'L' };
            let x = x0 + WIDTH * point.0 as f64 / most;
            let _ = write!(path, "{command}{x:.1} {:.1}", y_of(value(point)));
        }
        let _ = writeln!(
            out,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>",
            colour(outcome.strategy)
        );
    }
}

fn colour(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Plain => "#b45309",
        Strategy::Adaptive => "#0f766e",
    }
}
