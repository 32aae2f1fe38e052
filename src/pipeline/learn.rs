//! Plan × Grade → Settlement: what a call cost, and what it teaches.

use crate::domain::{
    book::Settlement,
    completion::Usage,
    feed::{Decision, Detail, Outcome},
    money::{Charge, Pico},
    policy::{Evidence, Plan},
    registry::Model,
};

use super::{Brief, Grade};

/// What a call cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// USD.
    pub usd: f64,
    /// Was it estimated, rather than charged.
    pub estimated: bool,
}

/// What a call is known by once its answer is there.
#[derive(Clone, Debug)]
pub struct Observation<'a> {
    pub model: &'a Model,
    pub outcome: Outcome,
    /// What the runtime charged, before any simulated multiplier.
    pub charge: Option<Charge>,
    pub cache_hit: bool,
    pub usage: Usage,
    /// Characters of the answer: what a call without a usage figure is estimated by.
    pub characters: u64,
}

/// What was known when the call was made.
#[derive(Clone, Debug)]
pub struct Known {
    pub epoch: Option<u64>,
    /// Simulated price multiplier of the model.
    pub multiplier: f64,
    /// Mean measured cost of the model on the task, and of the baseline. USD.
    pub mean_cost: Option<f64>,
    pub baseline_cost: Option<f64>,
}

impl Known {
    /// What was saved against the baseline; `None` while that has no sample. USD.
    pub fn saved(&self, cost: Cost) -> Option<f64> {
        self.baseline_cost
            .map(|baseline| exact(baseline - cost.usd))
    }
}

/// Prices a call: as charged, times the simulated multiplier; else at the model's learned mean
/// for the task, which contains the multiplier that it was learned under; else at list price.
/// An answer that was not whole is priced by what there was of it.
pub fn price(observation: &Observation<'_>, brief: &Brief, known: &Known) -> Cost {
    if let Some(charge) = observation.charge {
        return Cost {
            usd: exact(charge.times(known.multiplier).usd),
            estimated: false,
        };
    }
    let usd = match (observation.outcome, known.mean_cost) {
        (Outcome::Failed, _)
            if observation.characters == 0 && observation.usage.out_tokens.is_none() =>
        {
            0.0
        }
        (Outcome::Finished, Some(mean)) => mean,
        _ => {
            let input = observation.usage.in_tokens.unwrap_or(brief.input_tokens);
            let output = observation
                .usage
                .out_tokens
                .unwrap_or(observation.characters / 4);
            observation.model.list_cost(input as f64, output as f64) * known.multiplier
        }
    };
    Cost {
        usd: exact(usd),
        estimated: true,
    }
}

/// As the books hold it: what is shown adds up to what is reported.
fn exact(usd: f64) -> f64 {
    Pico::from_usd(usd.min(Charge::CEILING)).usd()
}

/// Puts together what the Learner is told.
#[allow(clippy::too_many_arguments)] // each is one named value of the story
pub fn learn(
    observation: &Observation<'_>,
    brief: &Brief,
    plan: &Plan,
    known: &Known,
    cost: Cost,
    grade: &Grade,
    failover_from: Vec<String>,
    (id, ts): (&str, f64),
) -> Settlement {
    let charge = observation
        .charge
        .map(|charge| charge.times(known.multiplier));
    let list_cost = match observation.usage {
        Usage {
            in_tokens: Some(input),
            out_tokens: Some(output),
        } => Some(observation.model.list_cost(input as f64, output as f64)),
        _ => None,
    };
    Settlement {
        epoch: known.epoch,
        spend: Pico::from_usd(cost.usd),
        overhead: brief.overhead.plus(grade.overhead),
        evidence: (observation.outcome == Outcome::Finished).then_some(Evidence {
            ts,
            charge: charge.map(|charge| charge.usd),
            charge_quantum: charge.map_or(0.0, |charge| charge.quantum),
            cache_hit: observation.cache_hit,
            in_tokens: observation.usage.in_tokens,
            out_tokens: observation.usage.out_tokens,
            list_cost,
            quality: grade.measured,
        }),
        decision: Decision {
            ts,
            task: brief.task,
            classified_by: brief.classified_by,
            model: observation.model.id.clone(),
            mode: plan.mode,
            quality: grade.shown,
            cost: cost.usd,
            saved: known.saved(cost),
            cost_estimated: cost.estimated,
            propensity: plan.propensity,
            outcome: observation.outcome,
            failover_from,
            id: id.to_owned(),
            detail: Detail {
                cost_source: Some(
                    if cost.estimated {
                        "estimated"
                    } else {
                        "charged"
                    }
                    .into(),
                ),
                baseline: known.baseline_cost,
                in_tokens: observation.usage.in_tokens,
                out_tokens: observation.usage.out_tokens,
                ..Detail::default()
            },
        },
    }
}
