//! Models that failed by their own doing are left out for a while, then let back in by a probe.

use serde::{Deserialize, Serialize};

/// A model that failed, and until when it is left out. It stays here, on probation, until a call
/// to it succeeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quarantine {
    /// Unix seconds.
    pub until: f64,
    /// When it failed last, Unix seconds.
    pub failed_at: f64,
    /// Failures since it last answered.
    pub failures: u64,
    /// Its runtime does not know it, or not for this key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
}

/// A model is never out for longer than this, whatever `Retry-After` says, seconds.
const LONGEST: f64 = 3_600.0;
/// A model that its runtime does not know is tried again after so many seconds at first.
const UNKNOWN_SECONDS: f64 = 600.0;

/// Compares what [`Quarantine::last_resort`] says.
pub fn in_order(a: (bool, f64), b: (bool, f64)) -> std::cmp::Ordering {
    a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
}

/// How a model stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Good,
    /// Its time is up: one request may try it.
    Probation,
    Out,
}

impl Quarantine {
    /// After one more failure at `now`: out for `seconds`, twice as long after each time that it was
    /// out and failed again, or for as long as `Retry-After` says, and never for more than an hour. A longer
    /// time already given is never shortened.
    pub fn after_failure(
        known: Option<&Quarantine>,
        now: f64,
        seconds: f64,
        retry_after: Option<u64>,
    ) -> Quarantine {
        let wait = seconds_out(seconds, Quarantine::before(known, now), retry_after);
        Quarantine {
            until: known.map_or(0.0, |known| known.until).max(now + wait),
            failed_at: now,
            failures: known.map_or(0, |known| known.failures).saturating_add(1),
            unknown: false,
        }
    }

    /// After its runtime said that it does not know it: out for ten minutes, then twice as long after
    /// each probe, up to an hour.
    pub fn unknown(known: Option<&Quarantine>, now: f64) -> Quarantine {
        let known = known.filter(|known| known.unknown);
        Quarantine {
            unknown: true,
            ..Quarantine::after_failure(known, now, UNKNOWN_SECONDS, None)
        }
    }

    /// In which order models that are out are tried all the same: the least recently failed first,
    /// those that their runtime does not know last of all.
    pub fn last_resort(known: Option<&Quarantine>) -> (bool, f64) {
        known.map_or((false, 0.0), |it| (it.unknown, it.failed_at))
    }

    /// For how long it was out the last time, where that time is over. Calls that fail together, or
    /// while it is out, make its next time no longer.
    fn before(known: Option<&Quarantine>, now: f64) -> Option<f64> {
        let known = known.filter(|known| now >= known.until)?;
        Some(known.until - known.failed_at)
    }

    /// What two isolates saw of one model: the longer time out counts.
    pub fn or_longer(self, other: &Quarantine) -> Quarantine {
        Quarantine {
            until: self.until.max(other.until),
            failed_at: self.failed_at.max(other.failed_at),
            failures: self.failures.max(other.failures),
            unknown: match self.failed_at >= other.failed_at {
                true => self.unknown,
                false => other.unknown,
            },
        }
    }
}

/// Seconds that a model is out: `first` at least, twice as long as `before` where that was not long
/// enough. What the runtime asks for wins. Up to the bound, unless `first` is set beyond it.
fn seconds_out(first: f64, before: Option<f64>, retry_after: Option<u64>) -> f64 {
    let bound = LONGEST.max(first);
    match retry_after {
        // A wait of nothing is one of a second: a model that failed is not asked at once again.
        Some(wait) => (wait as f64).max(first.min(1.0)).min(bound),
        None => (before.unwrap_or(0.0) * 2.0).clamp(first, bound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_further_failure_never_shortens_the_time_out() {
        let long = Quarantine::after_failure(None, 100.0, 20.0, Some(900));
        assert_eq!(long.until, 1_000.0);
        let meanwhile = Quarantine::after_failure(Some(&long), 200.0, 20.0, Some(1));
        assert_eq!((meanwhile.until, meanwhile.failures), (1_000.0, 2));
        let together = Quarantine::after_failure(Some(&meanwhile), 990.0, 20.0, None);
        assert_eq!(together.until, 1_010.0, "not doubled: it was still out");
    }

    #[test]
    fn a_model_that_keeps_failing_is_out_for_longer_each_time_up_to_an_hour() {
        let mut quarantine = Quarantine::after_failure(None, 0.0, 20.0, None);
        let mut waits = vec![quarantine.until];
        for _ in 0..9 {
            let now = quarantine.until;
            quarantine = Quarantine::after_failure(Some(&quarantine), now, 20.0, None);
            waits.push(quarantine.until - now);
        }
        let expected = [
            20.0, 40.0, 80.0, 160.0, 320.0, 640.0, 1_280.0, 2_560.0, 3_600.0, 3_600.0,
        ];
        assert_eq!(waits, expected);
    }

    #[test]
    fn a_model_that_is_not_known_is_tried_at_most_once_in_ten_minutes() {
        let mut quarantine = Quarantine::unknown(None, 0.0);
        let mut waits = vec![quarantine.until];
        for _ in 0..3 {
            let now = quarantine.until;
            quarantine = Quarantine::unknown(Some(&quarantine), now);
            waits.push(quarantine.until - now);
        }
        assert_eq!(waits, [600.0, 1_200.0, 2_400.0, 3_600.0]);
        assert!(Quarantine::last_resort(None) < Quarantine::last_resort(Some(&quarantine)));
    }

    #[test]
    fn a_day_long_retry_after_does_not_take_a_model_away_for_a_day() {
        let quarantine = Quarantine::after_failure(None, 0.0, 20.0, Some(86_400));
        assert_eq!(quarantine.until, 3_600.0);
    }

    #[test]
    fn a_model_is_out_for_longer_each_time_but_never_for_more_than_an_hour() {
        let out = |before| seconds_out(20.0, before, None);
        assert_eq!(out(None), 20.0);
        assert_eq!((out(Some(20.0)), out(Some(3_000.0))), (40.0, 3_600.0));
        assert_eq!(out(Some(3_600.0)), 3_600.0);
        assert_eq!(seconds_out(20.0, None, Some(86_400)), 3_600.0);
        assert_eq!(seconds_out(20.0, Some(640.0), Some(7)), 7.0);
        assert_eq!(seconds_out(0.0, None, None), 0.0);
        assert_eq!(seconds_out(20.0, None, Some(0)), 1.0);
        assert_eq!(seconds_out(7_200.0, None, None), 7_200.0);
    }
}
