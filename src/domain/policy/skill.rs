//! What the grades of one row say of the model's skill: faded sums, and a short memory beside
//! the long one, so that a model that silently changed is believed anew.

use serde::{Deserialize, Serialize};

/// Graded answers after which an old grade counts half: long, since a sudden change is found by
/// the short memory, and a short one would keep knowledge from growing.
pub const QUALITY_HALF_LIFE: f64 = 5_000.0;
/// The same for the short memory; it holds some 36 answers.
const RECENT_HALF_LIFE: f64 = 25.0;
/// Answers that the short memory holds.
pub const RECENT: f64 = 36.0;
/// Standard deviations by which the short memory has to leave the long one.
const CHANGED: f64 = 4.0;
/// Answers that the long memory must hold before a change can be told.
const ESTABLISHED: f64 = 20.0;
/// What a wipe leaves: the skill is remembered, but counts like so many answers only.
const CARRIED: f64 = 3.0;
/// Variance of a grade is not believed to be below this.
const LEAST_VARIANCE: f64 = 0.02;

/// Faded sums of grades.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Skill {
    /// Count, sum and sum of squares, half-life [`QUALITY_HALF_LIFE`].
    pub n: f64,
    pub sum: f64,
    pub squares: f64,
    /// Count and sum of the short memory.
    pub recent_n: f64,
    pub recent_sum: f64,
}

impl Skill {
    pub fn is_empty(&self) -> bool {
        self.n <= 0.0
    }

    /// Mean grade, faded; `None` without a grade.
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0.0).then(|| self.sum / self.n)
    }

    /// Takes a grade in (0..=1) that counts like so many, and in the short
    /// memory like `recent`. Where the last ones differ from all
    /// before by more than chance explains, the older ones are forgotten.
    pub(super) fn fold(&mut self, quality: f64, weight: f64, recent: f64) {
        let keep = 0.5_f64.powf(weight / QUALITY_HALF_LIFE);
        let recent_keep = 0.5_f64.powf(recent / RECENT_HALF_LIFE);
        self.recent_n = self.recent_n * recent_keep + recent;
        self.recent_sum = self.recent_sum * recent_keep + recent * quality;
        self.n = self.n * keep + weight;
        self.sum = self.sum * keep + weight * quality;
        self.squares = self.squares * keep + weight * quality * quality;
        if self.changed(0.5_f64.powf(1.0 / RECENT_HALF_LIFE)) {
            let scale = self.recent_n / self.n;
            self.squares = (self.squares * scale).min(self.recent_n);
            (self.n, self.sum) = (self.recent_n, self.recent_sum);
        }
    }

    /// Grades that are known of already turn out otherwise: their count and sum change by so much.
    pub(super) fn amend(&mut self, n: f64, sum: f64) {
        if self.n <= 0.0 {
            return;
        }
        self.n = (self.n + n).max(0.0);
        self.sum = (self.sum + sum).clamp(0.0, self.n);
        // As if the rest were what it was: a mean that moved has about the same spread. Where all
        // grades are 1 the bounds meet, and rounding may cross them: `clamp` would panic.
        let least = self.sum * self.sum / self.n.max(1e-9);
        self.squares = self.squares.max(least).min(self.n);
    }

    fn changed(&self, recent_keep: f64) -> bool {
        let older = self.n - self.recent_n;
        if older < ESTABLISHED || self.recent_n < RECENT_HALF_LIFE / 2.0 {
            return false;
        }
        let before = (self.sum - self.recent_sum) / older;
        let now = self.recent_sum / self.recent_n;
        let mean = self.sum / self.n;
        let variance = (self.squares / self.n - mean * mean).max(LEAST_VARIANCE);
        // Variance of an exponentially weighted mean: Roberts, "Control chart tests based on
        // geometric moving averages", 1959.
        let weights = (1.0 - recent_keep) / (1.0 + recent_keep);
        let spread = (variance * (weights + 1.0 / older)).sqrt();
        (now - before).abs() > CHANGED * spread
    }

    /// Keeps what is known as a weak prior.
    pub(super) fn weaken(&mut self) {
        let scale = (CARRIED / self.n.max(CARRIED)).min(1.0);
        self.n *= scale;
        self.sum *= scale;
        self.squares *= scale;
        (self.recent_n, self.recent_sum) = (self.n, self.sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What may happen to a row, in any order.
    #[derive(Clone, Debug)]
    enum Event {
        Fold(f64, f64, f64),
        Amend(f64, f64),
        Weaken,
    }

    fn event() -> impl Strategy<Value = Event> {
        // Most real grades are 0 or 1, where the bounds of the sums meet.
        let grade = || prop_oneof![3 => Just(1.0), 1 => Just(0.0), 1 => 0.0..=1.0];
        let weight = || prop_oneof![Just(1.0), Just(0.7), Just(0.1), 1e-9..=1.0];
        prop_oneof![
            4 => (grade(), weight(), weight()).prop_map(|(q, w, r)| Event::Fold(q, w, r)),
            2 => (weight(), grade(), grade()).prop_map(|(w, to, from)| {
                Event::Amend(w * 0.3, w * (to - 0.7 * from))
            }),
            1 => (-1.0..=1.0_f64).prop_map(|by| Event::Amend(0.0, by)),
            1 => Just(Event::Weaken),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn sums_stay_sums_of_grades_whatever_happens(events in proptest::collection::vec(event(), 1..60)) {
            let mut skill = Skill::default();
            for event in events {
                match event {
                    Event::Fold(quality, weight, recent) => skill.fold(quality, weight, recent),
                    Event::Amend(n, sum) => skill.amend(n, sum),
                    Event::Weaken => skill.weaken(),
                }
                let slack = 1e-9 * skill.n.max(1.0);
                prop_assert!(skill.sum >= 0.0 && skill.sum <= skill.n + slack, "{skill:?}");
                prop_assert!(skill.squares <= skill.n + slack, "{skill:?}");
                prop_assert!(skill.squares * skill.n + slack >= skill.sum * skill.sum - slack, "{skill:?}");
            }
        }
    }
}
