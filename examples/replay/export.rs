//! What a deployment exported, added up by the code that adds up its report.

use std::{collections::BTreeMap, fs, path::PathBuf};

use arbiter::domain::{
    books::{
        book::Book,
        feed::{Decision, Outcome},
        report::{self, Report},
        settlement::Settlement,
    },
    money::Pico,
    policy::{Evidence, Row, Tunables},
};
use chat::Task;

/// The report of the decisions in these files, as `GET /v1/export` gave them, one a line; and how
/// many calls of it are no row of their own: rows that stand for more than one call were sampled.
pub fn report(files: &[PathBuf], baseline: &str) -> Result<(Report, u64), String> {
    let mut books: BTreeMap<(Task, String), Book> = BTreeMap::new();
    let mut sampled = 0;
    for file in files {
        let named = |error: String| format!("{}: {error}", file.display());
        let text = fs::read_to_string(file).map_err(|error| named(error.to_string()))?;
        for (at, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.is_empty())
        {
            let decision: Decision = serde_json::from_str(line)
                .map_err(|error| named(format!("line {}: {error}", at + 1)))?;
            let calls = decision.detail.weight.unwrap_or(1.0).max(1.0) as u64;
            sampled += calls - 1;
            let book = books.entry((decision.task, decision.model.clone()));
            let book = book.or_default();
            // A proven price shift begins the row anew.
            if decision.detail.alert.is_some() {
                book.row = Row::default();
            }
            let settlement = settlement(decision);
            for _ in 0..calls {
                book.apply(&settlement, &Tunables::default());
            }
        }
    }
    let books = books.iter();
    let books = books.map(|((task, model), book)| (*task, model.as_str(), book));
    Ok((report::report(books, baseline), sampled))
}

/// What its Learner was told, as far as the report goes by it.
fn settlement(decision: Decision) -> Settlement {
    let detail = &decision.detail;
    let measured = matches!(
        detail.cost_source.as_deref(),
        Some("charge" | "charged" | "computed")
    );
    let spend = Pico::from_usd(decision.cost);
    Settlement {
        epoch: None,
        spend: spend.plus(Pico::from_usd(detail.wasted.unwrap_or(0.0))),
        overhead: Pico::default(),
        judged: Pico::default(),
        would_be: None,
        evidence: (decision.outcome == Outcome::Finished).then(|| Evidence {
            charge: measured.then_some(decision.cost),
            ..Evidence::default()
        }),
        decision,
    }
}
