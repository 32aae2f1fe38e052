//! A Learner keeps the ledger of one (task, model) and is its only writer.
//!
//! What it stores, and how that is read again, is `domain/books/kept`. Messages: `tell`, a numbered
//! batch of a line, counted once however often it is said; `rate`, a grade that came later. A message
//! is counted and stored in one turn, by one statement, without an await between: all of it or
//! nothing, and where storing fails the Learner begins again from its storage.
//!
//! The database is written afterwards, book, decisions and hours in one batch: before the message is
//! answered, where the last time is long enough ago and it does not take long; else an alarm is set
//! before the answer, and stands until it was. So a crash loses nothing. The Feed is told once, best
//! effort.

mod storage;

use chat::Task;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use worker::{DurableObject, Env, Error, Request, Response, Result, State, durable_object};

use super::{
    FeedClient, answer, body,
    message::{ToLearner, Told},
};
use crate::{
    domain::{
        books::{
            book::Book,
            feed::{Alert, Decision},
            kept::{Heard, Kept, Rules, Said},
            ledger::Placed,
            rating::{Rating, Vote},
            settlement::Settlement,
        },
        isolate::isolates::Tellers,
        policy::GradedBy,
        settings::Settings,
    },
    edge::{
        config,
        patience::{self, now},
        store::Store,
    },
};

/// Seconds between two writes to D1 at the least, while the book is young or a whole batch waits, and else:
/// what comes in between is written together.
const PAUSE: f64 = 0.2;
const MATURE_PAUSE: f64 = 2.0;
/// Milliseconds until the alarm that looks whether the database is behind.
const ALARM: i64 = 5_000;
/// Seconds that a message waits for the database at the most.
const IN_TURN: f64 = 0.5;
/// Decisions told to the Feed at once.
const FEED_BATCH: usize = 100;

#[durable_object(alarm)]
pub struct Learner {
    keeper: Rc<Keeper>,
}

/// The object itself, shared with what it does in the background.
struct Keeper {
    state: State,
    env: Env,
    held: RefCell<Option<Kept>>,
    tellers: RefCell<Tellers>,
    writing: Cell<bool>,
    /// When D1 was written last, Unix seconds, and did that fail.
    written_at: Cell<f64>,
    failed: Cell<bool>,
    alarm_set: Cell<bool>,
    forgot_at: Cell<f64>,
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
                failed: Cell::new(false),
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
        let settings = keeper.settings()?;
        keeper.with(&settings, |_| Ok(()))?;
        if !keeper.is_behind() {
            return Response::empty();
        }
        let written = keeper.flush().await;
        if written.is_none() || keeper.is_behind() {
            keeper.set_alarm().await?;
        }
        if let Some(written) = written {
            keeper.tell_feed(written).await;
        }
        Response::empty()
    }
}

impl Keeper {
    /// Counts what of a batch was not heard yet, and stores it.
    fn hear(&self, line: &str, first: u64, settlements: Vec<Settlement>) -> Result<Told> {
        let settings = self.settings()?;
        if settlements.is_empty() {
            return Err("a batch of nothing".into());
        }
        self.with(&settings, |held| {
            let heard = match held.heard(line) {
                Some(heard) => heard,
                None => self
                    .row(&Heard::key(line))?
                    .and_then(|json| serde_json::from_str::<Heard>(&json).ok())
                    .map_or(0, |heard| heard.number),
            };
            let (waiting, epoch) = (held.ledger.waiting.len(), held.ledger.book.epoch);
            let at = now();
            let said = Said {
                line,
                first,
                settlements,
                heard,
                at,
                isolates: self.tellers.borrow_mut().hear(line, at),
            };
            let rows = held.tell(said, rules(&settings))?;
            let mut alerts = Vec::new();
            if !rows.is_empty() {
                self.put(rows)?;
                // A new epoch leaves nothing where it was.
                let new = match held.ledger.book.epoch == epoch {
                    true => held.ledger.waiting.get(waiting..).unwrap_or_default(),
                    false => held.ledger.waiting.as_slice(),
                };
                alerts.extend(new.iter().filter_map(|it| it.settlement.decision.alert()));
            }
            Ok(Told {
                book: held.ledger.book.clone(),
                alerts,
            })
        })
    }

    /// Takes a grade in that came after its settlement.
    fn rate(&self, name: (Task, String), rating: &Rating) -> Result<Told> {
        let settings = self.settings()?;
        self.with(&settings, |held| {
            let key = format!("vote/{}", rating.id);
            let before = match rating.by {
                GradedBy::Feedback => self.row(&key)?,
                _ => None,
            };
            let before = before.and_then(|json| serde_json::from_str::<Vote>(&json).ok());
            let (vote, mut rows) = held.rate(name, rating, before, &settings.tunables)?;
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

    /// What was counted comes to D1: when this is over it is there, or an alarm stands that brings
    /// it there.
    async fn see_to_the_rest(self: &Rc<Self>) -> Result<()> {
        if !self.is_behind() {
            return Ok(());
        }
        let at_once = !self.failed.get() && self.pause() <= 0.0 && !self.writing.replace(true);
        if !at_once {
            self.set_alarm().await?;
            if !self.writing.replace(true) {
                let this = Rc::clone(self);
                self.state.wait_until(async move { this.go_on().await });
            }
            return Ok(());
        }
        let this = Rc::clone(self);
        let mut writing = Box::pin(async move { this.flush().await });
        let written = patience::within(IN_TURN, writing.as_mut()).await;
        let done = matches!(written, Some(Some(_)));
        let this = Rc::clone(self);
        self.state.wait_until(async move {
            let written = match written {
                Some(written) => written,
                None => writing.await,
            };
            match written {
                Some(written) => {
                    this.tell_feed(written).await;
                    this.go_on().await;
                }
                None => this.writing.set(false),
            }
        });
        if !done {
            self.set_alarm().await?;
        }
        Ok(())
    }

    /// Writes D1 until it knows all, what comes within a pause together.
    async fn go_on(&self) {
        while self.is_behind() {
            let pause = self.pause();
            if pause > 0.0 {
                patience::pause((pause * 1_000.0) as u64).await;
            }
            match self.flush().await {
                Some(written) => self.tell_feed(written).await,
                None => break,
            }
        }
        self.writing.set(false);
    }

    /// Seconds until D1 may be written again.
    fn pause(&self) -> f64 {
        let held = self.held.borrow();
        let gathers = held
            .as_ref()
            .is_some_and(|held| held.ledger.book.is_mature() && !held.fills_a_batch());
        let pause = if gathers { MATURE_PAUSE } else { PAUSE };
        (pause - (now() - self.written_at.get())).min(pause)
    }

    /// Brings D1 up to date. Gives what the Feed is to be told; `None` where D1 could not be written.
    async fn flush(&self) -> Option<ForFeed> {
        self.written_at.set(now());
        let written = self.write().await;
        patience::note("books", &written);
        self.failed.set(written.is_err());
        written.ok()
    }

    async fn write(&self) -> Result<ForFeed> {
        let settings = self.settings()?;
        let place = |epoch| {
            self.with(&settings, |held| {
                let (placed, rows) = held.place(epoch, rules(&settings))?;
                self.put(rows)?;
                Ok(placed)
            })
        };
        let store = Store::open(&self.env)?;
        if self.is_behind() && self.epoch() == Book::UNKNOWN {
            // Begun while the store was away: now it takes on the epoch that is.
            place(patience::change("store", store.epoch()).await?.own)?;
        }
        let Some(writing) = self.with(&settings, |held| Ok(held.writing()))? else {
            return Ok(ForFeed::default());
        };
        let epoch = patience::change("store", store.write(&writing)).await?;
        match place(epoch.own)? {
            Placed::Same => {
                self.with(&settings, |held| {
                    held.written(&writing);
                    Ok(())
                })?;
                self.forget_lines()?;
                Ok((writing.book.epoch, writing.decisions))
            }
            Placed::Anew => Ok(ForFeed::default()),
            Placed::Behind => {
                if epoch.ahead.is_none_or(|known| known < writing.book.epoch) {
                    patience::change("store", store.set_ahead(writing.book.epoch)).await?;
                }
                Err("the database knows of no such epoch: restored to before a reset?".into())
            }
        }
    }

    /// Best effort: what is counted on stands in D1.
    async fn tell_feed(&self, (epoch, mut decisions): ForFeed) {
        let from = decisions.len().saturating_sub(FEED_BATCH);
        let alerts: Vec<Alert> = decisions.iter().filter_map(Decision::alert).collect();
        let newest = decisions
            .drain(from..)
            .map(|it| it.public())
            .collect::<Vec<_>>();
        if newest.is_empty() {
            return;
        }
        let telling = async { FeedClient::of(&self.env)?.push(epoch, newest, alerts).await };
        let _ = patience::ask("feed", telling).await;
    }

    /// Also where it failed half-way: what is stored is not known until it is read again.
    fn is_behind(&self) -> bool {
        let held = self.held.borrow();
        held.as_ref().is_none_or(Kept::is_behind)
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
    fn with<T>(&self, settings: &Settings, work: impl FnOnce(&mut Kept) -> Result<T>) -> Result<T> {
        let mut held = self.held.borrow_mut();
        if held.is_none() {
            *held = Some(self.load(settings)?);
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

    fn settings(&self) -> Result<Settings> {
        let config = config::config(&self.env);
        let config = config.map_err(|_| Error::from("the settings are not valid"))?;
        Ok(config.settings.clone())
    }
}

/// An epoch, and decisions of it that the Feed is to be told.
type ForFeed = (u64, Vec<Decision>);

fn rules(settings: &Settings) -> Rules<'_> {
    (&settings.tunables, settings.decisions_per_second)
}
