//! How a runtime stands: apart from how its models stand.
//!
//! Its law: three failures in a row open it; while it is open nobody but one probe at a time asks;
//! one answer closes it, and everything is as it was. It puts no model out.

/// Failures in a row that open it.
const OPENS_AT: u32 = 3;
/// Seconds until the first probe; then twice as long each time.
const FIRST_WAIT: f64 = 1.0;
const LONGEST_WAIT: f64 = 60.0;
/// A probe that was not heard of again is lost after this many seconds.
const PROBE_LOST: f64 = 30.0;

/// The breaker of one runtime, as an isolate knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Breaker {
    failures: u32,
    /// When the next probe may go, Unix seconds; 0 while it is closed.
    until: f64,
    /// Until when a probe is under way, Unix seconds.
    probing: f64,
}

/// What may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    Closed,
    /// One request may try it.
    Probe,
    Open,
}

impl Breaker {
    pub fn gate(&self, now: f64) -> Gate {
        if self.failures < OPENS_AT {
            Gate::Closed
        } else if now >= self.until && now >= self.probing {
            Gate::Probe
        } else {
            Gate::Open
        }
    }

    /// A request goes to it at `now`: where it is a probe, others wait for what it says.
    pub fn asked(&mut self, now: f64) {
        if self.gate(now) == Gate::Probe {
            self.probing = now + PROBE_LOST;
        }
    }

    /// It was away, or let nobody in. Failures of calls that were under way together when it opened
    /// do not make the wait longer. `retry_after` wins where it is longer, up to the bound.
    pub fn failed(&mut self, now: f64, retry_after: Option<u64>) {
        let already_open = self.failures >= OPENS_AT && now < self.until;
        if already_open && self.probing == 0.0 {
            return;
        }
        self.failures = self.failures.saturating_add(1);
        self.probing = 0.0;
        if self.failures >= OPENS_AT {
            let doublings = (self.failures - OPENS_AT).min(10) as i32;
            let asked = retry_after.map_or(0.0, |wait| wait as f64);
            let wait = (FIRST_WAIT * 2f64.powi(doublings)).max(asked);
            self.until = now + wait.min(LONGEST_WAIT);
        }
    }

    /// Has nothing failed since it last answered.
    pub fn is_clean(&self) -> bool {
        self.failures == 0
    }

    /// Any answer of it, a refusal of one model among them.
    pub fn answered(&mut self) {
        *self = Breaker::default();
    }

    /// Whole seconds until it is tried again, at least 1: what a client is told.
    pub fn retry_after(&self, now: f64) -> u64 {
        (self.until - now).ceil().clamp(1.0, LONGEST_WAIT) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> Breaker {
        let mut breaker = Breaker::default();
        (0..3).for_each(|_| breaker.failed(100.0, None));
        breaker
    }

    #[test]
    fn three_failures_in_a_row_open_it_and_one_answer_closes_it() {
        let mut breaker = Breaker::default();
        breaker.failed(100.0, None);
        breaker.failed(100.0, None);
        breaker.answered();
        breaker.failed(100.0, None);
        breaker.failed(100.0, None);
        assert_eq!(breaker.gate(100.0), Gate::Closed);
        breaker.failed(100.0, None);
        assert_eq!(breaker.gate(100.5), Gate::Open);
        assert_eq!(breaker.retry_after(100.0), 1);
        breaker.answered();
        assert_eq!(breaker.gate(100.5), Gate::Closed);
    }

    #[test]
    fn one_probe_at_a_time_and_each_waits_twice_as_long() {
        let (mut breaker, mut now, mut waits) = (open(), 100.0, Vec::new());
        for _ in 0..8 {
            let wait = breaker.retry_after(now);
            waits.push(wait);
            now += wait as f64;
            assert_eq!(breaker.gate(now), Gate::Probe);
            breaker.asked(now);
            assert_eq!(breaker.gate(now), Gate::Open, "the probe is under way");
            breaker.failed(now, None);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn a_hundred_calls_that_fail_together_count_as_one_outage() {
        let mut breaker = open();
        (0..100).for_each(|_| breaker.failed(100.2, None));
        assert_eq!(breaker.gate(101.0), Gate::Probe);
    }

    #[test]
    fn a_probe_that_is_lost_does_not_keep_it_open_for_ever() {
        let mut breaker = open();
        breaker.asked(101.0);
        assert_eq!(breaker.gate(130.0), Gate::Open);
        assert_eq!(breaker.gate(131.0), Gate::Probe);
    }

    #[test]
    fn what_the_runtime_asks_for_is_waited_within_bounds() {
        let mut breaker = Breaker::default();
        (0..3).for_each(|_| breaker.failed(0.0, Some(86_400)));
        assert_eq!(breaker.retry_after(0.0), 60);
    }
}
