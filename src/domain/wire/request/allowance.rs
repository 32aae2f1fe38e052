//! What a key allows of a request.

use crate::domain::{money::Pico, runtime::registry::Model};

use super::Terms;

/// Tokens that an answer is reckoned to have at the most, whatever it is allowed: so many times what is
/// usual, and at least so many.
pub fn likely_output(usual: Option<f64>) -> u64 {
    // Takes the fraction off, and nonsense to what fits.
    let learned = usual.map_or(0, |usual| (usual * TIMES_USUAL) as u64);
    learned.max(LEAST_OUTPUT)
}

const TIMES_USUAL: f64 = 4.0;
const LEAST_OUTPUT: u64 = 2_048;
/// What a key allows of a request: which models may answer it, and what it may cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Allowance {
    /// What was set aside for it; `None` without a budget.
    pub within: Option<Pico>,
    pub(super) in_tokens: u64,
    /// Of each of the choices.
    pub(super) out_tokens: u64,
    pub(super) choices: u64,
    pub(super) terms: Terms,
}

impl Allowance {
    /// Do the key's lists have it.
    pub fn lists(&self, model: &Model) -> bool {
        self.terms.allows(&model.id)
    }

    pub fn admits(&self, model: &Model) -> bool {
        let fits = |within: Pico| Pico::from_usd(self.cost(model)) <= within;
        self.terms.allows(&model.id) && self.within.is_none_or(fits)
    }

    pub(super) fn cost(&self, model: &Model) -> f64 {
        // None answers more than it can, whatever it is allowed to.
        let each = self.out_tokens.min(model.most_output());
        model.list_cost(
            self.in_tokens as f64,
            each.saturating_mul(self.choices) as f64,
        )
    }
}
