//! Seen × Grade → Settlement: what a call cost, and what it teaches. The one place that prices,
//! and the one that settles.

use crate::domain::{
    book::Settlement,
    completion::Usage,
    feed::{Decision, Detail, Outcome},
    money::{Charge, Pico},
    policy::Evidence,
    registry::Model,
};

use super::{Case, Grade, Seen, World, log};

/// What a call cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// USD.
    pub usd: f64,
    /// Was it estimated, rather than charged.
    pub estimated: bool,
}

/// What is known of a model on the task while it answers.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Simulated price multiplier of the model.
    pub multiplier: f64,
    /// Mean measured cost of the model on the task, and of the baseline. USD.
    pub mean_cost: Option<f64>,
    pub baseline_cost: Option<f64>,
    /// Mean quality so far.
    pub quality: Option<f64>,
}

impl Known {
    pub fn now<W: World>(world: &W, case: &Case<'_>, model: &Model) -> Known {
        let (task, baseline) = (case.brief.task, &world.settings().baseline_model);
        world.memory(|memory| {
            let row = |id: &str| memory.book(task, id).map(|book| &book.row);
            let own = row(&model.id);
            Known {
                multiplier: memory.multiplier(&model.id),
                mean_cost: own.and_then(|row| row.avg_cost()),
                baseline_cost: row(baseline).and_then(|row| row.avg_cost()),
                quality: own.and_then(|row| row.quality()),
            }
        })
    }

    /// What was saved against the baseline; `None` while that has no sample. USD.
    pub fn saved(&self, cost: Cost) -> Option<f64> {
        self.baseline_cost
            .map(|baseline| exact(baseline - cost.usd))
    }
}

/// Prices a call: as charged, times the simulated multiplier; else at the model's learned mean
/// for the task, which contains the multiplier that it was learned under; else at list price.
/// An answer that was not whole is priced by what there was of it.
pub fn price(case: &Case<'_>, seen: &Seen<'_>) -> Cost {
    let Seen { by, end, said } = seen;
    if let Some(charge) = by.head.charge {
        return Cost {
            usd: exact(charge.times(by.known.multiplier).usd),
            estimated: false,
        };
    }
    let (usage, characters) = (said.usage(), said.characters());
    let usd = match (end.outcome(), by.known.mean_cost) {
        (Outcome::Failed, _) if characters == 0 && usage.out_tokens.is_none() => 0.0,
        (Outcome::Finished, Some(mean)) => mean,
        _ => {
            let input = usage.in_tokens.unwrap_or(case.brief.input_tokens);
            let output = usage.out_tokens.unwrap_or(characters / 4);
            by.model.list_cost(input as f64, output as f64) * by.known.multiplier
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

/// Settles a call: its book is told, its line is logged, and it is no longer under way.
pub async fn settle<W: World>(
    world: &W,
    case: &Case<'_>,
    route: &'static str,
    seen: &Seen<'_>,
    cost: Cost,
    grade: &Grade,
) {
    let settlement = settlement(case, seen, cost, grade, world.request_id(), world.now());
    world.settle(&settlement).await;
    world.log(&log::line(case, route, &settlement, seen, world.now()));
    if let Some(ticket) = &seen.by.ticket {
        world.memory(|memory| memory.done(ticket));
    }
}

/// What the Learner is told.
fn settlement(
    case: &Case<'_>,
    seen: &Seen<'_>,
    cost: Cost,
    grade: &Grade,
    id: &str,
    ts: f64,
) -> Settlement {
    let Seen { by, end, said } = seen;
    let charge = by
        .head
        .charge
        .map(|charge| charge.times(by.known.multiplier));
    let usage = said.usage();
    let list_cost = match usage {
        Usage {
            in_tokens: Some(input),
            out_tokens: Some(output),
        } => Some(by.model.list_cost(input as f64, output as f64)),
        _ => None,
    };
    let source = match cost.estimated {
        true => "estimated",
        false => "charged",
    };
    Settlement {
        epoch: case.epoch,
        // What failed attempts were charged is spent, whoever answered in the end.
        spend: Pico::from_usd(cost.usd).plus(by.before.wasted),
        overhead: case.brief.overhead.plus(grade.overhead),
        evidence: (end.outcome() == Outcome::Finished).then_some(Evidence {
            ts,
            charge: charge.map(|charge| charge.usd),
            charge_quantum: charge.map_or(0.0, |charge| charge.quantum),
            cache_hit: by.head.cache_tier.is_some(),
            in_tokens: usage.in_tokens,
            out_tokens: usage.out_tokens,
            list_cost,
            quality: grade.measured,
        }),
        decision: Decision {
            ts,
            task: case.brief.task,
            classified_by: case.brief.classified_by,
            model: by.model.id.clone(),
            mode: case.plan.mode,
            quality: grade.shown,
            cost: cost.usd,
            saved: by.known.saved(cost),
            cost_estimated: cost.estimated,
            propensity: case.plan.propensity,
            outcome: end.outcome(),
            failover_from: by.before.failed.clone(),
            id: id.to_owned(),
            detail: Detail {
                cost_source: Some(source.into()),
                baseline: by.known.baseline_cost,
                in_tokens: usage.in_tokens,
                out_tokens: usage.out_tokens,
                ..Detail::default()
            },
        },
    }
}
