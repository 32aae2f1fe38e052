//! Minted keys: made, looked at, paused, resumed, revoked.

use serde_json::{Value, json};
use worker::{Request, Response};

use super::{
    Desk,
    gate::{self, Caller},
    incoming, reply,
};
use crate::{
    domain::{
        address, email,
        key::{self, KeyStatus},
        limit::{self, HOUR, Verdict, Window},
        refusal::Refusal,
    },
    edge::{
        brain,
        objects::LimiterClient,
        store::{KeyRow, Store},
    },
};

/// A registration is small.
const MAX_BODY: u64 = 8 * 1024;

/// Mints a key, shown this once. The answer is the same whether the email is known or not.
pub async fn register(desk: &Desk, mut request: Request) -> Result<Response, Refusal> {
    let settings = &desk.config.settings;
    let address = request.headers().get("cf-connecting-ip").ok().flatten();
    let body = incoming::body(&mut request, MAX_BODY, settings).await?;
    if !settings.register_open {
        return Err(Refusal::RegistrationClosed {
            message: "registration is closed: ask the operator for a key".into(),
        });
    }
    let email = read_email(&body)?;
    if !email::is_allowed(&email, &settings.register_domains) {
        return Err(Refusal::RegistrationClosed {
            message: "registration is not open to this email domain".into(),
        });
    }
    take(
        desk,
        &address::subscriber(address.as_deref().unwrap_or("unknown")),
    )
    .await?;
    let mut random = [0u8; key::SEED_BYTES];
    getrandom::fill(&mut random).map_err(|_| Refusal::Internal)?;
    let minted = key::mint(&random);
    let inserting = async {
        Store::open(&desk.env)?
            .insert_key(
                &key::hash(&minted),
                &key::hint(&minted),
                &email,
                brain::now(),
            )
            .await
    };
    brain::soon(inserting).await.map_err(away)?;
    reply::json(&json!({"api_key": minted}))
}

fn read_email(body: &str) -> Result<String, Refusal> {
    let bad = || {
        Refusal::invalid(
            Some("email".into()),
            "`email` must be an email address, as in {\"email\": \"you@example.com\"}",
        )
    };
    let fields = incoming::object(body)?;
    let value = fields
        .get(body, "email")
        .and_then(|raw| serde_json::from_str::<Value>(raw).ok())
        .ok_or_else(bad)?;
    let email = value.as_str().map(str::trim).ok_or_else(bad)?;
    email::is_valid(email)
        .then(|| email.to_owned())
        .ok_or_else(bad)
}

async fn take(desk: &Desk, address: &str) -> Result<(), Refusal> {
    let max = desk.config.settings.register_limit;
    let window = Window {
        name: format!("{max} registrations in an hour from one address"),
        seconds: HOUR,
        max,
    };
    let name = format!("register/{}", key::hash(address).0);
    let taking = async {
        LimiterClient::of(&desk.env, &name)?
            .take(&desk.request_id, &[window])
            .await
    };
    match brain::soon(taking).await.map_err(away)? {
        Verdict::Taken => Ok(()),
        Verdict::Full { limit, retry_after } => Err(Refusal::RateLimited { limit, retry_after }),
    }
}

/// Whose key it is, how it stands, and what of its limits is used.
pub async fn show(desk: &Desk, request: Request) -> Result<Response, Refusal> {
    let caller = gate::admit(desk, gate::claim(desk, &request)?).await?;
    let Caller::Minted { hash, key } = caller else {
        return reply::json(&json!({
            "email": null, "status": "operator",
            "used_6h": null, "limit_6h": null, "used_week": null, "limit_week": null,
        }));
    };
    let settings = &desk.config.settings;
    let windows = limit::key_windows(settings.limit_6h, settings.limit_week);
    let asking = async { LimiterClient::of(&desk.env, &hash.0)?.usage(&windows).await };
    let used = brain::soon(asking).await.map_err(away)?;
    let of = |index: usize| used.get(index);
    reply::json(&json!({
        "email": key.email,
        "status": key.status.name(),
        "used_6h": of(0).map(|window| window.used),
        "limit_6h": settings.limit_6h,
        "used_week": of(1).map(|window| window.used),
        "limit_week": settings.limit_week,
        "frees_6h_seconds": of(0).and_then(|window| window.frees_in),
        "frees_week_seconds": of(1).and_then(|window| window.frees_in),
    }))
}

pub async fn pause(desk: &Desk, request: Request) -> Result<Response, Refusal> {
    change(desk, request, KeyStatus::Paused).await
}

pub async fn resume(desk: &Desk, request: Request) -> Result<Response, Refusal> {
    change(desk, request, KeyStatus::Active).await
}

pub async fn revoke(desk: &Desk, request: Request) -> Result<Response, Refusal> {
    change(desk, request, KeyStatus::Revoked).await
}

async fn change(desk: &Desk, request: Request, status: KeyStatus) -> Result<Response, Refusal> {
    let caller = gate::admit(desk, gate::claim(desk, &request)?).await?;
    let Caller::Minted { hash, key } = caller else {
        return Err(Refusal::OperatorKeyStatus);
    };
    let changing = async { Store::open(&desk.env)?.set_key_status(&hash, status).await };
    // A change that lost against a revoke finds a key that is valid nowhere.
    let status = brain::soon(changing).await.map_err(away)?;
    let status = status.ok_or(Refusal::Unauthorized)?;
    // Also while the store is away the key is what it was made now.
    gate::remember(&hash, Some(&KeyRow { status, ..key }));
    reply::json(&json!({"status": status.name()}))
}

fn away(error: worker::Error) -> Refusal {
    worker::console_error!("keys: {error}");
    Refusal::StoreAway
}
