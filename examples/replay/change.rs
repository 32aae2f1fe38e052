//! What a change is worth and how soon it is noticed: a cheaper model joins, a bad one joins, the
//! chosen one gets worse. Each task by itself, after [`AT`] calls of it.

use chat::Task;

use crate::{
    data::{Cell, Set},
    run::{Call, Event, Options, order, play},
};

/// Call of the task at which the change comes.
pub const AT: usize = 450;
/// Calls within which it should be followed.
pub const WITHIN: usize = 150;
/// Calls of a stretch over which a share is taken.
const STRETCH: usize = 30;
/// A model is adopted with this share of the exploiting calls of a stretch.
const MOST: f64 = 0.7;
/// It is left, or kept away from, from where no stretch has more.
const FEW: f64 = 0.3;
/// How much cheaper a newcomer is than the model whose answers it gives.
const CHEAPER: f64 = 3.0;
/// How far a bad newcomer is below the best, and how far the chosen model falls.
const BAD: [f64; 2] = [0.15, 0.3];
const FALL: f64 = 0.3;

/// What the policy should make of a change.
#[derive(Clone, Copy)]
enum Wanted {
    Adopted,
    Avoided,
}

impl Wanted {
    /// Calls from the change until it is so; `None` where that is not within [`WITHIN`].
    fn delay(self, calls: &[Call], model: usize) -> Option<usize> {
        let shares: Vec<f64> = (0..=WITHIN)
            .map(|from| share(&calls[from..from + STRETCH], model))
            .collect();
        match self {
            Wanted::Adopted => shares.iter().position(|&share| share >= MOST),
            Wanted::Avoided => {
                let from = shares.iter().rposition(|&share| share > FEW);
                from.map_or(Some(0), |last| Some(last + 1).filter(|&at| at <= WITHIN))
            }
        }
    }
}

/// What came of one kind of change over all orders.
pub struct Noticed {
    pub task: Task,
    pub change: String,
    pub orders: usize,
    /// Calls until it was followed, for the orders in which it was within [`WITHIN`].
    pub delays: Vec<usize>,
    /// Mean share of the exploiting calls that the model has over the hundred after that.
    pub share_after: f64,
    /// Mean number of calls that it gets of the [`WITHIN`].
    pub calls: f64,
}

/// Plays every change on every task that the set has at least 100 prompts of.
pub fn measure(set: &Set, options: &Options, orders: usize) -> Vec<Noticed> {
    let mut noticed = Vec::new();
    for task in Task::ALL {
        let set = only(set, task);
        if set.prompts.len() < 100 {
            continue;
        }
        let best = (0..set.models.len())
            .map(|model| quality(&set, model))
            .fold(0.0, f64::max);
        let Some(twin) = rule_winner(&set, best, options.tunables.quality_tolerance) else {
            continue;
        };
        let name = &set.models[twin].name;
        let joins = format!("as good as {name}, at a third of its price, joins");
        let wanted = Wanted::Adopted;
        noticed.push(join(&set, task, (joins, wanted), twin, options, orders));
        for below in BAD {
            let off = |model: usize| (quality(&set, model) - (best - below)).abs();
            let bad = (0..set.models.len()).min_by(|&a, &b| off(a).total_cmp(&off(b)));
            let Some(bad) = bad else { continue };
            let joins = format!("{:.2} below the best joins", best - quality(&set, bad));
            let wanted = Wanted::Avoided;
            noticed.push(join(&set, task, (joins, wanted), bad, options, orders));
        }
        noticed.push(fall(&set, task, options, orders));
    }
    noticed
}

fn join(
    set: &Set,
    task: Task,
    change: (String, Wanted),
    twin: usize,
    options: &Options,
    orders: usize,
) -> Noticed {
    let set = with_newcomer(set, twin);
    let model = set.models.len() - 1;
    let play = |seed| after(&set, seed, options, Event::Join { model, at: AT });
    gather(task, change, orders, |seed| (model, play(seed)))
}

fn fall(set: &Set, task: Task, options: &Options, orders: usize) -> Noticed {
    let run = |seed: u64| {
        let calm = play(set, &stream(set, AT, seed), seed, options);
        let model = favourite(set, &calm[AT - 100..]);
        let event = Event::Drop {
            model,
            at: AT,
            by: FALL,
        };
        (model, after(set, seed, options, event))
    };
    let change = format!("the chosen one falls by {FALL}");
    gather(task, (change, Wanted::Avoided), orders, run)
}

/// The calls from the change on.
fn after(set: &Set, seed: u64, options: &Options, event: Event) -> Vec<Call> {
    let options = Options {
        events: vec![event],
        tunables: options.tunables.clone(),
        ..*options
    };
    let calls = play(set, &stream(set, AT + WITHIN + 100, seed), seed, &options);
    calls[AT..].to_vec()
}

fn gather(
    task: Task,
    (change, wanted): (String, Wanted),
    orders: usize,
    run: impl Fn(u64) -> (usize, Vec<Call>),
) -> Noticed {
    let (mut delays, mut share_after, mut called) = (Vec::new(), 0.0, 0.0);
    for seed in 0..orders as u64 {
        let (model, calls) = run(seed);
        delays.extend(wanted.delay(&calls, model));
        share_after += share(&calls[WITHIN..], model) / orders as f64;
        let ours = calls[..WITHIN].iter().filter(|call| call.model == model);
        called += ours.count() as f64 / orders as f64;
    }
    delays.sort_unstable();
    Noticed {
        task,
        change,
        orders,
        delays,
        share_after,
        calls: called,
    }
}

/// The set reduced to one task.
pub fn only(set: &Set, task: Task) -> Set {
    let mut set = copy(set);
    set.prompts.retain(|prompt| prompt.task == task);
    set
}

fn copy(set: &Set) -> Set {
    Set {
        name: set.name.clone(),
        models: set.models.clone(),
        prompts: set.prompts.clone(),
    }
}

/// `calls` prompts: the whole set in ever new orders.
pub fn stream(set: &Set, calls: usize, seed: u64) -> Vec<usize> {
    (0..)
        .flat_map(|pass| order(set.prompts.len(), seed * 1_000 + pass))
        .take(calls)
        .collect()
}

/// Share of the exploiting calls of that stretch that went to the model.
pub fn share(calls: &[Call], model: usize) -> f64 {
    let exploited = calls.iter().filter(|call| !call.explored);
    let (ours, all) = exploited.fold((0.0, 0.0), |(ours, all), call| {
        (ours + f64::from(u8::from(call.model == model)), all + 1.0)
    });
    ours / f64::max(all, 1.0)
}

/// The model that most exploiting calls of that stretch went to.
pub fn favourite(set: &Set, calls: &[Call]) -> usize {
    (0..set.models.len())
        .max_by(|&a, &b| share(calls, a).total_cmp(&share(calls, b)))
        .unwrap_or(0)
}

/// The set with one more model, the last: the answers of that one at a third of its price.
pub fn with_newcomer(set: &Set, twin: usize) -> Set {
    let mut set = copy(set);
    let mut newcomer = set.models[twin].clone();
    newcomer.name = "newcomer".into();
    newcomer.in_price /= CHEAPER;
    newcomer.out_price /= CHEAPER;
    set.models.push(newcomer);
    for prompt in &mut set.prompts {
        let cell = prompt.cells[twin].map(|cell| Cell {
            cost: cell.cost / CHEAPER,
            ..cell
        });
        prompt.cells.push(cell);
    }
    set
}

fn mean_of(set: &Set, model: usize, figure: fn(&Cell) -> f64) -> f64 {
    let cells = set
        .prompts
        .iter()
        .filter_map(|prompt| prompt.cells[model].as_ref());
    let (sum, n) = cells.fold((0.0, 0.0), |(sum, n), cell| (sum + figure(cell), n + 1.0));
    sum / f64::max(n, 1.0)
}

fn quality(set: &Set, model: usize) -> f64 {
    mean_of(set, model, |cell| cell.quality)
}

/// What the rule would choose with perfect knowledge.
fn rule_winner(set: &Set, best: f64, tolerance: f64) -> Option<usize> {
    let cost = |model: usize| mean_of(set, model, |cell| cell.cost);
    (0..set.models.len())
        .filter(|&model| quality(set, model) >= best - tolerance)
        .min_by(|&a, &b| cost(a).total_cmp(&cost(b)))
}
