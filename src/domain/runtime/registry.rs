//! The pool: which models are routed to, what they cost and what they can hold. The rows that
//! operators wrote, or else the built-in nine, whose prices and windows stand here and nowhere else.
//!
//! Its law: a price that is not known is none, and never 0.

use runtimes::{address, charge::Prices, needs::Accepts};
use serde::{Deserialize, Serialize};

/// A rough prior of strength. It orders exploration and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    Small,
    Mid,
    Large,
}

/// Who said what a model costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PriceFrom {
    #[default]
    Operator,
    Catalogue,
    BuiltIn,
}

/// What a model costs by list from then on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PriceSince {
    /// Unix seconds; of the first that is known of a model: when it was first noted.
    pub since: f64,
    /// USD per 1M tokens; null: not known.
    pub in_price: Option<f64>,
    pub out_price: Option<f64>,
    pub cached_in_price: Option<f64>,
    pub price_from: PriceFrom,
}

/// Prices that are kept of a model.
pub const MOST_PRICES: u64 = 200;

/// What a window is taken to be where nobody says, tokens.
pub const USUAL_CONTEXT: u64 = 8_192;

/// A model that can be routed to: a row of the pool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Ours, unique: what the books use.
    pub id: String,
    /// The name of the runtime that it is asked of.
    pub runtime: String,
    /// What the runtime calls it.
    pub upstream_id: String,
    pub enabled: bool,
    pub tier: Tier,
    /// Context window in tokens; null: not known.
    pub context: Option<u64>,
    /// Tokens of output at most; null: not known.
    pub max_output: Option<u64>,
    /// USD per 1M tokens; null: not known.
    pub in_price: Option<f64>,
    pub out_price: Option<f64>,
    pub cached_in_price: Option<f64>,
    pub accepts: Accepts,
    pub tags: Vec<String>,
    pub price_from: PriceFrom,
    pub position: u64,
}

impl Model {
    /// One of which nothing is known but what it is called.
    pub fn named(id: &str) -> Model {
        Model {
            id: id.to_owned(),
            runtime: address::DEFAULT.to_owned(),
            upstream_id: id.to_owned(),
            enabled: true,
            tier: Tier::Mid,
            context: None,
            max_output: None,
            in_price: None,
            out_price: None,
            cached_in_price: None,
            accepts: Accepts::default(),
            tags: Vec::new(),
            price_from: PriceFrom::default(),
            position: 0,
        }
    }

    /// Tokens that its window is taken to hold.
    pub fn window(&self) -> u64 {
        self.context.unwrap_or(USUAL_CONTEXT)
    }

    pub fn prices(&self) -> Prices {
        Prices {
            input: self.in_price,
            output: self.out_price,
            cached: self.cached_in_price,
        }
    }

    /// What 1M tokens are taken to cost before a call, in and out, USD. What has no price that is
    /// known is taken at the default baseline's, so that no budget lets through what nobody can price.
    pub fn expected_prices(&self) -> (f64, f64) {
        (
            self.in_price.unwrap_or(DEFAULT_BASELINE_PRICE.0),
            self.out_price.unwrap_or(DEFAULT_BASELINE_PRICE.1),
        )
    }

    /// List price in USD of a call with that many input and output tokens.
    pub fn list_cost(&self, in_tokens: f64, out_tokens: f64) -> f64 {
        let (in_price, out_price) = self.expected_prices();
        (in_tokens * in_price + out_tokens * out_price) / 1_000_000.0
    }

    /// The most that it answers in one go, tokens: what it is asked for beyond that it refuses.
    /// Where nobody says, what most take.
    pub fn most_output(&self) -> u64 {
        const KNOWN: [(&str, u64); 5] = [
            ("gpt-4.1", 32_768),
            ("gpt-4o", 16_384),
            ("gemini-2.5", 65_535),
            ("deepseek-chat-v3", 8_192),
            ("llama-3.1", 8_192),
        ];
        let known = KNOWN.iter().find(|(family, _)| self.is_of(family));
        let known = known.map_or(16_384, |(_, most)| *most);
        self.max_output.unwrap_or(known)
    }

    /// Is it known that it takes `reasoning_effort`.
    pub fn takes_effort(&self) -> bool {
        self.accepts
            .reasoning
            .unwrap_or_else(|| self.is_of("gemini-2.5"))
    }

    /// Its name without the vendor that some runtimes put before it.
    fn is_of(&self, family: &str) -> bool {
        let name = self.upstream_id.rsplit('/').next().unwrap_or_default();
        name.starts_with(family)
    }
}

/// The models that are routed to besides the baseline: id, tier, context, $/1M in, $/1M out.
const POOL: [(&str, Tier, u64, f64, f64); 8] = [
    (
        "mistral-small-3.2-24b-instruct-2506",
        Tier::Small,
        128_000,
        0.075,
        0.20,
    ),
    ("deepseek-chat-v3", Tier::Small, 128_000, 0.20, 0.80),
    ("llama-3.1-70b-instruct", Tier::Small, 131_072, 0.40, 0.40),
    ("gpt-4.1-mini", Tier::Small, 1_047_576, 0.40, 1.60),
    ("gemini-2.5-flash", Tier::Mid, 1_048_576, 0.30, 2.50),
    ("gpt-4o-mini", Tier::Mid, 128_000, 0.15, 0.60),
    ("gpt-4.1", Tier::Mid, 1_047_576, 2.00, 8.00),
    ("gemini-2.5-pro", Tier::Large, 1_048_576, 1.25, 10.00),
];

/// The default of the setting `BASELINE_MODEL`.
pub const DEFAULT_BASELINE: &str = "gpt-4o";
/// The context window of a baseline that is not in the pool where `BASELINE_CONTEXT` is not set,
/// tokens.
pub const DEFAULT_BASELINE_CONTEXT: u64 = 128_000;
/// List price of the default baseline, USD per 1M tokens (in, out).
const DEFAULT_BASELINE_PRICE: (f64, f64) = (2.50, 10.00);

/// The built-in pool with the baseline in it. A baseline that is already in the pool is not listed
/// twice; one that is not is taken at the default baseline's list price. `baseline_context` is its
/// context window in tokens, where that is set.
pub fn pool(baseline: &str, baseline_context: impl Into<Option<u64>>) -> Vec<Model> {
    live(&[], baseline, baseline_context)
}

/// What can be routed to by these rows: those that are enabled.
pub fn live(
    rows: &[Model],
    baseline: &str,
    baseline_context: impl Into<Option<u64>>,
) -> Vec<Model> {
    let mut models = whole(rows, baseline, baseline_context);
    models.retain(|model| model.enabled);
    models
}

/// All of the pool by these rows, of which none means the built-in ones; with the baseline, where no
/// row has it.
pub fn whole(
    rows: &[Model],
    baseline: &str,
    baseline_context: impl Into<Option<u64>>,
) -> Vec<Model> {
    let baseline_context = baseline_context.into();
    let mut models: Vec<Model> = match rows {
        [] => built_in(),
        rows => rows.to_vec(),
    };
    if let Some(model) = models.iter_mut().find(|model| model.id == baseline) {
        model.context = baseline_context.or(model.context);
    } else {
        let context = baseline_context.unwrap_or(DEFAULT_BASELINE_CONTEXT);
        let (in_price, out_price) = DEFAULT_BASELINE_PRICE;
        let position = models.len() as u64;
        models.push(known(
            baseline,
            Tier::Large,
            context,
            in_price,
            out_price,
            position,
        ));
    }
    models.sort_by_key(|model| model.position);
    models
}

fn built_in() -> Vec<Model> {
    let known =
        POOL.iter()
            .zip(0..)
            .map(|(&(id, tier, context, in_price, out_price), position)| {
                known(id, tier, context, in_price, out_price, position)
            });
    known.collect()
}

/// USD per 1M input tokens that the runtime has cached, of the built-in models.
const CACHED: [(&str, f64); 7] = [
    ("gpt-4o-mini", 0.075),
    ("gpt-4o", 1.25),
    ("gpt-4.1-mini", 0.10),
    ("gpt-4.1", 0.50),
    ("gemini-2.5-flash", 0.075),
    ("gemini-2.5-pro", 0.31),
    ("deepseek-chat-v3", 0.05),
];

fn known(
    id: &str,
    tier: Tier,
    context: u64,
    in_price: f64,
    out_price: f64,
    position: u64,
) -> Model {
    let cached = CACHED.iter().find(|(known, _)| *known == id);
    Model {
        tier,
        context: Some(context),
        in_price: Some(in_price),
        out_price: Some(out_price),
        cached_in_price: cached.map(|(_, price)| *price),
        price_from: PriceFrom::BuiltIn,
        position,
        ..Model::named(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_context_of_the_baseline_is_what_is_set_or_else_what_is_known() {
        for (baseline, set, context, models) in [
            ("gpt-4o", None, 128_000, 9),
            ("gpt-4o", Some(64_000), 64_000, 9),
            ("gpt-4.1", None, 1_047_576, 8),
            ("gpt-4.1", Some(200_000), 200_000, 8),
            ("other/model", None, 128_000, 9),
        ] {
            let pool = pool(baseline, set);
            let found: Vec<Option<u64>> = pool
                .iter()
                .filter(|model| model.id == baseline)
                .map(|model| model.context)
                .collect();
            assert_eq!(
                (found, pool.len()),
                (vec![Some(context)], models),
                "{baseline}"
            );
        }
    }

    #[test]
    fn rows_stand_for_the_built_in_pool_and_what_is_off_is_not_routed_to() {
        let mut rows = pool("gpt-4o", None);
        rows.truncate(3);
        rows[0].enabled = false;
        rows[1].position = 7;
        let ids = |models: &[Model]| -> Vec<String> {
            models.iter().map(|model| model.id.clone()).collect()
        };
        let (second, third) = (rows[1].id.clone(), rows[2].id.clone());
        assert_eq!(ids(&live(&rows, &second, None)), [third.as_str(), &second]);
        let with = live(&rows, "gpt-4o", None);
        assert!(ids(&with).contains(&"gpt-4o".to_owned()), "the baseline");
        rows[2].in_price = None;
        assert_eq!(rows[2].prices().input, None);
        assert_eq!(rows[2].list_cost(1e6, 0.0), 2.5, "unknown is not free");
    }
}
