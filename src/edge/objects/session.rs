//! A Session is what is kept of one conversation: the model that it is with, its task, when it was
//! last asked for. No text, and nothing of whose it is: its name is a digest.
//!
//! Messages: `turn` gives what is kept and notes that a turn came, `look` only gives it; `keep` replaces it, unless a turn
//! beside it was first. Each is one turn of the object without an await between, so two turns at the
//! same moment never both start a conversation. It writes its storage when what is kept changes, and
//! the time of the last turn now and then; its alarm deletes it `SESSION_IDLE` after that. Whatever is lost
//! of it costs one conversation one decision.

use std::cell::RefCell;

use serde::{Deserialize, Serialize};
use worker::{
    DurableObject, Env, Request, Response, Result, SqlStorageValue, State, durable_object,
};

use super::{answer, body, client::Object};
use crate::{
    domain::{
        conversation::{Kept, Whose},
        session::News,
    },
    edge::{
        config,
        patience::{self, now},
    },
};

/// The time of the last turn is stored once it is older than this share of `SESSION_IDLE`.
const STORED_EVERY: f64 = 0.25;

/// To a Session.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ToSession {
    /// A turn of it has come.
    Turn,
    /// What is kept of it: nothing has come.
    Look,
    Keep(News),
}

/// The typed client of one.
pub struct SessionClient {
    object: Object,
    /// As whoever waits for it knows it.
    pub door: String,
}

impl SessionClient {
    pub fn of(env: &Env, whose: &Whose) -> Result<SessionClient> {
        Ok(SessionClient {
            object: Object::of(env, "SESSION", &whose.digest)?,
            door: format!("session {}", whose.digest),
        })
    }

    /// A turn of it has come: gives what was kept before.
    pub async fn turn(&self) -> Result<Option<Kept>> {
        self.object.tell(&ToSession::Turn).await
    }

    /// Gives what is kept, and changes nothing.
    pub async fn look(&self) -> Result<Option<Kept>> {
        self.object.tell(&ToSession::Look).await
    }

    /// Gives whether it was taken.
    pub async fn keep(&self, news: News) -> Result<bool> {
        patience::ask(&self.door, self.object.tell(&ToSession::Keep(news))).await
    }
}

#[durable_object(alarm)]
pub struct Session {
    state: State,
    env: Env,
    held: RefCell<Option<Held>>,
}

#[derive(Default)]
struct Held {
    kept: Option<Kept>,
    /// The time of the last turn as it is stored, Unix seconds.
    stored_at: f64,
}

#[derive(Deserialize)]
struct Row {
    json: String,
}

impl DurableObject for Session {
    fn new(state: State, env: Env) -> Self {
        Session {
            state,
            env,
            held: RefCell::new(None),
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let message: ToSession = body(&mut request).await?;
        self.load()?;
        match message {
            ToSession::Turn => answer(&self.turn().await?),
            ToSession::Look => {
                let (idle, now) = (self.idle()?, now());
                answer(&self.with(|held| held.kept.clone().filter(|it| !it.is_over(now, idle))))
            }
            ToSession::Keep(news) => answer(&self.keep(news).await?),
        }
    }

    async fn alarm(&self) -> Result<Response> {
        self.load()?;
        let (idle, now) = (self.idle()?, now());
        let last = self.with(|held| held.kept.as_ref().map(|kept| kept.at));
        match last.filter(|last| last + idle > now + 1.0) {
            Some(last) => self.wake_at(last + idle).await?,
            None => {
                self.with(|held| *held = Held::default());
                self.state.storage().delete_all().await?;
            }
        }
        Response::empty()
    }
}

impl Session {
    async fn turn(&self) -> Result<Option<Kept>> {
        let (idle, now) = (self.idle()?, now());
        let (before, is_due) = self.with(|held| {
            held.kept.take_if(|kept| kept.is_over(now, idle));
            let before = held.kept.clone();
            if let Some(kept) = &mut held.kept {
                kept.at = now;
                kept.turns = kept.turns.saturating_add(1);
            }
            (before, now - held.stored_at > idle * STORED_EVERY)
        });
        if before.is_some() && is_due {
            self.store().await?;
        }
        Ok(before)
    }

    async fn keep(&self, news: News) -> Result<bool> {
        let News { before, now } = news;
        let taken = self.with(|held| {
            let model = held.kept.as_ref().map(|kept| &kept.model);
            if model != before.as_ref() && model != Some(&now.model) {
                return false;
            }
            held.kept = Some(now);
            true
        });
        if taken {
            self.store().await?;
        }
        Ok(taken)
    }

    async fn store(&self) -> Result<()> {
        let Some(kept) = self.with(|held| held.kept.clone()) else {
            return Ok(());
        };
        let sql = self.state.storage().sql();
        sql.exec(
            "create table if not exists kept (id integer not null primary key, json text not null) \
             strict",
            None,
        )?;
        sql.exec(
            "insert or replace into kept (id, json) values (1, ?)",
            vec![SqlStorageValue::String(serde_json::to_string(&kept)?)],
        )?;
        self.with(|held| held.stored_at = kept.at);
        self.wake_at(kept.at + self.idle()?).await
    }

    async fn wake_at(&self, at: f64) -> Result<()> {
        let millis = ((at - now()) * 1_000.0).max(0.0) as i64;
        self.state.storage().set_alarm(millis).await
    }

    fn idle(&self) -> Result<f64> {
        match config::config(&self.env) {
            Ok(config) => Ok(config.settings.session_idle),
            Err(_) => Err("the settings are not valid".into()),
        }
    }

    fn with<R>(&self, with: impl FnOnce(&mut Held) -> R) -> R {
        with(self.held.borrow_mut().get_or_insert_default())
    }

    /// Reads storage, and makes nothing there.
    fn load(&self) -> Result<()> {
        if self.held.borrow().is_some() {
            return Ok(());
        }
        let sql = self.state.storage().sql();
        let tables: Vec<serde_json::Value> = sql
            .exec("select name from sqlite_master where name = 'kept'", None)?
            .to_array()?;
        let mut held = Held::default();
        if !tables.is_empty() {
            let rows: Vec<Row> = sql.exec("select json from kept", None)?.to_array()?;
            // What another version wrote and this one cannot read is a conversation that begins anew.
            held.kept = rows
                .first()
                .and_then(|row| serde_json::from_str(&row.json).ok());
            held.stored_at = held.kept.as_ref().map_or(0.0, |kept: &Kept| kept.at);
        }
        *self.held.borrow_mut() = Some(held);
        Ok(())
    }
}
