//! Why, in a word: how a model came to be chosen and who told the task. Closed lists, which
//! docs/api-reference.md explains.

use serde::{Deserialize, Serialize};

/// The reason of a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its first samples of the task are gathered.
    Gathering,
    /// It is looked at again by chance.
    Recheck,
    /// It is the cheapest that is, or may be, good enough.
    CheapestWithin,
    /// No other may answer.
    OnlyEligible,
    /// None is within the client's ceiling: it is the nearest.
    BudgetFallback,
    /// No window holds the request: it is tried all the same.
    ContextFallback,
    /// The conversation stays with it, or moves to it.
    Stays,
    Moved,
    /// The client named it, and no other.
    Pinned,
    /// Whoever was chosen before failed, or all have failed lately.
    Failover,
}

impl Reason {
    /// As decisions and dry runs tell it.
    pub fn code(self) -> &'static str {
        match self {
            Reason::Gathering => "gathering",
            Reason::Recheck => "recheck",
            Reason::CheapestWithin => "cheapest_within",
            Reason::OnlyEligible => "only_eligible",
            Reason::BudgetFallback => "budget_fallback",
            Reason::ContextFallback => "context_fallback",
            Reason::Stays => "stays",
            Reason::Moved => "moved",
            Reason::Pinned => "pinned",
            Reason::Failover => "failover",
        }
    }
}

/// Who decided the task of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassifiedBy {
    /// Decided locally.
    Rules,
    /// The classifier model was asked and answered.
    Model,
    /// It was asked and gave no usable answer: taken as `open`.
    ModelFallback,
}

impl ClassifiedBy {
    pub fn name(self) -> &'static str {
        match self {
            ClassifiedBy::Rules => "rules",
            ClassifiedBy::Model => "model",
            ClassifiedBy::ModelFallback => "model-fallback",
        }
    }
}
