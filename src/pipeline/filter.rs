//! Brief × pool → Shortlist: which models can take the request, and which the budget allows.

use std::collections::BTreeMap;

use crate::domain::{
    considered::Considered,
    isolate::memory::Memory,
    policy::{Candidate, Load},
    refusal::Refusal,
    runtime::{
        needs::{Excluded, Need, Needs, Offer, Pattern, tally},
        registry::Model,
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
        let fits_none = |pattern: &&Pattern| !pool.iter().any(|model| pattern.fits(&model.id));
        if let Some(pattern) = patterns.iter().find(fits_none) {
            let excluded = BTreeMap::from([(field.to_owned(), pool.len() as u64)]);
            let message = format!(
                "`{field}` names {:?}, which fits no model of the pool: GET /v1/models lists them",
                pattern.text()
            );
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
mod tests {
    use super::*;
    use crate::domain::{
        books::book::Book,
        money::Pico,
        reason::ClassifiedBy,
        runtime::{
            limits::Limit,
            registry::{self, DEFAULT_BASELINE, DEFAULT_BASELINE_CONTEXT},
        },
        wire::request::RequestBounds,
    };
    use chat::Task;

    fn shortlist(
        input_tokens: u64,
        max_tokens: u64,
        ceiling: &str,
    ) -> (usize, Option<bool>, String) {
        let body = format!(r#"{{"messages":[{{"role":"user"}}],"arbiter_max_cost":{ceiling}}}"#);
        let request = ChatRequest::parse(body, RequestBounds::default()).unwrap();
        let brief = Brief {
            task: Task::Open,
            classified_by: ClassifiedBy::Rules,
            confidence: None,
            input_tokens,
            output_tokens: max_tokens,
            overhead: Pico::default(),
            talk: None,
        };
        let pool = registry::pool(DEFAULT_BASELINE, DEFAULT_BASELINE_CONTEXT);
        let shortlist = filter(&request, &brief, &pool, &Memory::default(), 0.0);
        (
            shortlist.models.len(),
            shortlist.budget_met,
            shortlist.models[0].0.id.clone(),
        )
    }

    #[test]
    fn a_window_that_is_too_small_is_out_before_cost_has_a_say() {
        assert_eq!(shortlist(100, 512, "null").0, 9);
        assert_eq!(shortlist(128_000, 0, "null").0, 9);
        assert_eq!(shortlist(128_000, 1, "null").0, 5);
        assert_eq!(shortlist(200_000, 512, "0").2, "gemini-2.5-flash");
    }

    #[test]
    fn where_nothing_fits_the_whole_pool_is_eligible() {
        assert_eq!(shortlist(u64::MAX, u64::MAX, "null").0, 9);
    }

    #[test]
    fn a_ceiling_keeps_what_is_within_it_or_the_cheapest() {
        let (count, met, _) = shortlist(1_000, 512, "0.001");
        assert_eq!((count, met), (4, Some(true)));
        let (count, met, model) = shortlist(1_000, 512, "0");
        assert_eq!((count, met), (1, Some(false)));
        assert_eq!(model, "mistral-small-3.2-24b-instruct-2506");
    }

    fn asked(fields: &str, pool: &[Model], memory: &Memory) -> Result<Vec<String>, Refusal> {
        let body = format!(r#"{{"messages":[{{"role":"user"}}]{fields}}}"#);
        let request = ChatRequest::parse(body, RequestBounds::default()).unwrap();
        open_to(&request, pool, memory, 10.0)?;
        let brief = Brief {
            task: Task::Open,
            classified_by: ClassifiedBy::Rules,
            confidence: None,
            input_tokens: 5_000,
            output_tokens: 512,
            overhead: Pico::default(),
            talk: None,
        };
        let shortlist = filter(&request, &brief, pool, memory, 10.0);
        let ids = shortlist.models.iter().map(|(model, _)| model.id.clone());
        Ok(ids.collect())
    }

    #[test]
    fn a_client_has_the_models_that_it_wants_or_none() {
        let pool = registry::pool(DEFAULT_BASELINE, DEFAULT_BASELINE_CONTEXT);
        let memory = Memory::default();
        let of = |fields: &str| asked(fields, &pool, &memory);
        assert_eq!(of(r#","arbiter_models":["gpt-4o"]"#).unwrap(), ["gpt-4o"]);
        let gpts = of(r#","arbiter_models":["gpt-*"],"arbiter_exclude":["*-mini"]"#).unwrap();
        assert_eq!(gpts, ["gpt-4.1", "gpt-4o"]);
        for (fields, field, reason) in [
            (
                r#","arbiter_models":["gpt-9"]"#,
                Some("arbiter_models"),
                "arbiter_models",
            ),
            (
                r#","arbiter_exclude":["x*"]"#,
                Some("arbiter_exclude"),
                "arbiter_exclude",
            ),
            (r#","arbiter_exclude":["*"]"#, None, "arbiter_exclude"),
            (r#","arbiter_tags":["eu"]"#, None, "arbiter_tags"),
        ] {
            let Err(Refusal::NoModelFits {
                field: named,
                excluded,
                ..
            }) = of(fields)
            else {
                panic!("{fields}");
            };
            assert_eq!(named, field, "{fields}");
            assert_eq!(excluded.get(reason), Some(&9), "{fields}");
        }
    }

    #[test]
    fn what_a_model_cannot_or_refused_lately_keeps_it_from_such_requests_only() {
        let mut pool = registry::pool(DEFAULT_BASELINE, DEFAULT_BASELINE_CONTEXT);
        pool.truncate(3);
        let mut memory = Memory::default();
        pool[0].accepts.images = Some(false);
        let id = pool[1].id.clone();
        memory.limits.note(Limit::need(&id, Need::Images, 5.0), 5.0);
        let last = pool[2].id.clone();
        let picture = r#","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x/y.png"}}]}]"#;
        let body = format!(r#"{{"stream":false{picture}}}"#);
        let request = ChatRequest::parse(body, RequestBounds::default()).unwrap();
        let open = open_to(&request, &pool, &memory, 10.0).unwrap();
        assert_eq!(open.iter().map(|it| &it.id).collect::<Vec<_>>(), [&last]);
        assert_eq!(asked("", &pool, &memory).unwrap().len(), 3);
        memory.limits.note(Limit::window(&last, 4_096, 5.0), 5.0);
        assert!(!asked("", &pool, &memory).unwrap().contains(&last));
    }

    #[test]
    fn a_bound_that_no_model_can_answer_keeps_none_from_trying() {
        let mut pool = registry::pool(DEFAULT_BASELINE, DEFAULT_BASELINE_CONTEXT);
        for model in &mut pool {
            model.max_output = Some(16_384);
        }
        let memory = Memory::default();
        let of = |fields: &str| asked(fields, &pool, &memory).unwrap().len();
        assert_eq!(of(r#","max_tokens":128000"#), 9);
        pool[0].max_output = Some(200_000);
        let asked = asked(r#","max_tokens":128000"#, &pool, &memory).unwrap();
        assert_eq!(asked, [pool[0].id.clone()]);
    }

    #[test]
    fn a_ceiling_throws_no_model_out_and_each_is_reckoned_with_what_it_gives() {
        let mut pool = registry::pool(DEFAULT_BASELINE, DEFAULT_BASELINE_CONTEXT);
        pool[0].max_output = Some(1_000);
        let body = r#"{"messages":[{"role":"user"}]}"#.to_owned();
        let mut request = ChatRequest::parse(body, RequestBounds::default()).unwrap();
        request.ceiling = Some(128_000);
        let brief = |output_tokens| Brief {
            task: Task::Open,
            classified_by: ClassifiedBy::Rules,
            confidence: None,
            input_tokens: 127_000,
            output_tokens,
            overhead: Pico::default(),
            talk: None,
        };
        let memory = Memory::default();
        let held = |brief: &Brief| -> Vec<(String, f64)> {
            let models = filter(&request, brief, &pool, &memory, 0.0).models;
            let told = models.iter().map(|(model, cost)| (model.id.clone(), *cost));
            told.collect()
        };
        let long = held(&brief(12_000));
        let ids: Vec<&str> = long.iter().map(|(id, _)| id.as_str()).collect();
        assert!(
            ids.contains(&pool[0].id.as_str()),
            "its window holds its own most"
        );
        assert!(!ids.contains(&"gpt-4o") && ids.contains(&"gpt-4.1"));
        let own = (127_000.0 * 0.075 + 1_000.0 * 0.2) / 1e6;
        assert!((long[0].1 - own).abs() < 1e-12, "{}", long[0].1);
        assert_eq!(held(&brief(900)).len(), 9);
    }

    #[test]
    fn who_is_too_slow_is_out_and_the_quickest_answers_where_all_are() {
        let pool = registry::pool(DEFAULT_BASELINE, DEFAULT_BASELINE_CONTEXT);
        let mut memory = Memory::default();
        for (at, model) in pool.iter().enumerate() {
            let mut book = Book::default();
            // 0.4 s at the first, more at each.
            let millis = 400.0 * 2_f64.powi(at as i32);
            book.row.latency.note(9.0, None, millis);
            book.seq = 1;
            memory.absorb(Task::Code, model.id.clone(), book);
        }
        let quick = asked(r#","arbiter_max_latency":1.0"#, &pool, &memory).unwrap();
        assert_eq!(quick.len(), 2);
        let none = asked(r#","arbiter_max_latency":0.01"#, &pool, &memory).unwrap();
        assert_eq!(none, [pool[0].id.clone()]);
    }
}
