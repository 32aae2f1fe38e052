//! The shared brain: books, price overrides, quarantine, and the epoch over them all.

use chat::Task;
use std::collections::BTreeMap;

use serde::Deserialize;
use worker::{D1PreparedStatement, D1Result, Error, Result, wasm_bindgen::JsValue};

use super::{Store, number, text};
use crate::domain::{
    account::key::KeySecret, book::Book, memory::Snapshot, quarantine::Quarantine,
};

#[derive(Deserialize)]
struct RawEpoch {
    epoch: f64,
    #[serde(default)]
    key_secret: Option<KeySecret>,
}

#[derive(Deserialize)]
struct RawBook {
    task: String,
    model: String,
    book: String,
}

#[derive(Deserialize)]
struct RawOverride {
    model: String,
    multiplier: f64,
}

#[derive(Deserialize)]
struct RawQuarantine {
    model: String,
    until: f64,
    failed_at: f64,
    failures: f64,
}

impl Store {
    /// Reads the whole brain in one round trip.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        snapshot(&self.db.batch(self.snapshot_statements()).await?)
    }

    fn snapshot_statements(&self) -> Vec<D1PreparedStatement> {
        [
            include_str!("sql/epoch.sql"),
            include_str!("sql/books.sql"),
            include_str!("sql/overrides.sql"),
            include_str!("sql/quarantine.sql"),
        ]
        .into_iter()
        .map(|sql| self.db.prepare(sql))
        .collect()
    }

    /// Writes a Learner's book, unless the store has a newer copy or another epoch. Gives the
    /// store's epoch.
    pub async fn write_book(&self, task: Task, model: &str, book: &Book, now: f64) -> Result<u64> {
        let optional = |value: Option<f64>| value.map_or(JsValue::NULL, JsValue::from_f64);
        let json = serde_json::to_string(book).map_err(|error| Error::from(error.to_string()))?;
        let write = self.statement(
            include_str!("sql/write_book.sql"),
            &[
                text(task.name()),
                text(model),
                number(book.epoch as f64),
                number(book.seq as f64),
                number(book.calls as f64),
                number(book.row.n as f64),
                optional(book.row.quality()),
                optional(book.row.avg_cost()),
                text(&json),
                number(now),
            ],
        )?;
        let epoch = self.db.prepare(include_str!("sql/epoch.sql"));
        let results = self.db.batch(vec![write, epoch]).await?;
        self::epoch(&results, 1)
    }

    /// Begins a new epoch with nothing in it; keys stay. Gives the new epoch.
    pub async fn reset(&self) -> Result<u64> {
        let statements = [
            include_str!("sql/reset_epoch.sql"),
            include_str!("sql/clear_policy.sql"),
            include_str!("sql/clear_overrides.sql"),
            include_str!("sql/clear_quarantine.sql"),
        ]
        .into_iter()
        .map(|sql| self.db.prepare(sql))
        .collect();
        epoch(&self.db.batch(statements).await?, 0)
    }

    /// Sets a model's simulated price multiplier; 1 clears it.
    pub async fn set_override(&self, model: &str, multiplier: f64) -> Result<()> {
        let statement = if multiplier == 1.0 {
            self.statement(include_str!("sql/drop_override.sql"), &[text(model)])
        } else {
            self.statement(
                include_str!("sql/set_override.sql"),
                &[text(model), number(multiplier)],
            )
        };
        statement?.run().await?;
        Ok(())
    }

    /// Puts a model in quarantine, or lets it back in as of `now`: a failure since then stands.
    pub async fn set_quarantine(
        &self,
        model: &str,
        quarantine: Option<Quarantine>,
        now: f64,
    ) -> Result<()> {
        let statement = match quarantine {
            Some(quarantine) => self.statement(
                include_str!("sql/set_quarantine.sql"),
                &[
                    text(model),
                    number(quarantine.until),
                    number(quarantine.failed_at),
                    number(quarantine.failures as f64),
                ],
            ),
            None => self.statement(
                include_str!("sql/drop_quarantine.sql"),
                &[text(model), number(now)],
            ),
        };
        statement?.run().await?;
        Ok(())
    }
}

fn snapshot(results: &[D1Result]) -> Result<Snapshot> {
    let epoch = epoch(results, 0)?;
    // A row that cannot be read (of another version, say) is left out, not fatal.
    let books = rows::<RawBook>(results, 1)?
        .into_iter()
        .filter_map(|row| {
            let book = serde_json::from_str(&row.book).ok()?;
            Some((Task::parse(&row.task)?, row.model, book))
        })
        .collect();
    let overrides = rows::<RawOverride>(results, 2)?
        .into_iter()
        .map(|row| (row.model, row.multiplier))
        .collect();
    let quarantine: BTreeMap<String, Quarantine> = rows::<RawQuarantine>(results, 3)?
        .into_iter()
        .map(|row| {
            let quarantine = Quarantine {
                until: row.until,
                failed_at: row.failed_at,
                failures: row.failures as u64,
            };
            (row.model, quarantine)
        })
        .collect();
    let key_secret = rows::<RawEpoch>(results, 0)?
        .into_iter()
        .find_map(|row| row.key_secret);
    Ok(Snapshot {
        epoch,
        key_secret,
        books,
        overrides,
        quarantine,
    })
}

fn epoch(results: &[D1Result], index: usize) -> Result<u64> {
    rows::<RawEpoch>(results, index)?
        .first()
        .map(|row| row.epoch as u64)
        .ok_or_else(|| Error::from("the store has no epoch: apply the migrations"))
}

fn rows<T: serde::de::DeserializeOwned>(results: &[D1Result], index: usize) -> Result<Vec<T>> {
    results
        .get(index)
        .ok_or_else(|| Error::from("the store answered fewer results than asked"))?
        .results()
}
