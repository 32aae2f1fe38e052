//! What is kept of a conversation from one turn to the next: told when it changes, and waited for
//! by nobody.

use crate::domain::{
    conversation::Kept,
    runtime::registry::Model,
    session::{News, Stance, Told},
};

use super::{Case, Seen, World};

/// What is told of a conversation whose turn that model answers.
pub fn told(case: &Case<'_>, model: &str) -> Option<Told> {
    let Some(told) = case.plan.talk.clone() else {
        return case.request.session.as_ref()?.aside();
    };
    let kept = case.brief.talk.as_ref()?.session.kept.as_ref();
    let planned = case.plan.models.first().is_some_and(|it| it.id == model);
    let Some(kept) = kept.filter(|_| !planned) else {
        return Some(told);
    };
    let (decision, why) = match kept.model == model {
        true => (Stance::Stay, "the model to move to failed".to_owned()),
        false => (Stance::Move, "the model before it failed".to_owned()),
    };
    Some(Told {
        decision,
        why,
        ..told
    })
}

/// That model answers: the conversation is with it from now on.
pub fn begun<W: World>(world: &W, case: &Case<'_>, model: &Model) {
    let kept = |before: &Kept| before.cached;
    keep(world, case, model, kept);
}

/// The answer has ended: what its model had cached is known.
pub fn ended<W: World>(world: &W, case: &Case<'_>, seen: &Seen<'_>, cached: Option<u64>) {
    let Some(cached) = cached.filter(|cached| *cached > 0) else {
        return;
    };
    // What was seen to be twice as much is news, and little else: each costs a write.
    let more = |before: &Kept| match cached >= before.cached.saturating_mul(2) {
        true => cached,
        false => before.cached,
    };
    keep(world, case, seen.by.model, more);
}

fn keep<W: World>(world: &W, case: &Case<'_>, model: &Model, cached: impl Fn(&Kept) -> u64) {
    let Some(talk) = &case.brief.talk else {
        return;
    };
    let (before, whose) = (talk.session.kept.as_ref(), &talk.session.whose);
    let same = before.filter(|kept| kept.model == model.id);
    let mut now = Kept {
        model: model.id.clone(),
        task: case.brief.task,
        classified_by: case.brief.classified_by,
        at: world.now(),
        turns: same.map_or(1, |kept| kept.turns.saturating_add(1)),
        cached: same.map_or(0, |kept| kept.cached),
        was_stuck: case.plan.unstuck || before.is_some_and(|kept| kept.was_stuck),
    };
    now.cached = cached(&now);
    if before.is_some_and(|kept| kept.says(&now)) {
        return;
    }
    let news = News {
        before: before.map(|kept| kept.model.clone()),
        now,
    };
    world.keep(whose, news);
}
