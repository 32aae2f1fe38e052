//! Models and prices: what can be routed to, and what the runtime offers beside it.

use std::{cell::RefCell, rc::Rc};

use runtimes::{
    address::{DEFAULT, Place},
    catalogue,
    pages::{Catalogue, Cut, Reading},
};
use serde_json::json;
use worker::{Env, Error, Request, js_sys};

use super::{Desk, reply};
use crate::{
    domain::{
        refusal::Refusal,
        runtime::pricing::{self, Listed},
        settings::Settings,
    },
    edge::{
        brain,
        config::Config,
        patience::{ask, now, pause, within},
        runtime::{self, Outgoing},
    },
    pipeline::Body,
};

/// When this list of models was made, Unix seconds.
const CREATED: u64 = 1_751_328_000;
const CREATED_AT: &str = "2025-07-01T00:00:00Z";
/// The KV entry of the catalogue.
const ENTRY: &str = "catalogue";
/// Seconds for which a catalogue is kept before the runtime is asked again.
const KEPT: u64 = 600;
/// Seconds that the runtime has to give its catalogue, all pages of it.
const PATIENCE: u64 = 10;
/// What stands beside a catalogue is read up to this many bytes.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// Seconds for which an isolate goes by what it was told, also that the runtime did not answer.
const TOLD: f64 = 60.0;
/// Seconds that a view waits for a catalogue: then it shows what was told last.
const VIEW_WAITS: f64 = 3.0;
/// Milliseconds between two looks whether it has come.
const LOOK: u64 = 20;

/// What this isolate knows of the catalogue.
#[derive(Default)]
struct Known {
    /// Until when it goes by what it was told.
    until: f64,
    /// The catalogue as it was told last; `None` where the runtime could not be reached.
    listed: Option<Rc<[Listed]>>,
    /// Until when it is asked for. Unix seconds.
    asking_until: f64,
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::new(Known::default());
}

/// The runtime's chat-surface catalogue, cheapest first; while it can't be reached, the pool. It is asked
/// for in the background, once for all: no client that leaves takes it along, and none waits for long.
pub async fn pricing(desk: &Desk) -> Result<reply::Answer, Refusal> {
    let since = now();
    loop {
        let now = now();
        let (known, asks) = KNOWN.with_borrow_mut(|known| {
            let stands = known.until > now;
            let asks = !stands && known.asking_until <= now;
            if asks {
                known.asking_until = now + PATIENCE as f64 + 2.0;
            }
            let shown = stands || now - since > VIEW_WAITS;
            (shown.then(|| known.listed.clone()), asks)
        });
        if asks {
            let (env, config) = (desk.env.clone(), Rc::clone(&desk.config));
            desk.context.wait_until(learn(env, config));
        }
        match known {
            Some(listed) => return show(desk, listed.as_deref()),
            None => pause(LOOK).await,
        }
    }
}

fn show(desk: &Desk, listed: Option<&[Listed]>) -> Result<reply::Answer, Refusal> {
    let pool = &desk.config.pool();
    let listed = listed.map_or_else(|| pricing::of_pool(pool), <[Listed]>::to_vec);
    reply::view(&pricing::view(listed, pool))
}

/// As it is kept for all isolates, else as the runtime tells it, and then it is kept.
async fn learn(env: Env, config: Rc<Config>) {
    let kv = env.kv("CATALOGUE").ok();
    let kept = match &kv {
        None => None,
        Some(kv) => {
            let asking = async { kv.get(ENTRY).text().await.map_err(Error::from) };
            ask("catalogue", asking).await.ok().flatten()
        }
    };
    let kept = kept.and_then(|kept| serde_json::from_str::<Vec<Listed>>(&kept).ok());
    let (listed, keeps) = match kept {
        Some(listed) => (Some(listed), false),
        // What stands in for it while the runtime is away is not kept: it is not the catalogue.
        None => fetch(&config.settings)
            .await
            .map_or((None, false), |(listed, whole)| (Some(listed), whole)),
    };
    let text = listed.as_ref().filter(|_| keeps);
    let text = text.and_then(|listed| serde_json::to_string(listed).ok());
    KNOWN.with_borrow_mut(|known| {
        *known = Known {
            until: now() + TOLD,
            listed: listed.map(Rc::from),
            asking_until: 0.0,
        };
    });
    if let (Some(kv), Some(text)) = (kv, text) {
        let put = async { kv.put(ENTRY, text)?.expiration_ttl(KEPT).execute().await };
        if let Err(error) = put.await {
            worker::console_warn!("the catalogue was not kept: {error}");
        }
    }
}

/// What the first runtime offers, and whether a page is missing that may come the next time.
async fn fetch(settings: &Settings) -> Option<(Vec<Listed>, bool)> {
    settings.has_keys().ok()?;
    let Catalogue { entries, cut } = all(settings, DEFAULT).await?;
    let listed = pricing::priced(entries);
    (!listed.is_empty()).then_some((listed, cut != Some(Cut::Failed)))
}

/// What a runtime offers for chat, with what it says beside its list of it; `None` where it can't be
/// asked, or answers something else.
pub async fn of_runtime(settings: &Settings, name: &str) -> Option<Catalogue> {
    let mut catalogue = all(settings, name).await?;
    if !catalogue.entries.iter().any(|it| it.prices.input.is_some()) {
        // LiteLLM names its prices beside the list.
        let until = now() + PATIENCE as f64;
        let beside = read(settings, name, Place::Call("/model/info"), MAX_BODY, until).await;
        let beside = beside.and_then(|text| catalogue::page(&text));
        let beside = beside.map(|page| page.entries).unwrap_or_default();
        catalogue.entries = catalogue::merged(catalogue.entries, &beside);
    }
    Some(catalogue)
}

/// The list of a runtime, page by page.
async fn all(settings: &Settings, name: &str) -> Option<Catalogue> {
    let base = &settings.runtime(name)?.base;
    let mut reading = Reading::of(&base.to("/models"))?;
    let until = now() + PATIENCE as f64;
    while let Some((url, most)) = reading.next() {
        let page = read(settings, name, Place::Page(url), most, until).await;
        reading.take(page.as_deref());
    }
    let catalogue = reading.end()?;
    if let Some(cut) = catalogue.cut {
        let why = cut.told();
        worker::console_warn!("the catalogue of {name} was not read to its end: {why}");
    }
    Some(catalogue)
}

/// What is at that place, up to so many bytes and until then.
async fn read(
    settings: &Settings,
    runtime: &str,
    place: Place<'_>,
    most: usize,
    until: f64,
) -> Option<String> {
    let outgoing = Outgoing {
        runtime,
        method: "GET",
        place,
        body: None,
        client: None,
    };
    let fetching = async {
        let mut head = runtime::send(settings, outgoing).await.ok()?;
        let mut bytes = Vec::new();
        while let Some(chunk) = head.body.next().await {
            bytes.extend_from_slice(chunk.ok()?.as_ref());
            if bytes.len() > most {
                return None;
            }
        }
        let text = String::from_utf8(bytes).ok()?;
        (head.status == 200).then_some(text)
    };
    within((until - now()).max(0.0), fetching).await?
}

/// `auto`, then the pool, in one shape that OpenAI's and Anthropic's clients read. Those of
/// Anthropic look for a name that sounds like one of its own.
pub async fn models(desk: &Desk, request: &Request) -> Result<reply::Answer, Refusal> {
    brain::be_fresh(&desk.env).await;
    let pool = desk.config.pool();
    let anthropic = request.headers().has("anthropic-version").unwrap_or(false);
    let ids = anthropic
        .then_some(CLAUDE_AUTO)
        .into_iter()
        .chain([AUTO])
        .chain(pool.iter().map(|model| model.id.as_str()));
    let data: Vec<_> = ids.map(listed).collect();
    let id = |entry: Option<&serde_json::Value>| entry.map(|it| it["id"].clone());
    let (first_id, last_id) = (id(data.first()), id(data.last()));
    reply::json(&json!({
        "object": "list",
        "data": data,
        "has_more": false,
        "first_id": first_id,
        "last_id": last_id,
    }))
}

/// One of them, by its id as it stands in a path: SDKs encode its slashes.
pub async fn model(desk: &Desk, path: &str) -> Result<reply::Answer, Refusal> {
    let decoded = js_sys::decode_uri_component(path).ok().map(String::from);
    let id = decoded.as_deref().unwrap_or(path);
    brain::be_fresh(&desk.env).await;
    let pool = desk.config.pool();
    let known = id == AUTO || id == CLAUDE_AUTO || pool.iter().any(|model| model.id == id);
    if !known {
        return Err(Refusal::NotFound {
            path: super::shown(&format!("/v1/models/{id}")),
        });
    }
    reply::json(&listed(id))
}

/// The model that stands for routing, and the name that clients of Anthropic's find it by.
const AUTO: &str = "auto";
const CLAUDE_AUTO: &str = "claude-arbiter-auto";

fn listed(id: &str) -> serde_json::Value {
    let (owner, name) = match id {
        AUTO | CLAUDE_AUTO => ("arbiter", "Arbiter"),
        id => ("btl", id),
    };
    json!({
        "id": id,
        "object": "model",
        "created": CREATED,
        "owned_by": owner,
        "type": "model",
        "display_name": name,
        "created_at": CREATED_AT,
    })
}
