//! When a conversation is worth moving: what its rest would save, and what moving it costs.

use crate::domain::runtime::registry::Model;

/// What is saved has to exceed what moving costs by so much.
const MARGIN: f64 = 1.2;
/// Seconds for which a runtime remembers a prompt.
const CACHED_FOR: f64 = 300.0;

/// The rest of a conversation, as far as it can be foreseen. Tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ahead {
    /// Of this turn's prompt.
    pub prompt: f64,
    /// That the prompt grows by with each turn.
    pub growth: f64,
    /// That a turn is answered with.
    pub output: f64,
    /// Turns after this one.
    pub turns: f64,
    /// Does its own model cache it, as far as can be told.
    pub caches: bool,
    /// Seconds since its last turn.
    pub since: f64,
}

/// A model that could go on with a conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goer<'a> {
    pub model: &'a Model,
    /// What is charged of its list price.
    pub factor: f64,
    /// Is it the one that the conversation is with.
    pub own: bool,
}

/// What a model costs a conversation: USD per 1M tokens, as charged.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Prices {
    input: f64,
    cached: f64,
    output: f64,
}

impl Ahead {
    /// What going on with a model costs to the end, USD: this turn's prompt read, all answers, and
    /// the later prompts mostly from its cache.
    pub fn cost(&self, goer: &Goer<'_>) -> f64 {
        self.read(goer) + self.rest(self.prices(goer))
    }

    fn prices(&self, goer: &Goer<'_>) -> Prices {
        let Goer { model, factor, own } = *goer;
        // A price is a promise: one that was not kept is believed no more.
        let is_kept = !own || self.caches;
        let (in_price, out_price) = model.expected_prices();
        let cached = model.cached_in_price.filter(|_| is_kept);
        Prices {
            input: in_price * factor,
            cached: cached.unwrap_or(in_price) * factor,
            output: out_price * factor,
        }
    }

    /// What this turn's answer and the turns after it cost with a model that has the prompt cached
    /// by then.
    fn rest(&self, prices: Prices) -> f64 {
        let Ahead { turns, growth, .. } = *self;
        // Of each prompt all but what is new is cached: the prompts are an arithmetic series.
        let read = turns * self.prompt + growth * turns * (turns - 1.0) / 2.0;
        let (new, said) = (turns * growth, (turns + 1.0) * self.output);
        (read * prices.cached + new * prices.input + said * prices.output) / 1e6
    }

    /// What reading this turn's prompt costs.
    fn read(&self, goer: &Goer<'_>) -> f64 {
        let prices = self.prices(goer);
        let warm = goer.own && self.since < CACHED_FOR;
        let cached = match warm {
            true => (self.prompt - self.growth).max(0.0),
            false => 0.0,
        };
        (cached * prices.cached + (self.prompt - cached) * prices.input) / 1e6
    }

    /// Does moving from its own model to another save more than reading the prompt anew costs
    /// there, by a fifth at least.
    pub fn is_worth_leaving(&self, own: &Goer<'_>, to: &Goer<'_>) -> bool {
        self.cost(own) - self.rest(self.prices(to)) > self.read(to) * MARGIN
    }
}

/// Of the models within reach the cheapest that is better than the one that is stuck.
/// `quality`: what is known of a model on the task, 0..=1.
pub fn better<'a>(
    stuck: &Model,
    others: impl Iterator<Item = (&'a Model, f64)>,
    quality: impl Fn(&Model) -> Option<f64>,
) -> Option<&'a Model> {
    let own = quality(stuck);
    let is_better = |model: &Model| match (quality(model), own) {
        (Some(its), Some(own)) => its > own,
        _ => model.tier > stuck.tier,
    };
    others
        .filter(|(model, _)| is_better(model))
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
        .map(|(model, _)| model)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::runtime::registry::{DEFAULT_BASELINE, pool};

    fn model(id: &str) -> Model {
        let pool = pool(DEFAULT_BASELINE, None);
        pool.into_iter().find(|model| model.id == id).unwrap()
    }

    const LONG: Ahead = Ahead {
        prompt: 20_000.0,
        growth: 500.0,
        output: 200.0,
        turns: 20.0,
        caches: true,
        since: 5.0,
    };

    fn leaves(ahead: Ahead, from: &str, to: &str, factor: f64) -> bool {
        let (from, to) = (model(from), model(to));
        let own = Goer {
            model: &from,
            factor,
            own: true,
        };
        let to = Goer {
            model: &to,
            factor: 1.0,
            own: false,
        };
        ahead.is_worth_leaving(&own, &to)
    }

    #[test]
    fn a_long_rest_with_a_dear_model_is_worth_leaving_for_and_a_short_one_is_not() {
        assert!(leaves(LONG, "gpt-4.1", "gpt-4.1-mini", 1.0));
        assert!(leaves(LONG, "gpt-4.1-mini", "gpt-4o-mini", 1.0));
        // The prompt is there already, at a tenth of what reading it anew costs.
        let short = Ahead { turns: 1.0, ..LONG };
        assert!(!leaves(short, "gpt-4.1-mini", "gpt-4o-mini", 1.0));
        assert!(!leaves(short, "gpt-4o", "gpt-4.1", 1.0));
    }

    #[test]
    fn what_is_not_cached_any_more_holds_nobody() {
        let cold = Ahead {
            since: 400.0,
            turns: 0.0,
            ..LONG
        };
        assert!(!leaves(
            Ahead { turns: 0.0, ..LONG },
            "gpt-4.1-mini",
            "gpt-4o-mini",
            1.0
        ));
        assert!(leaves(cold, "gpt-4.1-mini", "gpt-4o-mini", 1.0));
    }

    #[test]
    fn a_price_that_rose_is_left() {
        assert!(!leaves(LONG, "gpt-4o-mini", "gpt-4.1-mini", 1.0));
        assert!(leaves(LONG, "gpt-4o-mini", "gpt-4.1-mini", 8.0));
    }

    #[test]
    fn the_next_better_one_takes_over() {
        let (stuck, mini, large) = (
            model("gpt-4o-mini"),
            model("gpt-4.1-mini"),
            model("gpt-4.1"),
        );
        let others = || [(&mini, 0.01), (&large, 0.05)].into_iter();
        let known = |model: &Model| match model.id.as_str() {
            "gpt-4o-mini" => Some(0.6),
            "gpt-4.1-mini" => Some(0.5),
            _ => Some(0.9),
        };
        assert_eq!(better(&stuck, others(), known), Some(&large));
        assert_eq!(better(&large, others(), known), None);
        // Where nothing is known the tiers tell.
        assert_eq!(better(&mini, others(), |_| None), Some(&large));
    }
}
