//! D1: rows in, domain values out. The only place with SQL; one statement a file.

mod audit;
mod happened;
mod keys;
mod prices;
mod shared;
mod told;
mod webhook;

pub use happened::Undelivered;
pub use shared::Epochs;
pub use webhook::Watched;

use worker::{D1Database, D1PreparedStatement, Env, Result, wasm_bindgen::JsValue};

/// The database of a request.
pub struct Store {
    db: D1Database,
}

impl Store {
    pub fn open(env: &Env) -> Result<Store> {
        Ok(Store { db: env.d1("DB")? })
    }

    fn statement(&self, sql: &str, values: &[JsValue]) -> Result<D1PreparedStatement> {
        self.db.prepare(sql).bind(values)
    }
}

/// A number as D1 takes it: whole ones up to 2^53 arrive as integers.
fn number(value: impl Into<f64>) -> JsValue {
    JsValue::from_f64(value.into())
}

fn text(value: &str) -> JsValue {
    JsValue::from_str(value)
}
