//! A Limiter is one key's, or one client address's, count of accepted requests.
//!
//! It stores the time of each request of the last week. Messages: `take` (check and count in
//! one), `refund`, `usage`. Checking and counting happen in one turn without an await between,
//! so two requests at the same moment never both get the last place.

use std::cell::RefCell;

use serde::Deserialize;
use worker::{
    DurableObject, Env, Request, Response, Result, SqlStorageValue, State, durable_object,
};

use super::{
    answer, body,
    message::{Refund, Take, Usage, Used},
    now,
};
use crate::domain::limit::{self, Verdict, WEEK};

#[durable_object(fetch)]
pub struct Limiter {
    state: State,
    /// Times of the accepted, oldest first; `None` until read from storage.
    accepted: RefCell<Option<Vec<f64>>>,
}

#[derive(Deserialize)]
struct Row {
    at: f64,
}

impl DurableObject for Limiter {
    fn new(state: State, _env: Env) -> Self {
        Limiter {
            state,
            accepted: RefCell::new(None),
        }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        match request.path().as_str() {
            "/take" => {
                let take = body(&mut request).await?;
                answer(&self.take(&take)?)
            }
            "/refund" => {
                let refund: Refund = body(&mut request).await?;
                answer(&self.refund(&refund)?)
            }
            "/usage" => {
                let usage = body(&mut request).await?;
                answer(&self.usage(&usage)?)
            }
            _ => Response::error("no such message", 404),
        }
    }
}

impl Limiter {
    fn take(&self, take: &Take) -> Result<Verdict> {
        self.load()?;
        let mut accepted = self.accepted.borrow_mut();
        let accepted = accepted.get_or_insert_default();
        // A clock that went back frees nothing and keeps the order.
        let now = now().max(accepted.last().copied().unwrap_or(0.0));
        let verdict = limit::check(accepted, &take.windows, now);
        if verdict == Verdict::Taken {
            let sql = self.state.storage().sql();
            let row = vec![
                SqlStorageValue::String(take.id.clone()),
                SqlStorageValue::Float(now),
            ];
            sql.exec("insert into accepted (id, at) values (?, ?)", row)?;
            accepted.push(now);
            let gone = accepted.partition_point(|at| at + WEEK <= now);
            if gone > 0 {
                accepted.drain(..gone);
                let old = vec![SqlStorageValue::Float(now - WEEK)];
                sql.exec("delete from accepted where at <= ?", old)?;
            }
        }
        Ok(verdict)
    }

    fn refund(&self, refund: &Refund) -> Result<bool> {
        self.load()?;
        let id = vec![SqlStorageValue::String(refund.id.clone())];
        self.state
            .storage()
            .sql()
            .exec("delete from accepted where id = ?", id)?;
        *self.accepted.borrow_mut() = None;
        Ok(true)
    }

    fn usage(&self, usage: &Usage) -> Result<Vec<Used>> {
        self.load()?;
        let accepted = self.accepted.borrow();
        let accepted = accepted.as_deref().unwrap_or_default();
        let now = now();
        Ok(usage
            .windows
            .iter()
            .map(|window| {
                let used = limit::used(accepted, window, now);
                let oldest = accepted.get(accepted.len() - used as usize);
                Used {
                    used,
                    max: window.max,
                    frees_in: oldest.map(|at| (at + window.seconds - now).ceil().max(1.0) as u64),
                }
            })
            .collect())
    }

    fn load(&self) -> Result<()> {
        if self.accepted.borrow().is_some() {
            return Ok(());
        }
        let sql = self.state.storage().sql();
        sql.exec(
            "create table if not exists accepted (id text not null, at real not null) strict",
            None,
        )?;
        let rows: Vec<Row> = sql
            .exec("select at from accepted order by at", None)?
            .to_array()?;
        *self.accepted.borrow_mut() = Some(rows.into_iter().map(|row| row.at).collect());
        Ok(())
    }
}
