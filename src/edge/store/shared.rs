//! The shared brain: books, price overrides, quarantine, and the epoch over them all.
//!
//! Read whole in one round trip; the pool only when its version is another one. The first epoch is the
//! time of the database's making, so that a new database is newer than any Learner's memory.

use chat::Task;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use worker::{
    D1PreparedStatement, D1Result, D1SessionConstraint, Error, Result, wasm_bindgen::JsValue,
};

use super::{Store, number, text};
use crate::domain::{
    account::{
        audit::Act,
        deployment::{Deployment, Sums, Whom},
        key::KeySecret,
    },
    books::ledger::Epoch,
    isolate::memory::Snapshot,
    money::Pico,
    runtime::{
        limits::{Limit, What},
        quarantine::Quarantine,
        registry::Model,
    },
};
use crate::edge::patience::now;

#[derive(Deserialize)]
pub(super) struct RawEpoch {
    epoch: f64,
    #[serde(default)]
    key_secret: Option<KeySecret>,
    /// Milliseconds.
    #[serde(default)]
    reset_at: Option<f64>,
    #[serde(default)]
    ahead: Option<f64>,
    #[serde(default)]
    undelivered: f64,
    #[serde(default)]
    aside: f64,
    #[serde(default)]
    pool: f64,
}

/// The store's epoch, and that of a Learner which is ahead of it.
pub struct Epochs {
    pub own: Epoch,
    pub ahead: Option<u64>,
    /// Settlements that no Learner has taken yet, and those that cannot be read.
    undelivered: u64,
    aside: u64,
}

#[derive(Deserialize)]
struct RawBook {
    task: String,
    model: String,
    book: String,
    updated: f64,
}

#[derive(Deserialize)]
struct RawOverride {
    model: String,
    multiplier: f64,
}

#[derive(Deserialize)]
struct RawModel {
    model: String,
}

#[derive(Deserialize)]
struct RawLimit {
    subject: String,
    what: String,
    tokens: Option<f64>,
    until: f64,
}

#[derive(Deserialize)]
struct RawQuarantine {
    model: String,
    until: f64,
    failed_at: f64,
    failures: f64,
    #[serde(default)]
    unknown: f64,
}

#[derive(Deserialize)]
struct RawStanding {
    whom: Option<String>,
    why: Option<String>,
    day_spend: String,
    day_overhead: String,
    day_judged: String,
    month_spend: String,
    month_overhead: String,
}

/// Where they stand among the results of a snapshot.
const STANDING: usize = 5;
const LIMITS: usize = 6;
/// Seconds before a change at which what it replaces is noted, where nobody had.
const BEFORE: f64 = 1.0;

impl Store {
    /// Reads the brain in one round trip, of the books those written since; from the nearest
    /// replica, where there is one. Of the pool, where its version is not the one that is known.
    pub async fn snapshot(&self, since: f64, pool: Option<u64>) -> Result<Snapshot> {
        let session = self
            .db
            .with_session_constraint(D1SessionConstraint::FirstUnconstrained)?;
        let statements = snapshot_statements(|sql| session.prepare(sql), since, pool)?;
        snapshot(&session.batch(statements).await?, since)
    }

    /// The same as the primary has it: what was just written is in it.
    pub async fn snapshot_of_primary(&self) -> Result<Snapshot> {
        let statements = snapshot_statements(|sql| self.db.prepare(sql), 0.0, None)?;
        snapshot(&self.db.batch(statements).await?, 0.0)
    }

    /// The epoch that is.
    pub async fn epoch(&self) -> Result<Epochs> {
        let row: Option<RawEpoch> = self
            .db
            .prepare(include_str!("sql/epoch.sql"))
            .first(None)
            .await?;
        row.map(RawEpoch::read).ok_or_else(no_epoch)
    }

    /// Begins a new epoch with nothing in it; keys stay. Gives the new epoch.
    pub async fn reset(&self, act: &Act) -> Result<u64> {
        let mut statements = vec![
            self.db.prepare(include_str!("sql/reset_epoch.sql")),
            self.audited(act)?,
        ];
        let rest = [
            include_str!("sql/reset_at.sql"),
            include_str!("sql/clear_ahead.sql"),
            include_str!("sql/clear_policy.sql"),
            include_str!("sql/clear_overrides.sql"),
            include_str!("sql/clear_quarantine.sql"),
            include_str!("sql/clear_limits.sql"),
        ];
        statements.extend(rest.map(|sql| self.db.prepare(sql)));
        let epochs = epochs(&self.db.batch(statements).await?, 0)?;
        Ok(epochs.own.number)
    }

    /// Sets a model's simulated price multiplier; 1 clears it.
    pub async fn set_override(&self, model: &str, multiplier: f64, act: &Act) -> Result<()> {
        let statement = if multiplier == 1.0 {
            self.statement(include_str!("sql/drop_override.sql"), &[text(model)])
        } else {
            self.statement(
                include_str!("sql/set_override.sql"),
                &[text(model), number(multiplier)],
            )
        };
        self.db.batch(vec![statement?, self.audited(act)?]).await?;
        Ok(())
    }

    /// Writes the whole pool in place of the one of that version. Fails where that is no longer the
    /// version, and then changes nothing. `anew`: the models that are asked again although their
    /// runtime did not know them. What `before` cost is noted where nobody had.
    pub async fn set_pool(
        &self,
        (version, before): (u64, &[Model]),
        models: &[Model],
        anew: &BTreeSet<String>,
        act: &Act,
    ) -> Result<()> {
        let json = |error: serde_json::Error| Error::from(error.to_string());
        let rows = serde_json::to_string(models).map_err(json)?;
        let anew = serde_json::to_string(anew).map_err(json)?;
        let statements = vec![
            self.statement(include_str!("sql/next_pool.sql"), &[number(version as f64)])?,
            self.noted(before, now() - BEFORE, false)?,
            self.noted(models, now(), false)?,
            self.db.prepare(include_str!("sql/clear_pool.sql")),
            self.statement(include_str!("sql/forget_unknown.sql"), &[text(&anew)])?,
            self.statement(include_str!("sql/fill_pool.sql"), &[text(&rows)])?,
            self.audited(act)?,
        ];
        self.db.batch(statements).await?;
        Ok(())
    }

    /// Says who is served from now on.
    pub async fn serve(&self, whom: Whom, why: &str, act: &Act) -> Result<()> {
        let values = [text(whom.name()), text(why)];
        let setting = self.statement(include_str!("sql/set_serving.sql"), &values)?;
        self.db.batch(vec![setting, self.audited(act)?]).await?;
        Ok(())
    }

    /// Puts a model in quarantine, or lets it back in as of `now`: a failure since then stands.
    pub async fn set_quarantine(
        &self,
        model: &str,
        quarantine: Option<Quarantine>,
        now: f64,
    ) -> Result<()> {
        let statement = match quarantine {
            Some(quarantine) => self.statement(
                include_str!("sql/set_quarantine.sql"),
                &[
                    text(model),
                    number(quarantine.until),
                    number(quarantine.failed_at),
                    number(quarantine.failures as f64),
                    number(f64::from(u8::from(quarantine.unknown))),
                ],
            ),
            None => self.statement(
                include_str!("sql/drop_quarantine.sql"),
                &[text(model), number(now)],
            ),
        };
        statement?.run().await?;
        Ok(())
    }
}

impl Store {
    /// Keeps what a model or a runtime does not take; what is over is dropped.
    pub async fn set_limit(&self, limit: &Limit, now: f64) -> Result<()> {
        let tokens = limit.tokens.map_or(JsValue::NULL, |it| number(it as f64));
        let statements = vec![
            self.statement(include_str!("sql/prune_limits.sql"), &[number(now)])?,
            self.statement(
                include_str!("sql/set_limit.sql"),
                &[
                    text(&limit.of),
                    text(limit.what.name()),
                    tokens,
                    number(limit.until),
                ],
            )?,
        ];
        self.db.batch(statements).await?;
        Ok(())
    }
}

fn snapshot_statements(
    prepare: impl Fn(&'static str) -> D1PreparedStatement,
    since: f64,
    pool: Option<u64>,
) -> Result<Vec<D1PreparedStatement>> {
    let pool = pool.map_or(-1.0, |version| version as f64);
    Ok(vec![
        prepare(include_str!("sql/epoch.sql")),
        prepare(include_str!("sql/books.sql")).bind(&[number(since)])?,
        prepare(include_str!("sql/overrides.sql")),
        prepare(include_str!("sql/quarantine.sql")),
        prepare(include_str!("sql/pool.sql")).bind(&[number(pool)])?,
        prepare(include_str!("sql/standing.sql")),
        prepare(include_str!("sql/limits.sql")).bind(&[number(now())])?,
    ])
}

fn snapshot(results: &[D1Result], since: f64) -> Result<Snapshot> {
    let epochs = epochs(results, 0)?;
    let mut newest = 0.0f64;
    // A row that cannot be read (of another version, say) is left out, not fatal.
    let books = rows::<RawBook>(results, 1)?
        .into_iter()
        .filter_map(|row| {
            newest = newest.max(row.updated);
            let book = serde_json::from_str(&row.book).ok()?;
            Some((Task::parse(&row.task)?, row.model, book))
        })
        .collect();
    let overrides = rows::<RawOverride>(results, 2)?
        .into_iter()
        .map(|row| (row.model, row.multiplier))
        .collect();
    let quarantine: BTreeMap<String, Quarantine> = rows::<RawQuarantine>(results, 3)?
        .into_iter()
        .map(|row| {
            let quarantine = Quarantine {
                until: row.until,
                failed_at: row.failed_at,
                failures: row.failures as u64,
                unknown: row.unknown != 0.0,
            };
            (row.model, quarantine)
        })
        .collect();
    let first = rows::<RawEpoch>(results, 0)?.into_iter().next();
    let version = first.as_ref().map_or(0.0, |row| row.pool) as u64;
    let key_secret = first.and_then(|row| row.key_secret);
    let models: Vec<Model> = rows::<RawModel>(results, 4)?
        .into_iter()
        .filter_map(|row| serde_json::from_str(&row.model).ok())
        .collect();
    let limits = rows::<RawLimit>(results, LIMITS)?.into_iter();
    let deployment = rows::<RawStanding>(results, STANDING)?
        .into_iter()
        .next()
        .map(RawStanding::read);
    Ok(Snapshot {
        limits: limits.filter_map(RawLimit::read).collect(),
        deployment: deployment.unwrap_or_default(),
        epoch: epochs.own.number,
        key_secret,
        books,
        overrides,
        quarantine,
        pool: (version, models),
        ahead: epochs.ahead,
        undelivered: epochs.undelivered,
        aside: epochs.aside,
        newest,
        whole: since == 0.0,
    })
}

impl RawLimit {
    /// `None` for one of another version.
    fn read(self) -> Option<Limit> {
        Some(Limit {
            of: self.subject,
            what: What::parse(&self.what)?,
            tokens: self.tokens.map(|tokens| tokens as u64),
            until: self.until,
        })
    }
}

impl RawStanding {
    fn read(self) -> Deployment {
        let pico = |text: &str| Pico(text.parse().unwrap_or_default());
        Deployment {
            whom: self
                .whom
                .and_then(|name| Whom::parse(&name))
                .unwrap_or_default(),
            why: self.why.unwrap_or_default(),
            day: Sums {
                spend: pico(&self.day_spend),
                overhead: pico(&self.day_overhead),
                judged: pico(&self.day_judged),
            },
            month: Sums {
                spend: pico(&self.month_spend),
                overhead: pico(&self.month_overhead),
                judged: Pico::default(),
            },
        }
    }
}

impl RawEpoch {
    fn read(self) -> Epochs {
        Epochs {
            own: Epoch {
                number: self.epoch as u64,
                reset_at: self.reset_at.map(|millis| millis / 1_000.0),
            },
            ahead: self.ahead.map(|epoch| epoch as u64),
            undelivered: self.undelivered as u64,
            aside: self.aside as u64,
        }
    }
}

pub(super) fn epochs(results: &[D1Result], index: usize) -> Result<Epochs> {
    let row = rows::<RawEpoch>(results, index)?.into_iter().next();
    row.map(RawEpoch::read).ok_or_else(no_epoch)
}

fn no_epoch() -> Error {
    Error::from("the store has no epoch: apply the migrations")
}

pub(super) fn rows<T: serde::de::DeserializeOwned>(
    results: &[D1Result],
    index: usize,
) -> Result<Vec<T>> {
    results
        .get(index)
        .ok_or_else(|| Error::from("the store answered fewer results than asked"))?
        .results()
}
