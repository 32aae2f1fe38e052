//! The platform, thin: no decision is made here.

mod brain;
mod config;
mod http;
mod objects;
mod patience;
mod pool;
mod post;
mod random;
mod rounds;
mod runtime;
mod store;
mod webhook;
mod world;

use worker::{Context, Env, Request, Response, Result, ScheduleContext, ScheduledEvent, event};

#[event(start)]
fn start() {
    console_error_panic_hook::set_once();
}

#[event(fetch, respond_with_errors)]
async fn fetch(request: Request, env: Env, context: Context) -> Result<Response> {
    http::route(request, env, context).await
}

#[event(scheduled)]
async fn scheduled(event: ScheduledEvent, env: Env, _context: ScheduleContext) {
    rounds::go(&env, event.schedule()).await;
}
