//! On what terms a key is given: limits, budget, models. What is not said is as the settings say.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::budget::Period;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_6h: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_week: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_usd: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_period: Option<Period>,
    /// Only these may answer; empty: any. Ids, in which `*` stands for any characters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
    /// These may not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<f64>,
}

impl Terms {
    /// May this model answer.
    pub fn allows(&self, model: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|it| text::pattern::fits(it, model));
        (self.models.is_empty() || named(&self.models)) && !named(&self.exclude)
    }

    pub fn expired(&self, now: f64) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_narrow_and_say_nothing_where_they_are_empty() {
        let mut terms = Terms::default();
        assert!(terms.allows("a"));
        terms.exclude = vec!["b".into()];
        assert!(terms.allows("a") && !terms.allows("b"));
        terms.models = vec!["b".into(), "c".into()];
        assert!(terms.allows("c") && !terms.allows("a") && !terms.allows("b"));
        (terms.models, terms.exclude) = (vec!["gpt-*".into()], vec!["*-mini".into()]);
        assert!(terms.allows("gpt-4o") && !terms.allows("gpt-4o-mini") && !terms.allows("a"));
    }

    #[test]
    fn terms_are_stored_like_this_and_nothing_is_stored_of_what_is_not_said() {
        assert_eq!(serde_json::to_string(&Terms::default()).unwrap(), "{}");
        let stored = r#"{"label":"l","limit_6h":1,"limit_week":2,"budget_usd":0.5,"budget_period":"day","models":["a"],"exclude":["b"],"tags":{"k":"v"},"expires":9.0}"#;
        let terms: Terms = serde_json::from_str(stored).unwrap();
        assert_eq!(serde_json::to_string(&terms).unwrap(), stored);
        assert!(terms.expired(9.0) && !terms.expired(8.0));
    }
}
