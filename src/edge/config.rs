//! The settings of this deployment, read from its variables once an isolate.

use std::{cell::RefCell, rc::Rc};

use worker::Env;

use crate::domain::{
    refusal::Refusal,
    registry::{self, Model},
    settings::Settings,
};

/// Settings, and the pool that follows from them.
#[derive(Debug)]
pub struct Config {
    pub settings: Settings,
    pub pool: Vec<Model>,
}

thread_local! {
    static CONFIG: RefCell<Option<Result<Rc<Config>, Refusal>>> = const { RefCell::new(None) };
}

/// The checked settings; a bad one is the same refusal to every request until it is put right.
pub fn config(env: &Env) -> Result<Rc<Config>, Refusal> {
    CONFIG.with_borrow_mut(|config| config.get_or_insert_with(|| read(env)).clone())
}

fn read(env: &Env) -> Result<Rc<Config>, Refusal> {
    // Variables and secrets are looked up alike.
    let settings = Settings::read(|name| env.var(name).ok().map(|value| value.to_string()))?;
    let pool = registry::pool(&settings.baseline_model, settings.baseline_context);
    Ok(Rc::new(Config { settings, pool }))
}
