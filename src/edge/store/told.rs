//! What happened, as it is asked for: series, single decisions, pages of the export.

use serde::Deserialize;
use worker::{Result, wasm_bindgen::JsValue};

use super::{Store, number, text};
use crate::domain::{
    books::{
        feed::Decision,
        history::{Histogram, Hour},
        query::Query,
        series::{By, MOST_POINTS, Point, Span},
    },
    money::Pico,
};

/// Names of one step at the most: more than any pool has.
const MOST_NAMES: u64 = 50;

#[derive(Deserialize)]
struct RawSums {
    at: f64,
    name: String,
    calls: f64,
    dropped: f64,
    failed: f64,
    failovers: f64,
    spend: String,
    estimated: String,
    computed: String,
    baseline: String,
    overhead: String,
    quality_n: f64,
    quality_sum: f64,
    in_tokens: f64,
    cached_tokens: f64,
    out_tokens: f64,
    first: String,
    whole: String,
}

/// A row that was found, beside how many were looked through and the last of those.
#[derive(Deserialize)]
struct Found {
    many: f64,
    last: Option<String>,
    id: Option<String>,
    json: Option<String>,
}

#[derive(Deserialize)]
struct Json {
    json: String,
}

impl Store {
    /// The sums of a span, oldest first.
    pub async fn series(&self, span: &Span) -> Result<Vec<Point>> {
        let values = [
            number(span.from as f64),
            number(span.to as f64),
            number(span.step as f64),
            text(span.by.name()),
            number((MOST_POINTS * MOST_NAMES) as f64),
        ];
        let found = self
            .statement(include_str!("sql/timeseries.sql"), &values)?
            .all()
            .await?;
        let rows = found.results::<RawSums>()?;
        let named = span.by != By::Total;
        let point = |row: RawSums| {
            let name = named.then(|| row.name.clone());
            Point::of(&row.read(), name)
        };
        Ok(rows.into_iter().map(point).collect())
    }

    pub async fn decision(&self, id: &str) -> Result<Option<Decision>> {
        let row: Option<Json> = self
            .statement(include_str!("sql/decision.sql"), &[text(id)])?
            .first(None)
            .await?;
        Ok(row.and_then(|row| serde_json::from_str(&row.json).ok()))
    }

    /// Decisions between two ids, in their order, and where the next page begins; of one key where one is
    /// named, and then of so many as are looked through.
    pub async fn export(
        &self,
        after: &str,
        before: &str,
        key: Option<&str>,
        many: u64,
    ) -> Result<(Vec<String>, Option<String>)> {
        let looked = key.map_or(many, |_| EXPORT_LOOKS_THROUGH);
        let values = [
            text(after),
            text(before),
            key.map_or(JsValue::NULL, text),
            number(many as f64),
            number(looked as f64),
        ];
        let found = self
            .statement(include_str!("sql/export.sql"), &values)?
            .all()
            .await?;
        let rows = found.results::<Found>()?;
        let cursor = cursor(&rows, many, looked);
        Ok((
            rows.into_iter().filter_map(|row| row.json).collect(),
            cursor,
        ))
    }
}

/// Decisions that one page looks through at the most: what is rare takes several.
const LOOKED_THROUGH: u64 = 2_000;
/// The same of an export.
const EXPORT_LOOKS_THROUGH: u64 = 5_000;

/// Where the next page begins, if there may be one: behind a full one or behind what was looked through.
fn cursor(rows: &[Found], many: u64, looked: u64) -> Option<String> {
    let mut ids = rows.iter().filter_map(|row| row.id.as_ref());
    if ids.clone().count() as u64 >= many {
        return ids.next_back().cloned();
    }
    let first = rows.first().filter(|row| row.many as u64 >= looked)?;
    first.last.clone()
}

impl Store {
    /// The newest decisions that are asked for, and where the next page begins.
    pub async fn found(&self, asked: &Query) -> Result<(Vec<Decision>, Option<String>)> {
        let word = |value: &Option<String>| value.as_deref().map_or(JsValue::NULL, text);
        let limit = |value: Option<f64>| value.map_or(JsValue::NULL, number);
        let tag = |part: fn(&(String, String)) -> &String| {
            let tag = asked.tag.as_ref();
            tag.map_or(JsValue::NULL, |tag| text(part(tag)))
        };
        let values = [
            text(&asked.after),
            text(&asked.before),
            number(LOOKED_THROUGH as f64),
            word(&asked.task),
            word(&asked.model),
            word(&asked.outcome),
            word(&asked.key),
            word(&asked.mode),
            limit(asked.quality.0),
            limit(asked.quality.1),
            number(asked.many as f64),
            tag(|(name, _)| name),
            tag(|(_, value)| value),
        ];
        let found = self
            .statement(include_str!("sql/find_decisions.sql"), &values)?
            .all()
            .await?;
        let rows = found.results::<Found>()?;
        let cursor = cursor(&rows, asked.many, LOOKED_THROUGH);
        let read = |row: &Found| serde_json::from_str(row.json.as_deref()?).ok();
        Ok((rows.iter().filter_map(read).collect(), cursor))
    }
}

impl RawSums {
    fn read(self) -> Hour {
        let pico = |text: &str| Pico(text.parse().unwrap_or_default());
        let histogram =
            |text: &str| -> Histogram { serde_json::from_str(text).unwrap_or_default() };
        Hour {
            start: self.at as u64,
            calls: self.calls as u64,
            dropped: self.dropped as u64,
            failed: self.failed as u64,
            failovers: self.failovers as u64,
            spend: pico(&self.spend),
            estimated: pico(&self.estimated),
            computed: pico(&self.computed),
            baseline: pico(&self.baseline),
            overhead: pico(&self.overhead),
            judged: Pico::default(),
            quality_n: self.quality_n as u64,
            quality_sum: self.quality_sum,
            in_tokens: self.in_tokens as u64,
            cached_tokens: self.cached_tokens as u64,
            out_tokens: self.out_tokens as u64,
            first: histogram(&self.first),
            whole: histogram(&self.whole),
        }
    }
}
