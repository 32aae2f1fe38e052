//! The Feed is the one ring of recent decisions and alerts.
//!
//! It stores the newest of each, bounded. Messages: `push` (from Learners, in batches; a row
//! that is there already is not taken twice), `decisions`, `alerts`, `reset`. A push of an older
//! epoch is dropped, one of a newer empties the ring first.

use std::cell::Cell;

use serde::Deserialize;
use worker::{
    DurableObject, Env, Request, Response, Result, SqlStorage, SqlStorageValue, State,
    durable_object,
};

use super::{
    answer, body,
    message::{Push, Reset},
};

/// Rows kept of each kind.
const KEPT: i64 = 500;
/// Rows shown.
const SHOWN: i64 = 200;

#[durable_object(fetch)]
pub struct Feed {
    state: State,
    /// `None` until read from storage.
    epoch: Cell<Option<u64>>,
}

#[derive(Deserialize)]
struct Row {
    json: String,
}

#[derive(Deserialize)]
struct EpochRow {
    epoch: f64,
}

impl DurableObject for Feed {
    fn new(state: State, _env: Env) -> Self {
        Feed {
            state,
            epoch: Cell::new(None),
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let path = request.path();
        match path.as_str() {
            "/push" => {
                let push = body(&mut request).await?;
                self.push(&push)?;
                answer(&true)
            }
            "/reset" => {
                let reset: Reset = body(&mut request).await?;
                self.turn_to(reset.epoch)?;
                answer(&true)
            }
            "/decisions" => self.rows("decision"),
            "/alerts" => self.rows("alert"),
            _ => Response::error("no such message", 404),
        }
    }
}

impl Feed {
    fn push(&self, push: &Push) -> Result<()> {
        self.turn_to(push.epoch)?;
        if self.epoch.get() != Some(push.epoch) {
            return Ok(());
        }
        let sql = self.sql();
        for decision in &push.decisions {
            let json = serde_json::to_string(decision)?;
            insert(&sql, "decision", &decision.id, decision.ts, json)?;
        }
        for alert in &push.alerts {
            let id = format!("{}/{}/{}", alert.task.name(), alert.model, alert.ts);
            insert(&sql, "alert", &id, alert.ts, serde_json::to_string(alert)?)?;
        }
        for kind in ["decision", "alert"] {
            let values = vec![
                SqlStorageValue::String(kind.to_owned()),
                SqlStorageValue::String(kind.to_owned()),
                SqlStorageValue::Integer(KEPT),
            ];
            sql.exec(
                "delete from ring where kind = ? and ts < (select ts from ring where kind = ? \
                 order by ts desc limit 1 offset ?)",
                values,
            )?;
        }
        Ok(())
    }

    fn rows(&self, kind: &str) -> Result<Response> {
        self.load()?;
        let values = vec![
            SqlStorageValue::String(kind.to_owned()),
            SqlStorageValue::Integer(SHOWN),
        ];
        let rows: Vec<Row> = self
            .sql()
            .exec(
                "select json from ring where kind = ? order by ts desc, id desc limit ?",
                values,
            )?
            .to_array()?;
        let items: Vec<String> = rows.into_iter().map(|row| row.json).collect();
        Response::ok(format!("[{}]", items.join(",")))
    }

    /// Begins a newer epoch with an empty ring.
    fn turn_to(&self, epoch: u64) -> Result<()> {
        let known = self.load()?;
        if epoch > known {
            let sql = self.sql();
            sql.exec("delete from ring", None)?;
            let value = vec![SqlStorageValue::Float(epoch as f64)];
            sql.exec("update meta set epoch = ?", value)?;
            self.epoch.set(Some(epoch));
        }
        Ok(())
    }

    fn load(&self) -> Result<u64> {
        if let Some(epoch) = self.epoch.get() {
            return Ok(epoch);
        }
        let sql = self.sql();
        sql.exec(
            "create table if not exists ring (id text not null primary key, kind text not null, \
             ts real not null, json text not null) strict, without rowid",
            None,
        )?;
        sql.exec("create index if not exists newest on ring (kind, ts)", None)?;
        sql.exec(
            "create table if not exists meta (one integer primary key check (one = 1), \
             epoch real not null) strict",
            None,
        )?;
        sql.exec(
            "insert or ignore into meta (one, epoch) values (1, 0)",
            None,
        )?;
        let row: EpochRow = sql.exec("select epoch from meta", None)?.one()?;
        let epoch = row.epoch as u64;
        self.epoch.set(Some(epoch));
        Ok(epoch)
    }

    fn sql(&self) -> SqlStorage {
        self.state.storage().sql()
    }
}

fn insert(sql: &SqlStorage, kind: &str, id: &str, ts: f64, json: String) -> Result<()> {
    let values = vec![
        SqlStorageValue::String(format!("{kind}/{id}")),
        SqlStorageValue::String(kind.to_owned()),
        SqlStorageValue::Float(ts),
        SqlStorageValue::String(json),
    ];
    sql.exec(
        "insert or ignore into ring (id, kind, ts, json) values (?, ?, ?, ?)",
        values,
    )?;
    Ok(())
}
