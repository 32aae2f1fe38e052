//! Brief × pool → Shortlist: which models can take the request, and which the budget allows.

use std::collections::BTreeMap;

use runtimes::needs::{Need, Needs};

use crate::domain::{
    considered::Considered,
    isolate::memory::Memory,
    policy::{Candidate, Load},
    refusal::Refusal,
    runtime::{
        registry::Model,
        wishes::{Excluded, Offer, Pattern, tally},
    },
    wire::request::ChatRequest,
};

use super::Brief;

/// The models that passed, with what each would cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Shortlist<'a> {
    /// Models and their estimated cost for this request, USD. Never empty where the pool is not.
    pub models: Vec<(&'a Model, f64)>,
    /// The other models of the pool, and what keeps each out.
    pub excluded: Vec<(&'a Model, Excluded)>,
    /// Does any window hold the request.
    pub context_met: bool,
    /// Was any model within the ceiling; `None` without one.
    pub budget_met: Option<bool>,
    /// Was any model quick enough; `None` where nobody asked.
    pub latency_met: Option<bool>,
    /// Did the client name one model, and no other.
    pub pinned: bool,
    /// Tokens of the request, the most that its answer may have, and whether the client said which
    /// models may answer.
    pub input_tokens: u64,
    pub most_output: Option<u64>,
    pub narrowed: bool,
}

impl<'a> Shortlist<'a> {
    /// The models as the policy sees them; `pending`: calls of a model that are under way.
    pub fn candidates(&self, pending: impl Fn(&str) -> u64) -> Vec<Candidate<'a>> {
        self.models
            .iter()
            .map(|&(model, estimate)| Candidate {
                model: &model.id,
                tier: model.tier,
                estimate,
                load: Load {
                    in_tokens: self.input_tokens as f64,
                    most_output: self.most_output.map(|most| most as f64),
                    in_price: model.expected_prices().0 / 1e6,
                    out_price: model.expected_prices().1 / 1e6,
                },
                narrowed: self.narrowed,
                ahead: None,
                pending: pending(&model.id),
            })
            .collect()
    }

    /// The model of that id, where it passed.
    pub fn model(&self, id: &str) -> Option<&'a Model> {
        let found = self.models.iter().find(|(model, _)| model.id == id);
        found.map(|(model, _)| *model)
    }
}

/// The models that may take the request by what it needs and what its client wishes. Refuses where
/// there is none. `now` is Unix seconds.
pub fn open_to<'a>(
    request: &ChatRequest,
    pool: &'a [Model],
    memory: &Memory,
    now: f64,
) -> Result<Vec<&'a Model>, Refusal> {
    let told = sort_out(request, pool, memory, now)?.into_iter();
    Ok(told
        .filter_map(|(model, why)| why.is_none().then_some(model))
        .collect())
}

/// Keeps the models that may take the request, of these those whose window holds it, then those
/// whose estimate is within the ceiling and those that are quick enough. If none holds it, all of
/// these are eligible; if none is within the ceiling, or quick enough, the cheapest or quickest is.
pub fn filter<'a>(
    request: &ChatRequest,
    brief: &Brief,
    pool: &'a [Model],
    memory: &Memory,
    now: f64,
) -> Shortlist<'a> {
    // Of a ceiling no model gives more than it can.
    let output = |model: &Model| match request.ceiling {
        Some(_) => brief.output_tokens.min(model.most_output()),
        None => brief.output_tokens,
    };
    let needed = |model: &Model| brief.input_tokens.saturating_add(output(model));
    let allowance = request.allowance.as_ref();
    let wishes = &request.wishes;
    // The gate let the request in, so there was one a moment ago: what has shown since then is no
    // reason to fail before it is tried.
    let wished = || open(request, pool, None, |_, _| false);
    let told = sort_out(request, pool, memory, now)
        .or_else(|_| wished())
        .unwrap_or_else(|_| pool.iter().map(|model| (model, None)).collect());
    let mut sieve = Sieve::default();
    for (model, why) in told {
        let cost = model.list_cost(brief.input_tokens as f64, output(model) as f64);
        match why {
            None => sieve.models.push((model, cost)),
            Some(why) => sieve.excluded.push((model, why)),
        }
    }
    let admitted = |model: &Model| allowance.is_none_or(|it| it.admits(model));
    let listed = |model: &Model| allowance.is_none_or(|it| it.lists(model));
    match sieve.any(admitted) {
        true => sieve.keep(Excluded::Key, |(model, _)| admitted(model)),
        false => sieve.keep(Excluded::Key, |(model, _)| listed(model)),
    }
    let window = |model: &Model| {
        let found = memory.limits.window(&model.id, now);
        found.map_or(model.window(), |tokens| tokens.min(model.window()))
    };
    let holds = |model: &Model| window(model) >= needed(model);
    let context_met = sieve.any(holds);
    if context_met {
        sieve.keep(Excluded::Context, |(model, _)| holds(model));
    }
    let budget_met = request
        .max_cost
        .map(|ceiling| sieve.narrow(Excluded::Budget, ceiling, |(_, cost)| Some(*cost)));
    let latency_met = wishes.max_latency.map(|seconds| {
        sieve.narrow(Excluded::Latency, seconds, |(model, _)| {
            memory.latency(&model.id, request.stream, now)
        })
    });
    Shortlist {
        models: sieve.models,
        excluded: sieve.excluded,
        context_met,
        budget_met,
        latency_met,
        pinned: wishes.pin(pool.iter().map(|model| model.id.as_str())),
        input_tokens: brief.input_tokens,
        most_output: request.most_output(),
        narrowed: request.is_narrowed(),
    }
}

/// Models, and what keeps each out, if anything does.
type SortedOut<'a> = Vec<(&'a Model, Option<Excluded>)>;

/// The pool by what the request needs and what its client wishes. Refuses where it leaves none.
fn sort_out<'a>(
    request: &ChatRequest,
    pool: &'a [Model],
    memory: &Memory,
    now: f64,
) -> Result<SortedOut<'a>, Refusal> {
    let refused = |model: &str, need| memory.limits.refuses(model, need, now);
    open(request, pool, request.max_tokens, refused)
}

/// What is said where an entry of a list names no model.
pub fn fits_none<'a>(
    field: &str,
    mut patterns: impl Iterator<Item = &'a str>,
    pool: &[Model],
) -> Option<String> {
    let fits_none = |it: &&str| !pool.iter().any(|model| text::pattern::fits(it, &model.id));
    let pattern = patterns.find(fits_none)?;
    Some(format!(
        "`{field}` names {pattern:?}, which fits no model of the pool: GET /v1/models lists them"
    ))
}

/// What may take a request, by what it needs and what the client wishes; `output`: tokens that it
/// asks for, `refused`: whether a model refused a need within a day. Refuses where none may, and where a pattern of the
/// client's fits no model: answering with another would be worse.
fn open<'a>(
    request: &ChatRequest,
    pool: &'a [Model],
    output: Option<u64>,
    refused: impl Fn(&str, Need) -> bool,
) -> Result<SortedOut<'a>, Refusal> {
    let (wishes, needs) = (&request.wishes, &request.needs);
    let told = |model: &Model, why: String| Considered {
        model: model.id.clone(),
        excluded: Some(why),
        ..Considered::default()
    };
    let lists = [
        (
            "arbiter_models",
            wishes.models.as_deref().unwrap_or_default(),
        ),
        ("arbiter_exclude", wishes.exclude.as_slice()),
    ];
    for (field, patterns) in lists {
        if let Some(message) = fits_none(field, patterns.iter().map(Pattern::text), pool) {
            let excluded = BTreeMap::from([(field.to_owned(), pool.len() as u64)]);
            let all = pool.iter().filter(|_| request.explain);
            return Err(Refusal::NoModelFits {
                field: Some(field),
                message,
                excluded,
                candidates: all.map(|model| told(model, field.to_owned())).collect(),
            });
        }
    }
    let hard = needs.hard();
    let why = |model: &Model, needs: &Needs| {
        let offer = Offer {
            id: &model.id,
            accepts: &model.accepts,
            tags: &model.tags,
            max_output: model.max_output,
        };
        Excluded::of(&offer, wishes, needs, output, |need| {
            refused(&model.id, need)
        })
    };
    let mut sorted = SortedOut::new();
    for needs in [needs, &hard] {
        sorted = pool
            .iter()
            .map(|model| (model, why(model, needs)))
            .collect();
        if sorted.iter().any(|(_, why)| why.is_none()) || pool.is_empty() {
            return Ok(sorted);
        }
    }
    let excluded = tally(sorted.iter().filter_map(|(_, why)| *why));
    let all = sorted.iter().filter(|_| request.explain);
    let reasons: Vec<String> = excluded
        .iter()
        .map(|(reason, count)| format!("{reason}: {count}"))
        .collect();
    Err(Refusal::NoModelFits {
        field: None,
        message: format!(
            "no model of the pool may take this request ({})",
            reasons.join(", ")
        ),
        excluded,
        candidates: all
            .filter_map(|(model, why)| Some(told(model, (*why)?.name())))
            .collect(),
    })
}

/// Models and their estimated cost, and those that were taken out of them, each with the reason.
#[derive(Default)]
struct Sieve<'a> {
    models: Vec<(&'a Model, f64)>,
    excluded: Vec<(&'a Model, Excluded)>,
}

impl<'a> Sieve<'a> {
    fn any(&self, is: impl Fn(&Model) -> bool) -> bool {
        self.models.iter().any(|(model, _)| is(model))
    }

    fn keep(&mut self, why: Excluded, passes: impl Fn(&(&'a Model, f64)) -> bool) {
        let Sieve { models, excluded } = self;
        models.retain(|it| {
            let passes = passes(it);
            if !passes {
                excluded.push((it.0, why));
            }
            passes
        });
    }

    /// Keeps what is within the bound, and what has no figure; where nothing is, the one that is
    /// nearest. Says whether anything was.
    fn narrow(
        &mut self,
        why: Excluded,
        most: f64,
        figure: impl Fn(&(&'a Model, f64)) -> Option<f64>,
    ) -> bool {
        let within = |it: &(&'a Model, f64)| figure(it).is_none_or(|figure| figure <= most);
        let met = self.models.iter().any(within);
        if met {
            self.keep(why, within);
            return true;
        }
        let of = |it: &(&'a Model, f64)| figure(it).unwrap_or(f64::INFINITY);
        let nearest = self.models.iter().min_by(|a, b| of(a).total_cmp(&of(b)));
        if let Some((nearest, _)) = nearest.copied() {
            self.keep(why, |(model, _)| std::ptr::eq(*model, nearest));
        }
        false
    }
}

#[cfg(test)]
mod tests;
