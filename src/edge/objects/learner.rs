//! A Learner keeps the ledger of one (task, model) and is its only writer.
//!
//! It stores the ledger (`state`), what the database has not been told of (in `state` where that
//! is little, else one row a message, `inbox/N`), and the highest number heard of each line
//! (`heard/LINE`). Messages: `tell`, a numbered batch of a line, counted once however often it is
//! said. A batch is counted and stored in one turn, by one statement, without an await between:
//! all of it or nothing, and where storing fails the Learner begins again from its storage.
//!
//! The database is written afterwards, book, decisions and hours in one batch; an alarm stands
//! while it is behind, so a crash loses nothing. The Feed is told once, best effort.

use chat::Task;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use serde::{Deserialize, Serialize};
use worker::{
    DurableObject, Env, Error, Request, Response, Result, SqlStorage, SqlStorageValue, State,
    durable_object,
};

use super::{
    FeedClient, answer, atomically, body,
    held::{Held, Stored},
    message::{ToLearner, Told},
    yesterday,
};
use crate::{
    domain::{
        book::Book,
        feed::{Alert, Decision},
        isolates::Tellers,
        ledger::{Ledger, Placed, Waiting},
        policy::GradedBy,
        rating::{RATED_WITHIN, Rating, Vote},
        settings::Settings,
        settlement::Settlement,
    },
    edge::{
        config,
        patience::{self, now},
        store::{Store, Writing},
    },
};

/// Seconds between two writes to D1 at the least, while the book is young and once it is not:
/// what comes in between is written together.
const PAUSE: f64 = 0.2;
const MATURE_PAUSE: f64 = 2.0;
/// Milliseconds until the alarm that looks whether the database is behind.
const ALARM: i64 = 5_000;
/// Decisions told to the Feed at once.
const FEED_BATCH: usize = 100;
/// Rows in one statement at the most.
const STATEMENT: usize = 40;
/// Seconds for which a line that says nothing is remembered, and lines remembered at the most.
const REMEMBERED: f64 = 86_400.0;
const MOST_LINES: i64 = 4_096;
/// Seconds between two looks for lines to forget.
const FORGET_EVERY: f64 = 600.0;

#[durable_object(alarm)]
pub struct Learner {
    keeper: Rc<Keeper>,
}

/// The object itself, shared with what it does in the background.
struct Keeper {
    state: State,
    env: Env,
    held: RefCell<Option<Held>>,
    tellers: RefCell<Tellers>,
    writing: Cell<bool>,
    written_at: Cell<f64>,
    alarm_set: Cell<bool>,
    forgot_at: Cell<f64>,
}

#[derive(Deserialize)]
struct Row {
    json: String,
}

#[derive(Deserialize, Serialize)]
struct Heard {
    number: u64,
    /// Unix seconds.
    at: f64,
}

impl DurableObject for Learner {
    fn new(state: State, env: Env) -> Self {
        Learner {
            keeper: Rc::new(Keeper {
                state,
                env,
                held: RefCell::new(None),
                tellers: RefCell::default(),
                writing: Cell::new(false),
                written_at: Cell::new(0.0),
                alarm_set: Cell::new(false),
                forgot_at: Cell::new(0.0),
            }),
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let keeper = &self.keeper;
        let message = match request.path().as_str() {
            "/observe" => ToLearner::Observe(body(&mut request).await?),
            _ => body(&mut request).await?,
        };
        let told = match message {
            ToLearner::Tell {
                line,
                first,
                settlements,
            } => keeper.hear(&line, first, settlements)?,
            ToLearner::Rate {
                task,
                model,
                rating,
            } => keeper.rate((task, model), &rating)?,
            ToLearner::Observe(settlement) => {
                let line = settlement.decision.id.clone();
                let told = keeper.hear(&line, 1, vec![*settlement])?;
                keeper.see_to_the_rest().await?;
                return answer(&told.book);
            }
        };
        keeper.see_to_the_rest().await?;
        answer(&told)
    }

    async fn alarm(&self) -> Result<Response> {
        let keeper = &self.keeper;
        keeper.alarm_set.set(false);
        keeper.with(|_| Ok(()))?;
        if !keeper.flush().await || keeper.is_behind() {
            keeper.set_alarm().await?;
        }
        Response::empty()
    }
}

impl Keeper {
    /// Counts what of a batch was not heard yet, and stores it.
    fn hear(&self, line: &str, first: u64, settlements: Vec<Settlement>) -> Result<Told> {
        let settings = self.settings()?;
        let Some(last) = settlements.len().checked_sub(1) else {
            return Err("a batch of nothing".into());
        };
        let last = first.saturating_add(last as u64);
        self.with(|held| {
            let key = heard(line);
            let heard = self
                .row(&key)?
                .and_then(|row| serde_json::from_str::<Heard>(&row.json).ok())
                .map_or(0, |heard| heard.number);
            let mut alerts = Vec::new();
            if last <= heard {
                return Ok(Told {
                    book: held.ledger.book.clone(),
                    alerts,
                });
            }
            let waiting = held.ledger.waiting.len();
            let epoch = held.ledger.book.epoch;
            for (number, settlement) in (first..).zip(settlements) {
                if number <= heard {
                    continue;
                }
                let decision = &settlement.decision;
                held.name = Some((decision.task, decision.model.clone()));
                held.ledger.count(
                    settlement,
                    &settings.tunables,
                    settings.decisions_per_second,
                );
            }
            // A new epoch leaves nothing where it was.
            let new = match held.ledger.book.epoch == epoch {
                true => held.ledger.waiting.get(waiting..).unwrap_or_default(),
                false => held.ledger.waiting.as_slice(),
            };
            held.ledger.book.isolates = self.tellers.borrow_mut().hear(line, now());
            alerts.extend(new.iter().filter_map(|it| it.settlement.decision.alert()));
            let heard = Heard {
                number: last,
                at: now(),
            };
            let row = (key, serde_json::to_string(&heard)?);
            let anew = held.ledger.book.epoch != epoch;
            if anew {
                held.forget();
            }
            let mut rows = held.rows(if anew { None } else { Some(waiting) })?;
            rows.push(row);
            self.put(rows)?;
            Ok(Told {
                book: held.ledger.book.clone(),
                alerts,
            })
        })
    }

    /// Takes a grade in that came after its settlement.
    fn rate(&self, name: (Task, String), rating: &Rating) -> Result<Told> {
        let settings = self.settings()?;
        self.with(|held| {
            held.name.get_or_insert(name);
            let key = format!("vote/{}", rating.id);
            let before = match rating.by {
                GradedBy::Feedback => self.row(&key)?,
                _ => None,
            };
            let before = before.and_then(|row| serde_json::from_str::<Vote>(&row.json).ok());
            let vote = held.ledger.rate(rating, before, &settings.tunables);
            let mut rows = held.rows(Some(held.ledger.waiting.len()))?;
            if let Some(vote) = vote {
                rows.push((key, serde_json::to_string(&vote)?));
            }
            self.put(rows)?;
            Ok(Told {
                book: held.ledger.book.clone(),
                alerts: Vec::new(),
            })
        })
    }

    async fn see_to_the_rest(self: &Rc<Self>) -> Result<()> {
        self.set_alarm().await?;
        self.write_soon();
        Ok(())
    }

    /// Writes in the background: at once if the last write is long enough ago, else after the
    /// pause, together with what comes until then.
    fn write_soon(self: &Rc<Self>) {
        if !self.is_behind() || self.writing.replace(true) {
            return;
        }
        let this = Rc::clone(self);
        self.state.wait_until(async move {
            loop {
                let pause = match this.is_mature() {
                    true => MATURE_PAUSE,
                    false => PAUSE,
                };
                let wait = pause - (now() - this.written_at.get());
                if wait > 0.0 {
                    patience::pause((wait.min(pause) * 1_000.0) as u64).await;
                }
                if !this.flush().await || !this.is_behind() {
                    break;
                }
            }
            this.writing.set(false);
        });
    }

    /// Brings D1 up to date, and tells the Feed. `false` where D1 could not be written.
    async fn flush(&self) -> bool {
        self.written_at.set(now());
        let written = self.write().await;
        patience::note("books", &written);
        written.is_ok()
    }

    async fn write(&self) -> Result<()> {
        let settings = self.settings()?;
        let (tunables, per_second) = (&settings.tunables, settings.decisions_per_second);
        let store = Store::open(&self.env)?;
        if self.is_behind() && self.epoch() == Book::UNKNOWN {
            // Begun while the store was away: now it takes on the epoch that is.
            let epoch = patience::change("store", store.epoch()).await?;
            self.with(|held| {
                held.ledger.place(epoch.own, tunables, per_second);
                held.forget();
                self.put(held.rows(None)?)
            })?;
        }
        let Some((writing, last)) = self.with(|held| Ok(held.writing()))? else {
            return Ok(());
        };
        let epoch = patience::change("store", store.write(&writing)).await?;
        let placed = self.with(|held| {
            let placed = held.ledger.place(epoch.own, tunables, per_second);
            match placed {
                // While D1 was written the ledger may have turned to another epoch.
                Placed::Same if held.ledger.book.epoch == writing.book.epoch => {
                    if held.done(&writing, last.as_deref()) {
                        // What still stands in the storage is written over, or once more.
                        held.inbox = 0;
                    } else {
                        self.put(held.rows(None)?)?;
                    }
                }
                Placed::Anew => {
                    held.forget();
                    self.put(held.rows(None)?)?;
                }
                Placed::Same | Placed::Behind => {}
            }
            Ok(placed)
        })?;
        match placed {
            Placed::Same => {
                self.forget_lines()?;
                self.tell_feed(&writing).await;
                Ok(())
            }
            Placed::Anew => Ok(()),
            Placed::Behind => {
                if epoch.ahead.is_none_or(|known| known < writing.book.epoch) {
                    patience::change("store", store.set_ahead(writing.book.epoch)).await?;
                }
                Err("the database knows of no such epoch: restored to before a reset?".into())
            }
        }
    }

    /// Best effort: what is counted on stands in D1.
    async fn tell_feed(&self, writing: &Writing) {
        let from = writing.decisions.len().saturating_sub(FEED_BATCH);
        let newest = writing.decisions.get(from..).unwrap_or_default();
        if newest.is_empty() {
            return;
        }
        let alerts: Vec<Alert> = writing
            .decisions
            .iter()
            .filter_map(Decision::alert)
            .collect();
        let decisions = newest.iter().map(Decision::public).collect();
        let telling = async {
            FeedClient::of(&self.env)?
                .push(writing.book.epoch, decisions, alerts)
                .await
        };
        let _ = patience::ask("feed", telling).await;
    }

    /// Lines that said nothing for long say nothing again.
    fn forget_lines(&self) -> Result<()> {
        let now = now();
        if now - self.forgot_at.get() < FORGET_EVERY {
            return Ok(());
        }
        self.forgot_at.set(now);
        self.sql().exec(
            "delete from kept where key >= 'vote/' and key < 'vote0' and json ->> 'at' < ?",
            vec![SqlStorageValue::Float(now - 2.0 * RATED_WITHIN)],
        )?;
        self.sql().exec(
            "delete from kept where key >= 'heard/' and key < 'heard0' and ( \
             json ->> 'at' < ? or key not in ( \
             select key from kept where key >= 'heard/' and key < 'heard0' \
             order by json ->> 'at' desc limit ?))",
            vec![
                SqlStorageValue::Float(now - REMEMBERED),
                SqlStorageValue::Integer(MOST_LINES),
            ],
        )?;
        Ok(())
    }

    fn is_behind(&self) -> bool {
        let held = self.held.borrow();
        held.as_ref().is_some_and(Held::is_behind)
    }

    fn is_mature(&self) -> bool {
        let held = self.held.borrow();
        held.as_ref()
            .is_some_and(|held| held.ledger.book.is_mature())
    }

    fn epoch(&self) -> u64 {
        let held = self.held.borrow();
        held.as_ref().map_or(0, |held| held.ledger.book.epoch)
    }

    /// An alarm stands while D1 is behind, and outlives a crash.
    async fn set_alarm(&self) -> Result<()> {
        if !self.is_behind() || self.alarm_set.replace(true) {
            return Ok(());
        }
        let set = self.state.storage().set_alarm(ALARM).await;
        self.alarm_set.set(set.is_ok());
        set
    }

    /// Works on what is held, read from storage where it is not. What fails half-way leaves
    /// nothing behind: the next one begins from the storage.
    fn with<T>(&self, work: impl FnOnce(&mut Held) -> Result<T>) -> Result<T> {
        let mut held = self.held.borrow_mut();
        if held.is_none() {
            *held = Some(self.load()?);
        }
        let Some(now_held) = held.as_mut() else {
            return Err("the ledger is not loaded".into());
        };
        let done = work(now_held);
        if done.is_err() {
            *held = None;
        }
        done
    }

    fn load(&self) -> Result<Held> {
        self.sql().exec(
            "create table if not exists kept (key text not null primary key, json text not null) \
             strict, without rowid",
            None,
        )?;
        let Some(row) = self.row("state")? else {
            return self.begin();
        };
        let stored: Stored = match serde_json::from_str(&row.json) {
            Ok(stored) => stored,
            Err(error) => return self.set_aside(&row.json, &error.to_string()),
        };
        let mut ledger = stored.ledger;
        ledger.waiting = stored.waiting;
        for number in 0..stored.inbox {
            let Some(row) = self.row(&format!("inbox/{number}"))? else {
                continue;
            };
            match serde_json::from_str::<Vec<Waiting>>(&row.json) {
                Ok(waiting) => ledger.waiting.extend(waiting),
                Err(error) => worker::console_error!("learner: inbox/{number} is lost: {error}"),
            }
        }
        Ok(Held {
            name: Task::parse(&stored.task).map(|task| (task, stored.model)),
            ledger,
            inbox: stored.inbox,
            written: 0,
            noted: Vec::new(),
        })
    }

    /// Begins with what the version before left, or with nothing.
    fn begin(&self) -> Result<Held> {
        let sql = self.sql();
        let left = match yesterday::learner(&sql) {
            Ok(left) => left,
            Err(error) => {
                return self.set_aside("yesterday's tables are kept", &error.to_string());
            }
        };
        let mut held = Held {
            name: None,
            ledger: Ledger::default(),
            inbox: 0,
            written: 0,
            noted: Vec::new(),
        };
        let Some(left) = left else {
            return Ok(held);
        };
        (held.name, held.ledger) = (Some(left.name), left.ledger);
        let mut rows = held.rows(None)?;
        for id in left.seen {
            let once = Heard {
                number: 1,
                at: now(),
            };
            rows.push((heard(&id), serde_json::to_string(&once)?));
        }
        self.put(rows)?;
        yesterday::forget_learner(&sql)?;
        Ok(held)
    }

    /// A ledger that cannot be read is kept for whoever can, and said; a new one is begun.
    fn set_aside(&self, json: &str, why: &str) -> Result<Held> {
        worker::console_error!("learner: its ledger cannot be read and is set aside: {why}");
        let key = format!("aside/{}", now());
        self.put([(key, json.to_owned())])?;
        // Newer than any copy of what it was.
        let book = Book {
            seq: (now() * 1_000.0) as u64,
            set_aside: true,
            ..Book::default()
        };
        Ok(Held {
            name: None,
            ledger: Ledger::of(book),
            inbox: 0,
            written: 0,
            noted: Vec::new(),
        })
    }

    fn row(&self, key: &str) -> Result<Option<Row>> {
        let key = vec![SqlStorageValue::String(key.to_owned())];
        let rows: Vec<Row> = self
            .sql()
            .exec("select json from kept where key = ?", key)?
            .to_array()?;
        Ok(rows.into_iter().next())
    }

    /// Stores rows: all of them, or none.
    fn put(&self, rows: impl IntoIterator<Item = (String, String)>) -> Result<()> {
        let rows: Vec<(String, String)> = rows.into_iter().collect();
        if rows.len() <= STATEMENT {
            return put(&self.sql(), &rows);
        }
        let sql = self.sql();
        atomically(&self.state.storage(), move || {
            rows.chunks(STATEMENT).try_for_each(|rows| put(&sql, rows))
        })
    }

    fn settings(&self) -> Result<Settings> {
        let config = config::config(&self.env);
        let config = config.map_err(|_| Error::from("the settings are not valid"))?;
        Ok(config.settings.clone())
    }

    fn sql(&self) -> SqlStorage {
        self.state.storage().sql()
    }
}

/// Where the highest number heard of a line stands.
fn heard(line: &str) -> String {
    format!("heard/{line}")
}

fn put(sql: &SqlStorage, rows: &[(String, String)]) -> Result<()> {
    let holes = vec!["(?, ?)"; rows.len()].join(", ");
    if holes.is_empty() {
        return Ok(());
    }
    let values = rows
        .iter()
        .flat_map(|(key, json)| [key, json].map(|text| SqlStorageValue::String(text.clone())))
        .collect::<Vec<_>>();
    let statement = format!("insert or replace into kept (key, json) values {holes}");
    sql.exec(&statement, values)?;
    Ok(())
}
