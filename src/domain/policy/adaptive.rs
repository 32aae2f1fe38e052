//! The adaptive policy: the plain one's contract, with posteriors for means, and re-checks that
//! go where they could change the decision.
//!
//! Samples first, as in the plain policy. Then the cheapest model that may be within tolerance of
//! the best: its posterior mean, plus some of its standard deviation in the measure in which it
//! is cheaper than the best, reaches the best mean minus `QUALITY_TOLERANCE`. So a cheap model
//! is given up only when the evidence says so, and a dear one needs evidence to be paid for.
//!
//! At most `EPSILON` of the calls re-check. Each model is drawn in the measure in which knowing
//! it better could change the decision (see [`doubts`]), and a dearer one the less the dearer it
//! is (see [`Field::weights`]). Where hardly anything is in doubt, the re-checks thin out, down to
//! [`LEAST_RECHECKS`].

use chat::Task;
use std::cmp::Ordering;

use super::{
    Candidate, Learned, Mode, Ranking, Row, Tunables, Weighed,
    belief::{Belief, beliefs},
    dice::Dice,
    front::{gather, lead, least_sampled, order_front, quicker, under_way},
};
use crate::domain::reason::Reason;

/// Standard deviations of optimism for a model that costs nothing beside the best one, in a
/// pool of up to [`USUAL_POOL`] models: while nothing is graded, and in the long run. Early on a
/// mistake is soon found out; later the same doubt is kept for hundreds of calls.
const OPTIMISM_EARLY: f64 = 2.0;
const OPTIMISM_LATE: f64 = 0.6;
/// In the long run the doubt is weighed by what is at stake: of its standard deviation a model gets
/// this much in the measure in which it saves, and every model but the best gives up
/// [`CAUTION`]. What saves most of the cost keeps the benefit of the doubt, what saves
/// little has to be proved.
const OPTIMISM_PROVED: f64 = 2.0;
const CAUTION: f64 = 1.0;
/// Own grades of a model after which half of the caution applies.
const HEARD_HALF: f64 = 60.0;
/// Standard deviations by which a mean is taken down before the best one is picked, in the long run: the best of
/// many noisy means is too high by construction.
const WINNERS_CURSE: f64 = 0.3;
/// Grades of the task after which the long run weighs half.
const LONG_RUN: f64 = 1_000.0;
/// A greater standard deviation counts as this: beyond it one knows nothing, and there is no
/// reason to hope for the more.
const MOST_DOUBT: f64 = 0.12;
/// Grades of the task after which it is halfway between the two.
const OPTIMISM_HALF: f64 = 100.0;
/// The share of it for a model of which nothing is published: that it looks good by chance is likelier
/// where no figure speaks for it.
const UNPUBLISHED: f64 = 0.5;
/// What is added to it for a model that joined a task which was well known by then, while it has no
/// grade of its own: two unlucky first answers shall not be its last for hundreds of calls.
const OPTIMISM_JOINED: f64 = 4.0;
/// Grades of its own after which half of that is left.
const JOINED_HALF: f64 = 15.0;
/// Grades that the task had before it joined with which half of that is due.
const JOINED_AFTER: f64 = 150.0;
/// In a larger pool the luckiest of many cheap models looks the better the more there are: the optimism
/// shrinks with the pool's size, down to [`LEAST_SHARE`].
const USUAL_POOL: usize = 12;
const LEAST_SHARE: f64 = 0.4;
/// A doubt of this size is worth the full rate of re-checks.
const FULL_DOUBT: f64 = 0.2;
/// Re-checks never fall below this share of `EPSILON`: a change has to be found out somehow.
const LEAST_RECHECKS: f64 = 0.1;
/// Re-checks thin out with the square root of the grades beyond this many.
const RECHECKS_THIN: f64 = 1_000.0;
/// Re-checks go to the greater doubts more than in proportion.
const FOCUS: i32 = 4;
/// No doubt is nothing: what cannot be drawn can never surprise.
const LEAST_DOUBT: f64 = 0.02;
/// A cost of nothing is taken for this, USD, where costs are divided.
const LEAST_COST: f64 = 1e-9;

/// The candidates as the rule sees them.
struct Field {
    beliefs: Vec<Belief>,
    /// Expected cost of this request, USD.
    costs: Vec<f64>,
    /// Best posterior mean minus the tolerance.
    line: f64,
    tolerance: f64,
    /// Grades of the task.
    grades: f64,
    /// The one with the best posterior mean.
    best: usize,
    /// All candidates, the winner first, then the failover order.
    ranked: Vec<usize>,
}

pub(super) fn route(
    task: Task,
    candidates: &[Candidate<'_>],
    rows: &[Option<&Row>],
    learned: &Learned,
    tunables: &Tunables,
    seed: u64,
) -> Ranking {
    let costs = candidates
        .iter()
        .zip(rows)
        .map(|(candidate, row)| candidate.cost(*row).max(LEAST_COST))
        .collect();
    let beliefs = beliefs(task, candidates, rows, learned);
    let hopes = hopes(rows, &beliefs);
    let grades = rows.iter().flatten().map(|row| row.skill.n).sum();
    let by_time = |a, b| quicker(rows, a, b);
    let tolerance = tunables.quality_tolerance;
    let field = Field::new(beliefs, costs, tolerance, &hopes, grades, by_time);
    if let Some(short) = least_sampled(candidates, rows, tunables.min_samples) {
        let weighed = field.weighed(|_| 0.0);
        return gather(candidates, short, &field.ranked, tunables, weighed);
    }
    if under_way(rows, tunables) {
        let reason = format!(
            "the first samples of this task are under way: {}",
            field.reason(candidates)
        );
        let winner = field.ranked.first().copied();
        let weighed = field.weighed(|index| if winner == Some(index) { 1.0 } else { 0.0 });
        return field.exploit(reason, 1.0, 0.0, weighed);
    }
    field.decide(candidates, tunables.epsilon.clamp(0.0, 1.0), seed)
}

impl Field {
    /// `hopes`: how far above its mean each candidate is taken to be, if it cost nothing. `by_time`:
    /// which of two that cost the same is to come first.
    fn new(
        beliefs: Vec<Belief>,
        costs: Vec<f64>,
        tolerance: f64,
        hopes: &[f64],
        grades: f64,
        by_time: impl Fn(usize, usize) -> Ordering,
    ) -> Field {
        let long = long_run(grades);
        let best = beliefs
            .iter()
            .enumerate()
            .max_by(|(_, a), (_, b)| a.mean.total_cmp(&b.mean))
            .map_or(0, |(index, _)| index);
        let top = beliefs
            .iter()
            .map(|belief| belief.mean - long * WINNERS_CURSE * belief.sd)
            .fold(0.0, f64::max);
        let top_cost = costs.get(best).copied().unwrap_or(LEAST_COST);
        let line = top - tolerance;
        let mut standings: Vec<(usize, bool, f64, f64)> = beliefs
            .iter()
            .zip(&costs)
            .zip(hopes)
            .enumerate()
            .map(|(index, ((belief, &cost), hope))| {
                let share_saved = (1.0 - cost / top_cost).max(0.0);
                // Who has hardly been heard is not yet asked for proof.
                let heard = belief.n / (belief.n + HEARD_HALF);
                let caution = if index == best {
                    0.0
                } else {
                    CAUTION * long * heard
                };
                let reach = belief.mean + share_saved * hope - caution * belief.sd.min(MOST_DOUBT);
                (index, reach >= line, cost, reach)
            })
            .collect();
        // Those within reach of the line by cost, then the others by quality.
        order_front(&mut standings, |a, b| {
            b.1.cmp(&a.1).then_with(|| {
                let by_cost = a.2.total_cmp(&b.2).then_with(|| by_time(a.0, b.0));
                let by_reach = b.3.total_cmp(&a.3).then(by_cost);
                if a.1 { by_cost } else { by_reach }.then(a.0.cmp(&b.0))
            })
        });
        Field {
            ranked: standings.iter().map(|standing| standing.0).collect(),
            beliefs,
            costs,
            line,
            tolerance,
            grades,
            best,
        }
    }

    /// A re-check by chance, else the winner.
    fn decide(self, candidates: &[Candidate<'_>], epsilon: f64, seed: u64) -> Ranking {
        let doubts = self.doubts();
        let rate = epsilon * recheck_share(doubts.iter().copied().fold(0.0, f64::max), self.grades);
        // The share of its answers that the judge is to rate where nothing else does: all of them while a
        // choice rests on the benefit of the doubt, which is to be proved wrong by them.
        let worth = |index: usize| {
            let doubt = doubts.get(index).copied().unwrap_or(0.0);
            recheck_share(doubt, self.grades)
        };
        let weights = self.weights(&doubts);
        let total: f64 = weights.iter().sum();
        let winner = self.ranked.first().copied().unwrap_or(0);
        let share = |index: usize| weights.get(index).map_or(0.0, |weight| weight / total);
        let chance =
            |index: usize| rate * share(index) + if index == winner { 1.0 - rate } else { 0.0 };
        let weighed = self.weighed(chance);
        let mut dice = Dice::new(seed);
        if dice.uniform() >= rate {
            let reason = self.reason(candidates);
            let worth = worth(winner);
            return self.exploit(reason, chance(winner), worth, weighed);
        }
        let mut left = dice.uniform() * total;
        let drawn = weights
            .iter()
            .position(|weight| {
                left -= weight;
                left < 0.0
            })
            .unwrap_or(winner);
        Ranking {
            ranked: lead(drawn, &self.ranked),
            mode: Mode::Explore,
            reason: self.recheck_reason(candidates, drawn, winner),
            propensity: chance(drawn),
            code: Reason::Recheck,
            weighed,
            worth: worth(drawn),
        }
    }

    /// For each candidate the chance that knowing its quality exactly would change the
    /// decision: the winner falls below the line; a cheaper one rises to it, times the share of
    /// the cost that this would save; any other rises so far that the winner is no longer
    /// within tolerance.
    fn doubts(&self) -> Vec<f64> {
        let winner = self.ranked.first().copied().unwrap_or(0);
        let (Some(&win), Some(&win_cost)) = (self.beliefs.get(winner), self.costs.get(winner))
        else {
            return Vec::new();
        };
        self.beliefs
            .iter()
            .zip(&self.costs)
            .enumerate()
            .map(|(index, (belief, &cost))| {
                if index == winner {
                    return normal((self.line - win.mean) / win.sd);
                }
                let topple = normal((belief.mean - self.tolerance - win.mean) / belief.sd);
                let undercut = normal((belief.mean - self.line) / belief.sd);
                topple + undercut * (1.0 - cost / win_cost).max(0.0)
            })
            .collect()
    }

    /// How often each is drawn, up to a factor. In the long run it is the best one that the choice
    /// hangs on: a cheap winner has been heard a thousand times by its own answers, and what it is measured by
    /// hardly ever. So from what the winner costs the fair price of a look moves on to what the best one
    /// costs, what is dearer than that comes the less often, and the winner itself is no longer drawn.
    fn weights(&self, doubts: &[f64]) -> Vec<f64> {
        let long = long_run(self.grades);
        let winner = self.ranked.first().copied().unwrap_or(0);
        let cost_of = |index: usize| self.costs.get(index).copied().unwrap_or(LEAST_COST);
        let win_cost = cost_of(winner);
        let fair = win_cost * (cost_of(self.best) / win_cost).max(1.0).powf(long);
        doubts
            .iter()
            .zip(&self.costs)
            .enumerate()
            .map(|(index, (doubt, cost))| {
                let afforded = (fair / cost).min(1.0).powf(1.0 + long);
                let told = if index == winner { 1.0 - long } else { 1.0 };
                told * doubt.max(LEAST_DOUBT).powi(FOCUS) * afforded
            })
            .map(|weight| weight.max(f64::MIN_POSITIVE))
            .collect()
    }

    /// The candidates as the rule sees them; `chance`: with which each comes first.
    fn weighed(&self, chance: impl Fn(usize) -> f64) -> Vec<Weighed> {
        let of = |(index, (belief, cost)): (usize, (&Belief, &f64))| Weighed {
            belief: Some(belief.mean),
            doubt: Some(belief.sd),
            cost: *cost,
            probability: chance(index),
        };
        let field = self.beliefs.iter().zip(&self.costs);
        field.enumerate().map(of).collect()
    }

    fn exploit(
        self,
        reason: String,
        propensity: f64,
        worth: f64,
        weighed: Vec<Weighed>,
    ) -> Ranking {
        Ranking {
            code: Reason::CheapestWithin,
            weighed,
            ranked: self.ranked,
            mode: Mode::Exploit,
            reason,
            propensity,
            worth,
        }
    }

    fn reason(&self, candidates: &[Candidate<'_>]) -> String {
        let winner = self.ranked.first().copied().unwrap_or(0);
        let (model, quality, sd) = self.named(candidates, winner);
        format!(
            "{model} is the cheapest model that may be within {} of the best: \
             quality {quality:.2} ± {sd:.2}, best {:.2}",
            self.tolerance,
            self.line + self.tolerance
        )
    }

    fn recheck_reason(&self, candidates: &[Candidate<'_>], drawn: usize, winner: usize) -> String {
        let (model, quality, sd) = self.named(candidates, drawn);
        let stake = if drawn == winner {
            "every call rests on it"
        } else if self.costs.get(drawn) < self.costs.get(winner) {
            "it would be cheaper"
        } else {
            "it may set a higher standard"
        };
        format!("epsilon re-check: {model}, quality {quality:.2} ± {sd:.2}, {stake}")
    }

    fn named<'c>(&self, candidates: &[Candidate<'c>], index: usize) -> (&'c str, f64, f64) {
        let model = candidates
            .get(index)
            .map_or("", |candidate| candidate.model);
        let belief = self.beliefs.get(index);
        belief.map_or((model, 0.0, 0.0), |belief| (model, belief.mean, belief.sd))
    }
}

/// How far above its mean each candidate is hoped to be: its standard deviation times the optimism, see
/// [`OPTIMISM_EARLY`] and [`OPTIMISM_JOINED`]. When a model joined is told by the time of its first
/// call, taking the task's grades as spread evenly over the time that the task is known for.
fn hopes(rows: &[Option<&Row>], beliefs: &[Belief]) -> Vec<f64> {
    let grades: f64 = rows.iter().flatten().map(|row| row.skill.n).sum();
    let crowd = (USUAL_POOL as f64 / rows.len().max(USUAL_POOL) as f64).max(LEAST_SHARE);
    let young = OPTIMISM_HALF / (OPTIMISM_HALF + grades);
    let soon = OPTIMISM_LATE + (OPTIMISM_EARLY - OPTIMISM_LATE) * young;
    let long = long_run(grades);
    let everyone = soon * (1.0 - long) + OPTIMISM_PROVED * long;
    let seen = || rows.iter().flatten().filter_map(|row| row.seen);
    let first = seen().map(|seen| seen.first).fold(f64::MAX, f64::min);
    let last = seen().map(|seen| seen.last).fold(f64::MIN, f64::max);
    rows.iter()
        .zip(beliefs)
        .map(|(row, belief)| {
            let since = row
                .and_then(|row| row.seen)
                .map_or(first, |seen| seen.first);
            let before = if last > first {
                grades * ((since - first) / (last - first)).clamp(0.0, 1.0)
            } else {
                0.0
            };
            let due = before.powi(2) / (before.powi(2) + JOINED_AFTER.powi(2));
            let own = row.map_or(0.0, |row| row.skill.n);
            let joined = OPTIMISM_JOINED * due * JOINED_HALF / (JOINED_HALF + own);
            let known = if belief.published { 1.0 } else { UNPUBLISHED };
            everyone * crowd * known * belief.sd.min(MOST_DOUBT) + joined * belief.sd
        })
        .collect()
}

/// Share of `EPSILON` that the greatest doubt is worth after so many grades of the task: what one
/// more grade can change shrinks as they grow.
fn recheck_share(doubt: f64, grades: f64) -> f64 {
    let worth = (doubt / FULL_DOUBT).min(1.0) / (grades / RECHECKS_THIN).max(1.0).sqrt();
    worth.clamp(LEAST_RECHECKS, 1.0)
}

/// How far the long run has come, 0..1.
fn long_run(grades: f64) -> f64 {
    grades / (grades + LONG_RUN)
}

/// The standard normal distribution function, to within 0.01: the logistic one with slope 1.702
/// (Camilli, "Origin of the scaling constant d = 1.7 in item response theory", 1994).
fn normal(x: f64) -> f64 {
    1.0 / (1.0 + (-1.702 * x).exp())
}
