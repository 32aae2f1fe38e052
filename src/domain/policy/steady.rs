//! A mean that no single wild call moves far: what a model usually writes, what it usually costs.
//!
//! On traffic without wild calls it is the mean. The largest value counts for no more than
//! [`WILD`] times what the others come to, and what comes once some are known is cut in the same
//! manner. Old values fade.

use serde::{Deserialize, Serialize};

/// How often the mean of the others a single value may be.
const WILD: f64 = 4.0;
/// Values from which on a new one is cut, and to how many times the mean.
const KNOWN: f64 = 5.0;
const CUT: f64 = 8.0;
/// Values after which an old one counts half.
const HALF_LIFE: f64 = 400.0;
/// The largest is let go when it has faded to this.
const FAINT: f64 = 0.3;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Steady {
    n: f64,
    sum: f64,
    /// The largest value, and its weight among the others.
    top: f64,
    top_n: f64,
}

impl Steady {
    /// `None` before the first value.
    pub fn mean(&self) -> Option<f64> {
        if self.n <= 0.0 {
            return None;
        }
        let rest = self.n - self.top_n;
        let mean = if rest > 0.1 {
            let others = (self.sum - self.top * self.top_n).max(0.0) / rest;
            let top = self.top.min(WILD * others.max(self.least()));
            (others * rest + top * self.top_n) / self.n
        } else {
            self.sum / self.n
        };
        Some(mean)
    }

    /// What was heard, faded.
    pub fn heard(&self) -> f64 {
        self.n
    }

    /// Takes a value in that counts like so many.
    pub(super) fn fold(&mut self, value: f64, weight: f64) {
        if !(value.is_finite() && value >= 0.0 && weight > 0.0) {
            return;
        }
        let value = match self.mean() {
            Some(mean) if self.n >= KNOWN && mean > 0.0 => value.min(CUT * mean),
            _ => value,
        };
        let keep = 0.5_f64.powf(weight / HALF_LIFE);
        self.n = self.n * keep + weight;
        self.sum = self.sum * keep + weight * value;
        self.top_n *= keep;
        if value > self.top || self.top_n < FAINT {
            (self.top, self.top_n) = (value, weight);
        }
    }

    /// Where all others were nothing, the largest is not taken for nothing.
    fn least(&self) -> f64 {
        if self.sum > self.top * self.top_n {
            0.0
        } else {
            self.top / WILD
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> f64 {
        let mut steady = Steady::default();
        for &value in values {
            steady.fold(value, 1.0);
        }
        steady.mean().unwrap()
    }

    #[test]
    fn on_usual_traffic_it_is_the_mean() {
        assert!((of(&[100.0, 200.0, 300.0]) - 200.0).abs() < 0.5);
        let many: Vec<f64> = (0..300).map(|n| f64::from(n % 7) * 100.0 + 50.0).collect();
        assert!((of(&many) - 350.0).abs() < 5.0, "{}", of(&many));
        assert_eq!(of(&[0.0, 0.0]), 0.0);
        assert_eq!(Steady::default().mean(), None);
    }

    #[test]
    fn one_wild_value_moves_it_by_no_more_than_a_few_usual_ones() {
        for at in 0..4 {
            let mut values = vec![100.0; 4];
            values[at] = 120_000.0;
            assert!(of(&values) < 200.0, "{at}: {}", of(&values));
        }
        let mut values = vec![100.0; 50];
        values[30] = 1e9;
        assert!(of(&values) < 120.0);
    }

    #[test]
    fn what_is_no_figure_changes_nothing() {
        let mut steady = Steady::default();
        steady.fold(10.0, 1.0);
        for wild in [f64::NAN, f64::INFINITY, -1.0] {
            steady.fold(wild, 1.0);
        }
        steady.fold(1e6, 0.0);
        assert_eq!(steady.mean(), Some(10.0));
    }

    #[test]
    fn what_has_lastingly_become_longer_is_followed() {
        let mut steady = Steady::default();
        (0..50).for_each(|_| steady.fold(100.0, 1.0));
        (0..800).for_each(|_| steady.fold(1_000.0, 1.0));
        assert!(steady.mean().unwrap() > 700.0, "{steady:?}");
    }
}
