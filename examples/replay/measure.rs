//! What a run was worth: saving, quality, regret against the rule with perfect knowledge.

use std::collections::BTreeMap;

use chat::Task;

use crate::{
    data::Set,
    run::{Call, means},
};

/// Call counts at which the books are read, besides the end.
pub const CHECKPOINTS: [usize; 4] = [100, 500, 2_000, 10_000];

/// Calls of one task whose mean quality is held against the floor.
const WINDOW: usize = 200;

/// The figures of a share of one run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    pub calls: f64,
    /// 1 − spent / what the baseline would have cost on the same prompts.
    pub saved: f64,
    pub quality: f64,
    /// Share of calls in explore mode.
    pub explored: f64,
    /// USD a call above what the rule with perfect knowledge would have spent.
    pub cost_regret: f64,
    /// How far below the rule with perfect knowledge the mean quality is.
    pub quality_regret: f64,
    /// Best model's mean quality on these prompts minus what was reached; the worst task's.
    pub gap: f64,
    /// USD a call.
    pub cost: f64,
    /// What the rule with perfect knowledge would have saved, and its quality.
    pub perfect_saved: f64,
    pub perfect_quality: f64,
    /// Share in explore mode of the last quarter of the calls.
    pub explored_late: f64,
    /// Share of (task, 200 calls) windows whose mean quality is below best − tolerance by more
    /// than 1.645 of its own standard errors: beyond chance.
    pub below_floor: f64,
}

impl Figures {
    pub const NAMES: [&'static str; 12] = [
        "calls",
        "saved",
        "quality",
        "explored",
        "cost_regret",
        "quality_regret",
        "gap",
        "cost",
        "perfect_saved",
        "perfect_quality",
        "explored_late",
        "below_floor",
    ];

    pub fn values(&self) -> [f64; 12] {
        [
            self.calls,
            self.saved,
            self.quality,
            self.explored,
            self.cost_regret,
            self.quality_regret,
            self.gap,
            self.cost,
            self.perfect_saved,
            self.perfect_quality,
            self.explored_late,
            self.below_floor,
        ]
    }
}

/// What is the same for every order of a set.
pub struct Yardstick {
    baseline: usize,
    /// What the rule picks for each prompt, every mean known.
    perfect: Vec<usize>,
    best: BTreeMap<Task, f64>,
    tolerance: f64,
}

impl Yardstick {
    /// `baseline`: index of the model that the saving is measured against.
    pub fn new(set: &Set, baseline: usize, tolerance: f64) -> Yardstick {
        let quality = means(set);
        let cost = mean_costs(set);
        let mut best: BTreeMap<Task, f64> = BTreeMap::new();
        for (&(task, _), &mean) in &quality {
            let so_far = best.entry(task).or_insert(mean);
            *so_far = so_far.max(mean);
        }
        let perfect = set
            .prompts
            .iter()
            .map(|prompt| {
                let of = |index: usize| quality.get(&(prompt.task, index)).copied().unwrap_or(0.0);
                let present =
                    || (0..prompt.cells.len()).filter(|&index| prompt.cells[index].is_some());
                let top = present().map(of).fold(0.0, f64::max);
                present()
                    .filter(|&index| of(index) >= top - tolerance)
                    .min_by(|&a, &b| {
                        let cost = |index| cost.get(&(prompt.task, index)).copied().unwrap_or(0.0);
                        cost(a).total_cmp(&cost(b))
                    })
                    .unwrap_or(0)
            })
            .collect();
        Yardstick {
            baseline,
            perfect,
            best,
            tolerance,
        }
    }

    /// The figures of these calls; of one task's where one is named.
    pub fn figures(&self, set: &Set, calls: &[Call], task: Option<Task>) -> Figures {
        let (mut n, mut quality, mut explored, mut against) = (0.0, 0.0, 0.0, 0.0);
        let (mut spent, mut spent_all, mut baseline) = (0.0, 0.0, 0.0);
        let (mut perfect_cost, mut perfect_quality) = (0.0, 0.0);
        let mut by_task: BTreeMap<Task, (f64, f64)> = BTreeMap::new();
        for call in calls {
            let prompt = &set.prompts[call.prompt];
            if task.is_some_and(|task| task != prompt.task) {
                continue;
            }
            n += 1.0;
            quality += call.quality;
            explored += f64::from(u8::from(call.explored));
            spent_all += call.cost;
            let sums = by_task.entry(prompt.task).or_default();
            sums.0 += call.quality;
            sums.1 += 1.0;
            if let Some(cell) = prompt.cells[self.baseline] {
                baseline += cell.cost;
                spent += call.cost;
                against += 1.0;
            }
            if let Some(cell) = prompt.cells[self.perfect[call.prompt]] {
                perfect_cost += cell.cost;
                perfect_quality += cell.quality;
            }
        }
        if n == 0.0 {
            return Figures::default();
        }
        let gap = by_task
            .iter()
            .map(|(task, (sum, n))| self.best.get(task).copied().unwrap_or(0.0) - sum / n)
            .fold(f64::NEG_INFINITY, f64::max);
        let share = |cost: f64| {
            if baseline > 0.0 {
                1.0 - cost / baseline
            } else {
                0.0
            }
        };
        Figures {
            calls: n,
            saved: share(spent),
            quality: quality / n,
            explored: explored / n,
            cost_regret: (spent_all - perfect_cost) / n,
            quality_regret: (perfect_quality - quality) / n,
            gap,
            cost: spent_all / n,
            perfect_saved: share(perfect_cost * against / n),
            perfect_quality: perfect_quality / n,
            explored_late: explored_late(set, calls, task),
            below_floor: self.below_floor(set, calls, task),
        }
    }

    fn below_floor(&self, set: &Set, calls: &[Call], task: Option<Task>) -> f64 {
        let mut by_task: BTreeMap<Task, Vec<f64>> = BTreeMap::new();
        for call in calls {
            let of = set.prompts[call.prompt].task;
            if task.is_none_or(|task| task == of) {
                by_task.entry(of).or_default().push(call.quality);
            }
        }
        let (mut below, mut all) = (0.0, 0.0);
        for (task, qualities) in by_task {
            let floor = self.best.get(&task).copied().unwrap_or(0.0) - self.tolerance;
            for window in qualities.chunks_exact(WINDOW) {
                let n = window.len() as f64;
                let mean = window.iter().sum::<f64>() / n;
                let variance = window.iter().map(|q| (q - mean).powi(2)).sum::<f64>() / (n - 1.0);
                below += f64::from(u8::from(mean + 1.645 * (variance / n).sqrt() < floor));
                all += 1.0;
            }
        }
        if all > 0.0 { below / all } else { 0.0 }
    }
}

fn explored_late(set: &Set, calls: &[Call], task: Option<Task>) -> f64 {
    let late = &calls[calls.len() - calls.len() / 4..];
    let of = |call: &&Call| task.is_none_or(|task| task == set.prompts[call.prompt].task);
    let n = late.iter().filter(of).count();
    let explored = late.iter().filter(of).filter(|call| call.explored).count();
    explored as f64 / n.max(1) as f64
}

fn mean_costs(set: &Set) -> BTreeMap<(Task, usize), f64> {
    let mut sums: BTreeMap<(Task, usize), (f64, f64)> = BTreeMap::new();
    for prompt in &set.prompts {
        for (index, cell) in prompt.cells.iter().enumerate() {
            if let Some(cell) = cell {
                let sum = sums.entry((prompt.task, index)).or_default();
                sum.0 += cell.cost;
                sum.1 += 1.0;
            }
        }
    }
    sums.into_iter()
        .map(|(key, (sum, n))| (key, sum / n))
        .collect()
}

/// A mean over orders with the half width of its 95 % confidence interval
/// (normal: 1.96 standard errors).
#[derive(Clone, Copy, Debug, Default)]
pub struct Mean {
    pub mean: f64,
    pub half: f64,
}

pub fn mean(values: &[f64]) -> Mean {
    let n = values.len() as f64;
    if values.is_empty() {
        return Mean::default();
    }
    let mean = values.iter().sum::<f64>() / n;
    if values.len() < 2 {
        return Mean { mean, half: 0.0 };
    }
    let variance = values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / (n - 1.0);
    Mean {
        mean,
        half: 1.96 * (variance / n).sqrt(),
    }
}
