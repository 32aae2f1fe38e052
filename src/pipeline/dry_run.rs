//! ChatRequest → DryRun: what would become of a request that came now. The same stages as for one
//! that is served, up to its call.
//!
//! The law: nobody is called, and nothing is remembered of it: the memory is only lent to be read.

use chat::Task;
use serde::Serialize;

use crate::domain::{
    considered::Considered, isolate::memory::Memory, policy::Mode, reason::ClassifiedBy,
    runtime::registry::Model, session::Told, settings::Settings, wire::request::ChatRequest,
};

use super::{choose, classify::size_up, explain};

/// What would become of a request, as `POST /v1/route` answers it.
#[derive(Debug, PartialEq, Serialize)]
pub struct DryRun {
    /// As it is without the classifier model.
    pub task: Task,
    pub classified_by: ClassifiedBy,
    /// How sure the local classifier is, 0..=1; `None` where it does not decide.
    pub confidence: Option<f64>,
    /// Would the classifier model be asked, whose word might be another.
    pub would_ask_classifier: bool,
    /// What it needs of a model.
    pub needs: Vec<&'static str>,
    pub tokens_needed: u64,
    pub eligible_models: usize,
    pub budget_met: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_met: Option<bool>,
    /// What would become of the conversation's model, where it is a turn of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Told>,
    pub decision: Choice,
    /// Every model of the pool: probabilities add up to 1.
    pub candidates: Vec<Considered>,
}

/// The model that would be called first.
#[derive(Debug, PartialEq, Serialize)]
pub struct Choice {
    pub model: String,
    pub mode: Mode,
    /// One sentence, and a word of the closed list.
    pub reason: String,
    pub reason_code: &'static str,
    /// Probability over the seed that it is this one.
    pub propensity: f64,
}

/// Thinks a request through. `now` is Unix seconds, `seed` uniform random, as for [`super::serve`].
/// `None` where there is no model.
pub fn dry_run(
    request: &ChatRequest,
    pool: &[Model],
    memory: &Memory,
    settings: &Settings,
    now: f64,
    seed: u64,
) -> Option<DryRun> {
    let (brief, undecided) = size_up(request, memory);
    let (shortlist, plan) = choose(request, &brief, pool, memory, settings, now, seed);
    let asks = settings.classifier_model.is_some() && memory.classifier.would_be_asked(now);
    Some(DryRun {
        task: brief.task,
        classified_by: brief.classified_by,
        confidence: brief.confidence,
        would_ask_classifier: undecided.is_some() && asks,
        needs: request.needs.list.iter().map(|need| need.name()).collect(),
        tokens_needed: brief.tokens_needed(),
        eligible_models: shortlist.models.len(),
        budget_met: shortlist.budget_met,
        latency_met: shortlist.latency_met,
        candidates: explain::candidates(&shortlist, &plan),
        decision: Choice {
            model: plan.models.first()?.id.clone(),
            mode: plan.mode,
            reason: plan.reason,
            reason_code: plan.code.code(),
            propensity: plan.propensity,
        },
        session: plan.talk.or_else(|| request.session.as_ref()?.aside()),
    })
}
