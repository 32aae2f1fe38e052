//! The route table. One short file a group of endpoints.

mod catalogue;
mod chat;
mod control;
mod conversation;
mod dry_run;
mod feedback;
mod gate;
mod happened;
mod incoming;
mod keys;
mod operators;
mod pages;
pub mod pool;
pub mod reply;
mod seen;
mod shared;
mod views;

use std::{cell::OnceCell, rc::Rc};

use serde_json::Value;
use worker::{Context, Env, Method, Request, Result, web_sys::Response};

use reply::Answer;

use super::{
    config::{Config, config},
    patience::now,
    world::new_request_id,
};
use crate::domain::{
    account::{
        audit::{self, Act, Deed},
        key::KeyStatus,
    },
    refusal::{Refusal, slip},
    surface::Protocol,
};

/// What every handler is given.
pub struct Desk {
    pub env: Env,
    pub context: Rc<Context>,
    pub config: Rc<Config>,
    /// The id of the request, as its answer and the log tell it.
    pub request_id: String,
    /// When it arrived, Unix seconds.
    pub received_at: f64,
    /// Whose request it is, once that is known: the id of a minted key, the name of an operator.
    pub caller: Rc<OnceCell<String>>,
}

impl Desk {
    pub fn known_as(&self, name: String) {
        let _ = self.caller.set(name);
    }

    /// What the caller does, as the audit table is told it.
    pub fn act(&self, deed: Deed, subject: &str, detail: Value) -> Act {
        Act {
            deed,
            who: self
                .caller
                .get()
                .map_or(audit::ANYONE, String::as_str)
                .to_owned(),
            subject: subject.to_owned(),
            detail,
        }
    }
}

/// Answers any request.
pub async fn route(request: Request, env: Env, context: Context) -> Result<Response> {
    let path = request.path();
    let method = request.method();
    if !is_api(&path) {
        if !is_of_client(&request, &method, &path)? {
            return Ok(pages::serve(request, &env, &path).await?.into());
        }
        if matches!(method, Method::Get | Method::Head) {
            let page = pages::serve(request.clone()?, &env, &path).await?;
            if page.status_code() != 404 {
                return Ok(page.into());
            }
        }
    }
    let (received_at, request_id) = (now(), new_request_id());
    let surface = Protocol::of(slip::meant(&path).unwrap_or_default());
    if method == Method::Options {
        return with_id(reply::preflight(&request)?, surface, request_id).sent();
    }
    let known = request.headers().get("if-none-match")?;
    // A handle on the same request: whoever refuses it need not have read it.
    let refused = Clone::clone(request.inner());
    let secure = request.url().is_ok_and(|url| url.scheme() == "https");
    let caller = Rc::new(OnceCell::new());
    let answered = match config(&env) {
        Ok(config) => {
            let desk = Desk {
                env,
                context: Rc::new(context),
                config,
                request_id: request_id.clone(),
                received_at,
                caller: Rc::clone(&caller),
            };
            dispatch(desk, request, method, &path).await
        }
        Err(refusal) => Err(refusal),
    };
    // What went through the pipeline has its line there.
    if !answers(&path) || answered.is_err() {
        log(&request_id, received_at, &path, caller.get(), &answered);
    }
    if answered.is_err() {
        incoming::drain(&refused).await;
    }
    let mut answer = answered.unwrap_or_else(|it| reply::refusal(&it, surface, &request_id));
    if let Some(known) = known {
        answer = reply::unless_known(answer, &known);
    }
    if secure {
        let year = "max-age=31536000".to_owned();
        answer.headers.push(("strict-transport-security", year));
    }
    with_id(answer, surface, request_id).sent()
}

fn with_id(mut answer: Answer, surface: Protocol, request_id: String) -> Answer {
    if surface == Protocol::Messages {
        // The name that clients of this protocol know it by.
        answer.headers.push(("request-id", request_id.clone()));
    }
    answer.headers.push(("x-request-id", request_id));
    answer
}

/// One line a request. A path that is not served may hold anything: it is not repeated.
fn log(
    request_id: &str,
    received_at: f64,
    path: &str,
    caller: Option<&String>,
    answered: &std::result::Result<Answer, Refusal>,
) {
    let route = match allowed(path) {
        None => "other",
        Some(_) if path.starts_with(MODELS) => "/v1/models/{id}",
        Some(_) if path.starts_with(DECISIONS) => "/v1/decisions/{id}",
        Some(_) if path.starts_with(KEYS) => "/v1/keys/{id}",
        Some(_) if path != IMPORT && path.starts_with(POOL) => "/v1/pool/{id}",
        Some(_) => path,
    };
    let (status, code) = match answered {
        Ok(answer) => (answer.status, None),
        Err(refusal) => (refusal.status(), Some(refusal.code())),
    };
    let line = serde_json::json!({
        "id": request_id,
        "route": route,
        "key": caller,
        "status": status,
        "refusal": code,
        "ms": {"total": ((now() - received_at) * 1_000.0).round()},
    });
    worker::console_log!("{line}");
}

/// Does a client of an API ask for what is no path of ours, rather than a browser for a page.
fn is_of_client(request: &Request, method: &Method, path: &str) -> Result<bool> {
    let accept = request.headers().get("accept")?.unwrap_or_default();
    let reads = matches!(method, Method::Get | Method::Head);
    Ok(match (reads, slip::is_api(path)) {
        (false, _) => true,
        (true, true) => !accept.contains("text/html"),
        (true, false) => accept.contains("json") && !accept.contains("text/html"),
    })
}

fn is_api(path: &str) -> bool {
    path == "/health" || path == "/metrics" || path == "/v1" || path.starts_with("/v1/")
}

async fn dispatch(
    desk: Desk,
    request: Request,
    method: Method,
    path: &str,
) -> std::result::Result<Answer, Refusal> {
    let Some(allow) = allowed(path) else {
        return Err(Refusal::NotFound { path: shown(path) });
    };
    // The platform's crate takes a method that it does not know for GET.
    let spoken = request.inner().method();
    let fits = spoken.eq_ignore_ascii_case(method.as_ref())
        && match method {
            Method::Get | Method::Head => matches!(allow, GET | GET_POST | GET_PUT),
            Method::Post => matches!(allow, POST | GET_POST),
            Method::Patch => allow == PATCH,
            Method::Put => matches!(allow, PUT | GET_PUT | PUT_DELETE),
            Method::Delete => allow == PUT_DELETE,
            _ => false,
        };
    if !fits && method == Method::Get && path == RESPONSES && is_upgrade(&request) {
        return Err(Refusal::NoSocket);
    }
    if !fits {
        return Err(Refusal::MethodNotAllowed { allow });
    }
    let plain = || request.url().is_ok_and(|url| url.scheme() == "http");
    if desk.config.settings.require_https
        && plain()
        && !gate::at_door(&request, |door| door.is_local())
    {
        return Err(Refusal::HttpsRequired);
    }
    let reads = matches!(method, Method::Get | Method::Head);
    if !reads && changes(path) && gate::at_door(&request, |door| door.is_foreign_page()) {
        return Err(Refusal::ForeignOrigin);
    }
    if tells(path) {
        gate::sees(&desk, &request).await?;
    }
    match path {
        CHAT | RESPONSES | MESSAGES => chat::complete(desk, request, Protocol::of(path)).await,
        COUNT => chat::count_tokens(&desk, request).await,
        "/v1/route" => dry_run::route(&desk, request).await,
        "/health" => views::health(),
        "/v1/report" => views::report(&desk).await,
        "/v1/policy" => views::policy(&desk).await,
        "/v1/recent" if happened::asks(&desk, &request) => happened::found(&desk, &request).await,
        "/v1/recent" => views::recent(&desk).await,
        "/v1/overview" => views::overview(&desk).await,
        "/v1/alerts" => views::alerts(&desk).await,
        "/v1/live" => views::live(&desk, method == Method::Head).await,
        "/v1/timeseries" => happened::timeseries(&desk, &request).await,
        "/v1/export" => happened::export(&desk, &request).await,
        "/v1/status" => happened::status(&desk, &request).await,
        "/metrics" => happened::metrics(&desk, &request).await,
        "/v1/pricing" => catalogue::pricing(&desk).await,
        "/v1/pricing/history" => happened::prices(&desk, &request).await,
        "/v1/models" => catalogue::models(&desk, &request).await,
        "/v1/reset" => control::reset(&desk, request).await,
        "/v1/simulate-price" => control::simulate_price(&desk, request).await,
        "/v1/feedback" => feedback::rate(&desk, request).await,
        "/v1/register" => keys::register(&desk, request).await,
        "/v1/keys" if method == Method::Post => operators::mint(&desk, request).await,
        "/v1/keys" => operators::list(&desk, request).await,
        "/v1/serve" => operators::serve(&desk, request).await,
        "/v1/audit" => operators::audit(&desk, request).await,
        "/v1/pool" if method == Method::Put => pool::replace(&desk, request).await,
        "/v1/pool" => pool::show(&desk).await,
        IMPORT => pool::import(&desk, request).await,
        path if path.starts_with(POOL) => {
            let id = path.strip_prefix(POOL).unwrap_or_default();
            pool::change(&desk, request, id, method == Method::Delete).await
        }
        path if path.starts_with(KEYS) => key(&desk, request, path).await,
        "/v1/key" => keys::show(&desk, request).await,
        "/v1/key/rotate" => keys::rotate(&desk, request).await,
        "/v1/key/pause" => keys::pause(&desk, request).await,
        "/v1/key/resume" => keys::resume(&desk, request).await,
        "/v1/key/revoke" => keys::revoke(&desk, request).await,
        path if path.starts_with(DECISIONS) => {
            let id = path.strip_prefix(DECISIONS).unwrap_or_default();
            happened::decision(&desk, &request, id).await
        }
        path => catalogue::model(&desk, path.strip_prefix(MODELS).unwrap_or_default()).await,
    }
}

const CHAT: &str = "/v1/chat/completions";
const RESPONSES: &str = "/v1/responses";
const MESSAGES: &str = "/v1/messages";
const COUNT: &str = "/v1/messages/count_tokens";
const MODELS: &str = "/v1/models/";
const DECISIONS: &str = "/v1/decisions/";
const KEYS: &str = "/v1/keys/";
const POOL: &str = "/v1/pool/";
const IMPORT: &str = "/v1/pool/import";
const PUT: &str = "PUT, OPTIONS";
const PATCH: &str = "PATCH, OPTIONS";
const GET_POST: &str = "GET, HEAD, POST, OPTIONS";
const GET_PUT: &str = "GET, HEAD, PUT, OPTIONS";
const PUT_DELETE: &str = "PUT, DELETE, OPTIONS";
const GET: &str = "GET, HEAD, OPTIONS";
const POST: &str = "POST, OPTIONS";

/// Is it a path whose requests a model answers.
fn answers(path: &str) -> bool {
    matches!(path, CHAT | RESPONSES | MESSAGES)
}

fn is_upgrade(request: &Request) -> bool {
    request.headers().has("upgrade").unwrap_or(false)
}

/// The id in a path of one key, and the status that the path gives it.
fn key_of(path: &str) -> Option<(&str, Option<KeyStatus>)> {
    let rest = path.strip_prefix(KEYS).filter(|rest| !rest.is_empty())?;
    match rest.split_once('/') {
        None => Some((rest, None)),
        Some((id, "pause")) => Some((id, Some(KeyStatus::Paused))),
        Some((id, "resume")) => Some((id, Some(KeyStatus::Active))),
        Some((id, "revoke")) => Some((id, Some(KeyStatus::Revoked))),
        Some(_) => None,
    }
}

async fn key(desk: &Desk, request: Request, path: &str) -> std::result::Result<Answer, Refusal> {
    match key_of(path) {
        Some((id, Some(status))) => operators::set_status(desk, request, id, status).await,
        Some((id, None)) => operators::change(desk, request, id).await,
        None => Err(Refusal::NotFound { path: shown(path) }),
    }
}

/// Is it a view that tells what happened, and to everyone alike.
fn tells(path: &str) -> bool {
    matches!(
        path,
        "/v1/report" | "/v1/policy" | "/v1/overview" | "/v1/alerts" | "/v1/timeseries" | "/v1/live"
    )
}

/// Does a call do anything but answer.
fn changes(path: &str) -> bool {
    matches!(
        path,
        "/v1/register" | "/v1/reset" | "/v1/simulate-price" | "/v1/serve" | "/v1/feedback"
    ) || path.starts_with("/v1/key/")
        || path.starts_with("/v1/keys")
        || path.starts_with("/v1/pool")
}

/// The methods of a path; `None` where nothing is served.
fn allowed(path: &str) -> Option<&'static str> {
    match path {
        CHAT | RESPONSES | MESSAGES | COUNT | "/v1/route" | "/v1/register" | "/v1/reset"
        | "/v1/simulate-price" | "/v1/feedback" | "/v1/key/rotate" | "/v1/key/pause"
        | "/v1/key/resume" | "/v1/key/revoke" => Some(POST),
        "/health"
        | "/v1/report"
        | "/v1/policy"
        | "/v1/recent"
        | "/v1/overview"
        | "/v1/pricing"
        | "/v1/pricing/history"
        | "/v1/timeseries"
        | "/v1/live"
        | "/v1/export"
        | "/v1/status"
        | "/metrics"
        | "/v1/alerts"
        | "/v1/models"
        | "/v1/key"
        | "/v1/audit" => Some(GET),
        path if path.starts_with(MODELS) || path.starts_with(DECISIONS) => Some(GET),
        "/v1/keys" => Some(GET_POST),
        "/v1/pool" => Some(GET_PUT),
        IMPORT => Some(POST),
        path if path.starts_with(POOL) && path.len() > POOL.len() => Some(PUT_DELETE),
        "/v1/serve" => Some(PUT),
        path => key_of(path).map(|(_, status)| if status.is_some() { POST } else { PATCH }),
    }
}

/// A path as it may stand in a refusal.
fn shown(path: &str) -> String {
    crate::pipeline::clean(path).unwrap_or_else(|| "this path".into())
}
