//! The outcome as a table for people and as JSON for machines.

use arbiter::domain::{books::report::Report, policy::Strategy};
use serde_json::{Map, Value, json};

use super::{
    Outcome,
    change::Noticed,
    measure::{Figures, Mean, mean},
};

pub fn name(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Plain => "plain",
        Strategy::Adaptive => "adaptive",
    }
}

fn over(each: &[Figures], index: usize) -> Mean {
    let values: Vec<f64> = each.iter().map(|figures| figures.values()[index]).collect();
    mean(&values)
}

/// The report of an export. As JSON with the fields of `GET /v1/report`, but for what classifier and
/// judge were charged: no decision tells of that.
pub fn report(report: &Report, baseline: &str, as_json: bool) -> Result<(), String> {
    if as_json {
        let mut told = serde_json::to_value(report).map_err(|error| error.to_string())?;
        if let Value::Object(fields) = &mut told {
            fields.remove("overhead_spend");
        }
        println!("{told}");
        return Ok(());
    }
    println!("calls     {}", report.calls);
    println!("spend     {} USD", report.actual_spend);
    println!("baseline  {} USD ({baseline})", report.baseline_spend);
    println!("saved     {} USD ({} %)", report.saved, report.saved_pct);
    Ok(())
}

pub fn table(outcomes: &[Outcome]) {
    for outcome in outcomes {
        println!(
            "\n{} · {} · {} models · {} prompts · {} orders · against {}",
            outcome.set,
            name(outcome.strategy),
            outcome.models,
            outcome.prompts,
            outcome.orders,
            outcome.baseline
        );
        println!(
            "{:>6} {:<11} {:>14} {:>14} {:>14} {:>17} {:>15} {:>14} {:>15} {:>6} {:>7}",
            "calls",
            "task",
            "saved %",
            "quality",
            "explored %",
            "cost regret µ$",
            "quality regret",
            "gap to best",
            "perfect: % / q",
            "late %",
            "floor %"
        );
        for (calls, task, each) in &outcome.figures {
            let cell = |index: usize, scale: f64, places: usize| {
                let Mean { mean, half } = over(each, index);
                format!("{:.*} ±{:.*}", places, mean * scale, places, half * scale)
            };
            println!(
                "{:>6} {:<11} {:>14} {:>14} {:>14} {:>17} {:>15} {:>14} {:>7.1} {:.3} {:>6.1} {:>7.1}",
                if *calls == 0 {
                    "all".to_string()
                } else {
                    calls.to_string()
                },
                task.map_or("all", |task| task.name()),
                cell(1, 100.0, 1),
                cell(2, 1.0, 3),
                cell(3, 100.0, 1),
                cell(4, 1e6, 0),
                cell(5, 1.0, 3),
                cell(6, 1.0, 3),
                over(each, 8).mean * 100.0,
                over(each, 9).mean,
                over(each, 10).mean * 100.0,
                over(each, 11).mean * 100.0
            );
        }
    }
}

pub fn json(outcomes: &[Outcome]) -> Value {
    let outcomes = outcomes.iter().map(|outcome| {
        let figures: Vec<Value> = outcome
            .figures
            .iter()
            .map(|(calls, task, each)| {
                let mut row = Map::new();
                row.insert(
                    "upto".into(),
                    if *calls == 0 {
                        Value::Null
                    } else {
                        json!(calls)
                    },
                );
                row.insert("task".into(), json!(task.map(|task| task.name())));
                for (index, figure) in Figures::NAMES.iter().enumerate() {
                    let Mean { mean, half } = over(each, index);
                    row.insert((*figure).into(), json!({"mean": mean, "half": half}));
                }
                Value::Object(row)
            })
            .collect();
        json!({
            "set": outcome.set,
            "strategy": name(outcome.strategy),
            "baseline": outcome.baseline,
            "baseline_quality": outcome.baseline_quality,
            "models": outcome.models,
            "prompts": outcome.prompts,
            "orders": outcome.orders,
            "figures": figures,
            "curve": outcome.curve.iter()
                .map(|(calls, saved, quality)| json!([calls, saved, quality]))
                .collect::<Vec<_>>(),
        })
    });
    Value::Array(outcomes.collect())
}

/// What came of the changes to one set, as lines for people or one JSON object a line.
pub fn changes(set: &str, strategy: Strategy, noticed: &[Noticed], machine: bool) {
    if !machine {
        println!(
            "\n{set} · {}\n{:<11} {:>9} {:>7} {:>6} {:>7} {:>7}  change",
            name(strategy),
            "task",
            "followed",
            "median",
            "90th",
            "share",
            "calls"
        );
    }
    for one in noticed {
        let followed = one.delays.len() as f64 / one.orders as f64;
        // Of all orders: those in which it was not followed are the slowest.
        let quantile = |share: f64| one.delays.get((one.orders as f64 * share) as usize);
        let (task, change) = (one.task.name(), &one.change);
        if machine {
            let object = json!({"set": set, "strategy": name(strategy), "task": task,
                "change": change, "orders": one.orders, "followed": followed,
                "median_delay": quantile(0.5), "p90_delay": quantile(0.9),
                "share_after": one.share_after, "calls": one.calls});
            println!("{object}");
        } else {
            let delay = |share| quantile(share).map_or("-".into(), usize::to_string);
            println!(
                "{task:<11} {:>7.0} % {:>7} {:>6} {:>5.0} % {:>7.1}  {change}",
                followed * 100.0,
                delay(0.5),
                delay(0.9),
                one.share_after * 100.0,
                one.calls
            );
        }
    }
}
