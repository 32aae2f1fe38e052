//! What a request found of a model: as decisions, dry runs and explanations tell it.

use serde::{Deserialize, Serialize};

/// A model that could have been chosen, or why not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Considered {
    pub model: String,
    /// Why it was not eligible; `None` where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excluded: Option<String>,
    /// Expected quality, 0..=1, and the standard deviation of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub belief: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sd: Option<f64>,
    /// USD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_cost: Option<f64>,
    /// With which it was to be chosen, 0..=1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
}
