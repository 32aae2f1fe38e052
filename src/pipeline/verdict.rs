//! Failure → what follows from it: who is asked next, what is remembered, who is left out.
//!
//! What could be the runtime's own doing (no connection, 401, 402, 403, 5xx) waits for what others
//! say: where another model of it answers, the one that failed was at fault; where none does, its
//! runtime's breaker counts it, and no model is put out.
//!
//! What holds for everybody's requests is learned on the word of an operator or of two keys, or once
//! another model has answered the very request; never from words that may be the client's own.

use runtimes::{
    faults::Fault,
    needs::Need,
    tokens::{Density, window_of},
};

use crate::domain::{
    refusal::Refusal,
    runtime::{limits::Limit, quarantine::Quarantine, registry::Model},
};

use super::{Case, World, classify::characters, failure::Failure};

/// Seconds for which a sample counts as tried that failed by the caller's doing, as far as is known:
/// a model that takes another request amiss than its words say holds nobody up.
const REFUSED_SAMPLE: f64 = 60.0;
/// The same of all others: as long as it is remembered.
const FAILED_SAMPLE: f64 = f64::INFINITY;
/// Tokens are guessed wrong by this factor at the most: who finds less too long has a smaller window
/// than is believed.
const MISJUDGED: u64 = 2;
/// Tokens that the body of a plain request takes beside its text.
const FRAME: u64 = 100;

/// A model that failed.
#[derive(Debug)]
pub struct Failed<'a> {
    pub model: &'a Model,
    pub failure: Failure,
    /// Had its runtime answered what it was asked before.
    pub clean: bool,
    /// Had it as much time as a model is to have.
    pub fair: bool,
    /// Is it learned of where another answers: the word of one key alone is not enough.
    pub owed: bool,
}

/// Who may be asked after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Successor {
    Nobody,
    Another,
    /// One whose window holds more tokens than that.
    Larger(u64),
    /// One other, whatever that says.
    OneOther,
}

impl Failed<'_> {
    /// Is one other to say whose fault it was.
    pub fn is_decisive(&self) -> bool {
        matches!(self.failure.fault, Fault::Account | Fault::Runtime)
    }

    /// Could it be its runtime's doing.
    fn is_in_doubt(&self) -> bool {
        match (self.failure.fault, &*self.failure.refusal) {
            (Fault::Account | Fault::Runtime, _) | (_, Refusal::Unreachable { .. }) => true,
            (Fault::Model, Refusal::Upstream { status, .. }) => *status >= 500,
            _ => false,
        }
    }
}

/// What follows at once.
pub fn failed<W: World>(world: &W, case: &Case<'_>, failed: &mut Failed<'_>) -> Successor {
    let in_doubt = failed.is_in_doubt();
    let Failed {
        model,
        failure,
        fair,
        owed,
        ..
    } = failed;
    let (id, now, task) = (&model.id, world.now(), case.brief.task);
    let gone = *failure.refusal == Refusal::ClientGone;
    let quiet = matches!(*failure.refusal, Refusal::TimedOut { .. });
    world.memory(|memory| {
        memory.probed(id);
        if gone {
            return;
        }
        if !in_doubt && !quiet {
            memory.health.runtime_answered(&model.runtime);
        }
        let seconds = match failure.fault {
            Fault::Caller => REFUSED_SAMPLE,
            _ if in_doubt => return,
            _ => FAILED_SAMPLE,
        };
        memory.health.sample_failed(task, id, now, seconds);
    });
    match failure.fault {
        _ if failure.is_hearsay => {}
        Fault::NoSuchModel => *owed = !accuse(world, failure, id),
        Fault::Cannot(need) => {
            *owed = !is_told_by_two(world, &format!("{id} {}", need.name()));
            if !*owed {
                learn(world, case, model, failure);
            }
        }
        Fault::TooLong => {
            *owed = !is_told_by_two(world, &format!("{id} window"));
            if !*owed {
                learn(world, case, model, failure);
                correct(world, case, model, failure);
            }
        }
        Fault::Model if quiet => {
            // A whole answer that outlasts its time says little of the model.
            let often = case.request.stream || world.memory(|it| it.health.outlasted(id));
            *owed = often && *fair && !accuse(world, failure, id);
        }
        Fault::Model if !in_doubt => *owed = !accuse(world, failure, id),
        _ => {}
    }
    match failure.fault {
        Fault::Caller => Successor::Nobody,
        Fault::Account | Fault::Runtime => Successor::OneOther,
        Fault::TooLong => Successor::Larger(Bounds::of(world, case, model, failure).window()),
        _ => Successor::Another,
    }
}

/// What there is to go by where a model found a request too long. Tokens.
struct Bounds {
    /// What its window is believed to hold, and what its runtime says that it does.
    believed: u64,
    named: Option<u64>,
    /// What the request is guessed to need, by its text or by all of it.
    needed: u64,
    /// Is its text about all there is of it.
    is_text: bool,
}

impl Bounds {
    fn of<W: World>(world: &W, case: &Case<'_>, model: &Model, failure: &Failure) -> Bounds {
        let known = world.memory(|memory| memory.limits.window(&model.id, world.now()));
        let output = case.brief.output_tokens;
        let weighed = case.request.body.weight().saturating_add(output);
        Bounds {
            believed: known.map_or(model.window(), |known| known.min(model.window())),
            named: window_of(&failure.refusal.message()).filter(|_| !failure.is_hearsay),
            needed: case.brief.tokens_needed().max(weighed),
            is_text: is_text(case),
        }
    }

    /// As many tokens as it may have.
    fn most(&self) -> u64 {
        self.needed.saturating_mul(MISJUDGED)
    }

    /// What the window holds: what is said of it, and where nothing is, less than text that cannot have
    /// filled the one that is believed.
    fn window(&self) -> u64 {
        match self.named {
            Some(named) => named.min(self.believed),
            None if self.is_text && self.most() < self.believed => self.needed / MISJUDGED,
            None => self.believed,
        }
    }
}

/// Is the text that is counted by its characters about all there is of a request.
fn is_text(case: &Case<'_>) -> bool {
    let unseen = [Need::Images, Need::Audio, Need::Files];
    let counted = case.brief.input_tokens.saturating_mul(MISJUDGED);
    !unseen.iter().any(|need| case.request.needs.has(*need))
        && counted.saturating_add(FRAME) >= case.request.body.weight()
}

/// Remembers what a model does not take, or leaves it out.
fn learn<W: World>(world: &W, case: &Case<'_>, model: &Model, failure: &Failure) {
    let now = world.now();
    match failure.fault {
        Fault::Cannot(need) => world.remember(Limit::need(&model.id, need, now)),
        Fault::TooLong => {
            let bounds = Bounds::of(world, case, model, failure);
            if bounds.window() < bounds.believed {
                world.remember(Limit::window(&model.id, bounds.window(), now));
            }
        }
        _ => put_out(world, failure, &model.id),
    }
}

/// A text was too long for a window that was to hold it: the guess was too low.
fn correct<W: World>(world: &W, case: &Case<'_>, model: &Model, failure: &Failure) {
    let bounds = Bounds::of(world, case, model, failure);
    let window = bounds.window();
    if bounds.is_text && bounds.most() >= window {
        let characters = characters(case.request);
        world.memory(|memory| memory.density.refused(characters, window));
    }
}

/// A runtime counted the tokens of a request that a model of it answered.
pub fn counted<W: World>(world: &W, case: &Case<'_>, model: &Model, tokens: Option<u64>) {
    let Some(tokens) = tokens else { return };
    world.memory(|memory| {
        memory.limits.answered(&model.id, tokens);
        // As a rule no refusal has changed the guess, and nothing has to be counted.
        if memory.density != Density::default() && is_text(case) {
            memory.density.told(characters(case.request), tokens);
        }
    });
}

/// A model answered: those that failed before it were at fault themselves, as far as their runtime
/// is the same and had not failed before.
pub fn answered<W: World>(
    world: &W,
    case: &Case<'_>,
    model: &Model,
    clean: bool,
    before: &[Failed<'_>],
) {
    let runtime = model.runtime.as_str();
    let whole = !case.request.stream;
    world.memory(|memory| {
        memory.health.runtime_answered(runtime);
        memory.health.answered(&model.id, whole);
    });
    let others = before
        .iter()
        .filter(|failed| failed.model.runtime != runtime);
    blame(world, &others.collect::<Vec<_>>());
    let own = before
        .iter()
        .filter(|failed| failed.model.runtime == runtime);
    for failed in before.iter().filter(|failed| failed.owed) {
        learn(world, case, failed.model, &failed.failure);
    }
    for failed in own.filter(|failed| failed.is_in_doubt()) {
        // While a runtime comes back, one model fails and the next answers: that is nobody's fault.
        if clean && failed.clean {
            convict(world, case, failed);
        }
    }
}

/// No model answered. Which failure the client is told, by its place.
pub fn unanswered<W: World>(world: &W, failures: &mut [Failed<'_>]) -> usize {
    let waits = blame(world, &failures.iter().collect::<Vec<_>>());
    for failed in failures.iter_mut().filter(|failed| failed.is_in_doubt()) {
        let wait = waits
            .iter()
            .find(|(runtime, _)| *runtime == failed.model.runtime);
        if let Some((_, wait)) = wait {
            failed.failure.refusal.wait_at_least(*wait);
        }
    }
    // What another model of the runtime gave the lie to says less than the last that was said.
    let decides = |failed: &Failed<'_>| {
        let away = waits.iter().any(|(name, _)| *name == failed.model.runtime);
        failed.is_decisive() && (away || failed.failure.fault == Fault::Account)
    };
    let place = failures.iter().rposition(decides);
    place.unwrap_or(failures.len().saturating_sub(1))
}

/// Tells for each runtime whether it is away or its models failed each for itself. The runtimes that
/// are away, and whole seconds until they are tried again.
fn blame<W: World>(world: &W, failures: &[&Failed<'_>]) -> Vec<(String, u64)> {
    let mut waits: Vec<(String, u64)> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for failed in failures {
        let runtime = failed.model.runtime.as_str();
        if seen.contains(&runtime) {
            continue;
        }
        seen.push(runtime);
        let own = || failures.iter().filter(|it| it.model.runtime == runtime);
        let alike = own().all(|failed| failed.is_in_doubt());
        let lone = |failed: &&&Failed<'_>| failed.failure.fault == Fault::Model;
        let now = world.now();
        let enough = own().count() > 1
            || !own().all(|failed| lone(&failed))
            || world.memory(|memory| memory.health.failed_alone(runtime, &failed.model.id, now));
        if alike && enough {
            let asked = own().filter_map(|failed| failed.failure.refusal.retry_after());
            let asked = asked.max();
            let (wait, acquitted) = world.memory(|memory| {
                own().for_each(|failed| memory.health.suspect(&failed.model.id, now));
                let acquitted = memory.acquitted(runtime);
                (memory.health.runtime_failed(runtime, now, asked), acquitted)
            });
            for model in acquitted {
                world.set_quarantine(&model, None);
            }
            waits.push((runtime.to_owned(), wait));
            continue;
        }
        // Something of it answered, so it is there.
        for failed in own().filter(|failed| failed.is_in_doubt()) {
            match failed.failure.fault {
                Fault::Account => world.memory(|memory| {
                    memory.health.suspect(&failed.model.id, world.now());
                }),
                _ => {
                    accuse(world, &failed.failure, &failed.model.id);
                }
            }
        }
    }
    waits
}

/// It was the model's own fault.
fn convict<W: World>(world: &W, case: &Case<'_>, failed: &Failed<'_>) {
    let (id, now) = (&failed.model.id, world.now());
    world.memory(|memory| {
        memory
            .health
            .sample_failed(case.brief.task, id, now, FAILED_SAMPLE);
    });
    put_out(world, &failed.failure, id);
}

/// An answer under way broke off.
pub fn broke_off<W: World>(world: &W, model: &Model, failure: &Failure) {
    if failure.fault.is_models_own() {
        accuse(world, failure, &model.id);
    }
}

/// A model failed by its own doing: it is left out on the word of an operator or of two keys. Says
/// whether it is.
fn accuse<W: World>(world: &W, failure: &Failure, model: &str) -> bool {
    let enough = is_told_by_two(world, model);
    if enough {
        put_out(world, failure, model);
    }
    enough
}

/// Is that the word of an operator, or of a second key.
fn is_told_by_two<W: World>(world: &W, what: &str) -> bool {
    let now = world.now();
    world.memory(|memory| memory.accuse(what, world.key(), now))
}

/// Leaves a model out.
fn put_out<W: World>(world: &W, failure: &Failure, model: &str) {
    let (now, refusal) = (world.now(), &failure.refusal);
    let unknown = match failure.fault {
        Fault::NoSuchModel => true,
        // Not to be had with this key: that is as if there were none.
        Fault::Account => refusal.status() != 429,
        _ => false,
    };
    let quarantine = world.memory(|memory| {
        let known = memory.quarantine(model);
        match unknown {
            true => Quarantine::unknown(known, now),
            false => {
                let seconds = world.settings().quarantine_seconds;
                Quarantine::after_failure(known, now, seconds, refusal.retry_after())
            }
        }
    });
    world.set_quarantine(model, Some(quarantine));
}
