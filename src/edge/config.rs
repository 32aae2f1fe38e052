//! The settings of this deployment, read from its variables once an isolate.

use std::{cell::RefCell, rc::Rc};

use worker::Env;

use super::pool;
use crate::domain::{refusal::Refusal, runtime::registry::Model, settings::Settings};

/// The settings.
#[derive(Debug)]
pub struct Config {
    pub settings: Settings,
}

impl Config {
    /// What can be routed to, as this isolate knows it by now.
    pub fn pool(&self) -> Rc<[Model]> {
        pool::live(&self.settings)
    }
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
    Ok(Rc::new(Config { settings }))
}
