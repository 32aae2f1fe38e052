//! Shortlist × Plan → candidates: which models could have answered, how each was weighed, and why the
//! others could not. What is told of a choice, never what it is made by.

use std::collections::{BTreeMap, BTreeSet};

use chat::Task;

use crate::domain::{
    considered::Considered,
    isolate::memory::Memory,
    policy::{self, Candidate, Load, Tunables, Weighed},
    reason::Reason,
    runtime::{registry::Model, wishes::Excluded},
};

use super::{Case, Plan, Shortlist};

/// Candidates that are kept of a decision: the likeliest of a large pool.
const KEPT: usize = 16;
/// Tokens in and out of a middling request.
const MIDDLING: (f64, f64) = (500.0, 200.0);

/// Every model of the pool, the likeliest first, those that could not be chosen last.
pub fn candidates(shortlist: &Shortlist<'_>, plan: &Plan<'_>) -> Vec<Considered> {
    let mut all: Vec<Considered> = plan
        .weighed
        .iter()
        .map(|(model, weighed)| Considered {
            model: (*model).to_owned(),
            excluded: None,
            belief: weighed.belief,
            sd: weighed.doubt,
            expected_cost: Some(weighed.cost),
            probability: Some(weighed.probability),
        })
        .collect();
    let chance = |it: &Considered| it.probability.unwrap_or(0.0);
    all.sort_by(|a, b| chance(b).total_cmp(&chance(a)));
    let weighed: BTreeSet<&str> = plan.weighed.iter().map(|(model, _)| *model).collect();
    let passed = shortlist.models.iter().map(|(model, _)| *model);
    let out = passed.filter(|model| !weighed.contains(model.id.as_str()));
    let out = out.map(|model| (model, Excluded::Out));
    let others = out.chain(shortlist.excluded.iter().copied());
    all.extend(others.map(|(model, why)| Considered {
        model: model.id.clone(),
        excluded: Some(why.name()),
        ..Considered::default()
    }));
    all
}

/// The same of a request whose client wants to know; else none.
pub fn asked(case: &Case<'_>) -> Vec<Considered> {
    match case.request.explain {
        true => candidates(case.shortlist, case.plan),
        false => Vec::new(),
    }
}

/// As many of them as are kept of a decision, in as many digits as tell anything.
pub fn kept(all: Vec<Considered>) -> Vec<Considered> {
    let short = |value: Option<f64>, scale: f64| value.map(|it| (it * scale).round() / scale);
    let brief = |it: Considered| Considered {
        belief: short(it.belief, 1e4),
        sd: short(it.sd, 1e4),
        expected_cost: short(it.expected_cost, 1e12),
        probability: short(it.probability, 1e6),
        ..it
    };
    all.into_iter().take(KEPT).map(brief).collect()
}

/// How each model of the pool would be weighed for a request of the task with so many tokens.
pub fn weighed<'m>(
    task: Task,
    pool: &'m [Model],
    memory: &Memory,
    tunables: &Tunables,
    tokens: Option<u64>,
) -> BTreeMap<&'m str, Weighed> {
    let candidates: Vec<_> = pool.iter().map(|model| middling(model, tokens)).collect();
    let plan = policy::route(task, &candidates, memory.learned(), tunables, 0);
    let models = pool.iter().map(|model| model.id.as_str());
    models.zip(plan.weighed).collect()
}

/// Whom such a request goes to where nothing is explored: of the models that answer. None while first
/// samples of one of them are gathered.
pub fn winner<'m>(
    task: Task,
    pool: &'m [Model],
    memory: &Memory,
    tunables: &Tunables,
    tokens: Option<u64>,
) -> Option<&'m str> {
    let answers = |model: &&Model| memory.quarantine(&model.id).is_none();
    let candidates: Vec<_> = pool
        .iter()
        .filter(answers)
        .map(|model| middling(model, tokens))
        .collect();
    let settled = Tunables {
        epsilon: 0.0,
        ..tunables.clone()
    };
    let plan = policy::route(task, &candidates, memory.learned(), &settled, 0);
    let first = plan
        .ranked
        .first()
        .filter(|_| plan.code != Reason::Gathering);
    first.and_then(|&first| Some(candidates.get(first)?.model))
}

fn middling(model: &Model, tokens: Option<u64>) -> Candidate<'_> {
    let in_tokens = tokens.map_or(MIDDLING.0, |tokens| tokens as f64);
    let (in_price, out_price) = model.expected_prices();
    Candidate {
        model: &model.id,
        tier: model.tier,
        estimate: model.list_cost(in_tokens, MIDDLING.1),
        // Like is compared with like, as where it is routed: means are of whatever each was asked.
        load: Load {
            in_tokens,
            most_output: None,
            in_price: in_price / 1e6,
            out_price: out_price / 1e6,
        },
        narrowed: false,
        ahead: None,
        pending: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        books::book::Book,
        policy::{Evidence, Row},
        runtime::{quarantine::Quarantine, registry},
    };

    /// `calls` of each model, all alike.
    fn memory(pool: &[Model], calls: usize, quality: impl Fn(usize) -> f64) -> Memory {
        learned(pool, calls, |index, _| Evidence {
            charge: Some(1e-4 * (index + 1) as f64),
            quality: Some(quality(index)),
            ..Evidence::default()
        })
    }

    /// The same, each call as `call` has it.
    fn learned(pool: &[Model], calls: usize, call: impl Fn(usize, &Model) -> Evidence) -> Memory {
        let tunables = Tunables::default();
        let mut memory = Memory::default();
        for (index, model) in pool.iter().enumerate() {
            let mut row = Row::default();
            let evidence = call(index, model);
            for _ in 0..calls {
                row.fold(&evidence, &tunables);
            }
            let book = Book {
                row,
                ..Book::default()
            };
            memory.absorb(Task::Math, model.id.clone(), book);
        }
        memory
    }

    #[test]
    fn the_winner_is_the_cheapest_that_is_good_enough_and_answers() {
        let mut pool = registry::pool("gpt-4o", None);
        pool.truncate(3);
        let tunables = Tunables::default();
        let quality = |index| if index == 0 { 0.2 } else { 0.9 };
        assert_eq!(
            winner(Task::Math, &pool, &Memory::default(), &tunables, None),
            None
        );
        let gathering = memory(&pool, 1, quality);
        assert_eq!(winner(Task::Math, &pool, &gathering, &tunables, None), None);
        let mut learned = memory(&pool, 400, quality);
        let ids: Vec<&str> = pool.iter().map(|model| model.id.as_str()).collect();
        assert_eq!(
            winner(Task::Math, &pool, &learned, &tunables, None),
            Some(ids[1])
        );
        let out = Quarantine::after_failure(None, 0.0, 20.0, None);
        learned.set_quarantine(ids[1], Some(out), 0.0);
        assert_eq!(
            winner(Task::Math, &pool, &learned, &tunables, None),
            Some(ids[2])
        );
        assert_eq!(winner(Task::Math, &[], &learned, &tunables, None), None);
    }

    #[test]
    fn whom_a_request_goes_to_follows_from_what_it_costs_and_not_from_what_others_cost() {
        let mut pool = registry::pool("gpt-4o", None);
        pool.truncate(2);
        for (model, price) in pool.iter_mut().zip([1.0, 4.0]) {
            (model.in_price, model.out_price) = (Some(price), Some(price));
        }
        let tunables = Tunables::default();
        // The cheap one was asked what is long, the dear one what is short.
        let memory = learned(&pool, 400, |index, model| {
            let tokens = [10_000, 100][index];
            let list_cost = model.list_cost(tokens as f64, 50.0);
            Evidence {
                charge: Some(list_cost),
                list_cost: Some(list_cost),
                in_tokens: Some(tokens),
                out_tokens: Some(50),
                quality: Some(0.9),
                ..Evidence::default()
            }
        });
        let cheap = pool.first().map(|model| model.id.as_str());
        assert_eq!(
            winner(Task::Math, &pool, &memory, &tunables, Some(100)),
            cheap
        );
    }
}
