//! What happened over time: which span is asked for, and its sums as they are shown.
//!
//! Steps are aligned to the clock in UTC. A span is never cut in silence: one of more than
//! [`MOST_POINTS`] is refused by name.

use serde::Serialize;

use crate::domain::{money::Pico, refusal::Refusal};

use super::history::{HOUR, Hour, quantile};

/// Points of one answer at the most.
pub const MOST_POINTS: u64 = 1_000;
const DAY: u64 = 24 * HOUR;
/// Further than this is nobody's past or future, Unix seconds.
const FAR: f64 = 100_000_000_000.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Total,
    Task,
    Model,
}

impl By {
    pub fn name(self) -> &'static str {
        match self {
            By::Total => "total",
            By::Task => "task",
            By::Model => "model",
        }
    }
}

/// A span of time that is asked for. Unix seconds, aligned to its steps; `to` is excluded.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    pub from: u64,
    pub to: u64,
    pub step: u64,
    pub by: By,
}

impl Span {
    /// Reads a query: `from`, `to`, `step` (`hour`, `day`, `all`: one step from the hour of `from`
    /// to that of `to`), `by` (`total`, `task`, `model`); or `bucket_seconds` and `buckets`, the
    /// newest so many. Without any, the last 24 hours.
    pub fn read(query: impl Fn(&str) -> Option<String>, now: f64) -> Result<Span, Refusal> {
        let step = match (query("step").as_deref(), number(&query, "bucket_seconds")?) {
            (None | Some("hour"), None) => HOUR,
            (Some("day"), None) => DAY,
            (Some("all"), None) => HOUR,
            (None, Some(seconds)) if seconds >= 1.0 && seconds % HOUR as f64 == 0.0 => {
                seconds as u64
            }
            (None, Some(_)) => {
                return Err(bad("bucket_seconds", "must be a multiple of 3600"));
            }
            _ => return Err(bad("step", "must be `hour`, `day` or `all`")),
        };
        let by = match query("by").as_deref() {
            None | Some("total") => By::Total,
            Some("task") => By::Task,
            Some("model") => By::Model,
            Some(_) => return Err(bad("by", "must be `total`, `task` or `model`")),
        };
        let to = number(&query, "to")?.unwrap_or(now + 1.0) as u64;
        let to = to.div_ceil(step).saturating_mul(step);
        let buckets = number(&query, "buckets")?;
        let from = match (number(&query, "from")?, buckets) {
            (Some(from), _) => from as u64,
            (None, Some(buckets)) => to.saturating_sub((buckets as u64).saturating_mul(step)),
            (None, None) => to.saturating_sub(DAY.max(step)),
        };
        let from = from / step * step;
        if from >= to {
            return Err(bad("from", "must be before `to`"));
        }
        // One step needs no bound: quantiles of a whole span can't be had from those of its parts.
        let step = match query("step").as_deref() {
            Some("all") => to - from,
            _ => step,
        };
        if (to - from) / step > MOST_POINTS {
            return Err(bad(
                "from",
                "the span holds more than 1,000 steps: ask for a shorter one, or for `step=day`",
            ));
        }
        Ok(Span { from, to, step, by })
    }
}

fn number(query: impl Fn(&str) -> Option<String>, name: &str) -> Result<Option<f64>, Refusal> {
    let Some(text) = query(name) else {
        return Ok(None);
    };
    let number = text.parse::<f64>().ok();
    number
        .filter(|number| (0.0..FAR).contains(number))
        .map(Some)
        .ok_or_else(|| bad(name, "must be a number, 0 or more"))
}

fn bad(name: &str, must: &str) -> Refusal {
    Refusal::invalid(Some(name.to_owned()), format!("`{name}`: {must}"))
}

/// One point of a series, as `/v1/timeseries` shows it. Money in USD.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Point {
    /// When the step began, Unix seconds.
    pub at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub calls: u64,
    pub dropped: u64,
    pub failed: u64,
    pub failovers: u64,
    pub spend: f64,
    /// The parts of it that the runtime named, that were worked out from counted tokens where it names
    /// none, and that were estimated.
    pub charged: f64,
    pub computed: f64,
    pub estimated: f64,
    pub baseline_spend: f64,
    pub saved: f64,
    pub overhead: f64,
    /// Mean of the graded, and how many those are.
    pub quality: Option<f64>,
    pub graded: u64,
    pub in_tokens: u64,
    pub cached_tokens: u64,
    pub out_tokens: u64,
    pub first_ms: Quantiles,
    pub total_ms: Quantiles,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quantiles {
    pub p50: Option<f64>,
    pub p95: Option<f64>,
}

impl Point {
    /// The sums of a step; `name` is whose they are, unless they are everybody's.
    pub fn of(sums: &Hour, name: Option<String>) -> Point {
        let difference = |a: i64, b: i64| Pico(a.saturating_sub(b)).usd();
        let unnamed = sums.estimated.plus(sums.computed);
        let quantiles = |histogram| Quantiles {
            p50: quantile(histogram, 0.5),
            p95: quantile(histogram, 0.95),
        };
        Point {
            at: sums.start,
            name,
            calls: sums.calls,
            dropped: sums.dropped,
            failed: sums.failed,
            failovers: sums.failovers,
            spend: sums.spend.usd(),
            charged: difference(sums.spend.0, unnamed.0),
            computed: sums.computed.usd(),
            estimated: sums.estimated.usd(),
            baseline_spend: sums.baseline.usd(),
            saved: difference(sums.baseline.0, sums.spend.0),
            overhead: sums.overhead.usd(),
            quality: (sums.quality_n > 0).then(|| sums.quality_sum / sums.quality_n as f64),
            graded: sums.quality_n,
            in_tokens: sums.in_tokens,
            cached_tokens: sums.cached_tokens,
            out_tokens: sums.out_tokens,
            first_ms: quantiles(&sums.first),
            total_ms: quantiles(&sums.whole),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(query: &[(&str, &str)]) -> Result<Span, Refusal> {
        let find = |name: &str| {
            let found = query.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Span::read(find, 1_000_000.0)
    }

    #[test]
    fn steps_are_aligned_to_the_clock() {
        let hours = span(&[("from", "3601"), ("to", "10800")]).unwrap();
        assert_eq!((hours.from, hours.to, hours.step), (3_600, 10_800, 3_600));
        let days = span(&[
            ("from", "1"),
            ("to", "86401"),
            ("step", "day"),
            ("by", "model"),
        ]);
        let days = days.unwrap();
        assert_eq!((days.from, days.to, days.by), (0, 172_800, By::Model));
        let today = span(&[]).unwrap();
        assert_eq!((today.to - today.from, today.step), (DAY, HOUR));
        assert!(today.to as f64 > 1_000_000.0, "this hour is in it");
    }

    #[test]
    fn all_of_a_span_is_one_step_from_hour_to_hour() {
        let all = span(&[("from", "3700"), ("to", "36000000000"), ("step", "all")]).unwrap();
        assert_eq!((all.from, all.to), (3_600, 36_000_000_000));
        assert_eq!(all.step, all.to - all.from);
    }

    #[test]
    fn the_newest_buckets_can_be_asked_for() {
        let span = span(&[("bucket_seconds", "7200"), ("buckets", "12")]).unwrap();
        assert_eq!(((span.to - span.from) / span.step, span.step), (12, 7_200));
    }

    #[test]
    fn a_span_is_refused_by_the_name_of_what_is_wrong() {
        for (name, query) in [
            ("from", vec![("from", "0"), ("to", "36000000")]),
            ("from", vec![("from", "7200"), ("to", "3600")]),
            ("to", vec![("to", "soon")]),
            ("from", vec![("from", "-1")]),
            ("to", vec![("to", "1e300")]),
            ("step", vec![("step", "minute")]),
            ("by", vec![("by", "key")]),
            ("bucket_seconds", vec![("bucket_seconds", "60")]),
        ] {
            let refusal = span(&query).unwrap_err();
            assert!(
                refusal.body().to_string().contains(&format!("`{name}`")),
                "{query:?}"
            );
        }
    }
}
