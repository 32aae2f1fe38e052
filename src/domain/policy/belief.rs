//! How good a model is at a task, and how sure one is of it: a posterior mean and its standard
//! deviation for each candidate, from its own grades and a weak prior.
//!
//! The prior counts like [`PRIOR_SAMPLES`] grades at the average level of the task's models,
//! shifted by the published head start of the model. Where the model was graded on other tasks,
//! it counts more, up to [`TRANSFER_SAMPLES`] further grades, and is shifted by how far the model
//! stands above or below the average there. Own grades outweigh all of it after a few calls.

use std::collections::BTreeMap;

use super::{Candidate, Learned, Row, prior::head_start};
use crate::domain::task::Task;

/// What the average level of the task's models counts like, in grades.
const PRIOR_SAMPLES: f64 = 1.0;
/// What the other tasks can add to that, at most.
const TRANSFER_SAMPLES: f64 = 5.0;
/// Grades on other tasks that give half of it.
const TRANSFER_HALF: f64 = 10.0;
/// Grades on other tasks that make half of a lead there count as a lead here.
const SHIFT_HALF: f64 = 12.0;
/// The level of a task before anything is graded, and what it counts like.
const NEUTRAL: f64 = 0.7;
const NEUTRAL_SAMPLES: f64 = 2.0;
/// Beyond so many grades a row counts no more in the level of its task.
const LEVEL_SAMPLES: f64 = 20.0;
/// Variance of a single grade before it is known, what that counts like, and its floor.
const GRADE_VARIANCE: f64 = 0.2;
const VARIANCE_SAMPLES: f64 = 4.0;
const LEAST_VARIANCE: f64 = 0.01;

/// What is believed of one candidate's quality.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Belief {
    /// 0..=1
    pub mean: f64,
    /// Standard deviation of the mean, not of single answers.
    pub sd: f64,
}

/// What the rows of a task have in common.
struct Common<'l> {
    rows: &'l BTreeMap<String, Row>,
    level: f64,
    /// Variance of single grades within a row.
    variance: f64,
}

impl<'l> Common<'l> {
    fn of(rows: &'l BTreeMap<String, Row>) -> Common<'l> {
        let (mut sum, mut weight) = (NEUTRAL * NEUTRAL_SAMPLES, NEUTRAL_SAMPLES);
        let (mut squares, mut freedom) = (GRADE_VARIANCE * VARIANCE_SAMPLES, VARIANCE_SAMPLES);
        for skill in rows.values().map(|row| &row.skill) {
            let Some(mean) = skill.mean() else { continue };
            let counts = skill.n.min(LEVEL_SAMPLES);
            sum += counts * mean;
            weight += counts;
            squares += (skill.squares - skill.n * mean * mean).max(0.0);
            freedom += (skill.n - 1.0).max(0.0);
        }
        Common {
            rows,
            level: sum / weight,
            variance: (squares / freedom).max(LEAST_VARIANCE),
        }
    }

    /// Grades of the model on this task, and how far their mean is above the level.
    fn lead(&self, model: &str) -> Option<(f64, f64)> {
        let skill = &self.rows.get(model)?.skill;
        Some((skill.n, skill.mean()? - self.level))
    }
}

/// One belief for each candidate, in their order.
pub(super) fn beliefs(task: Task, candidates: &[Candidate<'_>], learned: &Learned) -> Vec<Belief> {
    let none = BTreeMap::new();
    let here = Common::of(learned.get(&task).unwrap_or(&none));
    let elsewhere: Vec<Common<'_>> = learned
        .iter()
        .filter(|&(&other, _)| other != task)
        .map(|(_, rows)| Common::of(rows))
        .collect();
    candidates
        .iter()
        .map(|candidate| {
            let (mut seen, mut lead) = (0.0, 0.0);
            for (n, above) in elsewhere
                .iter()
                .filter_map(|task| task.lead(candidate.model))
            {
                let n = n.min(LEVEL_SAMPLES);
                seen += n;
                lead += n * above;
            }
            let prior = here.level + head_start(candidate.model, task) + lead / (seen + SHIFT_HALF);
            let prior = prior.clamp(0.0, 1.0);
            let weight = PRIOR_SAMPLES + TRANSFER_SAMPLES * seen / (seen + TRANSFER_HALF);
            let skill = here.rows.get(candidate.model).map(|row| &row.skill);
            let (n, sum) = skill.map_or((0.0, 0.0), |skill| (skill.n, skill.sum));
            Belief {
                mean: (weight * prior + sum) / (weight + n),
                sd: (here.variance / (weight + n)).sqrt(),
            }
        })
        .collect()
}
