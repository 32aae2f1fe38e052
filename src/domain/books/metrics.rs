//! The books as Prometheus reads them. Labels come from closed lists: task, model of the pool,
//! outcome, source. Every counter lives in the books, so that it only rises until a reset.

use std::fmt::Write;

use chat::Task;

use crate::domain::money::Pico;

use super::{
    book::Book,
    history::{BOUNDS, Histogram},
};

/// The version of the text format.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All books as text.
pub fn metrics<'a>(books: impl Iterator<Item = (Task, &'a str, &'a Book)>) -> String {
    let books: Vec<_> = books.collect();
    let mut text = String::new();
    let mut family = |name: &str, kind: &str, help: &str, rows: &dyn Fn(&mut String)| {
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        rows(&mut text);
    };
    family(
        "arbiter_requests_total",
        "counter",
        "Settled requests by how they ended.",
        &|text| {
            for (task, model, book) in &books {
                for (outcome, n) in [
                    ("finished", book.calls),
                    ("dropped", book.dropped),
                    ("failed", book.failed),
                ] {
                    let labels = labels(*task, model);
                    let _ = writeln!(
                        text,
                        "arbiter_requests_total{{{labels},outcome=\"{outcome}\"}} {n}"
                    );
                }
            }
        },
    );
    family(
        "arbiter_spend_usd_total",
        "counter",
        "What requests cost: charged, computed from counted tokens, or estimated.",
        &|text| {
            for (task, model, book) in &books {
                let unnamed = book.estimated.plus(book.computed);
                let charged = Pico(book.all_spend().0.saturating_sub(unnamed.0));
                for (source, usd) in [
                    ("charged", charged),
                    ("computed", book.computed),
                    ("estimated", book.estimated),
                ] {
                    let (labels, usd) = (labels(*task, model), usd.usd());
                    let _ = writeln!(
                        text,
                        "arbiter_spend_usd_total{{{labels},source=\"{source}\"}} {usd}"
                    );
                }
            }
        },
    );
    type Value = fn(&Book) -> f64;
    let simple: [(&str, &str, &str, Value); 3] = [
        (
            "arbiter_overhead_usd_total",
            "counter",
            "What classifying and judging cost.",
            |book| book.overhead.usd(),
        ),
        (
            "arbiter_price_shifts_total",
            "counter",
            "Prices seen to move.",
            |book| book.alerts as f64,
        ),
        (
            "arbiter_observations",
            "gauge",
            "Observations that the policy goes by.",
            |book| book.row.n as f64,
        ),
    ];
    for (name, kind, help, value) in simple {
        family(name, kind, help, &|text| {
            for (task, model, book) in &books {
                let (labels, value) = (labels(*task, model), value(book));
                let _ = writeln!(text, "{name}{{{labels}}} {value}");
            }
        });
    }
    family(
        "arbiter_quality",
        "gauge",
        "Mean quality of the graded answers, 0 to 1.",
        &|text| {
            for (task, model, book) in &books {
                if let Some(quality) = book.row.quality() {
                    let labels = labels(*task, model);
                    let _ = writeln!(text, "arbiter_quality{{{labels}}} {quality}");
                }
            }
        },
    );
    type Times = fn(&Book) -> (&Histogram, f64);
    let times: [(&str, &str, Times); 2] = [
        (
            "arbiter_first_byte_seconds",
            "Time to the first byte of an answer.",
            |book| (&book.first, book.first_ms),
        ),
        (
            "arbiter_request_seconds",
            "Time of a request in all.",
            |book| (&book.whole, book.whole_ms),
        ),
    ];
    for (name, help, of) in times {
        family(name, "histogram", help, &|text| {
            for (task, model, book) in &books {
                let (histogram, millis) = of(book);
                buckets(text, name, &labels(*task, model), histogram, millis);
            }
        });
    }
    text
}

fn buckets(text: &mut String, name: &str, labels: &str, histogram: &Histogram, millis: f64) {
    let mut below = 0;
    let bounds = BOUNDS.iter().map(|bound| (bound / 1_000.0).to_string());
    let bounds = bounds.chain(["+Inf".to_owned()]);
    for (bound, n) in bounds.zip(histogram) {
        below += n;
        let _ = writeln!(text, "{name}_bucket{{{labels},le=\"{bound}\"}} {below}");
    }
    let seconds = millis / 1_000.0;
    let _ = writeln!(text, "{name}_sum{{{labels}}} {seconds}");
    let _ = writeln!(text, "{name}_count{{{labels}}} {below}");
}

fn labels(task: Task, model: &str) -> String {
    let escaped = model
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("task=\"{}\",model=\"{escaped}\"", task.name())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        books::{book::tests::settlement, feed::Outcome},
        policy::Tunables,
    };

    #[test]
    fn counters_are_those_of_the_books_and_histograms_add_up() {
        let mut book = Book::default();
        let mut call = settlement(None, 0.5, Outcome::Finished);
        call.decision.detail.total_ms = Some(90.0);
        book.apply(&call, &Tunables::default());
        call.decision.detail.total_ms = Some(1e6);
        call.decision.cost_estimated = true;
        book.apply(&call, &Tunables::default());
        call.decision.cost_estimated = false;
        call.decision.outcome = Outcome::Dropped;
        call.decision.detail.total_ms = None;
        call.decision.detail.cost_source = Some("computed".into());
        book.apply(&call, &Tunables::default());
        let text = metrics([(Task::Math, "a\"b", &book)].into_iter());
        for line in [
            r#"arbiter_requests_total{task="math",model="a\"b",outcome="finished"} 2"#,
            r#"arbiter_spend_usd_total{task="math",model="a\"b",source="charged"} 0.5"#,
            r#"arbiter_spend_usd_total{task="math",model="a\"b",source="estimated"} 0.5"#,
            r#"arbiter_spend_usd_total{task="math",model="a\"b",source="computed"} 0.5"#,
            r#"arbiter_request_seconds_bucket{task="math",model="a\"b",le="0.1"} 1"#,
            r#"arbiter_request_seconds_bucket{task="math",model="a\"b",le="+Inf"} 2"#,
            r#"arbiter_request_seconds_count{task="math",model="a\"b"} 2"#,
            r#"arbiter_request_seconds_sum{task="math",model="a\"b"} 1000.09"#,
        ] {
            assert!(text.lines().any(|it| it == line), "{line}\n{text}");
        }
        let typed = text
            .lines()
            .filter(|line| line.starts_with("# TYPE"))
            .count();
        assert_eq!(typed, 8);
    }
}
