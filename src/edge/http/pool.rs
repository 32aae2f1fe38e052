//! The pool as operators write it: one model, all of it, or what a runtime's catalogue would change.
//!
//! Its law: a change is made to the version that its author saw, or not at all; the baseline stays,
//! and something is left to route to.

use std::collections::{BTreeMap, BTreeSet};

use runtimes::{
    address::DEFAULT,
    catalogue::Entry,
    pages::{Catalogue, Cut},
};
use serde_json::{Value, json};
use worker::{Env, Request, js_sys};

use super::{Desk, catalogue, incoming, operators, reply, shared};
use crate::{
    domain::{
        account::audit::{Act, Deed},
        books::feed::Alert,
        policy::PriceShift,
        refusal::Refusal,
        runtime::{
            pool::{self, Changes, Repriced},
            registry::{self, Model, PriceFrom},
        },
        settings::Settings,
    },
    edge::{brain, objects::FeedClient, patience, store::Store},
};

/// More than a full pool takes.
const MAX_BODY: u64 = 512 * 1024;
/// Models of a catalogue that are listed in an answer.
const MOST_OFFERED: usize = 2_000;

/// Who reprices by the day.
const CLOCK: &str = "clock";

/// The pool as it was read.
struct Read {
    version: u64,
    models: Vec<Model>,
}

/// The pool as it was within the last second, and as it is where it was changed here.
pub async fn show(desk: &Desk) -> Result<reply::Answer, Refusal> {
    let reading = async {
        let Read { version, models } = read(desk).await?;
        Ok(json!({"version": version, "models": models}).to_string())
    };
    let text = shared::text(&shared::POOL, String::new(), reading).await?;
    Ok(reply::view_of(text.to_string()))
}

/// All of it at once.
pub async fn replace(desk: &Desk, mut request: Request) -> Result<reply::Answer, Refusal> {
    operators::operator(desk, &request).await?;
    let value = body(desk, &mut request).await?;
    let settings = &desk.config.settings;
    let models = pool::read_all(&value, &names(settings))?;
    let before = stored(desk).await?;
    matches(&request, before.version, false)?;
    let act = desk.act(Deed::Pool, "", json!({"models": models.len()}));
    write(desk, &before, models, None, act).await
}

/// One model: written, or taken out. Its book stays.
pub async fn change(
    desk: &Desk,
    mut request: Request,
    path: &str,
    takes_out: bool,
) -> Result<reply::Answer, Refusal> {
    operators::operator(desk, &request).await?;
    let decoded = js_sys::decode_uri_component(path).ok().map(String::from);
    let id = decoded.as_deref().unwrap_or(path);
    let settings = &desk.config.settings;
    let row = match takes_out {
        true => None,
        false => {
            let value = body(desk, &mut request).await?;
            Some((Model::read(id, &value, &names(settings))?, value))
        }
    };
    let before = stored(desk).await?;
    matches(&request, before.version, true)?;
    let mut models = before.models.clone();
    let place = models.iter().position(|model| model.id == id);
    let detail = match (row, place) {
        (None, None) => {
            return Err(Refusal::NotFound {
                path: super::shown(&format!("/v1/pool/{id}")),
            });
        }
        (None, Some(_)) if id == settings.baseline_model => {
            return Err(Refusal::Barred {
                status: 409,
                code: "baseline",
                message: "the baseline can't be taken out: savings are measured against it. Set \
                          BASELINE_MODEL to another model first"
                    .into(),
            });
        }
        (None, Some(place)) => {
            models.remove(place);
            json!({"taken_out": true})
        }
        (Some((mut row, value)), place) => {
            if value.get("position").is_none() {
                row.position = match place.and_then(|place| models.get(place)) {
                    Some(old) => old.position,
                    None => models.iter().map(|it| it.position + 1).max().unwrap_or(0),
                };
            }
            match place.and_then(|place| models.get_mut(place)) {
                Some(old) => *old = row,
                None => models.push(row),
            }
            value
        }
    };
    let act = desk.act(Deed::Pool, id, detail);
    write(desk, &before, models, Some(id), act).await
}

/// What a runtime's catalogue would change, and with `apply` changes.
pub async fn import(desk: &Desk, mut request: Request) -> Result<reply::Answer, Refusal> {
    operators::operator(desk, &request).await?;
    let value = body(desk, &mut request).await?;
    let settings = &desk.config.settings;
    let names = names(settings);
    let field = |name: &str| value.get(name).filter(|value| !value.is_null());
    let runtime = match field("runtime") {
        None => names.first().copied().unwrap_or(DEFAULT),
        Some(value) => value
            .as_str()
            .filter(|name| names.contains(name))
            .ok_or_else(|| wrong("runtime", &format!("must be one of: {}", names.join(", "))))?,
    };
    let ids: Option<Vec<String>> = field("ids")
        .map(|value| serde_json::from_value(value.clone()))
        .transpose()
        .map_err(|_| wrong("ids", "must be an array of ids that the runtime lists"))?;
    let apply = match field("apply") {
        None => false,
        Some(value) => value
            .as_bool()
            .ok_or_else(|| wrong("apply", "must be true or false"))?,
    };
    let catalogue = catalogue::of_runtime(settings, runtime).await;
    let Catalogue { entries, cut } = catalogue.ok_or_else(|| Refusal::Barred {
        status: 502,
        code: "no_catalogue",
        message: format!("the catalogue of {runtime} could not be read: GET /models of it failed"),
    })?;
    let unknown = |id: &&String| !entries.iter().any(|entry| entry.id == **id);
    if let Some(id) = ids.iter().flatten().find(unknown) {
        let id = crate::pipeline::clean(id).unwrap_or_default();
        return Err(wrong(
            "ids",
            &format!("names {id:?}, which {runtime} does not list"),
        ));
    }
    let before = stored(desk).await?;
    matches(&request, before.version, false)?;
    let mut changes = pool::changes(&before.models, runtime, &entries, ids.as_deref());
    if cut.is_some() {
        // What was not read may be on the pages that are missing.
        changes.gone.clear();
    }
    let said = told(&changes);
    let mut version = before.version;
    // What is listed is known: who was told otherwise asks again.
    let listed = listed_after_all(&before.models, runtime, &entries);
    if apply && (changes != Changes::default() || !listed.is_empty()) {
        let models = pool::applied(before.models.clone(), &changes);
        let act = desk.act(
            Deed::Pool,
            "",
            json!({"import": runtime, "changes": said.clone()}),
        );
        let after = store(desk, &before, models, listed.clone(), act).await?;
        version = after.version;
    }
    let offered: Vec<Value> = entries
        .iter()
        .take(MOST_OFFERED)
        .map(|entry| {
            json!({
                "id": entry.id, "in_price": entry.prices.input, "out_price": entry.prices.output,
                "context": entry.context,
            })
        })
        .collect();
    reply::json(&json!({
        "runtime": runtime, "version": version, "applied": apply,
        "added": changes.added, "repriced": changes.repriced, "filled": changes.filled,
        "asked_again": listed, "gone": changes.gone, "offered": offered,
        "incomplete": cut.map(Cut::told),
    }))
}

/// Reads the prices anew that are from a catalogue. What is no longer offered is an operator's to take
/// off: a catalogue may be wrong for a day.
pub async fn reprice(env: &Env, settings: &Settings) -> worker::Result<()> {
    let store = Store::open(env)?;
    let (version, before) = store.snapshot_of_primary().await?.pool;
    let mut rows = before.clone();
    let priced = rows
        .iter()
        .filter(|row| row.price_from == PriceFrom::Catalogue);
    let runtimes: BTreeSet<String> = priced.map(|row| row.runtime.clone()).collect();
    let mut repriced = Vec::new();
    for runtime in &runtimes {
        let Some(catalogue) = catalogue::of_runtime(settings, runtime).await else {
            worker::console_warn!("the catalogue of {runtime} could not be read: its prices stand");
            continue;
        };
        let mut changes = pool::changes(&rows, runtime, &catalogue.entries, None);
        changes.gone.clear();
        changes.filled.clear();
        rows = pool::applied(rows, &changes);
        repriced.append(&mut changes.repriced);
    }
    if repriced.is_empty() {
        return Ok(());
    }
    let act = Act {
        deed: Deed::Pool,
        who: CLOCK.into(),
        subject: String::new(),
        detail: json!({"repriced": repriced}),
    };
    let anew = repriced.iter().map(|it| it.id.clone()).collect();
    store
        .set_pool((version, &before), &rows, &anew, &act)
        .await?;
    if let Err(error) = alert(env, &repriced).await {
        worker::console_warn!("the feed was not told of new prices: {error}");
    }
    Ok(())
}

/// Tells of each task on which a model has been asked that its list price is another now.
async fn alert(env: &Env, repriced: &[Repriced]) -> worker::Result<()> {
    brain::be_fresh(env).await;
    let ts = patience::now();
    let (epoch, alerts) = brain::memory(|memory| {
        let shift = |it: &Repriced| {
            let (old_unit, new_unit) = it.units()?;
            Some(PriceShift { old_unit, new_unit })
        };
        let shifts: BTreeMap<&str, PriceShift> = repriced
            .iter()
            .filter_map(|it| Some((it.id.as_str(), shift(it)?)))
            .collect();
        let asked = memory.books().filter(|(_, _, book)| book.calls > 0);
        let alerts: Vec<Alert> = asked
            .filter_map(|(task, model, _)| Some(Alert::new(task, model, shifts.get(model)?, ts)))
            .collect();
        (memory.epoch, alerts)
    });
    if let (Some(epoch), false) = (epoch, alerts.is_empty()) {
        let feed = FeedClient::of(env)?;
        patience::ask("feed", feed.push(epoch, Vec::new(), alerts)).await?;
        shared::forget();
    }
    Ok(())
}

/// Models of a runtime that it did not know when they were asked, and lists.
fn listed_after_all(models: &[Model], runtime: &str, entries: &[Entry]) -> BTreeSet<String> {
    let out = |id: &str| brain::memory(|it| it.quarantine(id).is_some_and(|it| it.unknown));
    models
        .iter()
        .filter(|model| model.runtime == runtime && out(&model.id))
        .filter(|model| entries.iter().any(|entry| entry.id == model.upstream_id))
        .map(|model| model.id.clone())
        .collect()
}

fn told(changes: &Changes) -> Value {
    let added: Vec<&str> = changes.added.iter().map(|it| it.id.as_str()).collect();
    json!({
        "added": added, "repriced": changes.repriced, "filled": changes.filled, "gone": changes.gone,
    })
}

async fn body(desk: &Desk, request: &mut Request) -> Result<Value, Refusal> {
    let (body, _held) = incoming::body(request, MAX_BODY, &desk.config.settings, None).await?;
    serde_json::from_str(&body)
        .map_err(|error| Refusal::invalid(None, format!("the body is not valid JSON: {error}")))
}

/// The names of the runtimes, the default one first.
fn names(settings: &Settings) -> Vec<&str> {
    let names = settings.runtimes.iter().map(|it| it.name.as_str());
    names.collect()
}

/// The pool as the store has it by now, the built-in one where it has none.
async fn stored(desk: &Desk) -> Result<Read, Refusal> {
    patience::ask("store", read(desk)).await.map_err(away)
}

async fn read(desk: &Desk) -> worker::Result<Read> {
    let settings = &desk.config.settings;
    let snapshot = Store::open(&desk.env)?.snapshot_of_primary().await?;
    let (version, rows) = snapshot.pool.clone();
    brain::take_in(snapshot, patience::now());
    let mut models = registry::whole(&rows, &settings.baseline_model, settings.baseline_context);
    for model in &mut models {
        // The built-in ones are asked of whichever runtime is the first.
        if let Some(runtime) = settings.runtime(&model.runtime) {
            model.runtime.clone_from(&runtime.name);
        }
    }
    Ok(Read { version, models })
}

/// Holds a change to the version that its author names in `If-Match`.
fn matches(request: &Request, version: u64, needed: bool) -> Result<(), Refusal> {
    let named = request.headers().get("if-match").ok().flatten();
    let named = named.filter(|named| named.trim() != "*");
    let fits = match &named {
        None => !needed,
        Some(named) => named.trim().trim_matches('"').parse() == Ok(version),
    };
    if fits {
        return Ok(());
    }
    let why = match named {
        None => "the call needs a header `if-match` with the version that you saw",
        Some(_) => "somebody else has changed the pool meanwhile",
    };
    Err(Refusal::Barred {
        status: 412,
        code: "pool_changed",
        message: format!("{why}: it is {version} now, see GET /v1/pool"),
    })
}

async fn write(
    desk: &Desk,
    before: &Read,
    models: Vec<Model>,
    named: Option<&str>,
    act: Act,
) -> Result<reply::Answer, Refusal> {
    let anew = named.map(str::to_owned).into_iter().collect();
    let after = store(desk, before, models, anew, act).await?;
    reply::json(&json!({"version": after.version, "models": after.models}))
}

/// Writes it. `anew`: models that are asked again, besides those that are another by that.
async fn store(
    desk: &Desk,
    before: &Read,
    models: Vec<Model>,
    mut anew: BTreeSet<String>,
    act: Act,
) -> Result<Read, Refusal> {
    let baseline = &desk.config.settings.baseline_model;
    if !models.iter().any(|model| model.id == *baseline) {
        let message = format!(
            "must have the baseline `{baseline}`, against which savings are measured: add it, or set \
             BASELINE_MODEL to one of them"
        );
        return Err(wrong("models", &message));
    }
    if !models.iter().any(|model| model.enabled) {
        return Err(wrong("models", "must have one that is enabled at least"));
    }
    if models.len() > pool::MOST_ROWS {
        return Err(wrong(
            "models",
            &format!("must have {} entries at most", pool::MOST_ROWS),
        ));
    }
    anew.append(&mut pool::changed(&before.models, &models));
    let writing = async {
        let store = Store::open(&desk.env)?;
        let before = (before.version, &before.models[..]);
        store.set_pool(before, &models, &anew, &act).await
    };
    if let Err(error) = patience::change("store", writing).await {
        let now = stored(desk).await?;
        if now.version != before.version {
            return Err(Refusal::Barred {
                status: 412,
                code: "pool_changed",
                message: format!(
                    "somebody else has changed the pool meanwhile: it is {} now, see GET /v1/pool",
                    now.version
                ),
            });
        }
        return Err(away(error));
    }
    brain::memory(|memory| memory.ask_anew(&anew));
    shared::forget();
    stored(desk).await
}

fn away(_: worker::Error) -> Refusal {
    Refusal::StoreAway
}

fn wrong(name: &str, message: &str) -> Refusal {
    Refusal::invalid(Some(name.to_owned()), format!("`{name}` {message}"))
}
