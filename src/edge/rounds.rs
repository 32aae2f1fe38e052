//! What is done by the clock: what could not be delivered is folded, what is old is dropped, the owner
//! is told what happened.

use std::{cell::Cell, collections::BTreeSet};

use worker::Env;

use super::{
    config,
    http::pool::reprice,
    objects::LearnerClient,
    patience::{change, now},
    store::{Store, Undelivered},
    webhook,
};
use crate::domain::{
    books::{book::learner_name, history::HOUR},
    isolate::post::Batch,
    runtime::registry,
    settings::Settings,
};

/// Settlements folded in one round.
const FOLDED: u64 = 500;
const DAY: f64 = 86_400.0;
/// Minutes of a day, and at which of them catalogues are read: not when everybody reads them.
const A_DAY: u64 = 1_440;
const REPRICED_AT: u64 = 187;

thread_local! {
    /// Has this isolate noted what the built-in models cost: they change with the code only.
    static NOTED: Cell<bool> = const { Cell::new(false) };
}

/// One round, due at that moment (Unix milliseconds).
pub async fn go(env: &Env, due: f64) {
    if let Err(error) = fold(env).await {
        worker::console_error!("what is undelivered could not be folded: {error}");
    }
    if let Ok(config) = config::config(env)
        && let Some(hook) = &config.settings.webhook
        && let Err(error) = webhook::round(env, &config, hook, due / 1_000.0).await
    {
        worker::console_error!("the webhook could not be told: {error}");
    }
    if !NOTED.get()
        && let Ok(config) = config::config(env)
    {
        match note(env, &config.settings).await {
            Ok(()) => NOTED.set(true),
            Err(error) => worker::console_error!("the prices could not be noted: {error}"),
        }
    }
    let minute = (due / 60_000.0) as u64;
    if minute % A_DAY == REPRICED_AT
        && let Ok(config) = config::config(env)
        && let Err(error) = reprice(env, &config.settings).await
    {
        worker::console_error!("the pool could not be repriced: {error}");
    }
    if minute.is_multiple_of(60)
        && let Err(error) = prune(env).await
    {
        worker::console_error!("what is old could not be dropped: {error}");
    }
}

/// Tells Learners what they were not told. One that does not take it holds up none of the others.
async fn fold(env: &Env) -> worker::Result<()> {
    let store = Store::open(env)?;
    let (mut passed_over, mut failed) = (BTreeSet::new(), None);
    loop {
        let reading = store.undelivered(FOLDED, &passed_over);
        let (rows, unreadable) = change("store", reading).await?;
        if !unreadable.is_empty() {
            let many = unreadable.len();
            worker::console_error!("{many} settlements cannot be read and are set aside");
            change("store", store.set_aside(&unreadable)).await?;
        }
        let mut rows = rows.into_iter().peekable();
        let known = passed_over.len();
        while let Some(first) = rows.next() {
            let mut batch = Batch {
                task: first.task,
                model: first.model,
                line: first.line,
                first: first.number,
                settlements: vec![first.settlement.into()],
            };
            let follows = |batch: &Batch, next: &Undelivered| {
                next.line == batch.line
                    && next.model == batch.model
                    && next.number == batch.first + batch.settlements.len() as u64
            };
            while let Some(next) = rows.next_if(|next| follows(&batch, next)) {
                batch.settlements.push(next.settlement.into());
            }
            let name = learner_name(batch.task, &batch.model);
            if passed_over.contains(&name) {
                continue;
            }
            let telling = async {
                LearnerClient::of(env, batch.task, &batch.model)?
                    .tell(&batch)
                    .await
            };
            if let Err(error) = change(&format!("learner/{name}"), telling).await {
                passed_over.insert(name);
                failed = Some(error);
                continue;
            }
            let last = batch.first + batch.settlements.len() as u64 - 1;
            let dropping = store.drop_undelivered(&batch.line, batch.first, last);
            change("store", dropping).await?;
        }
        // Those that were passed over or set aside may have stood before others.
        if passed_over.len() == known && unreadable.is_empty() {
            return failed.map_or(Ok(()), Err);
        }
    }
}

async fn note(env: &Env, settings: &Settings) -> worker::Result<()> {
    let built_in = registry::whole(&[], &settings.baseline_model, settings.baseline_context);
    Store::open(env)?.note_built_in(&built_in).await
}

async fn prune(env: &Env) -> worker::Result<()> {
    let config = config::config(env).map_err(|_| "the settings are not valid")?;
    let settings = &config.settings;
    let before = now() - settings.decisions_days as f64 * DAY;
    let hours_before = now() - settings.history_days as f64 * DAY - HOUR as f64;
    Store::open(env)?
        .prune(before, settings.decisions_max, hours_before)
        .await
}
