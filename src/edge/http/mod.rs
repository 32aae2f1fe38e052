//! The route table. One short file a group of endpoints.

mod catalogue;
mod chat;
mod control;
mod gate;
mod incoming;
mod keys;
mod pages;
pub mod reply;
mod views;

use std::rc::Rc;

use worker::{Context, Env, Method, Request, Response, Result};

use super::config::{Config, config};
use crate::domain::refusal::Refusal;

/// What every handler is given.
pub struct Desk {
    pub env: Env,
    pub context: Rc<Context>,
    pub config: Rc<Config>,
}

/// Answers any request.
pub async fn route(request: Request, env: Env, context: Context) -> Result<Response> {
    let path = request.path();
    let method = request.method();
    if !is_api(&path) {
        return pages::serve(request, &env, &path).await;
    }
    if method == Method::Options {
        return reply::preflight(&request);
    }
    let answered = match config(&env) {
        Ok(config) => {
            let desk = Desk {
                env,
                context: Rc::new(context),
                config,
            };
            dispatch(desk, request, method, &path).await
        }
        Err(refusal) => Err(refusal),
    };
    answered.or_else(|refusal| reply::refusal(&refusal))
}

fn is_api(path: &str) -> bool {
    path == "/health" || path == "/v1" || path.starts_with("/v1/")
}

async fn dispatch(
    desk: Desk,
    request: Request,
    method: Method,
    path: &str,
) -> std::result::Result<Response, Refusal> {
    const GET: &str = "GET, HEAD, OPTIONS";
    const POST: &str = "POST, OPTIONS";
    let allow = match path {
        "/v1/chat/completions"
        | "/v1/register"
        | "/v1/reset"
        | "/v1/simulate-price"
        | "/v1/key/pause"
        | "/v1/key/resume"
        | "/v1/key/revoke" => POST,
        "/health" | "/v1/report" | "/v1/policy" | "/v1/recent" | "/v1/overview" | "/v1/pricing"
        | "/v1/alerts" | "/v1/models" | "/v1/key" => GET,
        path if path.starts_with("/v1/models/") => GET,
        _ => return Err(Refusal::NotFound { path: shown(path) }),
    };
    let fits = match method {
        Method::Get | Method::Head => allow == GET,
        Method::Post => allow == POST,
        _ => false,
    };
    if !fits {
        return Err(Refusal::MethodNotAllowed { allow });
    }
    match path {
        "/v1/chat/completions" => chat::complete(desk, request).await,
        "/health" => views::health(),
        "/v1/report" => views::report(&desk).await,
        "/v1/policy" => views::policy(&desk).await,
        "/v1/recent" => views::recent(&desk).await,
        "/v1/overview" => views::overview(&desk).await,
        "/v1/alerts" => views::alerts(&desk).await,
        "/v1/pricing" => catalogue::pricing(&desk).await,
        "/v1/models" => catalogue::models(&desk),
        "/v1/reset" => control::reset(&desk, request).await,
        "/v1/simulate-price" => control::simulate_price(&desk, request).await,
        "/v1/register" => keys::register(&desk, request).await,
        "/v1/key" => keys::show(&desk, request).await,
        "/v1/key/pause" => keys::pause(&desk, request).await,
        "/v1/key/resume" => keys::resume(&desk, request).await,
        "/v1/key/revoke" => keys::revoke(&desk, request).await,
        path => catalogue::model(&desk, path.trim_start_matches("/v1/models/")),
    }
}

/// A path as it may stand in a refusal.
fn shown(path: &str) -> String {
    crate::pipeline::clean(path).unwrap_or_else(|| "this path".into())
}
