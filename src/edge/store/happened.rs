//! What Learners write, what happened as views read it, and what could not be delivered.

use std::collections::BTreeSet;

use chat::Task;
use serde::Deserialize;
use worker::{Error, Result, wasm_bindgen::JsValue};

use super::{
    Epochs, Store, number,
    shared::{epochs, rows},
    text,
};
use crate::domain::{
    books::{
        feed::{Alert, Decision},
        kept::Writing,
        settlement::Settlement,
    },
    isolate::post::Batch,
    runtime::registry::MOST_PRICES,
};

/// Settlements in one statement at the most: a value of more than 2 MB is refused.
const KEPT_AT_ONCE: usize = 100;

/// A settlement that never reached its Learner.
pub struct Undelivered {
    pub task: Task,
    pub model: String,
    pub line: String,
    pub number: u64,
    pub settlement: Settlement,
}

#[derive(Deserialize)]
struct RawUndelivered {
    id: String,
    task: String,
    model: String,
    line: String,
    number: f64,
    json: String,
}

#[derive(Deserialize)]
struct Json {
    json: String,
}

impl Store {
    /// Writes a book with its open hour, decisions and hours that are over, each unless the store
    /// has a newer copy or another epoch. Gives the store's epoch.
    pub async fn write(&self, writing: &Writing) -> Result<Epochs> {
        let Writing {
            task,
            model,
            book,
            hour,
            closed,
            decisions,
            ..
        } = writing;
        let optional = |value: Option<f64>| value.map_or(JsValue::NULL, JsValue::from_f64);
        let epoch = || number(book.epoch as f64);
        let seq = || number(book.seq as f64);
        let hour = hour.as_ref().map(json).transpose()?;
        let mut statements = vec![self.statement(
            include_str!("sql/write_book.sql"),
            &[
                text(task.name()),
                text(model),
                epoch(),
                seq(),
                number(book.calls as f64),
                number(book.row.n as f64),
                optional(book.row.quality()),
                optional(book.row.avg_cost()),
                text(&json(book)?),
                hour.as_deref().map_or(JsValue::NULL, text),
            ],
        )?];
        if !decisions.is_empty() {
            statements.push(self.statement(
                include_str!("sql/write_decisions.sql"),
                &[epoch(), text(&json(decisions)?)],
            )?);
        }
        if !closed.is_empty() {
            statements.push(self.statement(
                include_str!("sql/write_history.sql"),
                &[
                    text(task.name()),
                    text(model),
                    epoch(),
                    seq(),
                    text(&json(closed)?),
                ],
            )?);
        }
        statements.push(self.db.prepare(include_str!("sql/epoch.sql")));
        let last = statements.len() - 1;
        epochs(&self.db.batch(statements).await?, last)
    }

    /// Notes that Learners know of a reset which the store does not.
    pub async fn set_ahead(&self, epoch: u64) -> Result<()> {
        let values = [number(epoch as f64)];
        self.statement(include_str!("sql/set_ahead.sql"), &values)?
            .run()
            .await?;
        Ok(())
    }

    /// The newest decisions and alerts since the last reset, with its epoch.
    pub async fn newest(&self, many: usize) -> Result<(u64, Vec<Decision>, Vec<Alert>)> {
        let many = [number(many as f64)];
        let results = self
            .db
            .batch(vec![
                self.db.prepare(include_str!("sql/epoch.sql")),
                self.statement(include_str!("sql/newest_decisions.sql"), &many)?,
                self.statement(include_str!("sql/newest_alerts.sql"), &many)?,
            ])
            .await?;
        let read = |index| -> Result<Vec<Decision>> {
            let rows = rows::<Json>(&results, index)?;
            let read = rows
                .iter()
                .filter_map(|row| serde_json::from_str(&row.json).ok());
            Ok(read.collect())
        };
        let alerts = read(2)?.iter().filter_map(Decision::alert).collect();
        Ok((epochs(&results, 0)?.own.number, read(1)?, alerts))
    }

    /// Keeps settlements that could not be delivered, once however often it is said.
    pub async fn keep_undelivered(&self, batch: &Batch) -> Result<()> {
        let settlements: Vec<&Settlement> = batch.settlements.iter().map(|it| &**it).collect();
        let mut first = batch.first;
        let mut statements = Vec::new();
        for some in settlements.chunks(KEPT_AT_ONCE) {
            let values = [
                text(batch.task.name()),
                text(&batch.model),
                text(&batch.line),
                number(first as f64),
                text(&json(&some)?),
            ];
            statements.push(self.statement(include_str!("sql/keep_undelivered.sql"), &values)?);
            first += some.len() as u64;
        }
        self.db.batch(statements).await?;
        Ok(())
    }

    /// Some that could not be delivered, those of a line together and in its order; none of the Learners
    /// of these names. With them the ids of those that cannot be read.
    pub async fn undelivered(
        &self,
        many: u64,
        but: &BTreeSet<String>,
    ) -> Result<(Vec<Undelivered>, Vec<String>)> {
        let values = [number(many as f64), text(&json(but)?)];
        let found = self
            .statement(include_str!("sql/undelivered.sql"), &values)?
            .all()
            .await?;
        let rows = found.results::<RawUndelivered>()?;
        let (mut read, mut unreadable) = (Vec::new(), Vec::new());
        for row in rows {
            let id = row.id.clone();
            match row.read() {
                Some(settlement) => read.push(settlement),
                None => unreadable.push(id),
            }
        }
        Ok((read, unreadable))
    }

    /// Has them stand in the way of no other, for a day.
    pub async fn set_aside(&self, ids: &[String]) -> Result<()> {
        let values = [text(&json(&ids)?)];
        self.statement(include_str!("sql/set_aside.sql"), &values)?
            .run()
            .await?;
        Ok(())
    }

    pub async fn drop_undelivered(&self, line: &str, from: u64, to: u64) -> Result<()> {
        let values = [text(line), number(from as f64), number(to as f64)];
        self.statement(include_str!("sql/drop_undelivered.sql"), &values)?
            .run()
            .await?;
        Ok(())
    }

    /// Drops decisions from before that moment or beyond the newest so many, settlements from before it
    /// that cannot be read, and hours and prices from before that.
    pub async fn prune(&self, before: f64, beyond: u64, hours_before: f64) -> Result<()> {
        let statements = vec![
            self.statement(
                include_str!("sql/prune_decisions.sql"),
                &[number(before), number(beyond as f64)],
            )?,
            self.statement(include_str!("sql/prune_aside.sql"), &[number(before)])?,
            self.statement(
                include_str!("sql/prune_open_hours.sql"),
                &[number(hours_before.floor())],
            )?,
            self.statement(
                include_str!("sql/prune_history.sql"),
                &[number(hours_before.floor())],
            )?,
            self.statement(
                include_str!("sql/prune_prices.sql"),
                &[number(hours_before), number(MOST_PRICES as f64)],
            )?,
        ];
        self.db.batch(statements).await?;
        Ok(())
    }
}

impl RawUndelivered {
    fn read(self) -> Option<Undelivered> {
        Some(Undelivered {
            task: Task::parse(&self.task)?,
            model: self.model,
            line: self.line,
            number: self.number as u64,
            settlement: serde_json::from_str(&self.json).ok()?,
        })
    }
}

fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::from(error.to_string()))
}
