//! A Learner keeps the book of one (task, model) and is its only writer.
//!
//! It stores the book, the ids of the settlements that it has counted, and what the Feed has not
//! been told yet. Messages: `observe` (count a settlement, once however often it is said) and
//! `flush` (bring D1 and the Feed up to date now). A settlement is counted and stored in one turn
//! without an await between; D1 and the Feed are told afterwards, in batches, and again later if
//! they are away: an alarm stands for as long as they are behind, so a crash loses nothing.

use chat::Task;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use serde::Deserialize;
use worker::{
    Delay, DurableObject, Env, Request, Response, Result, SqlStorage, SqlStorageValue, State,
    durable_object,
};

use super::{FeedClient, answer, body, message::Push, now};
use crate::{
    domain::{
        book::{Applied, Book, Settlement},
        feed::{Alert, Decision, Outcome},
        policy::Tunables,
    },
    edge::{brain, config, store::Store},
};

/// Seconds between two writes to D1 at the least: what comes in between is written together.
const PAUSE: f64 = 0.2;
/// Milliseconds until D1 and the Feed are tried again after they could not be reached.
const RETRY: i64 = 3_000;
/// Seconds for which a settlement's id is remembered: far longer than anyone says it again.
const REMEMBERED: f64 = 3_600.0;
/// Rows told to the Feed at once.
const BATCH: i64 = 100;

#[durable_object(alarm)]
pub struct Learner {
    keeper: Rc<Keeper>,
}

/// The object itself, shared with what it does in the background.
struct Keeper {
    state: State,
    env: Env,
    held: RefCell<Option<Held>>,
    writing: Cell<bool>,
    written_at: Cell<f64>,
    alarm_set: Cell<bool>,
}

/// What is held in memory: the same as in storage.
#[derive(Clone)]
struct Held {
    /// Which row it is; `None` before the first settlement.
    name: Option<(Task, String)>,
    book: Book,
    /// `seq` of the copy that D1 has.
    written: u64,
    /// Rows that the Feed has not been told.
    untold: u64,
}

#[derive(Deserialize)]
struct BookRow {
    task: String,
    model: String,
    json: String,
    written: f64,
}

#[derive(Deserialize)]
struct Count {
    n: f64,
}

/// A settlement of which the epoch was not known, until the store confirms the book with it.
#[derive(Deserialize)]
struct UnplacedRow {
    json: String,
}

#[derive(Deserialize)]
struct OutboxRow {
    at: f64,
    kind: String,
    json: String,
}

impl DurableObject for Learner {
    fn new(state: State, env: Env) -> Self {
        Learner {
            keeper: Rc::new(Keeper {
                state,
                env,
                held: RefCell::new(None),
                writing: Cell::new(false),
                written_at: Cell::new(0.0),
                alarm_set: Cell::new(false),
            }),
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let keeper = &self.keeper;
        match request.path().as_str() {
            "/observe" => {
                let settlement: Settlement = body(&mut request).await?;
                let book = keeper.observe(&settlement)?;
                keeper.set_alarm(RETRY).await?;
                keeper.write_soon();
                answer(&book)
            }
            "/flush" => {
                keeper.load()?;
                let done = keeper.flush().await;
                answer(&done)
            }
            _ => Response::error("no such message", 404),
        }
    }

    async fn alarm(&self) -> Result<Response> {
        let keeper = &self.keeper;
        keeper.alarm_set.set(false);
        keeper.load()?;
        if !keeper.flush().await || keeper.is_behind() {
            keeper.set_alarm(RETRY).await?;
        }
        Response::empty()
    }
}

impl Keeper {
    /// Counts a settlement, unless it was counted before or is of an older epoch.
    fn observe(&self, settlement: &Settlement) -> Result<Book> {
        self.load()?;
        let mut held = self.held.borrow_mut();
        let Some(held) = held.as_mut() else {
            return Err("the book is not loaded".into());
        };
        let sql = self.sql();
        let decision = &settlement.decision;
        let seen: Count = sql
            .exec(
                "select count(*) as n from seen where id = ?",
                vec![SqlStorageValue::String(decision.id.clone())],
            )?
            .one()?;
        if seen.n > 0.0 {
            return Ok(held.book.clone());
        }
        let Ok(config) = config::config(&self.env) else {
            return Err("the settings are not valid".into());
        };
        let tunables = &config.settings.tunables;
        held.name = Some((decision.task, decision.model.clone()));
        if let Some(epoch) = settlement.epoch
            && held.book.turn_to(epoch)
        {
            self.begin_anew(held, tunables)?;
        }
        if !self.count(held, settlement, tunables)? {
            return Ok(held.book.clone());
        }
        if settlement.epoch.is_none() {
            let row = vec![
                SqlStorageValue::Float(held.book.seq as f64),
                SqlStorageValue::String(serde_json::to_string(settlement)?),
            ];
            sql.exec("insert into unplaced (seq, json) values (?, ?)", row)?;
        }
        self.store(held)?;
        sql.exec(
            "insert into seen (id, at) values (?, ?)",
            vec![
                SqlStorageValue::String(decision.id.clone()),
                SqlStorageValue::Float(now()),
            ],
        )?;
        Ok(held.book.clone())
    }

    /// Counts a settlement in and notes what the Feed is to be told. `false` where it is of an
    /// older epoch.
    fn count(&self, held: &mut Held, settlement: &Settlement, tunables: &Tunables) -> Result<bool> {
        let Applied::Counted(alert) = held.book.apply(settlement, tunables) else {
            return Ok(false);
        };
        let decision = &settlement.decision;
        if decision.outcome != Outcome::Failed {
            self.post(held, "decision", serde_json::to_string(decision)?)?;
        }
        if let Some(alert) = alert {
            self.post(held, "alert", serde_json::to_string(&alert)?)?;
        }
        Ok(true)
    }

    /// A new epoch has begun, of which this Learner had not heard: what the Feed was not told yet
    /// belongs to the old one. What came while the store was away, its epoch not known, was
    /// counted into the old one too, and is counted again where it came after the reset.
    fn begin_anew(&self, held: &mut Held, tunables: &Tunables) -> Result<()> {
        held.written = 0;
        held.untold = 0;
        let sql = self.sql();
        sql.exec("delete from outbox", None)?;
        let unplaced: Vec<UnplacedRow> = sql
            .exec("select json from unplaced order by seq", None)?
            .to_array()?;
        for row in unplaced {
            let settlement: Settlement = serde_json::from_str(&row.json)?;
            if settlement.is_since(held.book.epoch) {
                self.count(held, &settlement, tunables)?;
            }
        }
        sql.exec("delete from unplaced", None)?;
        Ok(())
    }

    /// Writes in the background: at once if the last write is long enough ago, else after the
    /// pause, together with what comes until then.
    fn write_soon(self: &Rc<Self>) {
        if self.writing.replace(true) {
            return;
        }
        let this = Rc::clone(self);
        self.state.wait_until(async move {
            loop {
                let wait = PAUSE - (now() - this.written_at.get());
                if wait > 0.0 {
                    Delay::from(Duration::from_secs_f64(wait.min(PAUSE))).await;
                }
                if !this.flush().await || !this.is_behind() {
                    break;
                }
            }
            this.writing.set(false);
        });
    }

    /// Brings D1 and the Feed up to date. `false` where one of them could not be reached.
    async fn flush(&self) -> bool {
        self.written_at.set(now());
        let wrote = match brain::soon(self.write_book()).await {
            Ok(()) => true,
            Err(error) => {
                worker::console_error!("learner: the store could not be written: {error}");
                false
            }
        };
        let told = match brain::soon(self.tell_feed()).await {
            Ok(()) => true,
            Err(error) => {
                worker::console_error!("learner: the feed could not be told: {error}");
                false
            }
        };
        wrote && told
    }

    async fn write_book(&self) -> Result<()> {
        let Some((held, task, model)) = self.copy() else {
            return Ok(());
        };
        if held.book.seq == held.written {
            return Ok(());
        }
        let store = Store::open(&self.env)?;
        if held.book.epoch == Book::UNKNOWN {
            // Begun while the store was away: now it takes on the epoch that is.
            let epoch = store.snapshot().await?.epoch;
            if let Some(held) = self.held.borrow_mut().as_mut() {
                held.book.turn_to(epoch);
                self.store(held)?;
            }
        }
        let Some((held, ..)) = self.copy() else {
            return Ok(());
        };
        let epoch = store.write_book(task, &model, &held.book, now()).await?;
        let mut current = self.held.borrow_mut();
        let Some(current) = current.as_mut() else {
            return Ok(());
        };
        if current.book.turn_to(epoch) {
            let config = config::config(&self.env).map_err(|_| "the settings are not valid")?;
            self.begin_anew(current, &config.settings.tunables)?;
            return self.store(current);
        }
        // While D1 was written the book may have moved on, or turned to another epoch.
        if current.book.epoch == held.book.epoch {
            current.written = current.written.max(held.book.seq);
            self.store(current)?;
            let placed = vec![SqlStorageValue::Float(held.book.seq as f64)];
            self.sql()
                .exec("delete from unplaced where seq <= ?", placed)?;
        }
        let old = vec![SqlStorageValue::Float(now() - REMEMBERED)];
        self.sql().exec("delete from seen where at < ?", old)?;
        Ok(())
    }

    async fn tell_feed(&self) -> Result<()> {
        loop {
            let rows: Vec<OutboxRow> = self
                .sql()
                .exec(
                    "select cast(at as real) as at, kind, json from outbox order by at limit ?",
                    vec![SqlStorageValue::Integer(BATCH)],
                )?
                .to_array()?;
            let Some(last) = rows.last().map(|row| row.at) else {
                if let Some(held) = self.held.borrow_mut().as_mut() {
                    held.untold = 0;
                }
                return Ok(());
            };
            let epoch = self.copy().map(|(held, ..)| held.book.epoch);
            let epoch = epoch
                .filter(|epoch| *epoch != Book::UNKNOWN)
                .ok_or("the epoch is not known yet")?;
            let mut push = Push {
                epoch,
                ..Push::default()
            };
            for row in &rows {
                match row.kind.as_str() {
                    "alert" => push
                        .alerts
                        .extend(serde_json::from_str::<Alert>(&row.json).ok()),
                    _ => push
                        .decisions
                        .extend(serde_json::from_str::<Decision>(&row.json).ok()),
                }
            }
            FeedClient::of(&self.env)?.push(&push).await?;
            let told = vec![SqlStorageValue::Float(last)];
            self.sql().exec("delete from outbox where at <= ?", told)?;
            if let Some(held) = self.held.borrow_mut().as_mut() {
                held.untold = held.untold.saturating_sub(rows.len() as u64);
            }
        }
    }

    fn is_behind(&self) -> bool {
        self.held
            .borrow()
            .as_ref()
            .is_some_and(|held| held.book.seq != held.written || held.untold > 0)
    }

    fn copy(&self) -> Option<(Held, Task, String)> {
        let held = self.held.borrow().clone()?;
        let (task, model) = held.name.clone()?;
        Some((held, task, model))
    }

    /// An alarm stands while D1 or the Feed is behind, and outlives a crash.
    async fn set_alarm(&self, millis: i64) -> Result<()> {
        if self.alarm_set.replace(true) {
            return Ok(());
        }
        let set = self.state.storage().set_alarm(millis).await;
        self.alarm_set.set(set.is_ok());
        set
    }

    fn post(&self, held: &mut Held, kind: &str, json: String) -> Result<()> {
        held.untold += 1;
        let row = vec![
            SqlStorageValue::String(kind.to_owned()),
            SqlStorageValue::String(json),
        ];
        self.sql()
            .exec("insert into outbox (kind, json) values (?, ?)", row)?;
        Ok(())
    }

    fn store(&self, held: &Held) -> Result<()> {
        let Some((task, model)) = &held.name else {
            return Ok(());
        };
        let row = vec![
            SqlStorageValue::String(task.name().to_owned()),
            SqlStorageValue::String(model.clone()),
            SqlStorageValue::String(serde_json::to_string(&held.book)?),
            SqlStorageValue::Float(held.written as f64),
        ];
        self.sql().exec(
            "insert or replace into book (one, task, model, json, written) values (1, ?, ?, ?, ?)",
            row,
        )?;
        Ok(())
    }

    fn load(&self) -> Result<()> {
        if self.held.borrow().is_some() {
            return Ok(());
        }
        let sql = self.sql();
        for table in [
            "create table if not exists book (one integer primary key check (one = 1), \
             task text not null, model text not null, json text not null, \
             written real not null) strict",
            "create table if not exists seen (id text not null primary key, at real not null) \
             strict, without rowid",
            "create table if not exists outbox (at integer primary key autoincrement, \
             kind text not null, json text not null) strict",
            "create table if not exists unplaced (seq real not null primary key, \
             json text not null) strict, without rowid",
        ] {
            sql.exec(table, None)?;
        }
        let rows: Vec<BookRow> = sql
            .exec("select task, model, json, written from book", None)?
            .to_array()?;
        let untold: Count = sql.exec("select count(*) as n from outbox", None)?.one()?;
        let mut held = Held {
            name: None,
            book: Book::default(),
            written: 0,
            untold: untold.n as u64,
        };
        if let Some(row) = rows.into_iter().next() {
            held.name = Task::parse(&row.task).map(|task| (task, row.model));
            held.book = serde_json::from_str(&row.json)?;
            held.written = row.written as u64;
        }
        *self.held.borrow_mut() = Some(held);
        Ok(())
    }

    fn sql(&self) -> SqlStorage {
        self.state.storage().sql()
    }
}
