//! What an account stores, and nothing else: reads make nothing, so that a key which does not
//! exist leaves nothing behind.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use worker::{Result, SqlStorage, SqlStorageValue};

use crate::domain::{
    account::{
        Account,
        budget::Spent,
        limit::{SIX_HOURS, WEEK},
    },
    money::Pico,
};

/// Seconds after which what was set aside for a request is released, whoever forgot it.
pub const LOST: f64 = 900.0;

/// What is stored of a key's money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Money {
    pub spent: Spent,
    /// What it was leased of what all may spend together, and on which day. Unix seconds.
    pub leased: Pico,
    pub leased_on: f64,
}

/// The requests that are stored.
#[derive(Debug, Default)]
pub struct Requests {
    /// Times of the counted, oldest first.
    pub accepted: Vec<f64>,
    /// Times of all, those that were given back too.
    pub attempts: Vec<f64>,
    /// Requests under way: since when, and what was set aside for each.
    pub open: BTreeMap<String, (f64, Pico)>,
}

impl Requests {
    /// Notes one more. Says whether some have left the longest window.
    pub fn note(&mut self, at: f64) -> bool {
        self.accepted.push(at);
        self.attempts.push(at);
        let tried = self.attempts.partition_point(|it| it + SIX_HOURS <= at);
        self.attempts.drain(..tried);
        let gone = self.accepted.partition_point(|it| it + WEEK <= at);
        self.accepted.drain(..gone);
        gone > 0
    }
}

#[derive(Deserialize)]
struct RequestRow {
    id: String,
    at: f64,
    reserved: Option<f64>,
    given_back: f64,
}

#[derive(Deserialize)]
struct Json {
    json: String,
}

#[derive(Deserialize)]
struct Table {
    name: String,
    sql: Option<String>,
}

#[derive(Deserialize)]
struct Count {
    n: f64,
}

/// A statement that changes the row of a request. It is one of the newest: the search begins there,
/// else each settlement would read all that the key has asked within a week.
fn newest(change: &str) -> String {
    format!(
        "update accepted set {change} where rowid = \
         (select rowid from accepted where id = ? order by rowid desc limit 1)"
    )
}

/// The storage of one account.
pub struct Shelf(pub SqlStorage);

impl Shelf {
    pub fn is_empty(&self) -> Result<bool> {
        let own = ["accepted", "account", "money", "leases"];
        let tables = self.tables()?;
        Ok(!tables
            .iter()
            .any(|table| own.contains(&table.name.as_str())))
    }

    pub fn account(&self) -> Result<Option<Account>> {
        self.json("account")
    }

    pub fn keep_account(&self, account: &Account) -> Result<()> {
        self.keep_json("account", serde_json::to_string(account)?)
    }

    pub fn forget_account(&self) -> Result<()> {
        if self.has("account")? {
            self.0.exec("delete from account", None)?;
        }
        Ok(())
    }

    pub fn money(&self) -> Result<Option<Money>> {
        self.json("money")
    }

    pub fn keep_money(&self, money: &Money) -> Result<()> {
        self.keep_json("money", serde_json::to_string(money)?)
    }

    /// Does the ledger hold anything of that day or later.
    pub fn leases_since(&self, day: f64) -> Result<bool> {
        if !self.has("leases")? {
            return Ok(false);
        }
        let since = vec![SqlStorageValue::Float(day)];
        let count: Count = self
            .0
            .exec("select count(*) as n from leases where day >= ?", since)?
            .one()?;
        Ok(count.n > 0.0)
    }

    pub fn requests(&self, now: f64) -> Result<Requests> {
        let mut requests = Requests::default();
        if !self.has("accepted")? {
            return Ok(requests);
        }
        self.bring_up_to_date()?;
        let rows: Vec<RequestRow> = self
            .0
            .exec(
                "select id, at, cast(reserved as real) as reserved, \
                 cast(given_back as real) as given_back from accepted order by at",
                None,
            )?
            .to_array()?;
        for row in rows {
            requests.attempts.push(row.at);
            if row.given_back == 0.0 {
                requests.accepted.push(row.at);
            }
            if let Some(reserved) = row.reserved
                && row.at + LOST > now
            {
                requests
                    .open
                    .insert(row.id, (row.at, Pico(reserved as i64)));
            }
        }
        Ok(requests)
    }

    /// Counts a request; `reserved`: what is set aside for it until it is settled.
    pub fn count(&self, id: &str, at: f64, reserved: Option<Pico>) -> Result<()> {
        let create = "create table if not exists accepted (id text not null, at real not null, \
             reserved integer, given_back integer not null default 0) strict";
        let insert = "insert into accepted (id, at, reserved) values (?, ?, ?)";
        self.insert(create, insert, || {
            vec![
                SqlStorageValue::String(id.to_owned()),
                SqlStorageValue::Float(at),
                reserved.map_or(SqlStorageValue::Null, |it| {
                    SqlStorageValue::Float(it.0 as f64)
                }),
            ]
        })
    }

    /// Drops what has left the longest window. Rows are in the order of time: it reads these, and one
    /// more.
    pub fn drop_older(&self, now: f64) -> Result<()> {
        let old = vec![SqlStorageValue::Float(now - WEEK)];
        self.0.exec(
            "delete from accepted where rowid < \
             (select rowid from accepted where at > ? order by rowid limit 1)",
            old,
        )?;
        Ok(())
    }

    pub fn give_back(&self, id: &str) -> Result<()> {
        if self.has("accepted")? {
            let give_back = newest("given_back = 1");
            let id = vec![SqlStorageValue::String(id.to_owned())];
            self.0.exec(&give_back, id)?;
        }
        Ok(())
    }

    pub fn release(&self, id: &str) -> Result<()> {
        let id = vec![SqlStorageValue::String(id.to_owned())];
        match self.0.exec(&newest("reserved = null"), id) {
            // Nothing was counted, or what was is gone with a key that was revoked. Asked for only
            // now: the schema is read as slowly as a row is written.
            Err(_) if !self.has("accepted")? => Ok(()),
            released => released.map(|_| ()),
        }
    }

    /// The table of the version before knew times only.
    fn bring_up_to_date(&self) -> Result<()> {
        let made = self.tables()?;
        let old = made.iter().any(|table| {
            table.name == "accepted"
                && !table
                    .sql
                    .as_deref()
                    .unwrap_or_default()
                    .contains("given_back")
        });
        if old {
            self.0
                .exec("alter table accepted add column reserved integer", None)?;
            self.0.exec(
                "alter table accepted add column given_back integer not null default 0",
                None,
            )?;
        }
        Ok(())
    }

    /// One that cannot be read (of another version, say) counts as missing.
    fn json<T: for<'a> Deserialize<'a>>(&self, table: &str) -> Result<Option<T>> {
        if !self.has(table)? {
            return Ok(None);
        }
        let select = format!("select json from {table}");
        let rows: Vec<Json> = self.0.exec(&select, None)?.to_array()?;
        Ok(rows
            .first()
            .and_then(|row| serde_json::from_str(&row.json).ok()))
    }

    fn keep_json(&self, table: &str, json: String) -> Result<()> {
        let create = format!(
            "create table if not exists {table} (one integer primary key check (one = 1), \
             json text not null) strict"
        );
        let insert = format!("insert or replace into {table} (one, json) values (1, ?)");
        self.insert(&create, &insert, || {
            vec![SqlStorageValue::String(json.clone())]
        })
    }

    /// Writes a row. Its table is there but for the first time: only then it is made.
    fn insert(
        &self,
        create: &str,
        insert: &str,
        values: impl Fn() -> Vec<SqlStorageValue>,
    ) -> Result<()> {
        if self.0.exec(insert, values()).is_err() {
            self.0.exec(create, None)?;
            self.0.exec(insert, values())?;
        }
        Ok(())
    }

    fn has(&self, table: &str) -> Result<bool> {
        Ok(self.tables()?.iter().any(|found| found.name == table))
    }

    fn tables(&self) -> Result<Vec<Table>> {
        self.0
            .exec(
                "select name, sql from sqlite_master where type = 'table'",
                None,
            )?
            .to_array()
    }
}
