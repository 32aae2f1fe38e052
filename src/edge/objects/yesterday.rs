//! What objects of the version before stored, read once and taken over.

use chat::Task;
use serde::Deserialize;
use worker::{Result, SqlStorage, SqlStorageValue};

use crate::domain::{
    books::{
        feed::Decision,
        ledger::{Ledger, Waiting},
        settlement::Settlement,
    },
    money::Pico,
};
use crate::edge::patience::now;

/// Seconds within which a settlement might still be said again.
const SAID_AGAIN: f64 = 120.0;

/// What a Learner left.
pub struct Left {
    pub name: (Task, String),
    pub ledger: Ledger,
    /// Ids of settlements that it had counted lately.
    pub seen: Vec<String>,
}

#[derive(Deserialize)]
struct Count {
    n: f64,
}

#[derive(Deserialize)]
struct BookRow {
    task: String,
    model: String,
    json: String,
}

#[derive(Deserialize)]
struct Json {
    json: String,
}

#[derive(Deserialize)]
struct Seen {
    id: String,
}

/// `None` where there was nothing.
pub fn learner(sql: &SqlStorage) -> Result<Option<Left>> {
    if !has(sql, "book")? {
        return Ok(None);
    }
    let rows: Vec<BookRow> = sql
        .exec("select task, model, json from book", None)?
        .to_array()?;
    let Some(row) = rows.into_iter().next() else {
        return Ok(None);
    };
    let Some(task) = Task::parse(&row.task) else {
        return Err("its task is not known".into());
    };
    let mut ledger = Ledger::of(serde_json::from_str(&row.json)?);
    let epoch = ledger.book.epoch;
    // Counted without an epoch: they wait for it. Their decisions stand in the outbox too.
    if has(sql, "unplaced")? {
        for row in rows_of(sql, "select json from unplaced order by seq")? {
            let settlement = serde_json::from_str(&row.json)?;
            ledger.waiting.push(Waiting {
                settlement,
                kept: false,
            });
        }
    }
    if has(sql, "outbox")? {
        for row in rows_of(
            sql,
            "select json from outbox where kind = 'decision' order by at",
        )? {
            let decision: Decision = serde_json::from_str(&row.json)?;
            let settlement = Settlement {
                epoch: Some(epoch),
                spend: Pico::from_usd(decision.cost),
                overhead: Pico::default(),
                judged: Pico::default(),
                would_be: None,
                evidence: None,
                decision,
            };
            ledger.waiting.push(Waiting {
                settlement,
                kept: true,
            });
        }
    }
    let mut seen = Vec::new();
    if has(sql, "seen")? {
        let since = vec![SqlStorageValue::Float(now() - SAID_AGAIN)];
        let rows: Vec<Seen> = sql
            .exec("select id from seen where at > ?", since)?
            .to_array()?;
        seen.extend(rows.into_iter().map(|row| row.id));
    }
    Ok(Some(Left {
        name: (task, row.model),
        ledger,
        seen,
    }))
}

pub fn forget_learner(sql: &SqlStorage) -> Result<()> {
    for table in ["book", "seen", "outbox", "unplaced"] {
        sql.exec(&format!("drop table if exists {table}"), None)?;
    }
    Ok(())
}

/// Rows of the Feed's ring of that kind, as JSON.
pub fn ring(sql: &SqlStorage, kind: &str) -> Result<Vec<String>> {
    if !has(sql, "ring")? {
        return Ok(Vec::new());
    }
    let rows: Vec<Json> = sql
        .exec(
            "select json from ring where kind = ? order by ts desc limit 500",
            vec![SqlStorageValue::String(kind.to_owned())],
        )?
        .to_array()?;
    Ok(rows.into_iter().map(|row| row.json).collect())
}

#[derive(Deserialize)]
struct EpochRow {
    epoch: f64,
}

/// The epoch of the Feed's ring.
pub fn ring_epoch(sql: &SqlStorage) -> Result<u64> {
    if !has(sql, "meta")? {
        return Ok(0);
    }
    let rows: Vec<EpochRow> = sql.exec("select epoch from meta", None)?.to_array()?;
    Ok(rows.first().map_or(0, |row| row.epoch as u64))
}

pub fn forget_ring(sql: &SqlStorage) -> Result<()> {
    for table in ["ring", "meta"] {
        sql.exec(&format!("drop table if exists {table}"), None)?;
    }
    Ok(())
}

fn rows_of(sql: &SqlStorage, statement: &str) -> Result<Vec<Json>> {
    sql.exec(statement, None)?.to_array()
}

fn has(sql: &SqlStorage, table: &str) -> Result<bool> {
    let count: Count = sql
        .exec(
            "select count(*) as n from sqlite_master where type = 'table' and name = ?",
            vec![SqlStorageValue::String(table.to_owned())],
        )?
        .one()?;
    Ok(count.n > 0.0)
}
