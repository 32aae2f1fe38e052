//! Tells the owner's webhook what the clock finds. What is on its way is stored before it is sent: it
//! may come twice, under one id, and is never lost with an isolate.

use chat::Task;
use worker::{
    Env, Result, js_sys,
    wasm_bindgen::{JsCast, JsValue},
    wasm_bindgen_futures::JsFuture,
    web_sys::{AbortSignal, Headers, RequestInit, RequestRedirect, Response, WorkerGlobalScope},
};

use super::{
    brain,
    config::Config,
    patience::{self, change, now},
    store::{Store, Watched},
};
use crate::{
    domain::{
        books::feed::Alert,
        webhook::{Delivery, Look, SIGNATURE, Trace, Webhook, came},
    },
    pipeline,
};

/// Seconds from before `at` of which calls tell how a runtime fares.
const LATELY: f64 = 300.0;
/// Events sent in one round, and milliseconds that one may take.
const SENT: usize = 10;
const PATIENCE: u32 = 5_000;

/// One round of the clock, due at that moment (Unix seconds).
pub async fn round(env: &Env, config: &Config, hook: &Webhook, at: f64) -> Result<()> {
    let store = Store::open(env)?;
    if !brain::be_fresh(env).await {
        return Err("the store can't be read".into());
    }
    let Watched {
        mut watch,
        mut version,
        alerts,
        calls,
    } = patience::ask("store", store.watched(now() - LATELY)).await?;
    let before = watch.clone();
    watch.look(&seen(config, at, alerts, &calls));
    if watch != before {
        match change("store", store.keep_watch(version, &watch)).await? {
            Some(kept) => version = kept,
            // Another round is at it.
            None => return Ok(()),
        }
    }
    let due = watch.due(at, SENT);
    if due.is_empty() {
        return Ok(());
    }
    for Delivery { event, tries, .. } in due {
        let body = serde_json::to_string(&event)?;
        match send(hook, &body).await {
            Ok(()) => watch.delivered(&event.id),
            // What was said may hold the address, and that a secret: it is not repeated.
            Err(why) => {
                let last = watch.failed(&event.id, at);
                let then = if last { "given up" } else { "tried again" };
                let (id, kind, tries) = (&event.id, event.kind.name(), tries + 1);
                worker::console_warn!("webhook: {kind} {id}, try {tries}: {why}; it is {then}");
            }
        }
    }
    change("store", store.keep_watch(version, &watch)).await?;
    Ok(())
}

/// What the clock finds at that moment.
fn seen(config: &Config, at: f64, alerts: Vec<Alert>, calls: &[Trace]) -> Look {
    let (settings, pool) = (&config.settings, config.pool());
    brain::memory(|memory| {
        let winner = |task: Task| {
            // For a middling request: a winner that changes with the length of the newest is no news.
            let winner = pipeline::winner(task, &pool, memory, &settings.tunables, None)?;
            Some((task, winner.to_owned()))
        };
        Look {
            now: at,
            pool: pool.to_vec(),
            alerts,
            quarantined: memory.quarantined().clone(),
            runtimes: came(calls, &pool),
            marks: memory.deployment.marks(settings, at),
            winners: Task::ALL.into_iter().filter_map(winner).collect(),
        }
    })
}

/// Sends one event. `Err` says why it was not taken, in words of our own.
async fn send(hook: &Webhook, body: &str) -> std::result::Result<(), String> {
    let asking = async {
        let scope: WorkerGlobalScope = js_sys::global().unchecked_into();
        let promise = scope.fetch_with_str_and_init(hook.url(), &init(hook, body)?);
        let response: Response = JsFuture::from(promise).await?.unchecked_into();
        if let Some(body) = response.body() {
            let _ = JsFuture::from(body.cancel()).await;
        }
        Ok::<_, JsValue>(response.status())
    };
    match asking.await {
        Ok(200..300) => Ok(()),
        Ok(status) => Err(format!("it answered {status}")),
        Err(_) => Err(format!("it did not answer within {} s", PATIENCE / 1_000)),
    }
}

fn init(hook: &Webhook, body: &str) -> std::result::Result<RequestInit, JsValue> {
    let headers = Headers::new()?;
    headers.set("content-type", "application/json")?;
    headers.set("user-agent", concat!("arbiter/", env!("CARGO_PKG_VERSION")))?;
    if let Some(signature) = hook.signature(now() as u64, body) {
        headers.set(SIGNATURE, &signature)?;
    }
    let init = RequestInit::new();
    init.set_method("POST");
    init.set_body(&JsValue::from_str(body));
    init.set_headers(&headers);
    // Followed, a redirect would carry what is told elsewhere.
    init.set_redirect(RequestRedirect::Manual);
    init.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE)));
    Ok(init)
}
