//! An Account is what one key may do: its status and its windows. It also counts what comes from
//! one address.
//!
//! It stores a copy of the key's row and the time of each request of the last week. Whether a
//! request may be answered is decided and counted in one turn without an await between, so two
//! requests at the same moment never both get the last place. Every change goes through it to the
//! store, whose row is the record: a copy is only ever replaced by one of a higher revision, and a
//! change that may or may not have happened leaves no copy. What nobody asks for, and what was
//! revoked, it deletes: a key that the store does not know leaves nothing behind.

use std::cell::{Cell, RefCell};

use serde::Deserialize;
use worker::{
    DurableObject, Env, Request, Response, Result, SqlStorage, SqlStorageValue, State,
    durable_object,
};

use super::message::{AccountMessage, Shown, Taken, Used};
use crate::{
    domain::account::{
        Account as Row, Minted,
        key::{KeyHash, KeyStatus},
        limit::{self, DAY, Verdict, WEEK, Window},
    },
    edge::{
        config,
        objects::{answer, body},
        patience::{self, now},
        store::Store,
    },
};

/// Seconds without a request after which an account deletes its copy.
const IDLE: f64 = WEEK + DAY;
/// Seconds for which a key that the store does not know is not looked up again.
const ABSENT: f64 = 60.0;

#[durable_object(alarm)]
pub struct Account {
    state: State,
    env: Env,
    held: RefCell<Option<Held>>,
    alarm_set: Cell<bool>,
}

/// What is held in memory: the same as in storage, but for what is marked.
#[derive(Default)]
struct Held {
    row: Option<Row>,
    /// Only in memory: the highest revision that was seen.
    revision: u64,
    /// Only in memory: until when the key is known to be valid nowhere.
    absent_until: f64,
    /// Times of the counted, oldest first.
    accepted: Vec<f64>,
}

#[derive(Deserialize)]
struct Time {
    at: f64,
}

#[derive(Deserialize)]
struct Json {
    json: String,
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

impl DurableObject for Account {
    fn new(state: State, env: Env) -> Self {
        Account {
            state,
            env,
            held: RefCell::new(None),
            alarm_set: Cell::new(false),
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let message: AccountMessage = body(&mut request).await?;
        self.load()?;
        match message {
            AccountMessage::Take { key, id } => answer(&self.take(&key, id).await?),
            AccountMessage::GiveBack { id } => answer(&self.give_back(id)?),
            AccountMessage::Show { key } => answer(&self.show(&key).await?),
            AccountMessage::Open { key, minted } => answer(&self.open(&key, minted).await?),
            AccountMessage::Change { key, to } => answer(&self.change(&key, to).await?),
            AccountMessage::Count { id, window } => answer(&self.count(id, window).await?),
        }
    }

    async fn alarm(&self) -> Result<Response> {
        self.alarm_set.set(false);
        self.load()?;
        let (last, keep) = self.with(|held| {
            let keep = if held.row.is_some() { IDLE } else { DAY };
            (held.accepted.last().copied().unwrap_or(0.0), keep)
        });
        if last + keep <= now() + 1.0 {
            self.delete().await?;
        } else {
            self.wake_at(last + keep).await?;
        }
        Response::empty()
    }
}

impl Account {
    async fn take(&self, key: &KeyHash, id: String) -> Result<Taken> {
        let Some(row) = self.row(key).await? else {
            return Ok(Taken::Unknown);
        };
        if row.status == KeyStatus::Paused {
            return Ok(Taken::Paused);
        }
        Ok(match self.counted(id, &self.windows()?)? {
            Verdict::Taken => Taken::Yes(row),
            Verdict::Full { limit, retry_after } => Taken::Full { limit, retry_after },
        })
    }

    fn give_back(&self, id: String) -> Result<bool> {
        if self.has("accepted")? {
            let id = vec![SqlStorageValue::String(id)];
            self.sql().exec("delete from accepted where id = ?", id)?;
            let accepted = self.read_accepted()?;
            self.with(|held| held.accepted = accepted);
        }
        Ok(true)
    }

    async fn show(&self, key: &KeyHash) -> Result<Option<Shown>> {
        let Some(account) = self.row(key).await? else {
            return Ok(None);
        };
        let windows = self.windows()?;
        let now = now();
        let used = self.with(|held| {
            let used = |window: &Window| {
                let used = limit::used(&held.accepted, window, now);
                let oldest = held.accepted.get(held.accepted.len() - used as usize);
                Used {
                    used,
                    max: window.max,
                    frees_in: oldest.map(|at| (at + window.seconds - now).ceil().max(1.0) as u64),
                }
            };
            windows.iter().map(used).collect()
        });
        Ok(Some(Shown { account, used }))
    }

    async fn open(&self, key: &KeyHash, minted: Minted) -> Result<bool> {
        let inserting = async { Store::open(&self.env)?.insert_key(key, &minted).await };
        patience::change("the database", inserting).await?;
        self.keep(minted.account).await?;
        Ok(true)
    }

    async fn change(&self, key: &KeyHash, to: KeyStatus) -> Result<Option<KeyStatus>> {
        let changing = async { Store::open(&self.env)?.set_key_status(key, to).await };
        match patience::change("the database", changing).await {
            Ok(Some(row)) => self.keep(row).await,
            Ok(None) => self.absent().await.map(|()| None),
            Err(error) => {
                // It may have happened: the next request looks.
                self.with(|held| held.row = None);
                if self.has("account")? {
                    self.sql().exec("delete from account", None)?;
                }
                Err(error)
            }
        }
    }

    async fn count(&self, id: String, window: Window) -> Result<Verdict> {
        let until = now() + window.seconds.max(DAY);
        let verdict = self.counted(id, &[window])?;
        if !self.alarm_set.get() {
            self.wake_at(until).await?;
        }
        Ok(verdict)
    }

    /// Counts a request if every window has room: one turn.
    fn counted(&self, id: String, windows: &[Window]) -> Result<Verdict> {
        // A clock that went back frees nothing and keeps the order.
        let last = self.with(|held| held.accepted.last().copied());
        let now = now().max(last.unwrap_or(0.0));
        let verdict = self.with(|held| limit::check(&held.accepted, windows, now));
        if verdict == Verdict::Taken {
            let sql = self.sql();
            sql.exec(
                "create table if not exists accepted (id text not null, at real not null) strict",
                None,
            )?;
            let row = vec![SqlStorageValue::String(id), SqlStorageValue::Float(now)];
            sql.exec("insert into accepted (id, at) values (?, ?)", row)?;
            let gone = self.with(|held| {
                held.accepted.push(now);
                let gone = held.accepted.partition_point(|at| at + WEEK <= now);
                held.accepted.drain(..gone);
                gone
            });
            if gone > 0 {
                let old = vec![SqlStorageValue::Float(now - WEEK)];
                sql.exec("delete from accepted where at <= ?", old)?;
            }
        }
        Ok(verdict)
    }

    /// The key's row, where it is valid: the copy, or looked up once where there is none.
    async fn row(&self, key: &KeyHash) -> Result<Option<Row>> {
        if let Some(row) = self.with(|held| held.row.clone()) {
            return Ok(Some(row));
        }
        if self.with(|held| held.absent_until > now()) {
            return Ok(None);
        }
        let looking = async { Store::open(&self.env)?.account(key).await };
        match patience::ask("the database", looking).await? {
            Some(row) => {
                self.keep(row).await?;
                // What came in meanwhile may be newer.
                Ok(self.with(|held| held.row.clone()))
            }
            None => self.absent().await.map(|()| None),
        }
    }

    /// Takes in the key's row as the store gave it, unless a newer one was seen. Gives the status
    /// that the key has now.
    async fn keep(&self, row: Row) -> Result<Option<KeyStatus>> {
        if row.revision < self.with(|held| held.revision) {
            return Ok(self.with(|held| held.row.as_ref().map(|row| row.status)));
        }
        let status = row.status;
        self.with(|held| held.revision = row.revision);
        if status == KeyStatus::Revoked {
            self.absent().await?;
            return Ok(Some(status));
        }
        let sql = self.sql();
        sql.exec(
            "create table if not exists account (one integer primary key check (one = 1), \
             json text not null) strict",
            None,
        )?;
        let json = vec![SqlStorageValue::String(serde_json::to_string(&row)?)];
        sql.exec(
            "insert or replace into account (one, json) values (1, ?)",
            json,
        )?;
        self.with(|held| {
            held.row = Some(row);
            held.absent_until = 0.0;
        });
        if !self.alarm_set.get() {
            self.wake_at(now() + IDLE).await?;
        }
        Ok(Some(status))
    }

    /// The key is valid nowhere: nothing is kept of it.
    async fn absent(&self) -> Result<()> {
        self.with(|held| {
            held.row = None;
            held.absent_until = now() + ABSENT;
        });
        if self.has("account")? || self.has("accepted")? {
            self.delete().await?;
        }
        Ok(())
    }

    async fn delete(&self) -> Result<()> {
        self.with(|held| {
            held.row = None;
            held.accepted.clear();
        });
        self.alarm_set.set(false);
        let storage = self.state.storage();
        storage.delete_alarm().await?;
        storage.delete_all().await
    }

    async fn wake_at(&self, at: f64) -> Result<()> {
        self.alarm_set.set(true);
        let millis = ((at - now()) * 1_000.0).max(0.0) as i64;
        self.state.storage().set_alarm(millis).await
    }

    fn windows(&self) -> Result<[Window; 2]> {
        let Ok(config) = config::config(&self.env) else {
            return Err("the settings are not valid".into());
        };
        let settings = &config.settings;
        Ok(limit::key_windows(settings.limit_6h, settings.limit_week))
    }

    fn with<R>(&self, with: impl FnOnce(&mut Held) -> R) -> R {
        with(self.held.borrow_mut().get_or_insert_default())
    }

    /// Reads storage, and makes nothing there.
    fn load(&self) -> Result<()> {
        if self.held.borrow().is_some() {
            return Ok(());
        }
        let row = if self.has("account")? {
            let rows: Vec<Json> = self
                .sql()
                .exec("select json from account", None)?
                .to_array()?;
            // One that cannot be read (of another version, say) is looked up again.
            rows.first()
                .and_then(|row| serde_json::from_str::<Row>(&row.json).ok())
        } else {
            None
        };
        let accepted = if self.has("accepted")? {
            self.read_accepted()?
        } else {
            Vec::new()
        };
        *self.held.borrow_mut() = Some(Held {
            revision: row.as_ref().map_or(0, |row| row.revision),
            row,
            absent_until: 0.0,
            accepted,
        });
        Ok(())
    }

    fn read_accepted(&self) -> Result<Vec<f64>> {
        let rows: Vec<Time> = self
            .sql()
            .exec("select at from accepted order by at", None)?
            .to_array()?;
        Ok(rows.into_iter().map(|row| row.at).collect())
    }

    fn has(&self, table: &str) -> Result<bool> {
        let tables: Vec<Name> = self
            .sql()
            .exec("select name from sqlite_master where type = 'table'", None)?
            .to_array()?;
        Ok(tables.iter().any(|found| found.name == table))
    }

    fn sql(&self) -> SqlStorage {
        self.state.storage().sql()
    }
}
