//! What people see happening: decisions and price alerts, as they stand in the recent feed.

use serde::{Deserialize, Serialize};

use super::{
    policy::{Mode, PriceShift},
    task::Task,
};

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

/// How an accepted request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The answer was whole.
    Finished,
    /// The client went away before it was.
    Dropped,
    /// No model answered, or the answer broke off.
    Failed,
}

/// One settled call, as `/v1/recent` shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Unix seconds.
    pub ts: f64,
    pub task: Task,
    pub classified_by: ClassifiedBy,
    pub model: String,
    pub mode: Mode,
    /// 0..=1 where graded, or learned.
    pub quality: Option<f64>,
    /// USD.
    pub cost: f64,
    pub saved: Option<f64>,
    /// Was the cost estimated rather than charged.
    pub cost_estimated: bool,
    /// Probability with which the policy chose this model, for evaluating others off-line.
    pub propensity: f64,
    pub outcome: Outcome,
    /// Models that failed before this one answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failover_from: Vec<String>,
    /// The request's id, as in `x-request-id`.
    pub id: String,
}

/// A price that moved, as `/v1/alerts` shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    pub task: Task,
    pub model: String,
    /// USD per token.
    pub old_unit: f64,
    pub new_unit: f64,
    pub direction: Direction,
    /// Unix seconds.
    pub ts: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Up,
    Down,
}

impl Alert {
    pub fn new(task: Task, model: &str, shift: &PriceShift, ts: f64) -> Alert {
        Alert {
            task,
            model: model.to_owned(),
            old_unit: shift.old_unit,
            new_unit: shift.new_unit,
            direction: if shift.new_unit > shift.old_unit {
                Direction::Up
            } else {
                Direction::Down
            },
            ts,
        }
    }
}
