//! How good a model is at a task, and how sure one is of it: a posterior mean and its standard
//! deviation for each candidate, from its own grades and a prior.
//!
//! The prior is the level of the task's models, plus [`BETTER_PER_E`] for each factor e by which
//! the model is dearer than they are, plus its published head start, plus what its other
//! tasks tell of the model itself. A model's quality is thought of as level + model + task: the
//! model's part varies by [`MODEL_VARIANCE`] between models, the part peculiar to one model on
//! one task by [`TASK_VARIANCE`]. A model known from no other task thus starts with a prior that
//! counts like one grade; one that is well known elsewhere with up to some five, and more of them
//! once the task is well known.

use chat::Task;
use std::collections::BTreeMap;

use super::{Candidate, Learned, Row, prior::head_starts};

/// Variance of the part of a quality that a model takes from task to task. Far above what
/// it is between the models of one vendor's list (0.01 to 0.02): in a wide pool the few outstanding models
/// would otherwise be shrunk into the crowd.
const MODEL_VARIANCE: f64 = 0.15;
/// Variance of the part that is peculiar to one model on one task, where another task is to tell of it.
const TASK_VARIANCE: f64 = 0.03;
/// The same where a task is told of it, down to which it falls as the task is graded: a young task
/// believes its own few grades; later only who is hardly heard leans on the others, and a handful of
/// unlucky grades shall not outweigh what all of them tell.
const LEAST_TASK_VARIANCE: f64 = 0.002;
/// Grades of the task after which it has fallen half the way.
const TASK_HALF: f64 = 1_000.0;
/// How much better a model is expected to be that costs e times as much.
const BETTER_PER_E: f64 = 0.01;
/// The level of a task before anything is graded, and the precision of that.
const NEUTRAL: f64 = 0.7;
const NEUTRAL_PRECISION: f64 = 20.0;
/// Variance of a single grade before it is known, what that counts like, and its floor.
const GRADE_VARIANCE: f64 = 0.2;
/// The same of a judge's grade, which is no toss of a coin.
const JUDGE_VARIANCE: f64 = 0.04;
const VARIANCE_SAMPLES: f64 = 4.0;
const LEAST_VARIANCE: f64 = 0.0025;
/// What the task's variance counts like, in grades, beside the model's own.
const OWN_VARIANCE_SAMPLES: f64 = 5.0;
/// A cost of nothing is taken for this, USD, where its logarithm is.
const LEAST_COST: f64 = 1e-7;

/// What is believed of one candidate's quality.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Belief {
    /// 0..=1
    pub mean: f64,
    /// Standard deviation of the mean, not of single answers.
    pub sd: f64,
    /// The model's own grades on the task, faded.
    pub n: f64,
    /// Whether benchmark figures of the model are published.
    pub published: bool,
}

/// A row with at least one grade, as far as it tells of the model's quality.
struct Graded<'l> {
    model: &'l str,
    /// Mean grade, and how many there are, faded.
    mean: f64,
    n: f64,
    /// Logarithm of its mean cost in USD; `None` where nothing was charged.
    log_cost: Option<f64>,
}

/// What the rows of a task have in common.
struct Common<'l> {
    /// In the order of the models' names.
    graded: Vec<Graded<'l>>,
    /// Expected quality of a model of middling cost.
    level: f64,
    /// Variance of single grades within a row.
    variance: f64,
    /// Mean logarithm of the rows' costs.
    log_cost: f64,
}

/// What other tasks tell of one model itself: a precision, and the sum of leads weighted by it.
#[derive(Clone)]
struct Told {
    precision: f64,
    sum: f64,
}

fn log_cost(row: &Row) -> Option<f64> {
    row.avg_cost().map(|cost| cost.max(LEAST_COST).ln())
}

/// The variance of a single grade by who gives them here, before any is known.
fn single_variance(rows: Option<&BTreeMap<String, Row>>) -> f64 {
    let (mut judged, mut all) = (0.0, 0.0);
    for row in rows.into_iter().flat_map(BTreeMap::values) {
        judged += row.grades.judge as f64;
        all += row.grades.total() as f64;
    }
    let share = if all > 0.0 { judged / all } else { 0.0 };
    GRADE_VARIANCE + share * (JUDGE_VARIANCE - GRADE_VARIANCE)
}

impl<'l> Common<'l> {
    fn of(rows: Option<&'l BTreeMap<String, Row>>) -> Common<'l> {
        let (mut squares, mut freedom) =
            (single_variance(rows) * VARIANCE_SAMPLES, VARIANCE_SAMPLES);
        let (mut logs, mut priced) = (0.0, 0.0);
        let mut graded = Vec::with_capacity(rows.map_or(0, BTreeMap::len));
        for (model, row) in rows.into_iter().flatten() {
            let skill = &row.skill;
            let Some(mean) = skill.mean() else { continue };
            squares += (skill.squares - skill.n * mean * mean).max(0.0);
            freedom += (skill.n - 1.0).max(0.0);
            let log_cost = log_cost(row);
            if let Some(log) = log_cost {
                logs += log;
                priced += 1.0;
            }
            graded.push(Graded {
                model,
                mean,
                n: skill.n,
                log_cost,
            });
        }
        let mut common = Common {
            graded,
            level: NEUTRAL,
            variance: (squares / freedom).max(LEAST_VARIANCE),
            log_cost: if priced > 0.0 { logs / priced } else { 0.0 },
        };
        let (mut sum, mut precision) = (NEUTRAL * NEUTRAL_PRECISION, NEUTRAL_PRECISION);
        for row in &common.graded {
            let weight = 1.0 / (MODEL_VARIANCE + TASK_VARIANCE + common.variance / row.n);
            sum += weight * (row.mean - common.price_lead(row.log_cost));
            precision += weight;
        }
        common.level = sum / precision;
        common
    }

    /// What a cost, by its logarithm, lets one expect above the level.
    fn price_lead(&self, log_cost: Option<f64>) -> f64 {
        log_cost.map_or(0.0, |log| BETTER_PER_E * (log - self.log_cost))
    }

    /// Adds how far above expectation each candidate is here, weighted by the precision of that as
    /// a statement about the model itself. `by_name`: the candidates in the order of their names, so
    /// that one pass over both finds all.
    fn tell(&self, candidates: &[Candidate<'_>], by_name: &[usize], told: &mut [Told]) {
        let mut graded = self.graded.iter().peekable();
        for &index in by_name {
            let (Some(candidate), Some(told)) = (candidates.get(index), told.get_mut(index)) else {
                continue;
            };
            while graded.next_if(|row| row.model < candidate.model).is_some() {}
            let Some(row) = graded.peek().filter(|row| row.model == candidate.model) else {
                continue;
            };
            let precision = 1.0 / (TASK_VARIANCE + self.variance / row.n);
            told.precision += precision;
            told.sum += precision * (row.mean - self.price_lead(row.log_cost) - self.level);
        }
    }
}

/// What all tasks but this one tell of each candidate itself.
fn told_elsewhere(task: Task, candidates: &[Candidate<'_>], learned: &Learned) -> Vec<Told> {
    let mut by_name: Vec<usize> = (0..candidates.len()).collect();
    by_name.sort_unstable_by_key(|&index| candidates.get(index).map(|candidate| candidate.model));
    let nothing = Told {
        precision: 1.0 / MODEL_VARIANCE,
        sum: 0.0,
    };
    let mut told = vec![nothing; candidates.len()];
    for (_, rows) in learned.iter().filter(|&(&other, _)| other != task) {
        Common::of(Some(rows)).tell(candidates, &by_name, &mut told);
    }
    told
}

/// One belief for each candidate, in their order. `rows` are theirs on this task.
pub(super) fn beliefs(
    task: Task,
    candidates: &[Candidate<'_>],
    rows: &[Option<&Row>],
    learned: &Learned,
) -> Vec<Belief> {
    let here = Common::of(learned.get(&task));
    let grades: f64 = here.graded.iter().map(|row| row.n).sum();
    let young = TASK_HALF / (TASK_HALF + grades);
    let peculiar = LEAST_TASK_VARIANCE + (TASK_VARIANCE - LEAST_TASK_VARIANCE) * young;
    // Where nothing was charged, the candidates' own list prices are compared.
    let log_estimate = |candidate: &Candidate<'_>| {
        let estimate = Some(candidate.estimate).filter(|usd| usd.is_finite());
        estimate.unwrap_or(0.0).max(LEAST_COST).ln()
    };
    let mean_estimate =
        candidates.iter().map(log_estimate).sum::<f64>() / candidates.len().max(1) as f64;
    candidates
        .iter()
        .zip(rows)
        .zip(told_elsewhere(task, candidates, learned))
        .zip(head_starts(candidates, task))
        .map(|(((candidate, row), told), head_start)| {
            let price_lead = match row.and_then(log_cost) {
                Some(log) => here.price_lead(Some(log)),
                None => BETTER_PER_E * (log_estimate(candidate) - mean_estimate),
            };
            let published = head_start.unwrap_or(0.0);
            let prior =
                (here.level + price_lead + told.sum / told.precision + published).clamp(0.0, 1.0);
            let (n, sum, squares) = row.map_or((0.0, 0.0, 0.0), |row| {
                let (all, own) = (&row.skill, &row.narrowed);
                match candidate.narrowed {
                    true => (all.n + own.n, all.sum + own.sum, all.squares + own.squares),
                    false => (all.n, all.sum, all.squares),
                }
            });
            let own = if n > 0.0 {
                (squares - sum * sum / n).max(0.0)
            } else {
                0.0
            };
            let freedom = (n - 1.0).max(0.0) + OWN_VARIANCE_SAMPLES;
            let variance =
                ((own + OWN_VARIANCE_SAMPLES * here.variance) / freedom).max(LEAST_VARIANCE);
            // In grades of this very model: one that is nearly always right is known by a few of them.
            let weight = variance / (peculiar + 1.0 / told.precision);
            Belief {
                mean: (weight * prior + sum) / (weight + n),
                sd: (variance / (weight + n)).sqrt(),
                n,
                published: head_start.is_some(),
            }
        })
        .collect()
}
