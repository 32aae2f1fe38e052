//! The plain policy: least-sampled first, then the rule over bare means, with uniform
//! re-checks. The yardstick that the adaptive one is measured against.

use super::{
    Candidate, Mode, Ranking, Row, Tunables, Weighed,
    dice::Dice,
    front::{gather, lead, least_sampled, order_front, quicker, under_way},
};
use crate::domain::reason::Reason;

/// A quality that is below the line by less than this is on it: 0.95 − 0.05 is not quite 0.90
/// in binary.
const ROUNDING: f64 = 1e-9;

/// Share of the answers that the judge is to rate where nothing else does.
const SAMPLED: f64 = 0.1;

/// What the rule weighs of one candidate.
struct Standing {
    index: usize,
    /// Expected cost of this request, USD.
    cost: f64,
    quality: Option<f64>,
}

/// Explores while any eligible model is short of `MIN_SAMPLES`; re-checks a uniformly drawn
/// one with chance `EPSILON`; else takes the cheapest within `QUALITY_TOLERANCE` of the best.
pub(super) fn route(
    candidates: &[Candidate<'_>],
    rows: &[Option<&Row>],
    tunables: &Tunables,
    seed: u64,
) -> Ranking {
    let ranked = rank(candidates, rows, tunables.quality_tolerance);
    if let Some(short) = least_sampled(candidates, rows, tunables.min_samples) {
        let weighed = weighed(candidates, rows, |_| 0.0);
        return gather(candidates, short, &ranked, tunables, weighed);
    }
    let winner = ranked.first().copied();
    if under_way(rows, tunables) {
        let first = |index| if winner == Some(index) { 1.0 } else { 0.0 };
        return Ranking {
            weighed: weighed(candidates, rows, first),
            ranked,
            mode: Mode::Exploit,
            reason: "the first samples of this task are under way: the best choice by what \
                     is known so far and by list price"
                .into(),
            propensity: 1.0,
            code: Reason::CheapestWithin,
            worth: 0.0,
        };
    }

    let mut dice = Dice::new(seed);
    let epsilon = tunables.epsilon.clamp(0.0, 1.0);
    let uniform = epsilon / candidates.len() as f64;
    let chance = |index| {
        uniform
            + if winner == Some(index) {
                1.0 - epsilon
            } else {
                0.0
            }
    };
    let weighed = weighed(candidates, rows, chance);
    if dice.uniform() < epsilon {
        let drawn = (dice.uniform() * candidates.len() as f64) as usize;
        let drawn = drawn.min(candidates.len() - 1);
        return Ranking {
            ranked: lead(drawn, &ranked),
            mode: Mode::Explore,
            reason: "epsilon re-check: a model drawn at random is looked at again".into(),
            propensity: chance(drawn),
            code: Reason::Recheck,
            weighed,
            worth: SAMPLED,
        };
    }
    Ranking {
        ranked,
        mode: Mode::Exploit,
        reason: format!(
            "the cheapest model whose mean quality is within {} of the best for this task",
            tunables.quality_tolerance
        ),
        propensity: uniform + 1.0 - epsilon,
        code: Reason::CheapestWithin,
        weighed,
        worth: SAMPLED,
    }
}

/// The candidates by bare means; `chance`: with which each comes first.
fn weighed(
    candidates: &[Candidate<'_>],
    rows: &[Option<&Row>],
    chance: impl Fn(usize) -> f64,
) -> Vec<Weighed> {
    let of = |(index, (candidate, row)): (usize, (&Candidate<'_>, &Option<&Row>))| Weighed {
        belief: row.and_then(Row::quality),
        doubt: None,
        cost: candidate.cost(*row),
        probability: chance(index),
    };
    candidates.iter().zip(rows).enumerate().map(of).collect()
}

/// The rule as an order: those within tolerance of the best by cost, then the others by
/// quality, then those never graded by cost. Where none was graded, that is: by cost.
fn rank(candidates: &[Candidate<'_>], rows: &[Option<&Row>], tolerance: f64) -> Vec<usize> {
    let mut standings: Vec<Standing> = candidates
        .iter()
        .zip(rows)
        .enumerate()
        .map(|(index, (candidate, row))| Standing {
            index,
            cost: candidate.cost(*row),
            quality: row.and_then(Row::quality),
        })
        .collect();
    let best = standings
        .iter()
        .filter_map(|standing| standing.quality)
        .fold(f64::NEG_INFINITY, f64::max);
    let class = |standing: &Standing| match standing.quality {
        Some(quality) if quality >= best - tolerance - ROUNDING => 0,
        Some(_) => 1,
        None => 2,
    };
    order_front(&mut standings, |a, b| {
        let by_cost = || {
            let by_time = || quicker(rows, a.index, b.index);
            let by_place = a.index.cmp(&b.index);
            a.cost.total_cmp(&b.cost).then_with(by_time).then(by_place)
        };
        class(a)
            .cmp(&class(b))
            .then_with(|| match (a.quality, b.quality) {
                (Some(x), Some(y)) if class(a) == 1 => y.total_cmp(&x).then_with(by_cost),
                _ => by_cost(),
            })
    });
    standings.iter().map(|standing| standing.index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat::Task;

    use crate::domain::policy::{Evidence, Learned, Load, Strategy, route as route_by};
    use crate::domain::runtime::registry::Tier;

    fn plain() -> Tunables {
        Tunables {
            strategy: Strategy::Plain,
            ..Tunables::default()
        }
    }

    fn candidate(model: &str, tier: Tier, estimate: f64) -> Candidate<'_> {
        Candidate {
            model,
            tier,
            estimate,
            load: Load::default(),
            narrowed: false,
            ahead: None,
            pending: 0,
        }
    }

    fn pool() -> Vec<Candidate<'static>> {
        vec![
            candidate("dear", Tier::Large, 0.010),
            candidate("cheap", Tier::Small, 0.001),
            candidate("fair", Tier::Mid, 0.002),
        ]
    }

    fn learn(learned: &mut Learned, model: &str, times: usize, quality: f64, charge: f64) {
        let row = learned
            .entry(Task::Code)
            .or_default()
            .entry(model.into())
            .or_default();
        for _ in 0..times {
            row.fold(&Evidence::graded(charge, quality), &plain());
        }
    }

    fn settled() -> Learned {
        let mut learned = Learned::new();
        learn(&mut learned, "dear", 2, 0.95, 0.010);
        learn(&mut learned, "cheap", 2, 0.50, 0.001);
        learn(&mut learned, "fair", 2, 0.90, 0.002);
        learned
    }

    /// A seed whose first draw is above epsilon, and one whose first draw is below it.
    fn seeds() -> (u64, u64) {
        let below = |seed: &u64| Dice::new(*seed).uniform() < 0.10;
        (
            (0..).find(|seed| !below(seed)).unwrap(),
            (0..).find(below).unwrap(),
        )
    }

    #[test]
    fn the_least_sampled_comes_first_and_the_smaller_tier_breaks_the_tie() {
        let mut learned = Learned::new();
        let first = |learned: &Learned| {
            let plan = route_by(Task::Code, &pool(), learned, &plain(), 7);
            assert_eq!(plan.mode, Mode::Explore);
            assert!(plan.reason.contains("gathering baseline data"));
            assert_eq!(plan.propensity, 1.0);
            pool()[plan.ranked[0]].model
        };
        assert_eq!(first(&learned), "cheap");
        learn(&mut learned, "cheap", 1, 1.0, 0.001);
        assert_eq!(first(&learned), "fair");
        learn(&mut learned, "fair", 1, 1.0, 0.002);
        assert_eq!(first(&learned), "dear");
        learn(&mut learned, "dear", 2, 1.0, 0.010);
        assert_eq!(first(&learned), "cheap");
    }

    #[test]
    fn the_cheapest_within_tolerance_of_the_best_wins_and_the_next_best_follow() {
        let plan = route_by(Task::Code, &pool(), &settled(), &plain(), seeds().0);
        assert_eq!(plan.mode, Mode::Exploit);
        assert_eq!(plan.ranked, vec![2, 0, 1]);
        assert!((plan.propensity - (0.9 + 0.1 / 3.0)).abs() < 1e-12);
    }

    #[test]
    fn a_tenth_of_the_calls_looks_at_any_model_again() {
        let plan = route_by(Task::Code, &pool(), &settled(), &plain(), seeds().1);
        assert_eq!(plan.mode, Mode::Explore);
        assert!(plan.reason.contains("epsilon re-check"));

        let mut seen = [0_u32; 3];
        let mut explored = 0;
        for seed in 0..30_000 {
            let plan = route_by(Task::Code, &pool(), &settled(), &plain(), seed);
            seen[plan.ranked[0]] += 1;
            explored += u32::from(plan.mode == Mode::Explore);
        }
        assert!((2_700..3_300).contains(&explored), "{explored}");
        assert!((850..1_150).contains(&seen[0]), "{seen:?}");
        assert!((850..1_150).contains(&seen[1]), "{seen:?}");
    }

    #[test]
    fn a_cold_burst_gives_every_model_its_samples_and_then_exploits() {
        let mut candidates = pool();
        let mut explored = 0;
        for seed in 0..500 {
            let plan = route_by(Task::Code, &candidates, &Learned::new(), &plain(), seed);
            explored += u32::from(plan.mode == Mode::Explore);
            candidates[plan.ranked[0]].pending += 1;
        }
        assert_eq!(explored, 6);
        assert_eq!(
            candidates[1].pending,
            2 + 494,
            "the rest goes to the cheapest"
        );
    }

    #[test]
    fn a_model_without_a_measured_cost_is_weighed_at_its_list_price() {
        let mut learned = settled();
        let rows = learned.get_mut(&Task::Code).unwrap();
        rows.remove("fair");
        let row = rows.entry("fair".into()).or_default();
        for _ in 0..2 {
            let unmeasured = Evidence {
                charge: None,
                ..Evidence::graded(0.0, 0.92)
            };
            row.fold(&unmeasured, &plain());
        }
        assert_eq!(row.avg_cost(), None);
        let plan = route_by(Task::Code, &pool(), &learned, &plain(), seeds().0);
        assert_eq!(pool()[plan.ranked[0]].model, "fair");
    }

    #[test]
    fn a_model_that_was_never_graded_does_not_win_over_one_that_was() {
        let mut learned = settled();
        let row = learned
            .get_mut(&Task::Code)
            .unwrap()
            .entry("cheap".into())
            .or_default();
        *row = Row::default();
        for _ in 0..2 {
            let ungraded = Evidence {
                quality: None,
                ..Evidence::graded(0.0001, 0.0)
            };
            row.fold(&ungraded, &plain());
        }
        let plan = route_by(Task::Code, &pool(), &learned, &plain(), seeds().0);
        assert_eq!(plan.ranked, vec![2, 0, 1]);
    }
}
