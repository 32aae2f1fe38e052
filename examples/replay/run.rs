//! One order of the prompts through one policy, as the worker would live through it.

use std::collections::BTreeMap;

use arbiter::domain::policy::{Candidate, Evidence, Learned, Load, Mode, Tunables, route};
use chat::Task;

use crate::data::{Cell, Prompt, Set};

/// Output tokens that the estimate assumes where the request names no limit.
const ASSUMED_OUTPUT: f64 = 512.0;
/// What a charge is rounded to, USD.
const CHARGE_QUANTUM: f64 = 1e-6;

/// Which answers are graded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Graded {
    /// Every answer, as if all could be checked.
    All,
    /// Code and structured answers always, the others by the judge and only when exploring.
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
        let draw = (random(&mut state) >> 11) as f64 / (1_u64 << 53) as f64;
        let mean = means.get(&(prompt.task, model)).copied().unwrap_or(1.0);
        let cell = happen(cell, model, at, mean, draw, &options.events);
        let objective = matches!(prompt.task, Task::Code | Task::Structured);
        let judged = options.graded == Graded::Explore && !objective && explored;
        let graded = options.graded == Graded::All || objective || judged;
        let charge = (cell.cost / CHARGE_QUANTUM).round() * CHARGE_QUANTUM;
        let evidence = Evidence {
            ts: at as f64,
            charge: Some(charge),
            charge_quantum: CHARGE_QUANTUM,
            in_tokens: Some(cell.in_tokens as u64),
            out_tokens: Some(cell.out_tokens as u64),
            list_cost: prompt.cells[model].map(|cell| cell.cost),
            quality: graded.then_some(cell.quality),
            ..Evidence::default()
        };
        learned
            .entry(prompt.task)
            .or_default()
            .entry(set.models[model].name.clone())
            .or_default()
            .fold(&evidence, &options.tunables);
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

/// SplitMix64.
pub fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
