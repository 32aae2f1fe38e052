//! The ledger of all minted keys: what they may spend together in a day, leased to each in parts.
//!
//! The law: what is leased on a day is never more than the cap; an account spends only what it was
//! leased. So the cap holds over all keys, exactly, without a question to the ledger a request.

use serde::Deserialize;
use worker::{Result, SqlStorage, SqlStorageValue};

use super::message::{Lease, Leased};
use crate::domain::money::Pico;

#[derive(Deserialize)]
struct Sum {
    sum: f64,
}

/// Leases what there is of what is wanted.
pub fn lease(sql: &SqlStorage, lease: &Lease) -> Result<Leased> {
    sql.exec(
        "create table if not exists leases (key text not null primary key, day real not null, \
         granted integer not null) strict, without rowid",
        None,
    )?;
    sql.exec(
        "delete from leases where day < ?",
        vec![SqlStorageValue::Float(lease.day)],
    )?;
    let others: Sum = sql
        .exec(
            "select cast(coalesce(sum(granted), 0) as real) as sum from leases where key <> ?",
            vec![SqlStorageValue::String(lease.key.clone())],
        )?
        .one()?;
    let others = others.sum as i64;
    let granted = lease.want.0.min(lease.cap.0.saturating_sub(others)).max(0);
    sql.exec(
        "insert or replace into leases (key, day, granted) values (?, ?, ?)",
        vec![
            SqlStorageValue::String(lease.key.clone()),
            SqlStorageValue::Float(lease.day),
            SqlStorageValue::Float(granted as f64),
        ],
    )?;
    Ok(Leased {
        granted: Pico(granted),
        all: Pico(others.saturating_add(granted)),
    })
}
