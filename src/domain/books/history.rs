//! What happened in an hour with one model on one task: sums that never lose a unit.
//!
//! The hour is that of the settlement, aligned to the clock in UTC. It says what was true at the
//! time: `baseline` is what its requests would have cost on the baseline as far as was known then,
//! not what they would now.

use serde::{Deserialize, Serialize};

use crate::domain::money::Pico;

use super::{feed::Outcome, settlement::Settlement};

pub const HOUR: u64 = 3_600;

/// Upper bounds of the buckets of both histograms, milliseconds; the last has none.
pub const BOUNDS: [f64; 11] = [
    50.0, 100.0, 200.0, 400.0, 800.0, 1_500.0, 3_000.0, 6_000.0, 12_000.0, 30_000.0, 60_000.0,
];
pub type Histogram = [u64; 12];

/// One hour of one (task, model).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hour {
    /// When it began, Unix seconds.
    pub start: u64,
    /// Whole answers, answers that were dropped by their client, requests without an answer.
    pub calls: u64,
    pub dropped: u64,
    pub failed: u64,
    /// Calls that a second model was needed for.
    pub failovers: u64,
    /// What all of it cost, how much of that was estimated, and how much worked out from counted tokens
    /// where nothing is ever charged.
    pub spend: Pico,
    pub estimated: Pico,
    #[serde(skip_serializing_if = "is_nothing")]
    pub computed: Pico,
    /// What the whole answers would have cost on the baseline, and the others as they did.
    pub baseline: Pico,
    pub overhead: Pico,
    /// The judge's part of that.
    #[serde(skip_serializing_if = "is_nothing")]
    pub judged: Pico,
    pub quality_n: u64,
    pub quality_sum: f64,
    pub in_tokens: u64,
    pub cached_tokens: u64,
    pub out_tokens: u64,
    /// To the first byte, and in all.
    pub first: Histogram,
    pub whole: Histogram,
}

impl Hour {
    /// The hour that a moment is in.
    pub fn of(ts: f64) -> u64 {
        // A float-to-int cast saturates and takes NaN to 0.
        ts as u64 / HOUR * HOUR
    }

    pub fn count(&mut self, settlement: &Settlement) {
        let decision = &settlement.decision;
        let detail = &decision.detail;
        let would_be = match decision.outcome {
            Outcome::Finished => {
                let mean = || detail.baseline.map(Pico::from_usd);
                settlement
                    .would_be
                    .or_else(mean)
                    .unwrap_or(settlement.spend)
            }
            _ => settlement.spend,
        };
        *match decision.outcome {
            Outcome::Finished => &mut self.calls,
            Outcome::Dropped => &mut self.dropped,
            Outcome::Failed => &mut self.failed,
        } += 1;
        self.failovers += u64::from(!decision.failover_from.is_empty());
        self.spend = self.spend.plus(settlement.spend);
        if decision.cost_estimated {
            self.estimated = self.estimated.plus(settlement.spend);
        } else if decision.is_computed() {
            self.computed = self.computed.plus(settlement.spend);
        }
        self.baseline = self.baseline.plus(would_be);
        self.overhead = self.overhead.plus(settlement.overhead);
        self.judged = self.judged.plus(settlement.judged);
        let measured = settlement
            .evidence
            .as_ref()
            .and_then(|evidence| evidence.quality)
            .filter(|quality| quality.is_finite());
        if let Some(quality) = measured {
            self.quality_n += 1;
            self.quality_sum += quality.clamp(0.0, 1.0);
        }
        let add = |sum: &mut u64, tokens: Option<u64>| {
            *sum = sum.saturating_add(tokens.unwrap_or(0).min(MOST_TOKENS));
        };
        add(&mut self.in_tokens, detail.in_tokens);
        add(&mut self.cached_tokens, detail.cached_tokens);
        add(&mut self.out_tokens, detail.out_tokens);
        sort_in(&mut self.first, detail.first_ms);
        sort_in(&mut self.whole, detail.total_ms);
    }

    /// Takes another hour's sums in.
    pub fn add(&mut self, other: &Hour) {
        self.calls += other.calls;
        self.dropped += other.dropped;
        self.failed += other.failed;
        self.failovers += other.failovers;
        self.spend = self.spend.plus(other.spend);
        self.estimated = self.estimated.plus(other.estimated);
        self.computed = self.computed.plus(other.computed);
        self.baseline = self.baseline.plus(other.baseline);
        self.overhead = self.overhead.plus(other.overhead);
        self.judged = self.judged.plus(other.judged);
        self.quality_n += other.quality_n;
        self.quality_sum += other.quality_sum;
        self.in_tokens = self.in_tokens.saturating_add(other.in_tokens);
        self.cached_tokens = self.cached_tokens.saturating_add(other.cached_tokens);
        self.out_tokens = self.out_tokens.saturating_add(other.out_tokens);
        for (sum, n) in self.first.iter_mut().zip(other.first) {
            *sum += n;
        }
        for (sum, n) in self.whole.iter_mut().zip(other.whole) {
            *sum += n;
        }
    }
}

fn is_nothing(sum: &Pico) -> bool {
    *sum == Pico::default()
}

/// No single call holds as many tokens: what claims to is a broken usage figure.
const MOST_TOKENS: u64 = 1_000_000_000;

/// Counts a time in its bucket, and gives it; 0 where it is not known.
pub(super) fn sort_in(histogram: &mut Histogram, millis: Option<f64>) -> f64 {
    let Some(millis) = millis.filter(|millis| (0.0..MOST_MILLIS).contains(millis)) else {
        return 0.0;
    };
    let place = BOUNDS.partition_point(|bound| *bound < millis);
    if let Some(count) = histogram.get_mut(place) {
        *count += 1;
    }
    millis
}

/// No call takes as long, milliseconds.
const MOST_MILLIS: f64 = 1e10;

/// The value below which a share of the counted lie, interpolated within its bucket; `None` of
/// nothing. What lies in the last bucket is told as its lower bound.
pub fn quantile(histogram: &Histogram, share: f64) -> Option<f64> {
    let all: u64 = histogram.iter().sum();
    if all == 0 {
        return None;
    }
    let wanted = share.clamp(0.0, 1.0) * all as f64;
    let (mut below, mut from) = (0.0, 0.0);
    for (count, to) in histogram.iter().zip(BOUNDS) {
        let here = *count as f64;
        if here > 0.0 && below + here >= wanted {
            return Some(from + (to - from) * ((wanted - below) / here).clamp(0.0, 1.0));
        }
        (below, from) = (below + here, to);
    }
    Some(from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::books::book::tests::settlement;

    #[test]
    fn an_hour_adds_up_whatever_became_of_its_calls() {
        let mut hour = Hour::default();
        let mut whole = settlement(None, 0.25, Outcome::Finished);
        whole.would_be = Some(Pico::from_usd(1.0));
        whole.decision.detail.first_ms = Some(50.0);
        whole.decision.detail.total_ms = Some(1e9);
        hour.count(&whole);
        let mut failed = settlement(None, 0.5, Outcome::Failed);
        failed.decision.cost_estimated = true;
        failed.decision.failover_from = vec!["other".into()];
        hour.count(&failed);
        let mut computed = settlement(None, 0.125, Outcome::Dropped);
        computed.decision.detail.cost_source = Some("computed".into());
        hour.count(&computed);
        assert_eq!((hour.calls, hour.failed, hour.failovers), (1, 1, 1));
        assert_eq!((hour.spend.usd(), hour.estimated.usd()), (0.875, 0.5));
        assert_eq!(hour.computed.usd(), 0.125);
        assert_eq!(
            hour.baseline.usd(),
            1.625,
            "a failure would have cost the same"
        );
        assert_eq!((hour.first[0], hour.whole[11]), (1, 1));
        let mut twice = hour.clone();
        twice.add(&hour);
        assert_eq!(
            (twice.calls, twice.spend.usd(), twice.whole[11]),
            (2, 1.75, 2)
        );
        assert_eq!(twice.computed.usd(), 0.25);
    }

    #[test]
    fn hours_are_aligned_to_the_clock() {
        assert_eq!(Hour::of(7_199.9), 3_600);
        assert_eq!(Hour::of(7_200.0), 7_200);
        assert_eq!(Hour::of(f64::NAN), 0);
    }

    #[test]
    fn a_quantile_lies_in_its_bucket() {
        let mut histogram = Histogram::default();
        assert_eq!(quantile(&histogram, 0.5), None);
        histogram[2] = 10;
        let median = quantile(&histogram, 0.5).unwrap();
        assert!((100.0..=200.0).contains(&median), "{median}");
        histogram[11] = 90;
        assert_eq!(quantile(&histogram, 0.95), Some(60_000.0));
    }
}
