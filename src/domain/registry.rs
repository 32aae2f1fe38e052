//! The pool: which models are routed to, what they cost and what they can hold.
//! The one place for prices and context windows.

use serde::{Deserialize, Serialize};

/// A rough prior of strength. It orders exploration and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    Small,
    Mid,
    Large,
}

/// A model that can be routed to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    pub id: String,
    pub tier: Tier,
    /// Context window in tokens.
    pub context: u64,
    /// USD per 1M input tokens.
    pub in_price: f64,
    /// USD per 1M output tokens.
    pub out_price: f64,
}

impl Model {
    /// List price in USD of a call with that many input and output tokens.
    pub fn list_cost(&self, in_tokens: f64, out_tokens: f64) -> f64 {
        (in_tokens * self.in_price + out_tokens * self.out_price) / 1_000_000.0
    }
}

impl Model {
    /// USD per 1M input tokens that the runtime has cached; `None` where that is not known.
    pub fn cached_price(&self) -> Option<f64> {
        const KNOWN: [(&str, f64); 7] = [
            ("gpt-4o-mini", 0.075),
            ("gpt-4o", 1.25),
            ("gpt-4.1-mini", 0.10),
            ("gpt-4.1", 0.50),
            ("gemini-2.5-flash", 0.075),
            ("gemini-2.5-pro", 0.31),
            ("deepseek-chat-v3", 0.05),
        ];
        let known = KNOWN.iter().find(|(id, _)| *id == self.id);
        known.map(|(_, price)| *price)
    }
}

/// The most that a model answers in one go, tokens: what it is asked for beyond that it refuses.
/// Where it is not known, what most take.
pub fn max_output(model: &str) -> u64 {
    const KNOWN: [(&str, u64); 5] = [
        ("gpt-4.1", 32_768),
        ("gpt-4o", 16_384),
        ("gemini-2.5", 65_535),
        ("deepseek-chat-v3", 8_192),
        ("llama-3.1", 8_192),
    ];
    let known = KNOWN.iter().find(|(family, _)| model.starts_with(family));
    known.map_or(16_384, |(_, most)| *most)
}

/// Is it known that a model takes `reasoning_effort`.
pub fn takes_effort(model: &str) -> bool {
    model.starts_with("gemini-2.5")
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

/// The pool with the baseline in it. A baseline that is already in the pool is not listed twice;
/// one that is not is taken at the default baseline's list price. `baseline_context` is its
/// context window in tokens, where that is set.
pub fn pool(baseline: &str, baseline_context: impl Into<Option<u64>>) -> Vec<Model> {
    let baseline_context = baseline_context.into();
    let mut models: Vec<Model> = POOL
        .iter()
        .map(|&(id, tier, context, in_price, out_price)| Model {
            id: id.into(),
            tier,
            context,
            in_price,
            out_price,
        })
        .collect();
    if let Some(model) = models.iter_mut().find(|model| model.id == baseline) {
        model.context = baseline_context.unwrap_or(model.context);
    } else {
        models.push(Model {
            id: baseline.into(),
            tier: Tier::Large,
            context: baseline_context.unwrap_or(DEFAULT_BASELINE_CONTEXT),
            in_price: DEFAULT_BASELINE_PRICE.0,
            out_price: DEFAULT_BASELINE_PRICE.1,
        });
    }
    models
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
            let found: Vec<u64> = pool
                .iter()
                .filter(|model| model.id == baseline)
                .map(|model| model.context)
                .collect();
            assert_eq!((found, pool.len()), (vec![context], models), "{baseline}");
        }
    }
}
