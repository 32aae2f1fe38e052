//! Seen × Grade → Settlement: what a call cost, and what it teaches. The one place that prices,
//! and the one that settles.

use runtimes::{
    charge::{self, Charge, ChargeFrom, CostSource},
    named,
};
use serde_json::Value;

use crate::domain::{
    books::{
        book::Tally,
        feed::{Decision, Detail, Outcome},
        like_for_like,
        settlement::Settlement,
    },
    money::Pico,
    policy::Evidence,
    reason::Reason,
    runtime::registry::Model,
    settings::Settings,
};

use super::{Case, Content, Grade, Seen, World, explain, keep, log, verdict};

/// What costs so many times the mean at list price is not like what that was learned of.
const UNLIKE_THE_MEAN: f64 = 10.0;
/// How many times as much as its tokens a text may weigh, at a quarter of a token a byte.
const MOST_BYTES_OF_TEXT: u64 = 4;

/// What a call cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// USD.
    pub usd: f64,
    pub source: CostSource,
    /// Is it less sure than what this runtime otherwise tells of the model.
    pub estimated: bool,
    /// What was charged, times the simulated multiplier.
    charge: Option<Charge>,
    /// List price of the tokens that the runtime counted, USD.
    listed: Option<f64>,
    /// Tokens of the prompt that the runtime had cached, and what 1M of them cost, USD.
    cached: Option<u64>,
    cached_price: Option<f64>,
    /// The simulated multiplier that is in it.
    multiplier: f64,
}

/// What is known of a model on the task while it answers.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Simulated price multiplier of the model.
    pub multiplier: f64,
    /// Mean measured cost of the model on the task, and of the baseline. USD.
    pub mean_cost: Option<f64>,
    pub baseline_cost: Option<f64>,
    /// What was charged for each USD of list price, and whether anything ever was.
    pub factor: Option<f64>,
    pub charged: bool,
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
                factor: memory.charged_of_list(task, &model.id),
                charged: own.is_some_and(|row| row.is_charged()),
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

/// Prices a call: as charged, times the simulated multiplier; else by the tokens that the runtime
/// counted, at list price times what was charged of it so far; else at the model's learned mean for
/// the task, which contains the multiplier that it was learned under; else by what there was of it
/// at list price, as an answer that was not whole is.
pub fn price(settings: &Settings, case: &Case<'_>, seen: &Seen<'_>) -> Cost {
    let Seen { by, end, said } = seen;
    let (known, model) = (&by.known, &by.model);
    let bill: Value = said
        .bill()
        .and_then(|raw| serde_json::from_str(raw).ok())
        .unwrap_or_default();
    let of_bill = || settings.charge_from.of_usage(&bill);
    let of_field = || settings.charge_from.of_field(&said.cost()?);
    let charge = by.head.charge.or_else(of_bill).or_else(of_field);
    let charge = charge.map(|charge| charge.times(known.multiplier));
    let counted = said.usage();
    // Nothing counted is no cost of 0; a model that is free costs that.
    let listed = model.prices().of(&counted).filter(|_| counted.any());
    let whole = end.outcome() == Outcome::Finished;
    let computes = whole && settings.charge_from != ChargeFrom::None;
    let characters = said.characters();
    // What was charged of the list price so far contains the multiplier.
    let factor = known.factor.unwrap_or(known.multiplier);
    // Zeros are no count either.
    let told = |count: Option<u64>| count.filter(|_| counted.any());
    let at_list = || {
        let input = told(counted.input).unwrap_or_else(|| input_tokens(case));
        let output = told(counted.output).unwrap_or(characters / 4);
        model.list_cost(input as f64, output as f64) * factor
    };
    let estimate = match (end.outcome(), known.mean_cost) {
        (Outcome::Failed, _) if characters == 0 && counted.output.is_none() => 0.0,
        // A mean is of requests as they are, and says nothing of one that is many times as long.
        (Outcome::Finished, Some(mean)) if at_list() < UNLIKE_THE_MEAN * mean => mean,
        _ => at_list(),
    };
    let (usd, source) = charge::cost(charge, listed.filter(|_| computes), factor, estimate);
    let usd = exact(usd);
    Cost {
        usd,
        source,
        estimated: match source {
            CostSource::Charge => false,
            CostSource::Computed => known.charged,
            CostSource::Estimated => true,
        },
        charge,
        listed,
        cached: counted.cached,
        cached_price: model.cached_in_price,
        multiplier: known.multiplier,
    }
}

/// Tokens of the prompt, where nobody counted them: of its text, or where most of it stands elsewhere,
/// as in a schema or a file, of all of it.
fn input_tokens(case: &Case<'_>) -> u64 {
    let (text, all) = (case.brief.input_tokens, case.request.body.weight());
    // Text of some scripts weighs several bytes a token, and six where it is escaped.
    if all / MOST_BYTES_OF_TEXT > text {
        all
    } else {
        text
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
    let settlement = settlement(world, case, seen, cost, grade);
    keep::ended(world, case, seen, cost.cached);
    if let Some(taught) = &settlement.evidence {
        verdict::counted(world, case, seen.by.model, taught.in_tokens);
    }
    world.settle(&settlement).await;
    world.log(log::line(case, route, &settlement, seen, world.now()));
    if let Some(ticket) = &seen.by.ticket {
        world.memory(|memory| memory.done(ticket));
    }
}

/// What was spent on the call: what failed attempts were charged, too, whoever answered in the end.
pub fn spend(seen: &Seen<'_>, cost: Cost) -> Pico {
    Pico::from_usd(cost.usd).plus(seen.by.before.wasted)
}

/// What the Learner is told.
fn settlement<W: World>(
    world: &W,
    case: &Case<'_>,
    seen: &Seen<'_>,
    cost: Cost,
    grade: &Grade,
) -> Settlement {
    let Seen { by, end, said } = seen;
    let ts = world.now();
    let usage = said.usage();
    let session = case.request.session.as_ref();
    let refusal = end.refusal();
    // What had begun to stream has its status, whatever became of it.
    let status = match (&refusal, said) {
        (Some(refusal), Content::Nothing | Content::Completion(_)) => refusal.status(),
        _ => 200,
    };
    // What another model answered, which some field of the request made the runtime ask, says
    // nothing of this one.
    let its_own = said
        .model()
        .is_none_or(|name| named::is_form_of(&name, &by.model.upstream_id));
    Settlement {
        epoch: case.epoch,
        spend: spend(seen, cost),
        overhead: case.brief.overhead.plus(grade.overhead),
        judged: grade.overhead,
        would_be: would_be(world, case, seen, cost).map(Pico::from_usd),
        evidence: (end.outcome() == Outcome::Finished && its_own).then_some(Evidence {
            ts,
            charge: cost.charge.map(|charge| charge.usd),
            computed: (cost.source == CostSource::Computed).then_some(cost.usd),
            charge_quantum: cost.charge.map_or(0.0, |charge| charge.quantum),
            // What part of it was cheaper nobody knows where the price of that is not known.
            cache_hit: by.head.cache_tier.is_some()
                || (cost.cached > Some(0) && cost.cached_price.is_none()),
            multiplier: cost.multiplier,
            in_tokens: usage.input,
            out_tokens: usage.output,
            list_cost: cost.listed,
            quality: grade.measured,
            graded_by: grade.by,
            key: world.key().map(str::to_owned),
            narrowed: case.request.is_narrowed(),
            ..Evidence::default()
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
            id: world.request_id().to_owned(),
            detail: Detail {
                cost_source: Some(cost.source.name().into()),
                wasted: (by.before.wasted != Pico::default()).then(|| by.before.wasted.usd()),
                baseline: by.known.baseline_cost,
                in_tokens: usage.input,
                cached_tokens: cost.cached,
                out_tokens: usage.output,
                graded_by: grade.word().map(str::to_owned),
                session: session.map(|it| it.whose.digest.clone()),
                confidence: case.brief.confidence,
                reason_code: Some(reason(case, seen).code().to_owned()),
                candidates: explain::kept(explain::candidates(case.shortlist, case.plan)),
                status: Some(status),
                error: refusal.map(|refusal| refusal.code().to_owned()),
                first_ms: case.watch.first_ms(),
                total_ms: Some(case.watch.total_ms(ts)),
                ms: case.watch.by_stage(ts),
                tags: case.request.tags.clone(),
                ..Detail::default()
            },
        },
    }
}

/// What a whole answer would have cost on the baseline, USD; `None` where that has no sample.
fn would_be<W: World>(world: &W, case: &Case<'_>, seen: &Seen<'_>, cost: Cost) -> Option<f64> {
    let Seen { by, end, said } = seen;
    let mean = by
        .known
        .baseline_cost
        .filter(|_| end.outcome() == Outcome::Finished)?;
    let (usage, pool) = (said.usage(), world.pool());
    let baseline = &world.settings().baseline_model;
    if by.model.id == *baseline {
        return Some(cost.usd);
    }
    let counted = Tally::one(usage.input, cost.cached, usage.output);
    let expected = counted.and_then(|tokens| {
        let baseline = pool.iter().find(|model| model.id == *baseline)?;
        world.memory(|memory| {
            let row = |id: &str| memory.book(case.brief.task, id).map(|book| &book.row);
            let given = row(&by.model.id).cloned().unwrap_or_default();
            like_for_like::would_be(baseline, row(&baseline.id)?, &given, &tokens)
        })
    });
    Some(expected.unwrap_or(mean))
}

/// Why the model that answered did.
fn reason(case: &Case<'_>, seen: &Seen<'_>) -> Reason {
    let (by, first) = (&seen.by, case.plan.models.first());
    let planned = first.is_some_and(|model| model.id == by.model.id);
    match planned && by.before.failed.is_empty() {
        true => case.plan.code,
        false => Reason::Failover,
    }
}
