//! The Feed is what people watch: a ring of the newest decisions and alerts.
//!
//! It is held in memory, stored once in ten seconds, and told best effort: what is counted on stands
//! in D1, from which the newest are read when it starts. Whoever watches has a stream of what comes.
//! Messages: `push` (from Learners, in batches; a row that is there already is not taken twice),
//! `decisions`, `alerts`, `reset`. A push of an older epoch is dropped, one of a newer empties the
//! ring first.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use serde::{Deserialize, de::DeserializeOwned};
use worker::{
    DurableObject, Env, Request, Response, Result, SqlStorage, SqlStorageValue, State,
    durable_object,
    wasm_bindgen::{self, prelude::wasm_bindgen},
    web_sys::{self, ReadableStream},
};

use super::{answer, body, message::ToFeed, yesterday};
use crate::{
    domain::books::{
        feed::{Alert, Decision},
        live::{self, Live},
        ring::Ring,
    },
    edge::{
        patience::{self, now},
        store::Store,
    },
};

/// Rows shown.
const SHOWN: usize = 200;
/// The path of a stream of what happens.
pub(super) const LIVE: &str = "/live";
/// Milliseconds between two writes of the ring to the storage.
const STORED_EVERY: u64 = 10_000;

#[wasm_bindgen(module = "/src/edge/objects/live.js")]
extern "C" {
    /// See there.
    type Streams;
    #[wasm_bindgen(constructor)]
    fn new() -> Streams;
    #[wasm_bindgen(method, getter)]
    fn count(this: &Streams) -> u32;
    #[wasm_bindgen(method)]
    fn open(this: &Streams, first: &str) -> ReadableStream;
    #[wasm_bindgen(method)]
    fn write(this: &Streams, text: &str);
}

#[durable_object(fetch)]
pub struct Feed {
    watched: Rc<Watched>,
}

/// The object itself, shared with what it does in the background.
struct Watched {
    state: State,
    env: Env,
    /// `None` until read from storage.
    ring: RefCell<Option<Ring>>,
    /// Has it asked D1 for what it may have missed.
    filled: Cell<bool>,
    storing: Cell<bool>,
    /// Those who watch, and what they were told.
    streams: Streams,
    live: Cell<Live>,
}

#[derive(Deserialize)]
struct Row {
    json: String,
}

impl DurableObject for Feed {
    fn new(state: State, env: Env) -> Self {
        Feed {
            watched: Rc::new(Watched {
                state,
                env,
                ring: RefCell::new(None),
                filled: Cell::new(false),
                storing: Cell::new(false),
                streams: Streams::new(),
                live: Cell::default(),
            }),
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let watched = &self.watched;
        if request.path() == LIVE {
            return watched.watch();
        }
        match body(&mut request).await? {
            ToFeed::Push {
                epoch,
                decisions,
                alerts,
            } => {
                watched.tell(epoch, &decisions, &alerts)?;
                watched.with(|ring| ring.push(epoch, decisions, alerts))?;
                watched.store_soon();
                answer(&true)
            }
            ToFeed::Reset { epoch } => {
                watched.tell(epoch, &[], &[])?;
                watched.with(|ring| ring.turn_to(epoch))?;
                // Whoever asked for it may rely on it.
                watched.store()?;
                answer(&true)
            }
            ToFeed::Decisions => {
                watched.fill().await?;
                watched.with(|ring| answer(&ring.decisions(SHOWN)))?
            }
            ToFeed::Alerts => {
                watched.fill().await?;
                watched.with(|ring| answer(&ring.alerts(SHOWN)))?
            }
        }
    }
}

impl Watched {
    /// A stream of what happens from now on; 503 where as many are open as may be.
    fn watch(&self) -> Result<Response> {
        if self.streams.count() >= live::MOST {
            return Response::error("too many watch", 503);
        }
        let body = self.streams.open(live::BEGIN);
        let response = web_sys::Response::new_with_opt_readable_stream(Some(&body))?;
        Ok(response.into())
    }

    /// Tells whoever watches what of this is new.
    fn tell(&self, epoch: u64, decisions: &[Decision], alerts: &[Alert]) -> Result<()> {
        if self.streams.count() == 0 {
            return Ok(());
        }
        let mut live = self.live.get();
        let events = self.with(|ring| {
            let (decisions, alerts) = ring.new_of(epoch, decisions, alerts);
            live.events(now(), ring.turns_to(epoch), &decisions, &alerts)
        })?;
        self.live.set(live);
        if !events.is_empty() {
            self.streams.write(&events);
        }
        Ok(())
    }

    fn with<T>(&self, work: impl FnOnce(&mut Ring) -> T) -> Result<T> {
        let mut ring = self.ring.borrow_mut();
        if ring.is_none() {
            *ring = Some(self.load()?);
        }
        Ok(work(ring.get_or_insert_default()))
    }

    /// Asks D1 for the newest, once: a ring that starts anew may have missed some.
    async fn fill(&self) -> Result<()> {
        if self.filled.get() {
            return Ok(());
        }
        let newest = patience::ask("store", async {
            Store::open(&self.env)?.newest(SHOWN).await
        })
        .await;
        match newest {
            Ok((epoch, decisions, alerts)) => {
                self.filled.set(true);
                let decisions = decisions.iter().map(Decision::public).collect();
                self.with(|ring| ring.push(epoch, decisions, alerts))
            }
            // What it holds is shown until D1 is back.
            Err(error) => {
                worker::console_warn!("feed: the store could not be read: {error}");
                self.with(|_| ())
            }
        }
    }

    fn store_soon(self: &Rc<Self>) {
        if self.storing.replace(true) {
            return;
        }
        let this = Rc::clone(self);
        self.state.wait_until(async move {
            patience::pause(STORED_EVERY).await;
            this.storing.set(false);
            if let Err(error) = this.store() {
                worker::console_error!("feed: the ring could not be stored: {error}");
            }
        });
    }

    fn store(&self) -> Result<()> {
        let json = self.with(|ring| serde_json::to_string(ring))??;
        self.sql().exec(
            "insert or replace into kept (key, json) values ('ring', ?)",
            vec![SqlStorageValue::String(json)],
        )?;
        Ok(())
    }

    fn load(&self) -> Result<Ring> {
        let sql = self.sql();
        sql.exec(
            "create table if not exists kept (key text not null primary key, json text not null) \
             strict, without rowid",
            None,
        )?;
        let rows: Vec<Row> = sql
            .exec("select json from kept where key = 'ring'", None)?
            .to_array()?;
        if let Some(row) = rows.first() {
            // A ring of another version is read anew from D1.
            return Ok(serde_json::from_str(&row.json).unwrap_or_default());
        }
        let mut ring = Ring::default();
        ring.push(
            yesterday::ring_epoch(&sql)?,
            read(yesterday::ring(&sql, "decision")?),
            read::<Alert>(yesterday::ring(&sql, "alert")?),
        );
        sql.exec(
            "insert or replace into kept (key, json) values ('ring', ?)",
            vec![SqlStorageValue::String(serde_json::to_string(&ring)?)],
        )?;
        yesterday::forget_ring(&sql)?;
        Ok(ring)
    }

    fn sql(&self) -> SqlStorage {
        self.state.storage().sql()
    }
}

fn read<T: DeserializeOwned>(rows: Vec<String>) -> Vec<T> {
    rows.iter()
        .filter_map(|row| serde_json::from_str(row).ok())
        .collect()
}
