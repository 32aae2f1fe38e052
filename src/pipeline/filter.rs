//! Brief × pool → Shortlist: which models can take the request, and which the budget allows.

use crate::domain::{
    policy::{Candidate, Load},
    registry::Model,
    request::ChatRequest,
};

use super::Brief;

/// The models that passed, with what each would cost.
#[derive(Clone, Debug, PartialEq)]
pub struct Shortlist<'a> {
    /// Models and their estimated cost for this request, USD. Never empty where the pool is not.
    pub models: Vec<(&'a Model, f64)>,
    /// Was any model within the ceiling; `None` without one.
    pub budget_met: Option<bool>,
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

/// Keeps the models whose window holds the request, then those whose estimate is within the
/// ceiling. If none holds it, the whole pool is eligible; if none is within it, the cheapest is.
/// `window`: tokens that a model holds.
pub fn filter<'a>(
    request: &ChatRequest,
    brief: &Brief,
    pool: &'a [Model],
    window: impl Fn(&Model) -> u64,
) -> Shortlist<'a> {
    let needed = brief.tokens_needed();
    let allowance = request.allowance.as_ref();
    let admitted = |model: &&Model| allowance.is_none_or(|it| it.admits(model));
    // The gate let the request in, so there is one; if not, what is set aside is no reason to fail.
    let none_admitted = !pool.iter().any(|model| admitted(&model));
    let pool: Vec<&Model> = pool
        .iter()
        .filter(|model| none_admitted || admitted(model))
        .collect();
    let holds = |model: &&Model| window(model) >= needed;
    let nothing_holds = !pool.iter().any(&holds);
    let mut models: Vec<(&Model, f64)> = pool
        .into_iter()
        .filter(|model| nothing_holds || holds(model))
        .map(|model| {
            let cost = model.list_cost(brief.input_tokens as f64, brief.output_tokens as f64);
            (model, cost)
        })
        .collect();
    let budget_met = request.max_cost.map(|ceiling| {
        let met = models.iter().any(|(_, cost)| *cost <= ceiling);
        if met {
            models.retain(|(_, cost)| *cost <= ceiling);
        } else {
            models.sort_by(|a, b| a.1.total_cmp(&b.1));
            models.truncate(1);
        }
        met
    });
    Shortlist {
        models,
        budget_met,
        input_tokens: brief.input_tokens,
        most_output: request.max_tokens,
        narrowed: request.is_narrowed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        feed::ClassifiedBy,
        money::Pico,
        registry::{self, DEFAULT_BASELINE, DEFAULT_BASELINE_CONTEXT},
        request::RequestBounds,
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
            input_tokens,
            output_tokens: max_tokens,
            overhead: Pico::default(),
            talk: None,
        };
        let pool = registry::pool(DEFAULT_BASELINE, DEFAULT_BASELINE_CONTEXT);
        let shortlist = filter(&request, &brief, &pool, |model| model.context);
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
}
