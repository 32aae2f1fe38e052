//! The named thresholds of the policy, with their defaults.

/// Which policy routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// Least-sampled first, then the rule, with uniform re-checks.
    Plain,
    /// The same contract, with posteriors and re-checks where they can change the decision.
    Adaptive,
}

/// Whose calls are learned from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LearnFrom {
    All,
    Operators,
}

/// Thresholds; each is a setting of the same name in capitals.
#[derive(Clone, Debug, PartialEq)]
pub struct Tunables {
    pub strategy: Strategy,
    pub learn_from: LearnFrom,
    /// Observations that every eligible model gets per task before the rule applies.
    pub min_samples: u64,
    /// Bound on the share of steady-state calls that re-check, 0..=1.
    pub epsilon: f64,
    /// How far below the best mean quality the winner may be, 0..=1.
    pub quality_tolerance: f64,
    /// Relative move of the unit price that one call proves.
    pub price_shift: f64,
    /// Tokens that must be known of a row before its unit price can be said to have moved.
    pub min_tokens_for_price: u64,
}

impl Default for Tunables {
    fn default() -> Self {
        Tunables {
            strategy: Strategy::Adaptive,
            learn_from: LearnFrom::All,
            min_samples: 2,
            epsilon: 0.10,
            quality_tolerance: 0.05,
            price_shift: 0.75,
            min_tokens_for_price: 40,
        }
    }
}
