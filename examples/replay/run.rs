//! One order of the prompts through one policy, as the worker would live through it.

use std::collections::BTreeMap;

use arbiter::domain::policy::{
    Candidate, Evidence, GradedBy, Learned, Lesson, Load, Mode, RECENT, Row, Teachers, Tunables,
    Voice, route,
};
use chat::Task;

use crate::data::{Cell, Prompt, Set};

/// Output tokens that the estimate assumes where the request names no limit.
const ASSUMED_OUTPUT: f64 = 512.0;
/// What a charge is rounded to, USD.
const CHARGE_QUANTUM: f64 = 1e-6;

/// Calls of a model on a task from which on its exploiting answers are sampled.
const SAMPLED_FROM: u64 = 10;
/// So many keys are the hostile calls'.
const HOSTILE_KEYS: u64 = 5;

/// Which answers are graded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Graded {
    /// Every answer, as if all could be checked.
    All,
    /// Code and structured answers always, the others by the judge: when exploring, and of the
    /// exploiting calls the share that the policy finds worth it.
    Explore,
}

/// Something that happens to the world at a call of the stream.
#[derive(Clone, Debug)]
pub enum Event {
    /// The model's mean quality falls by that much on every task.
    Drop { model: usize, at: usize, by: f64 },
    /// The model is not there before.
    Join { model: usize, at: usize },
    /// The model's charges are multiplied by that much.
    Price { model: usize, at: usize, by: f64 },
}

pub struct Options {
    pub tunables: Tunables,
    pub graded: Graded,
    /// USD for each answer that the judge rates, and for each request that is classified.
    pub judge_cost: f64,
    pub classifier_cost: f64,
    pub events: Vec<Event>,
    /// Share of the calls that hostile keys make, which say of every answer that it is worth nothing.
    pub hostile: f64,
}

/// One call as it went.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    pub prompt: usize,
    #[allow(dead_code)]
    pub model: usize,
    pub explored: bool,
    pub quality: f64,
    /// What was paid, judge and classifier included, USD.
    pub cost: f64,
}

/// The prompts of the set in the order of that seed.
pub fn order(prompts: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..prompts).collect();
    let mut state = seed;
    for at in (1..prompts).rev() {
        let pick = (random(&mut state) % (at as u64 + 1)) as usize;
        order.swap(at, pick);
    }
    order
}

/// That many prompts of the set, drawn with replacement.
pub fn drawn(prompts: usize, calls: usize, seed: u64) -> Vec<usize> {
    let mut state = seed ^ 0x000d_7a54;
    (0..calls)
        .map(|_| (random(&mut state) % prompts.max(1) as u64) as usize)
        .collect()
}

/// Plays the prompts in that order, each call learned from before the next.
pub fn play(set: &Set, order: &[usize], seed: u64, options: &Options) -> Vec<Call> {
    let mut learned = Learned::new();
    let mut teachers: BTreeMap<(Task, usize), Teachers> = BTreeMap::new();
    let mut state = seed ^ 0x5eed;
    let means = means(set);
    let mut calls = Vec::with_capacity(order.len());
    for (at, &index) in order.iter().enumerate() {
        let prompt = &set.prompts[index];
        let (present, candidates) = eligible(set, prompt, at, &options.events);
        if candidates.is_empty() {
            continue;
        }
        let plan = route(
            prompt.task,
            &candidates,
            &learned,
            &options.tunables,
            random(&mut state),
        );
        let model = present[plan.ranked[0]];
        let explored = plan.mode == Mode::Explore;
        let Some(cell) = prompt.cells[model] else {
            continue;
        };
        let draw = uniform(&mut state);
        let mean = means.get(&(prompt.task, model)).copied().unwrap_or(1.0);
        let cell = happen(cell, model, at, mean, draw, &options.events);
        let objective = matches!(prompt.task, Task::Code | Task::Structured);
        let known = learned
            .get(&prompt.task)
            .and_then(|rows| rows.get(&set.models[model].name));
        let sampled = options.graded == Graded::Explore
            && known.is_some_and(|row| row.n >= SAMPLED_FROM)
            && uniform(&mut state) < plan.worth;
        let judged = options.graded == Graded::Explore && !objective && (explored || sampled);
        let graded = options.graded == Graded::All || objective || judged;
        let hostile = options.hostile > 0.0 && uniform(&mut state) < options.hostile;
        let key = hostile.then(|| format!("hostile-{}", random(&mut state) % HOSTILE_KEYS));
        let quality = if hostile { 0.0 } else { cell.quality };
        let voice = match options.hostile > 0.0 {
            true => {
                let teachers = teachers.entry((prompt.task, model)).or_default();
                heard(teachers, key.as_deref(), at as f64, known)
            }
            false => Voice::default(),
        };
        let charge = (cell.cost / CHARGE_QUANTUM).round() * CHARGE_QUANTUM;
        let evidence = Evidence {
            ts: at as f64,
            charge: Some(charge),
            charge_quantum: CHARGE_QUANTUM,
            in_tokens: Some(cell.in_tokens as u64),
            out_tokens: Some(cell.out_tokens as u64),
            list_cost: prompt.cells[model].map(|cell| cell.cost),
            quality: graded.then_some(quality),
            graded_by: match judged {
                true => GradedBy::Judge,
                false => GradedBy::Check,
            },
            key,
            voice,
            ..Evidence::default()
        };
        learned
            .entry(prompt.task)
            .or_default()
            .entry(set.models[model].name.clone())
            .or_default()
            .fold(&evidence, &options.tunables);
        if hostile {
            continue;
        }
        calls.push(Call {
            prompt: index,
            model,
            explored,
            quality: cell.quality,
            cost: cell.cost
                + options.classifier_cost
                + if judged { options.judge_cost } else { 0.0 },
        });
    }
    calls
}

/// How much of a call counts, as a Learner hears it.
fn heard(teachers: &mut Teachers, key: Option<&str>, now: f64, row: Option<&Row>) -> Voice {
    let (grades, lengths) = row.map_or((0.0, 0.0), |row| (row.skill.n, row.output.heard()));
    let usage = teachers.hear(key, now, Lesson::Usage, lengths, 1.0);
    let grade = teachers.hear(key, now, Lesson::Grade, grades, 1.0);
    Voice {
        grade,
        recent: match teachers.bounds(key) {
            true => RECENT / grades.max(RECENT),
            false => 1.0,
        },
        usage,
        price: true,
    }
}

fn eligible<'s>(
    set: &'s Set,
    prompt: &Prompt,
    at: usize,
    events: &[Event],
) -> (Vec<usize>, Vec<Candidate<'s>>) {
    let absent = |index: usize| {
        events.iter().any(
            |event| matches!(event, Event::Join { model, at: from } if *model == index && at < *from),
        )
    };
    prompt
        .cells
        .iter()
        .enumerate()
        .filter(|&(index, _)| !absent(index))
        .filter_map(|(index, cell)| {
            let model = &set.models[index];
            cell.map(|cell| {
                let candidate = Candidate {
                    model: &model.name,
                    tier: model.tier,
                    estimate: cell.in_tokens * model.in_price + ASSUMED_OUTPUT * model.out_price,
                    load: Load {
                        in_tokens: cell.in_tokens,
                        most_output: None,
                        in_price: model.in_price,
                        out_price: model.out_price,
                    },
                    narrowed: false,
                    ahead: None,
                    pending: 0,
                };
                (index, candidate)
            })
        })
        .unzip()
}

/// The cell as the events that have happened by now leave it. A mean that falls by `by` is
/// the share of answers that turn wrong.
#[allow(clippy::collapsible_match)]
fn happen(
    mut cell: Cell,
    index: usize,
    now: usize,
    mean: f64,
    draw: f64,
    events: &[Event],
) -> Cell {
    for event in events {
        match *event {
            Event::Drop { model, at, by } if model == index && now >= at => {
                if draw < by / mean.max(by) {
                    cell.quality = 0.0;
                }
            }
            Event::Price { model, at, by } if model == index && now >= at => cell.cost *= by,
            _ => {}
        }
    }
    cell
}

/// Mean quality of each model on each task.
pub fn means(set: &Set) -> BTreeMap<(Task, usize), f64> {
    let mut sums: BTreeMap<(Task, usize), (f64, f64)> = BTreeMap::new();
    for prompt in &set.prompts {
        for (index, cell) in prompt.cells.iter().enumerate() {
            if let Some(cell) = cell {
                let sum = sums.entry((prompt.task, index)).or_default();
                sum.0 += cell.quality;
                sum.1 += 1.0;
            }
        }
    }
    sums.into_iter()
        .map(|(key, (sum, n))| (key, sum / n))
        .collect()
}

/// Uniform in 0..1.
fn uniform(state: &mut u64) -> f64 {
    (random(state) >> 11) as f64 / (1_u64 << 53) as f64
}

/// SplitMix64.
pub fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
