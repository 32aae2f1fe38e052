//! What happened, and how things stand: series, single decisions, the export, status, metrics.

use std::collections::BTreeMap;

use runtimes::address::DEFAULT;
use serde::Serialize;
use serde_json::{json, value::RawValue};
use worker::Request;

use super::{
    Desk,
    gate::{self, Caller},
    reply, shared,
    views::{current, newest},
};
use crate::{
    domain::{
        account::{deployment::Whom, key},
        books::{
            feed::{Decision, Outcome, id_at},
            metrics,
            query::Query,
            series::{Point, Span},
        },
        refusal::Refusal,
        runtime::quarantine::Standing,
    },
    edge::{
        brain,
        patience::{self, now},
        post,
        store::Store,
    },
};

type View = Result<reply::Answer, Refusal>;

/// Decisions of one page of the export.
const PAGE: u64 = 1_000;
/// Bytes of the longest id of a model that is looked for.
const MAX_ID: usize = 256;
/// Seconds over which failures are counted, requests that make them news, and the share of them
/// that is a fault.
const LATELY: f64 = 300.0;
const ENOUGH: f64 = 5.0;
const FAULTY: f64 = 0.2;

/// Sums by hour or day.
pub async fn timeseries(desk: &Desk, request: &Request) -> View {
    let span = Span::read(query(request), now())?;
    post::catch_up(&desk.env, &desk.context).await;
    let reading = async {
        let points: Vec<Point> = Store::open(&desk.env)?.series(&span).await?;
        let series = json!({
            "from": span.from,
            "to": span.to,
            "step": span.step,
            "by": span.by.name(),
            "points": points,
        });
        Ok(series.to_string())
    };
    let text = shared::text(&shared::SERIES, format!("{span:?}"), reading).await?;
    Ok(reply::view_of(text.to_string()))
}

/// What a model has cost by list.
pub async fn prices(desk: &Desk, request: &Request) -> View {
    let model = query(request)("model").filter(|id| !id.is_empty() && id.len() <= MAX_ID);
    let model = model.ok_or_else(|| {
        Refusal::invalid(Some("model".into()), "`model` must be the id of a model")
    })?;
    let reading = async {
        let prices = Store::open(&desk.env)?.prices(&model).await?;
        Ok(json!({"model": model, "prices": prices}).to_string())
    };
    let text = shared::text(&shared::PRICES, model.clone(), reading).await?;
    Ok(reply::view_of(text.to_string()))
}

/// One decision whole, for whoever asked for it and for operators.
pub async fn decision(desk: &Desk, request: &Request, id: &str) -> View {
    let caller = gate::admit(desk, gate::claim(desk, request).await?).await?;
    let decision = one(desk, id).await?;
    let own = decision.filter(|decision| match &caller {
        Caller::Operator => true,
        Caller::Minted(account) => decision.detail.key.as_ref() == Some(&account.id),
    });
    match own {
        Some(decision) => reply::json(&decision),
        None => Err(Refusal::NotFound {
            path: super::shown(&format!("/v1/decisions/{id}")),
        }),
    }
}

/// The decision of that id: what was settled here a moment ago the database may not have yet.
pub(super) async fn one(desk: &Desk, id: &str) -> Result<Option<Decision>, Refusal> {
    post::catch_up(&desk.env, &desk.context).await;
    if let Some(own) = post::decisions(|own| own.id == id).pop() {
        return Ok(Some(own));
    }
    let reading = patience::ask("store", async {
        Store::open(&desk.env)?.decision(id).await
    });
    reading.await.map_err(away)
}

/// The decisions of a span, a page at a time: all for an operator, its own for a key.
pub async fn export(desk: &Desk, request: &Request) -> View {
    let caller = gate::admit(desk, gate::claim(desk, request).await?).await?;
    let query = query(request);
    let csv = match query("format").as_deref() {
        None | Some("ndjson") => false,
        Some("csv") => true,
        Some(_) => {
            return Err(Refusal::invalid(
                Some("format".into()),
                "`format` must be `ndjson` or `csv`",
            ));
        }
    };
    let moment = |name: &str, otherwise: f64| match query(name) {
        None => Ok(otherwise),
        Some(text) => text
            .parse()
            .ok()
            .filter(|moment: &f64| (0.0..1e11).contains(moment))
            .ok_or_else(|| {
                let must = format!("`{name}` must be a time in Unix seconds");
                Refusal::invalid(Some(name.into()), &must)
            }),
    };
    // Ids begin with their time.
    let from = id_at(moment("from", 0.0)?);
    let to = id_at(moment("to", now() + 86_400.0)?);
    let after = query("cursor").filter(|cursor| *cursor > from);
    let key = match &caller {
        Caller::Operator => None,
        Caller::Minted(account) => Some(account.id.as_str()),
    };
    post::catch_up(&desk.env, &desk.context).await;
    let reading = patience::ask("store", async {
        let after = after.as_deref().unwrap_or(&from);
        Store::open(&desk.env)?.export(after, &to, key, PAGE).await
    });
    let (rows, cursor) = reading.await.map_err(away)?;
    let mut body = String::new();
    if csv {
        body.push_str(Decision::CSV_HEAD);
        body.push('\n');
    }
    for json in rows {
        match csv {
            true => match serde_json::from_str::<Decision>(&json) {
                Ok(decision) => body.push_str(&decision.csv()),
                Err(_) => continue,
            },
            false => body.push_str(&json),
        }
        body.push('\n');
    }
    let kind = match csv {
        true => "text/csv; charset=utf-8",
        false => "application/x-ndjson; charset=utf-8",
    };
    let mut headers = vec![
        ("content-type", kind.to_owned()),
        ("cache-control", "no-store".to_owned()),
    ];
    // Where there is more: the same call with this cursor goes on.
    headers.extend(cursor.map(|cursor| ("x-arbiter-cursor", cursor)));
    Ok(reply::text(200, headers, body))
}

/// The newest decisions that are asked for, a page at a time. Whole for an operator, and for a key
/// its own; for everyone else nothing of whose they were.
pub async fn found(desk: &Desk, request: &Request) -> View {
    let mut asked = Query::read(query(request))?;
    let known = ["authorization", "x-api-key"]
        .iter()
        .any(|name| request.headers().has(name).unwrap_or(false));
    let caller = match known {
        true => Some(gate::admit(desk, gate::claim(desk, request).await?).await?),
        false => None,
    };
    match &caller {
        Some(Caller::Minted(account)) => asked.key = Some(account.id.clone()),
        None if !desk.config.settings.views_open => return Err(Refusal::ViewsClosed),
        None if asked.key.is_some() || asked.tag.is_some() => return Err(Refusal::Unauthorized),
        _ => {}
    }
    post::catch_up(&desk.env, &desk.context).await;
    let reading = async { Store::open(&desk.env)?.found(&asked).await };
    let (mut answer, cursor) = match caller {
        // Its own, as they are by now.
        Some(_) => {
            let (mut rows, cursor) = patience::ask("store", reading).await.map_err(away)?;
            let own = post::decisions(|own| asked.takes(own));
            let cursor = asked.with(&mut rows, own).or(cursor);
            (reply::view(&rows)?, cursor)
        }
        None => {
            let reading = async {
                let (rows, cursor) = reading.await?;
                let rows: Vec<Decision> = rows.iter().map(Decision::public).collect();
                Ok(serde_json::to_string(&(rows, cursor))?)
            };
            let text = shared::text(&shared::FOUND, format!("{asked:?}"), reading).await?;
            let own = post::decisions(|own| asked.takes(own) && !text.contains(&own.id));
            if own.is_empty() {
                let (rows, cursor): (&RawValue, Option<String>) =
                    serde_json::from_str(&text).map_err(|_| Refusal::Internal)?;
                (reply::view_of(rows.get().to_owned()), cursor)
            } else {
                let (mut rows, cursor): (Vec<Decision>, Option<String>) =
                    serde_json::from_str(&text).map_err(|_| Refusal::Internal)?;
                let own = own.iter().map(Decision::public).collect();
                let cursor = asked.with(&mut rows, own).or(cursor);
                (reply::view(&rows)?, cursor)
            }
        }
    };
    let cursor = cursor.map(|cursor| ("x-arbiter-cursor", cursor));
    answer.headers.extend(cursor);
    Ok(answer)
}

/// Does a request ask for some decisions rather than for the newest; or for its caller's, where not
/// everyone may see all.
pub fn asks(desk: &Desk, request: &Request) -> bool {
    let query = query(request);
    !desk.config.settings.views_open || Query::NAMES.iter().any(|name| query(name).is_some())
}

#[derive(Serialize)]
struct Reason {
    code: &'static str,
    message: String,
}

/// How things stand, with reasons for whoever may see them.
pub async fn status(desk: &Desk, request: &Request) -> View {
    let sees = match gate::sees(desk, request).await {
        Err(Refusal::ViewsClosed) => false,
        seen => seen.map(|()| true)?,
    };
    post::catch_up(&desk.env, &desk.context).await;
    let store = brain::be_fresh(&desk.env).await;
    // Where the Feed is away, that is told below by what it does not know.
    let mut recent = newest(desk).await.unwrap_or_default();
    let since = now() - LATELY;
    recent.retain(|row| row.ts >= since && row.outcome != Outcome::Dropped);
    let weight = |row: &Decision| row.detail.weight.unwrap_or(1.0);
    let asked: f64 = recent.iter().map(weight).sum();
    let failing = recent.iter().filter(|row| row.outcome == Outcome::Failed);
    let failed: f64 = failing.clone().map(weight).sum();
    let last = failing.max_by(|a, b| a.ts.total_cmp(&b.ts));
    let last_error = last.and_then(|row| row.detail.error.clone());
    let share = if asked > 0.0 {
        (failed / asked).abs()
    } else {
        0.0
    };

    let now = now();
    let pool = desk.config.pool();
    let (out, away, restored, (undelivered, unreadable), aside, deployment, believed) =
        brain::memory(|memory| {
            let out: BTreeMap<String, f64> = pool
                .iter()
                .filter(|model| memory.standing(&model.id, now) == Standing::Out)
                .filter_map(|model| Some((model.id.clone(), memory.quarantine(&model.id)?.until)))
                .collect();
            let aside: Vec<String> = memory
                .books()
                .filter(|(_, _, book)| book.set_aside)
                .map(|(task, model, _)| format!("{}/{model}", task.name()))
                .collect();
            let away = memory.health.away(now);
            (
                out,
                away,
                memory.restored,
                (memory.undelivered, memory.aside),
                aside,
                memory.deployment.clone(),
                memory.judged.are_believed(),
            )
        });
    let (mut reasons, mut down) = (Vec::new(), false);
    let mut say = |code, message: String| reasons.push(Reason { code, message });
    if let Err(missing) = desk.config.settings.has_keys() {
        down = true;
        say("runtime", missing.message());
    }
    for (runtime, seconds) in &away {
        let name = match runtime.as_str() {
            DEFAULT => "the runtime",
            name => name,
        };
        down |= away.len() >= desk.config.settings.runtimes.len();
        let message = format!("{name} is away: it is tried again within {seconds} s");
        say("runtime_away", message);
    }
    if deployment.whom != Whom::All {
        down |= deployment.whom == Whom::None;
        let whom = match deployment.whom {
            Whom::None => "nobody is",
            _ => "only operators are",
        };
        let why = Some(deployment.why.as_str()).filter(|why| !why.is_empty());
        say(
            "serve",
            format!("{whom} served: {}", why.unwrap_or("an operator said so")),
        );
    }
    for mark in deployment.marks(&desk.config.settings, now) {
        let (name, limit) = (mark.name, mark.limit.usd());
        let percent = mark.percent();
        let stops = match mark.is_spent() {
            true => ": only operators are served until it begins anew",
            false => "",
        };
        say(
            "budget",
            format!("{percent} % of {name} ({limit} USD) are spent{stops}"),
        );
    }
    if !deployment.may_judge(&desk.config.settings) {
        say(
            "judge",
            "JUDGE_BUDGET_USD_DAY is spent: what no check can tell stays ungraded".into(),
        );
    }
    if !believed {
        say(
            "judge_doubted",
            "the last 20 numbers of JUDGE_MODEL were all the same: none counts until it says another"
                .into(),
        );
    }
    if !store {
        say(
            "store",
            "the database can't be read: what is remembered is gone by".into(),
        );
    }
    if restored {
        say(
            "restored",
            "the database was restored to before a reset, and learns nothing: POST /v1/reset \
             begins anew"
                .into(),
        );
    }
    if undelivered > 0 {
        let message = format!("{undelivered} settlements wait to be counted");
        say("undelivered", message);
    }
    if unreadable > 0 {
        let message = format!("{unreadable} settlements can't be read, and are set aside");
        say("set_aside", message);
    }
    for row in aside {
        let message = format!("what was learned of {row} could not be read and was begun anew");
        say("set_aside", message);
    }
    if !out.is_empty() {
        down |= out.len() == pool.len();
        let message = format!("{} of {} models are left out", out.len(), pool.len());
        say("models_out", message);
    }
    if asked >= ENOUGH && share >= FAULTY {
        down |= share >= 1.0;
        let percent = (share * 100.0).round();
        say(
            "failing",
            format!("{percent} % of the last {asked} requests failed"),
        );
    }
    let status = match (down, reasons.is_empty()) {
        (true, _) => "down",
        (false, true) => "ok",
        (false, false) => "degraded",
    };
    if !sees {
        return reply::view(&json!({"status": status, "reasons": []}));
    }
    reply::view(&json!({
        "status": status,
        "reasons": reasons,
        "runtimes_away": away,
        "models_out": out,
        "undelivered": undelivered,
        "requests_5m": asked,
        "failed_share_5m": share,
        "last_error": last_error,
    }))
}

/// The books for Prometheus: with an operator's key, or with METRICS_TOKEN.
pub async fn metrics(desk: &Desk, request: &Request) -> View {
    let settings = &desk.config.settings;
    let header = request.headers().get("authorization").ok().flatten();
    let token = header.as_deref().and_then(key::bearer).unwrap_or_default();
    let tokens: Vec<String> = settings.metrics_token.iter().cloned().collect();
    if key::operator(token, &settings.operator_keys).is_none()
        && key::operator(token, &tokens).is_none()
    {
        return Err(Refusal::Unauthorized);
    }
    let text = current(desk, |memory| metrics::metrics(memory.books())).await?;
    let headers = vec![
        ("content-type", metrics::CONTENT_TYPE.to_owned()),
        ("cache-control", "no-store".to_owned()),
    ];
    Ok(reply::text(200, headers, text))
}

pub(super) fn query(request: &Request) -> impl Fn(&str) -> Option<String> + use<> {
    let url = request.url().ok();
    move |name| {
        let pairs = url.as_ref()?.query_pairs();
        let mut found = pairs.filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.into_owned())
    }
}

fn away(_: worker::Error) -> Refusal {
    Refusal::StoreAway
}
