//! What is told.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// What a model charges moved.
    #[serde(rename = "price.shifted")]
    PriceShifted,
    /// A model has been left out for more than ten minutes; it answers again.
    #[serde(rename = "model.out")]
    ModelOut,
    #[serde(rename = "model.back")]
    ModelBack,
    /// A runtime answers nothing; it answers again.
    #[serde(rename = "runtime.down")]
    RuntimeDown,
    #[serde(rename = "runtime.up")]
    RuntimeUp,
    /// 80 % of a budget of the deployment are spent; all of it.
    #[serde(rename = "budget.warning")]
    BudgetWarning,
    #[serde(rename = "budget.spent")]
    BudgetSpent,
    /// Another model is chosen for a task.
    #[serde(rename = "winner.changed")]
    WinnerChanged,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::PriceShifted => "price.shifted",
            Kind::ModelOut => "model.out",
            Kind::ModelBack => "model.back",
            Kind::RuntimeDown => "runtime.down",
            Kind::RuntimeUp => "runtime.up",
            Kind::BudgetWarning => "budget.warning",
            Kind::BudgetSpent => "budget.spent",
            Kind::WinnerChanged => "winner.changed",
        }
    }
}

/// One thing that happened, as it is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// The same each time that it is tried, and no other's.
    pub id: String,
    #[serde(rename = "type")]
    pub kind: Kind,
    /// What it happened to: a model, a runtime, a task, the name of a budget; a price is one of
    /// `task/model`.
    pub subject: String,
    /// When it was noticed, Unix seconds.
    pub time: f64,
    /// One sentence.
    pub text: String,
    /// The figures, by kind: see docs/api-reference.md.
    pub data: Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_written_as_it_is_named() {
        for kind in [
            Kind::PriceShifted,
            Kind::ModelOut,
            Kind::ModelBack,
            Kind::RuntimeDown,
            Kind::RuntimeUp,
            Kind::BudgetWarning,
            Kind::BudgetSpent,
            Kind::WinnerChanged,
        ] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
