//! How long a model takes, as it was of late.
//!
//! Its law: what was measured fades, with the time that has passed since and with what was measured
//! after it; where nothing was heard for a while nothing is known. So an hour that was slow leaves
//! nobody out for ever.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Seconds after which what was measured counts half beside what is measured then.
const HALF_LIFE: f64 = 600.0;
/// Seconds of silence after which nothing is known.
const QUIET: f64 = 900.0;
/// A single call counts for no less than this share, however many were measured a moment ago.
const LEAST: f64 = 0.005;
/// Shares are whole parts of this; one that has faded to so many is let go, before rounding keeps it.
const ALL: f64 = 1e6;
const FAINT: u32 = 500;
/// Buckets of time to a doubling.
const STEPS: f64 = 4.0;
/// The last bucket of a time, three days, and the one of calls that failed: longer than any.
const LONGEST: u8 = 112;
const FAILED: u8 = u8::MAX;

/// What a (task, model) takes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Latency {
    /// To the first token of a stream.
    #[serde(skip_serializing_if = "Spread::is_empty")]
    first: Spread,
    /// To the end of an answer, streamed or whole.
    #[serde(skip_serializing_if = "Spread::is_empty")]
    whole: Spread,
}

/// How times are spread.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Spread {
    /// Calls measured.
    n: u64,
    /// When the newest of them ended, Unix seconds.
    at: f64,
    /// Their share by bucket.
    shares: BTreeMap<u8, u32>,
}

impl Latency {
    pub(super) fn is_empty(&self) -> bool {
        *self == Latency::default()
    }

    /// Takes an answer in that ended at `now` (Unix seconds): milliseconds to its first token, where
    /// it was streamed, and to its end.
    pub fn note(&mut self, now: f64, first: Option<f64>, whole: f64) {
        if let Some(first) = first {
            self.first.note(now, bucket(first));
        }
        self.whole.note(now, bucket(whole));
    }

    /// A call failed: it counts as longer than any.
    pub fn failed(&mut self, now: f64) {
        self.first.note(now, Some(FAILED));
        self.whole.note(now, Some(FAILED));
    }

    /// Milliseconds that half of its answers take at the most; `None` where none was measured.
    pub fn usual(&self) -> Option<f64> {
        let shares = self.whole.shares.iter();
        median(shares.map(|(at, share)| (*at, f64::from(*share))))
    }

    /// Milliseconds that half of the calls of one model take at the most on all its tasks: to the
    /// first token of a stream, or to the end of an answer. Infinite where half of them failed, `None`
    /// where none was measured lately.
    pub fn of_all<'a>(
        tasks: impl Iterator<Item = &'a Latency>,
        streamed: bool,
        now: f64,
    ) -> Option<f64> {
        let mut shares = BTreeMap::new();
        for latency in tasks {
            let spread = match streamed {
                true => &latency.first,
                false => &latency.whole,
            };
            let since = (now - spread.at).max(0.0);
            if since >= QUIET {
                continue;
            }
            let counts = (spread.n as f64).min(1.0 / LEAST);
            let weight = counts * 0.5_f64.powf(since / HALF_LIFE);
            for (at, share) in &spread.shares {
                *shares.entry(*at).or_insert(0.0) += f64::from(*share) * weight;
            }
        }
        median(shares.iter().map(|(at, share)| (*at, *share)))
    }
}

impl Spread {
    fn is_empty(&self) -> bool {
        self.n == 0
    }

    fn note(&mut self, now: f64, bucket: Option<u8>) {
        let (Some(bucket), true) = (bucket, now.is_finite()) else {
            return;
        };
        let since = (now - self.at).max(0.0);
        self.n = self.n.saturating_add(1);
        let share = (1.0 - 0.5_f64.powf(since / HALF_LIFE))
            .max(LEAST)
            .max(1.0 / self.n as f64);
        self.at = self.at.max(now);
        self.shares.retain(|_, kept| {
            *kept = (f64::from(*kept) * (1.0 - share)).round() as u32;
            *kept >= FAINT
        });
        let own = self.shares.entry(bucket).or_insert(0);
        *own = own.saturating_add((share * ALL).round() as u32);
    }
}

/// `None` for what is no time.
fn bucket(millis: f64) -> Option<u8> {
    if !(millis.is_finite() && millis >= 0.0) {
        return None;
    }
    let place = (millis.max(1.0).log2() * STEPS).min(f64::from(LONGEST));
    // Within the bounds of a byte by the line above.
    Some(place as u8)
}

/// The value below which half of the shares lie, interpolated within its bucket.
fn median(shares: impl Iterator<Item = (u8, f64)> + Clone) -> Option<f64> {
    let half = shares.clone().map(|(_, share)| share).sum::<f64>() / 2.0;
    let mut below = 0.0;
    for (at, share) in shares {
        if share > 0.0 && below + share >= half {
            if at == FAILED {
                return Some(f64::INFINITY);
            }
            let within = ((half - below) / share).clamp(0.0, 1.0);
            return Some(2_f64.powf((f64::from(at) + within) / STEPS));
        }
        below += share;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(latency: &mut Latency, from: f64, every: f64, times: u32, millis: f64) -> f64 {
        let mut now = from;
        for _ in 0..times {
            now += every;
            latency.note(now, Some(millis / 10.0), millis);
        }
        now
    }

    fn seconds(latency: &Latency, now: f64) -> Option<f64> {
        Latency::of_all([latency].into_iter(), false, now).map(|it| it / 1_000.0)
    }

    #[test]
    fn the_median_is_near_what_was_measured() {
        let mut latency = Latency::default();
        assert_eq!((latency.usual(), seconds(&latency, 0.0)), (None, None));
        for (at, millis) in [400.0, 900.0, 1_000.0, 1_100.0, 9_000.0]
            .into_iter()
            .enumerate()
        {
            latency.note(at as f64, None, millis);
        }
        let median = seconds(&latency, 5.0).unwrap();
        assert!((0.8..1.2).contains(&median), "{median}");
        assert_eq!(Latency::of_all([&latency].into_iter(), true, 5.0), None);
        let read: Latency =
            serde_json::from_str(&serde_json::to_string(&latency).unwrap()).unwrap();
        assert_eq!(read, latency);
    }

    #[test]
    fn an_hour_of_slowness_is_forgotten_in_silence_and_by_what_comes_after() {
        let mut latency = Latency::default();
        heard(&mut latency, 0.0, 1.0, 600, 1_000.0);
        let slow = heard(&mut latency, 600.0, 3.6, 1_000, 20_000.0);
        assert!(seconds(&latency, slow).unwrap() > 15.0);
        assert_eq!(seconds(&latency, slow + QUIET), None, "it is tried again");
        let mut silent = latency.clone();
        heard(&mut silent, slow + QUIET, 1.0, 2, 1_000.0);
        assert!(seconds(&silent, slow + QUIET + 2.0).unwrap() < 2.0);
        let later = heard(&mut latency, slow, 4.0, 200, 1_000.0);
        assert!(seconds(&latency, later).unwrap() < 2.0, "under load");
    }

    #[test]
    fn a_moment_of_slowness_under_load_moves_nothing() {
        let mut latency = Latency::default();
        let now = heard(&mut latency, 0.0, 0.02, 3_000, 1_000.0);
        let now = heard(&mut latency, now, 0.01, 50, 30_000.0);
        assert!(seconds(&latency, now).unwrap() < 2.0);
    }

    #[test]
    fn failures_are_longer_than_any_answer() {
        let mut latency = Latency::default();
        latency.note(1.0, None, 500.0);
        latency.failed(2.0);
        latency.failed(3.0);
        assert_eq!(seconds(&latency, 4.0), Some(f64::INFINITY));
        assert_eq!(latency.usual(), Some(f64::INFINITY));
    }

    #[test]
    fn of_two_tasks_the_one_that_is_asked_more_says_more() {
        let (mut often, mut seldom) = (Latency::default(), Latency::default());
        heard(&mut often, 0.0, 1.0, 100, 1_000.0);
        heard(&mut seldom, 0.0, 1.0, 3, 30_000.0);
        let both = Latency::of_all([&often, &seldom].into_iter(), false, 100.0).unwrap();
        assert!(both < 1_500.0, "{both}");
    }

    #[test]
    fn what_is_no_time_changes_nothing_and_a_row_stays_small() {
        let mut latency = Latency::default();
        for wild in [f64::NAN, f64::INFINITY, -1.0] {
            latency.note(1.0, Some(wild), wild);
        }
        assert!(latency.is_empty());
        for n in 0..2_000_u32 {
            let millis = f64::from(n * 7_919 % 60_000);
            latency.note(f64::from(n), Some(millis), millis);
        }
        assert!(serde_json::to_string(&latency).unwrap().len() < 2_048);
    }
}
