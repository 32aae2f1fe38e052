//! Brief × Shortlist × what is remembered → Plan: the policy's choice, among the models that are
//! not out. Pure: the same arguments give the same plan.
//!
//! A conversation is routed at its first turn, by what all of it is expected to cost. At a later one the policy is asked what it would
//! choose now, without exploring; the conversation's own model is put before that, unless leaving
//! it is worth it.

use crate::domain::{
    conversation::{Affinity, Kept},
    isolate::memory::Memory,
    policy::{self, Candidate, Mode, Tunables, Weighed},
    reason::Reason,
    runtime::{
        breaker::Gate,
        quarantine::{Quarantine, Standing, in_order},
        registry::Model,
    },
    session::{self, Ahead, Goer, Stance, Stuck, Talk, Told},
};

use super::{Brief, Shortlist};

/// Tokens that a conversation grows by and is answered with in a turn, where it has none yet.
const FIRST_GROWTH: f64 = 300.0;
const FIRST_OUTPUT: f64 = 200.0;

/// Which models to call, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan<'a> {
    /// The chosen one first, then the next best; those that are out come last, for when all
    /// others have failed.
    pub models: Vec<&'a Model>,
    pub mode: Mode,
    /// One plain sentence: why this model.
    pub reason: String,
    /// Probability over the seed with which this choice is made in this situation.
    pub propensity: f64,
    /// Why this model, in a word.
    pub code: Reason,
    /// How each model that is not out was weighed; those that are out stand in none.
    pub weighed: Vec<(&'a str, Weighed)>,
    /// Share of such answers that the judge is to rate where nothing else does.
    pub worth: f64,
    /// What becomes of the conversation's model, where it is one.
    pub talk: Option<Told>,
    /// Does it leave that because it is stuck.
    pub unstuck: bool,
}

/// Lets the policy choose among the shortlisted models that are not in quarantine. If every one
/// is, all are candidates and the least recently failed is tried first, rather than refusing.
/// `now` is Unix seconds, `seed` uniform random: everything random is drawn from it.
pub fn route<'a>(
    brief: &Brief,
    shortlist: &Shortlist<'a>,
    memory: &Memory,
    tunables: &Tunables,
    now: f64,
    seed: u64,
) -> Plan<'a> {
    // A sample that failed counts as tried: others are owed theirs.
    let mut all = shortlist.candidates(|model| {
        let failed = memory.health.failed_samples(brief.task, model, now);
        let least = tunables.min_samples;
        let under_way = memory.samples_under_way(brief.task, model, least, now);
        under_way.saturating_add(failed)
    });
    let talk = brief.talk.as_ref();
    let course = talk.map(|talk| Course {
        brief,
        shortlist,
        memory,
        talk,
        ahead: ahead(brief, talk, memory, now),
    });
    if let Some(course) = &course {
        for candidate in &mut all {
            let model = shortlist.model(candidate.model);
            candidate.ahead = model.map(|model| course.ahead.cost(&course.goer(model)));
        }
    }
    let away = |it: &Candidate<'a>| {
        let model = shortlist.model(it.model);
        model.is_some_and(|model| memory.health.gate(&model.runtime, now) == Gate::Open)
    };
    let stands = |it: &Candidate<'a>| memory.standing(it.model, now) != Standing::Out;
    // Where every runtime is away its models are tried as they are.
    let all_away = !all.iter().any(|it| stands(it) && !away(it));
    let (standing, out): (Vec<Candidate<'a>>, Vec<Candidate<'a>>) = all
        .iter()
        .cloned()
        .partition(|it| stands(it) && (all_away || !away(it)));
    let everyone_is_out = standing.is_empty();
    let candidates = if everyone_is_out { all } else { standing };
    let kept = talk.and_then(|talk| talk.session.kept.as_ref());
    let settled = Tunables {
        min_samples: 0,
        epsilon: 0.0,
        ..tunables.clone()
    };
    // An agent's conversation is no experiment: begun with another model than the winner it pays for that in
    // the prompt that both read. So what is looked at again is a share of the turns, not of the conversations.
    let course_of_agent = course.as_ref().filter(|course| course.talk.has_tools);
    let turns = course_of_agent.map_or(0.0, |course| course.ahead.turns);
    let thinned = Tunables {
        epsilon: tunables.epsilon / (1.0 + turns),
        ..tunables.clone()
    };
    // Where there is no choice none is left to chance.
    let no_choice = kept.is_some() || everyone_is_out;
    let tunables = if no_choice { &settled } else { &thinned };
    let mut plan = policy::route(brief.task, &candidates, memory.learned(), tunables, seed);
    if everyone_is_out {
        let last_resort = |index: &usize| {
            let candidate = candidates.get(*index);
            Quarantine::last_resort(candidate.and_then(|it| memory.quarantine(it.model)))
        };
        plan.ranked
            .sort_by(|a, b| in_order(last_resort(a), last_resort(b)));
        plan.reason = "every model failed lately: trying the least recently failed".into();
    }
    let eligible: Vec<&'a Model> = plan
        .ranked
        .iter()
        .filter_map(|index| shortlist.model(candidates.get(*index)?.model))
        .collect();
    let out = out.iter().filter_map(|it| shortlist.model(it.model));
    let first = |talk: &Talk| Told {
        from: talk.session.whose.from,
        decision: Stance::Start,
        why: "its first turn here".into(),
    };
    let mut plan = Plan {
        models: eligible.iter().copied().chain(out).collect(),
        mode: plan.mode,
        reason: plan.reason,
        propensity: plan.propensity,
        code: match shortlist.budget_met {
            _ if everyone_is_out => Reason::Failover,
            _ if !shortlist.context_met => Reason::ContextFallback,
            Some(false) => Reason::BudgetFallback,
            _ if shortlist.models.len() == 1 => Reason::OnlyEligible,
            _ => plan.code,
        },
        weighed: candidates
            .iter()
            .zip(plan.weighed)
            .map(|(candidate, weighed)| (candidate.model, weighed))
            .collect(),
        worth: plan.worth,
        talk: talk.map(first),
        unstuck: false,
    };
    if let (Some(course), Some(kept)) = (course, kept) {
        course.steer(&mut plan, kept, &eligible);
        plan.be_certain();
    } else if everyone_is_out {
        plan.be_certain();
    }
    if shortlist.pinned {
        plan.reason = "the only model that `arbiter_models` allows".into();
        plan.code = Reason::Pinned;
    }
    plan
}

impl Plan<'_> {
    /// No chance is in it.
    fn be_certain(&mut self) {
        let first = self.models.first().map(|model| model.id.as_str());
        for (model, weighed) in &mut self.weighed {
            weighed.probability = if Some(*model) == first { 1.0 } else { 0.0 };
        }
        self.propensity = 1.0;
    }
}

/// A conversation, and where it could go.
struct Course<'c, 'a> {
    brief: &'c Brief,
    shortlist: &'c Shortlist<'a>,
    memory: &'c Memory,
    talk: &'c Talk,
    ahead: Ahead,
}

impl<'a> Course<'_, 'a> {
    /// Puts the model that goes on with the conversation first. `eligible`: the models that are not
    /// out, in the order of the policy.
    fn steer(&self, plan: &mut Plan<'a>, kept: &Kept, eligible: &[&'a Model]) {
        let name = &kept.model;
        let own = eligible.iter().find(|model| model.id == *name);
        let (to, decision, why) = match own {
            None => {
                let why = match self.shortlist.model(name) {
                    Some(_) => format!("{name} failed lately"),
                    None => format!("{name} cannot take this request"),
                };
                (None, Stance::Move, why)
            }
            Some(own) => match self.leaves(own, kept, eligible) {
                Some((to, why, unstuck)) => {
                    plan.unstuck = unstuck;
                    (Some(to), Stance::Move, why)
                }
                None => (Some(*own), Stance::Stay, "leaving would not pay".to_owned()),
            },
        };
        if let Some(to) = to {
            let others = plan.models.iter().copied().filter(|it| it.id != to.id);
            plan.models = std::iter::once(to).chain(others).collect();
        }
        let model = plan.models.first().map_or("", |model| model.id.as_str());
        plan.reason = match decision {
            Stance::Move => format!("the conversation moves to {model}: {why}"),
            _ => format!("the conversation stays with {model}"),
        };
        plan.mode = Mode::Exploit;
        plan.code = decision.reason().unwrap_or(plan.code);
        plan.talk = Some(Told {
            from: self.talk.session.whose.from,
            decision,
            why,
        });
    }

    /// Where it goes instead, why, and whether that is because it is stuck.
    fn leaves(
        &self,
        own: &'a Model,
        kept: &Kept,
        eligible: &[&'a Model],
    ) -> Option<(&'a Model, String, bool)> {
        // Whoever left a model that was stuck does not go back for its price.
        if self.talk.affinity == Affinity::Sticky || kept.was_stuck {
            return None;
        }
        if let Some(stuck) = self.talk.turn.stuck {
            let rows = self.memory.learned().get(&self.brief.task);
            let quality = |model: &Model| rows.and_then(|rows| rows.get(&model.id)?.quality());
            let others = eligible.iter().filter(|model| model.id != own.id);
            let others = others.map(|model| (*model, self.ahead.cost(&self.goer(model))));
            if let Some(to) = session::better(own, others, quality) {
                let why = match stuck {
                    Stuck::Repeats => "it was stuck: its newest call repeats the one before",
                    Stuck::Errors => "it was stuck: three errors in a row",
                };
                return Some((to, why.to_owned(), true));
            }
        }
        let to = *eligible.first().filter(|to| to.id != own.id)?;
        let worth = self.ahead.is_worth_leaving(&self.goer(own), &self.goer(to));
        let why = || {
            format!(
                "{} costs less than going on, the prompt read anew included",
                to.id
            )
        };
        worth.then(|| (to, why(), false))
    }

    fn goer<'m>(&self, model: &'m Model) -> Goer<'m> {
        let kept = self.talk.session.kept.as_ref();
        // What was charged of the list price so far contains the multiplier.
        let factor = self.memory.charged_of_list(self.brief.task, &model.id);
        Goer {
            model,
            factor: factor.unwrap_or_else(|| self.memory.multiplier(&model.id)),
            own: kept.is_some_and(|kept| kept.model == model.id),
        }
    }
}

/// What can be foreseen of the rest of a conversation.
fn ahead(brief: &Brief, talk: &Talk, memory: &Memory, now: f64) -> Ahead {
    let (turn, kept) = (&talk.turn, talk.session.kept.as_ref());
    let prompt = talk.prompt as f64;
    let (growth, output) = match turn.number.saturating_sub(1) {
        0 => (FIRST_GROWTH, FIRST_OUTPUT),
        before => (
            (turn.grown as f64 / before as f64).max(1.0),
            turn.answered as f64 / before as f64,
        ),
    };
    Ahead {
        prompt,
        growth: growth.min(prompt),
        output: output.min(brief.output_tokens as f64),
        turns: memory.lengths.further(turn.number) as f64,
        // What was asked once could not be cached.
        caches: kept.is_none_or(|kept| kept.cached > 0 || kept.turns < 2),
        since: kept.map_or(0.0, |kept| (now - kept.at).max(0.0)),
    }
}
