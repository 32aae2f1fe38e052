//! What people see happening: decisions and price alerts, as they stand in the recent feed.

use std::collections::BTreeMap;

use chat::Task;
use runtimes::charge::CostSource;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::domain::{
    considered::Considered,
    policy::{Mode, PriceShift},
    reason::ClassifiedBy,
    tags::Tags,
};

/// How an accepted request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The answer was whole.
    Finished,
    /// The client went away before it was.
    Dropped,
    /// No model answered, or the answer broke off.
    Failed,
}

impl Outcome {
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Finished => "finished",
            Outcome::Dropped => "dropped",
            Outcome::Failed => "failed",
        }
    }
}

/// One settled call, as `/v1/recent` shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Unix seconds.
    pub ts: f64,
    pub task: Task,
    pub classified_by: ClassifiedBy,
    pub model: String,
    pub mode: Mode,
    /// 0..=1 where graded, or learned.
    pub quality: Option<f64>,
    /// USD.
    pub cost: f64,
    pub saved: Option<f64>,
    /// Was the cost estimated rather than charged.
    pub cost_estimated: bool,
    /// Probability with which the policy chose this model, for evaluating others off-line.
    pub propensity: f64,
    pub outcome: Outcome,
    /// Models that failed before this one answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failover_from: Vec<String>,
    /// The request's id, as in `x-request-id`.
    pub id: String,
    #[serde(flatten)]
    pub detail: Detail,
}

/// What else is known of a settled call. Everything may be missing: rows of yesterday have
/// less, and a request that failed early knows little.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Detail {
    /// How sure the classifier was, 0..=1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Why this model: a word of the closed list in docs/api-reference.md.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Considered>,
    /// The HTTP status that the client was answered with, and the code of the refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Where the cost comes from: `charge`, `computed` or `estimated`; `charged` in older rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_source: Option<String>,
    /// What failed attempts were charged before the one that `cost` is of, USD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wasted: Option<f64>,
    /// Mean cost of the baseline on the task at the time, USD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_tokens: Option<u64>,
    /// Of the input tokens, those that the runtime had cached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_tokens: Option<u64>,
    /// Milliseconds from its arrival to the first byte of its answer, and to the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_ms: Option<f64>,
    /// Milliseconds by stage.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ms: BTreeMap<String, f64>,
    /// How the quality was found: `check`, `judge`, `learned` or `feedback`. Never a word of the
    /// answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub graded_by: Option<String>,
    /// The id of the key, or the name of the operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: Tags,
    /// The price shift that it proved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<PriceShift>,
    /// How many calls this row stands for, where only a share of them is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
}

impl Decision {
    /// Was its cost worked out from counted tokens where nothing is ever charged.
    pub fn is_computed(&self) -> bool {
        let source = self.detail.cost_source.as_deref();
        !self.cost_estimated && source == Some(CostSource::Computed.name())
    }

    /// As everyone may see it: nothing of whose it was.
    pub fn public(&self) -> Decision {
        let mut public = self.clone();
        public.detail.candidates.clear();
        public.detail.tags.clear();
        public.detail.key = None;
        public.detail.session = None;
        public
    }

    /// The columns of [`Decision::csv`].
    pub const CSV_HEAD: &'static str = "id,ts,task,classified_by,model,mode,outcome,status,error,\
        cost,cost_source,wasted,baseline,saved,in_tokens,cached_tokens,out_tokens,first_ms,total_ms,\
        quality,graded_by,propensity,weight,key,tags";

    /// As a line of a table.
    pub fn csv(&self) -> String {
        fn plain<T: ToString>(value: Option<T>) -> String {
            value.map_or(String::new(), |value| value.to_string())
        }
        // Quoted, and never a formula: what stands here may come from outside.
        let word = |text: &str| {
            let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
            let guard = if formula { "'" } else { "" };
            format!(
                "\"{guard}{}\"",
                text.replace('"', "\"\"").replace(['\n', '\r'], " ")
            )
        };
        let words = |text: &Option<String>| text.as_deref().map_or(String::new(), word);
        let detail = &self.detail;
        let tags = (!detail.tags.is_empty()).then(|| json!(detail.tags).to_string());
        let outcome = self.outcome.name();
        [
            word(&self.id),
            self.ts.to_string(),
            self.task.name().to_owned(),
            self.classified_by.name().to_owned(),
            word(&self.model),
            self.mode.name().to_owned(),
            outcome.to_owned(),
            plain(detail.status),
            words(&detail.error),
            self.cost.to_string(),
            words(&detail.cost_source),
            plain(detail.wasted),
            plain(detail.baseline),
            plain(self.saved),
            plain(detail.in_tokens),
            plain(detail.cached_tokens),
            plain(detail.out_tokens),
            plain(detail.first_ms),
            plain(detail.total_ms),
            plain(self.quality),
            words(&detail.graded_by),
            self.propensity.to_string(),
            detail.weight.unwrap_or(1.0).to_string(),
            words(&detail.key),
            words(&tags),
        ]
        .join(",")
    }

    /// The alert that it raised.
    pub fn alert(&self) -> Option<Alert> {
        let shift = self.detail.alert.as_ref()?;
        Some(Alert::new(self.task, &self.model, shift, self.ts))
    }
}

/// The least id of a request at that moment, Unix seconds: ids begin with their time.
pub fn id_at(moment: f64) -> String {
    format!("req_{:011x}", (moment * 1_000.0) as u64)
}

/// A price that moved, as `/v1/alerts` shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    pub task: Task,
    pub model: String,
    /// USD per token.
    pub old_unit: f64,
    pub new_unit: f64,
    pub direction: Direction,
    /// Unix seconds.
    pub ts: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Up,
    Down,
}

impl Alert {
    pub fn new(task: Task, model: &str, shift: &PriceShift, ts: f64) -> Alert {
        Alert {
            task,
            model: model.to_owned(),
            old_unit: shift.old_unit,
            new_unit: shift.new_unit,
            direction: if shift.new_unit > shift.old_unit {
                Direction::Up
            } else {
                Direction::Down
            },
            ts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the version before this one stored it.
    const YESTERDAY: &str = r#"{"ts":1.5,"task":"math","classified_by":"rules","model":"m","mode":"explore","quality":null,"cost":0.5,"saved":null,"cost_estimated":false,"propensity":1.0,"outcome":"finished","id":"r"}"#;

    #[test]
    fn a_decision_of_yesterday_is_read_and_written_as_it_was() {
        let decision: Decision = serde_json::from_str(YESTERDAY).unwrap();
        assert_eq!(decision.detail, Detail::default());
        assert_eq!(serde_json::to_string(&decision).unwrap(), YESTERDAY);
    }

    #[test]
    fn a_line_of_the_table_has_a_field_for_each_column_and_no_formula() {
        let mut decision: Decision = serde_json::from_str(YESTERDAY).unwrap();
        decision.detail.key = Some("=cmd".into());
        decision.model = "a\"b".into();
        let line = decision.csv();
        assert_eq!(
            line.split(',').count(),
            Decision::CSV_HEAD.split(',').count()
        );
        assert!(
            line.contains("\"a\"\"b\"") && line.ends_with("\"'=cmd\","),
            "{line}"
        );
        decision.detail.tags.insert("team".into(), "blue".into());
        let line = decision.csv();
        assert!(line.ends_with(r#","{""team"":""blue""}""#), "{line}");
    }

    #[test]
    fn what_everyone_sees_does_not_tell_whose_it_was() {
        let mut decision: Decision = serde_json::from_str(YESTERDAY).unwrap();
        decision.detail.key = Some("key-1".into());
        decision.detail.session = Some("talk".into());
        decision.detail.tags.insert("team".into(), "blue".into());
        decision.detail.total_ms = Some(12.0);
        let told = serde_json::to_string(&decision.public()).unwrap();
        assert!(told.contains("\"total_ms\":12.0"), "{told}");
        for secret in ["key-1", "talk", "blue"] {
            assert!(!told.contains(secret), "{told}");
        }
        let whole = serde_json::to_string(&decision).unwrap();
        assert_eq!(serde_json::from_str::<Decision>(&whole).unwrap(), decision);
    }
}
