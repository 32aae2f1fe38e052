//! What the webhook was told, and what the clock finds for it.

use serde::Deserialize;
use worker::Result;

use super::{Store, number, shared::rows, text};
use crate::domain::{
    books::feed::{Alert, Decision, Outcome, id_at},
    webhook::{Trace, Watch},
};

/// Price shifts that are looked at, and calls.
const ALERTS: f64 = 50.0;
const CALLS: f64 = 300.0;

/// The watch as it is stored, and what happened lately.
pub struct Watched {
    pub watch: Watch,
    pub version: f64,
    pub alerts: Vec<Alert>,
    /// Newest first.
    pub calls: Vec<Trace>,
}

#[derive(Deserialize)]
struct Raw {
    version: f64,
    json: String,
}

#[derive(Deserialize)]
struct RawAlert {
    json: String,
}

#[derive(Deserialize)]
struct RawCall {
    ts: f64,
    model: String,
    outcome: Outcome,
    status: Option<f64>,
    failover_from: Option<String>,
}

#[derive(Deserialize)]
struct Version {
    version: f64,
}

impl Store {
    /// Reads the watch, the newest price shifts, and calls since that moment (Unix seconds).
    pub async fn watched(&self, since: f64) -> Result<Watched> {
        let statements = vec![
            self.db.prepare(include_str!("sql/webhook.sql")),
            self.statement(include_str!("sql/newest_alerts.sql"), &[number(ALERTS)])?,
            self.statement(
                include_str!("sql/calls.sql"),
                &[text(&id_at(since)), number(CALLS)],
            )?,
        ];
        let results = self.db.batch(statements).await?;
        let row = rows::<Raw>(&results, 0)?.into_iter().next();
        let Raw { version, json } = row.ok_or("the store has no webhook: apply the migrations")?;
        let alert = |row: &RawAlert| {
            let decision: Decision = serde_json::from_str(&row.json).ok()?;
            decision.alert()
        };
        let mut calls: Vec<Trace> = rows::<RawCall>(&results, 2)?
            .into_iter()
            .map(RawCall::read)
            .collect();
        calls.sort_by(|a, b| b.ts.total_cmp(&a.ts));
        Ok(Watched {
            // One of another version is begun anew.
            watch: serde_json::from_str(&json).unwrap_or_default(),
            version,
            alerts: rows::<RawAlert>(&results, 1)?
                .iter()
                .filter_map(alert)
                .collect(),
            calls,
        })
    }

    /// Keeps the watch in place of that version; gives the new one. `None` where somebody else has
    /// kept another meanwhile.
    pub async fn keep_watch(&self, version: f64, watch: &Watch) -> Result<Option<f64>> {
        let values = [number(version), text(&serde_json::to_string(watch)?)];
        let row: Option<Version> = self
            .statement(include_str!("sql/set_webhook.sql"), &values)?
            .first(None)
            .await?;
        Ok(row.map(|row| row.version))
    }
}

impl RawCall {
    fn read(self) -> Trace {
        let failed = self.failover_from.as_deref();
        Trace {
            ts: self.ts,
            model: self.model,
            outcome: self.outcome,
            status: self.status.map(|status| status as u16),
            failover_from: failed
                .and_then(|json| serde_json::from_str(json).ok())
                .unwrap_or_default(),
        }
    }
}
