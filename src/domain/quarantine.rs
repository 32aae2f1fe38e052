//! Models that failed by their own doing are left out for a while, then let back in by a probe.

use serde::{Deserialize, Serialize};

use super::retry_after::LONGEST;

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
    /// After one more failure at `now`. A longer time already given is never shortened.
    pub fn after_failure(
        known: Option<&Quarantine>,
        now: f64,
        seconds: f64,
        retry_after: Option<u64>,
    ) -> Quarantine {
        let wait = seconds.max(retry_after.map_or(0.0, |wait| wait.min(LONGEST) as f64));
        Quarantine {
            until: known.map_or(0.0, |known| known.until).max(now + wait),
            failed_at: now,
            failures: known.map_or(0, |known| known.failures).saturating_add(1),
        }
    }

    /// What two isolates saw of one model: the longer time out counts.
    pub fn or_longer(self, other: &Quarantine) -> Quarantine {
        Quarantine {
            until: self.until.max(other.until),
            failed_at: self.failed_at.max(other.failed_at),
            failures: self.failures.max(other.failures),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_further_failure_never_shortens_the_time_out() {
        let long = Quarantine::after_failure(None, 100.0, 300.0, Some(900));
        assert_eq!(long.until, 1_000.0);
        let again = Quarantine::after_failure(Some(&long), 200.0, 300.0, Some(1));
        assert_eq!((again.until, again.failures), (1_000.0, 2));
        let later = Quarantine::after_failure(Some(&again), 900.0, 300.0, None);
        assert_eq!(later.until, 1_200.0);
    }
}
