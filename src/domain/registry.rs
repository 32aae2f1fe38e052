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
/// The default of the setting `BASELINE_CONTEXT`, tokens.
pub const DEFAULT_BASELINE_CONTEXT: u64 = 128_000;
/// List price of the default baseline, USD per 1M tokens (in, out).
const DEFAULT_BASELINE_PRICE: (f64, f64) = (2.50, 10.00);

/// The pool with the baseline in it. A baseline that is already in the pool is not listed twice;
/// one that is not is taken at the default baseline's list price.
pub fn pool(baseline: &str, baseline_context: u64) -> Vec<Model> {
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
    if !models.iter().any(|model| model.id == baseline) {
        models.push(Model {
            id: baseline.into(),
            tier: Tier::Large,
            context: baseline_context,
            in_price: DEFAULT_BASELINE_PRICE.0,
            out_price: DEFAULT_BASELINE_PRICE.1,
        });
    }
    models
}
