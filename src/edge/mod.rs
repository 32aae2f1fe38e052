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

use worker::wasm_bindgen::{self, prelude::wasm_bindgen};
use worker::{
    Context, Env, Request, Result, ScheduleContext, ScheduledEvent, event, web_sys::Response,
};

#[wasm_bindgen(module = "/src/edge/turns.js")]
extern "C" {
    #[wasm_bindgen(js_name = quickenTurns)]
    fn quicken_turns();
}

#[event(start)]
fn start() {
    quicken_turns();
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
