//! What the router tells of an answer, whichever protocol it is told in.

use chat::Task;
use runtimes::charge::CostSource;
use serde::Serialize;

use crate::domain::{considered::Considered, policy::Mode, reason::ClassifiedBy, session::Told};

/// The quality told where a number must stand and none is known.
const UNKNOWN: f64 = 0.5;
/// Why there is none while the judge has not answered.
const OWED: &str = "the judge model has not answered yet";

/// The `arbiter` object. USD, tokens.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Arbiter<'a> {
    pub task: Task,
    pub classified_by: ClassifiedBy,
    pub model: &'a str,
    pub mode: Mode,
    pub reason: String,
    /// What became of the conversation's model, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Told>,
    /// `None` where it is not known, or not yet.
    pub quality: Option<f64>,
    /// `None` while the grade is owed.
    pub quality_reason: Option<&'a str>,
    pub cost: f64,
    pub cost_estimated: bool,
    pub cost_source: CostSource,
    pub baseline_cost: Option<f64>,
    pub saved: Option<f64>,
    pub tokens_needed: u64,
    pub eligible_models: usize,
    pub budget_max_cost: Option<f64>,
    pub budget_met: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_met: Option<bool>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub failover_from: &'a [String],
    /// The models that could have answered, where the client wants to know.
    #[serde(skip_serializing_if = "<[Considered]>::is_empty")]
    pub candidates: &'a [Considered],
    /// What was left out of the request, by the names that the client gave it.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub dropped: &'a [String],
}

impl Arbiter<'_> {
    /// As JSON, `quality` always a number: a whole answer of chat completions says so.
    pub fn whole(&self) -> String {
        Arbiter {
            quality: Some(self.quality.unwrap_or(UNKNOWN)),
            ..self.clone()
        }
        .owed()
    }

    /// As JSON, `quality` null where it is not known.
    pub fn owed(&self) -> String {
        let told = Arbiter {
            quality_reason: Some(self.quality_reason.unwrap_or(OWED)),
            ..self.clone()
        };
        serde_json::to_string(&told).unwrap_or_else(|_| "{}".to_owned())
    }
}
