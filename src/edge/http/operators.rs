//! What operators do with keys: mint, list, change, pause, resume, revoke. A key itself is shown
//! once, where it is minted; everywhere else it is called by its id.

use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Value, json};
use worker::Request;

use super::{Desk, gate, incoming, keys, reply, seen};
use crate::{
    domain::{
        account::{
            audit::Deed,
            deployment::Whom,
            email,
            key::{KeyHash, KeyStatus},
            terms::Terms,
        },
        refusal::Refusal,
    },
    edge::{brain, objects::AccountClient, patience, store::Store},
    pipeline,
};

/// What is said of a key is small.
const MAX_BODY: u64 = 16 * 1024;
/// Keys of one page.
const PAGE: usize = 20;
/// Deeds of one page, and more than there will ever be.
const DEEDS: u64 = 100;
/// How often a change of terms is made anew where another was there first.
const TRIES: u32 = 8;
/// Characters.
const LONGEST_WHY: usize = 500;
const MOST_DEEDS: u64 = 1 << 53;
/// No time in seconds is so late: milliseconds are.
const FAR: f64 = 1e11;

/// Mints a key on terms of its own.
pub async fn mint(desk: &Desk, mut request: Request) -> Result<reply::Answer, Refusal> {
    let body = admitted(desk, &mut request).await?;
    let mut fields = object(&body)?;
    means_something(desk, &fields)?;
    let address = match fields.remove("email") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) if email::is_valid(&text) => text,
        Some(_) => return Err(bad("email", "must be an email address")),
    };
    let terms = terms(fields)?;
    let (api_key, id) = keys::mint(desk, address, terms, Deed::Mint).await?;
    reply::json(&json!({"api_key": api_key, "id": id}))
}

/// A page of keys, newest first, with what each has used and spent.
pub async fn list(desk: &Desk, request: Request) -> Result<reply::Answer, Refusal> {
    operator(desk, &request).await?;
    let cursor = cursor(&request)?;
    let reading = async {
        Store::open(&desk.env)?
            .keys(cursor.as_deref().unwrap_or_default(), PAGE + 1)
            .await
    };
    let mut rows = patience::ask("database", reading)
        .await
        .map_err(gate::away)?;
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let next = rows.last().filter(|_| more).map(|row| row.cursor());
    let shown = join_all(rows.iter().map(|row| async {
        let client = AccountClient::of(&desk.env, &KeyHash(row.hash.clone())).ok()?;
        client.inspect().await.ok().flatten()
    }))
    .await;
    let keys: Vec<Value> = rows
        .iter()
        .zip(shown)
        .map(|(row, shown)| {
            let used = |index: usize| Some(shown.as_ref()?.used.get(index)?.used);
            let spent = shown.as_ref().map(|shown| shown.spent.total);
            json!({
                "id": row.id, "hint": row.hint, "email": row.email, "status": row.status,
                "created": row.created,
                "terms": row.terms(),
                "used_6h": used(0), "used_week": used(1),
                "spent": spent.unwrap_or(row.spent().total).usd(),
                "last_used": shown.as_ref().and_then(|shown| shown.last_used),
            })
        })
        .collect();
    reply::json(&json!({"keys": keys, "next": next}))
}

/// Changes the terms of a key: what is named is set, what is null is taken away.
pub async fn change(desk: &Desk, mut request: Request, id: &str) -> Result<reply::Answer, Refusal> {
    let body = admitted(desk, &mut request).await?;
    let fields = object(&body)?;
    means_something(desk, &fields)?;
    let client = account(desk, id).await?;
    for _ in 0..TRIES {
        let shown = client.inspect().await.map_err(gate::away)?;
        let shown = shown.ok_or_else(|| unknown(id))?;
        let Ok(Value::Object(mut all)) = serde_json::to_value(&shown.account.terms) else {
            return Err(Refusal::Internal);
        };
        all.extend(fields.clone());
        let act = desk.act(Deed::Terms, id, Value::Object(fields.clone()));
        let setting = client.set_terms(terms(all)?, shown.account.revision, act);
        // Where another change was there first, this one is made of what that left.
        if let Some(account) = setting.await.map_err(gate::away)? {
            return reply::json(
                &json!({"id": account.id, "status": account.status, "terms": account.terms}),
            );
        }
    }
    Err(Refusal::Busy { retry_after: 1 })
}

/// Pauses, resumes or revokes a key.
pub async fn set_status(
    desk: &Desk,
    request: Request,
    id: &str,
    to: KeyStatus,
) -> Result<reply::Answer, Refusal> {
    operator(desk, &request).await?;
    let act = desk.act(Deed::of(to), id, json!({}));
    let client = account(desk, id).await?;
    let changed = client.change(to, act).await.map_err(gate::away)?;
    let status = changed.ok_or_else(|| unknown(id))?;
    seen::note(client.key(), Some(status));
    reply::json(&json!({"id": id, "status": status.name()}))
}

/// What was done to keys and to what everyone shares, newest first, a page at a time.
pub async fn audit(desk: &Desk, request: Request) -> Result<reply::Answer, Refusal> {
    operator(desk, &request).await?;
    let before = match cursor(&request)? {
        None => MOST_DEEDS,
        Some(text) => text
            .parse()
            .map_err(|_| bad("cursor", "must be one that a page gave"))?,
    };
    let reading = async { Store::open(&desk.env)?.audit(before, DEEDS + 1).await };
    let mut deeds = patience::ask("database", reading)
        .await
        .map_err(gate::away)?;
    let more = deeds.len() as u64 > DEEDS;
    deeds.truncate(DEEDS as usize);
    let next = deeds
        .last()
        .filter(|_| more)
        .map(|deed| deed.id.to_string());
    reply::json(&json!({"deeds": deeds, "next": next}))
}

/// Says who is served from now on, and why.
pub async fn serve(desk: &Desk, mut request: Request) -> Result<reply::Answer, Refusal> {
    let body = admitted(desk, &mut request).await?;
    let mut fields = object(&body)?;
    let to = fields.remove("to");
    let whom = to.as_ref().and_then(Value::as_str).and_then(Whom::parse);
    let whom = whom.ok_or_else(|| bad("to", "must be `all`, `operators` or `none`"))?;
    let why = match fields.remove("why") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(why)) if why.chars().count() <= LONGEST_WHY => why,
        Some(_) => return Err(bad("why", "must be a text of 500 characters at the most")),
    };
    let act = desk.act(Deed::Serve, "", json!({"to": whom.name(), "why": why}));
    let setting = async {
        let store = Store::open(&desk.env)?;
        store.serve(whom, &why, &act).await?;
        store.snapshot_of_primary().await
    };
    let snapshot = patience::change("store", setting)
        .await
        .map_err(gate::away)?;
    brain::take_in(snapshot, patience::now());
    reply::json(&json!({"to": whom.name(), "why": why}))
}

fn cursor(request: &Request) -> Result<Option<String>, Refusal> {
    let url = request.url().map_err(|_| Refusal::Internal)?;
    let found = url.query_pairs().find(|(name, _)| name == "cursor");
    Ok(found.map(|(_, value)| value.into_owned()))
}

/// Lets only operators by.
pub async fn operator(desk: &Desk, request: &Request) -> Result<(), Refusal> {
    gate::administers(desk, gate::claim(desk, request).await?).await
}

async fn admitted(desk: &Desk, request: &mut Request) -> Result<String, Refusal> {
    operator(desk, request).await?;
    let (body, _held) = incoming::body(request, MAX_BODY, &desk.config.settings, None).await?;
    Ok(body)
}

async fn account(desk: &Desk, id: &str) -> Result<AccountClient, Refusal> {
    let looking = async { Store::open(&desk.env)?.hash_of(id).await };
    let hash = patience::ask("database", looking)
        .await
        .map_err(gate::away)?;
    let hash = hash.ok_or_else(|| unknown(id))?;
    AccountClient::of(&desk.env, &hash).map_err(gate::away)
}

fn unknown(id: &str) -> Refusal {
    let path = crate::pipeline::clean(id).unwrap_or_default();
    Refusal::NotFound {
        path: format!("/v1/keys/{path}"),
    }
}

type Fields = serde_json::Map<String, Value>;

fn object(body: &str) -> Result<Fields, Refusal> {
    let body = if body.trim().is_empty() { "{}" } else { body };
    serde_json::from_str(body).map_err(|_| Refusal::invalid(None, "the body is not a JSON object"))
}

/// Refuses what is named now and would do nothing, or lock the key. What was stored before stands.
fn means_something(desk: &Desk, fields: &Fields) -> Result<(), Refusal> {
    for name in ["models", "exclude"] {
        let list = fields.get(name).and_then(Value::as_array);
        let entries = list.into_iter().flatten().filter_map(Value::as_str);
        if let Some(message) = pipeline::fits_none(name, entries, &desk.config.pool()) {
            return Err(Refusal::invalid(Some(name.to_owned()), message));
        }
    }
    match fields.get("expires").and_then(Value::as_f64) {
        Some(at) if at <= patience::now() || at >= FAR => Err(bad(
            "expires",
            "must be a time in Unix seconds that is yet to come",
        )),
        _ => Ok(()),
    }
}

/// Reads terms, and refuses by name what is none of them or out of bounds.
fn terms(mut fields: Fields) -> Result<Terms, Refusal> {
    fields.retain(|_, value| !value.is_null());
    for (name, value) in &fields {
        let one: Fields = [(name.clone(), value.clone())].into_iter().collect();
        let known = matches!(
            name.as_str(),
            "label"
                | "limit_6h"
                | "limit_week"
                | "budget_usd"
                | "budget_period"
                | "models"
                | "exclude"
                | "tags"
                | "expires"
        );
        if !known {
            return Err(bad(name, "is not known"));
        }
        if Terms::deserialize(Value::Object(one)).is_err() {
            return Err(bad(name, "is of the wrong kind"));
        }
    }
    let terms = Terms::deserialize(Value::Object(fields)).map_err(|_| Refusal::Internal)?;
    let within = |number: Option<u64>| number.is_none_or(|it| (1..=100_000).contains(&it));
    if !within(terms.limit_6h) {
        return Err(bad("limit_6h", "must be from 1 to 100000"));
    }
    if !within(terms.limit_week) {
        return Err(bad("limit_week", "must be from 1 to 100000"));
    }
    if terms
        .budget_usd
        .is_some_and(|usd| !(0.0..=100_000.0).contains(&usd))
    {
        return Err(bad("budget_usd", "must be from 0 to 100000 USD"));
    }
    Ok(terms)
}

fn bad(field: &str, what: &str) -> Refusal {
    Refusal::invalid(Some(field.to_owned()), format!("`{field}` {what}"))
}
