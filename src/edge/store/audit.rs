//! The audit table. It is written in the batch of each deed, behind the statement that does it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use worker::{D1PreparedStatement, Result};

use super::{Store, number, text};
use crate::domain::account::audit::Act;

/// A deed as it was written.
#[derive(Debug, Serialize)]
pub struct Audited {
    pub id: u64,
    /// Unix seconds.
    pub ts: f64,
    pub deed: String,
    pub who: String,
    pub subject: String,
    pub detail: Value,
}

#[derive(Deserialize)]
struct RawAudited {
    id: f64,
    ts: f64,
    deed: String,
    who: String,
    subject: String,
    detail: String,
}

impl Store {
    /// The row of an act: to stand in one batch with the statement that does it, directly behind
    /// that. Where it changed nothing, nothing is written.
    pub(super) fn audited(&self, act: &Act) -> Result<D1PreparedStatement> {
        let values = [
            text(act.deed.name()),
            text(&act.who),
            text(&act.subject),
            text(&act.detail.to_string()),
        ];
        self.statement(include_str!("sql/audited.sql"), &values)
    }

    /// What was done, newest first, before the deed of that number.
    pub async fn audit(&self, before: u64, many: u64) -> Result<Vec<Audited>> {
        let values = [number(before as f64), number(many as f64)];
        let rows: Vec<RawAudited> = self
            .statement(include_str!("sql/audit.sql"), &values)?
            .all()
            .await?
            .results()?;
        Ok(rows.into_iter().map(RawAudited::read).collect())
    }
}

impl RawAudited {
    fn read(self) -> Audited {
        Audited {
            id: self.id as u64,
            ts: self.ts,
            deed: self.deed,
            who: self.who,
            subject: self.subject,
            detail: serde_json::from_str(&self.detail).unwrap_or_default(),
        }
    }
}
