//! The read-only views. Each first waits, within bounds, for what this isolate has sent on its
//! way: whoever had an answer sees it counted.

use chat::Task;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use super::{Desk, gate, reply, shared};
use crate::{
    domain::{
        books::{
            book::Classified,
            feed::Decision,
            like_for_like::{LikeForLike, like_for_like},
            report::{self, PolicyRow, Report},
        },
        isolate::memory::Memory,
        refusal::Refusal,
        runtime::quarantine::Quarantine,
    },
    edge::{
        brain,
        objects::FeedClient,
        patience::{self, now},
        post,
    },
    pipeline,
};

type View = Result<reply::Answer, Refusal>;

pub fn health() -> View {
    reply::json(&json!({"status": "ok"}))
}

pub async fn report(desk: &Desk) -> View {
    let baseline = &desk.config.settings.baseline_model;
    let pool = desk.config.pool();
    let model = pool.iter().find(|model| model.id == *baseline);
    let whole = current(desk, |memory| Whole {
        report: report::report(memory.books(), baseline),
        like_for_like: model.map(|model| like_for_like(memory.books(), model)),
    });
    reply::view(&whole.await?)
}

#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    report: Report,
    like_for_like: Option<LikeForLike>,
}

pub async fn policy(desk: &Desk) -> View {
    let now = now();
    let pool = desk.config.pool();
    let tunables = &desk.config.settings.tunables;
    post::catch_up(&desk.env, &desk.context).await;
    // The books stand without the feed: where it is away, no share is told.
    let newest = newest(desk).await.unwrap_or_default();
    let policy = current(desk, |memory| {
        let mut weighed = BTreeMap::new();
        let mut tasks: BTreeMap<&'static str, Vec<PolicyRow>> = BTreeMap::new();
        for (task, model, book) in memory.books() {
            let (weighed, winner) = weighed.entry(task).or_insert_with(|| {
                let tokens = report::middling(&newest, task);
                let weighed = pipeline::weighed(task, &pool, memory, tunables, tokens);
                let winner = pipeline::winner(task, &pool, memory, tunables, tokens);
                (weighed, winner)
            });
            let own = weighed.get(model);
            let until = memory.quarantine(model).map(|quarantine| quarantine.until);
            tasks.entry(task.name()).or_default().push(PolicyRow {
                model: model.to_owned(),
                n: book.row.n,
                quality: book.row.quality(),
                avg_cost: book.row.avg_cost(),
                quarantined_until: until.filter(|until| *until > now),
                belief: own.and_then(|own| own.belief),
                doubt: own.and_then(|own| own.doubt),
                share: report::share(&newest, task, model),
                winner: *winner == Some(model),
                charged_of_list: book.row.factor(),
            });
        }
        tasks.retain(|_, rows| {
            rows.retain(|row| row.n > 0);
            !rows.is_empty()
        });
        tasks
    })
    .await?;
    reply::view(&policy)
}

#[derive(Serialize)]
struct Overview {
    pool_size: usize,
    classifier: Classified,
    alerts: u64,
    active_price_overrides: BTreeMap<String, f64>,
    quarantined: BTreeMap<String, Quarantine>,
    baseline: String,
    tasks: [Task; 5],
    quality_tolerance: f64,
    min_samples: u64,
}

pub async fn overview(desk: &Desk) -> View {
    let settings = &desk.config.settings;
    let now = now();
    let overview = current(desk, |memory| Overview {
        pool_size: desk.config.pool().len(),
        classifier: report::classified(memory.books()),
        alerts: memory.books().map(|(_, _, book)| book.alerts).sum(),
        active_price_overrides: memory.overrides.clone(),
        quarantined: memory
            .quarantined()
            .iter()
            .filter(|(_, quarantine)| quarantine.until > now)
            .map(|(model, quarantine)| (model.clone(), *quarantine))
            .collect(),
        baseline: settings.baseline_model.clone(),
        tasks: Task::ALL,
        quality_tolerance: settings.tunables.quality_tolerance,
        min_samples: settings.tunables.min_samples,
    })
    .await?;
    reply::view(&overview)
}

pub async fn recent(desk: &Desk) -> View {
    post::catch_up(&desk.env, &desk.context).await;
    let mut rows = newest(desk).await?;
    rows.truncate(SHOWN);
    reply::view(&rows)
}

/// The newest decisions that are known here, newest first.
pub(super) async fn newest(desk: &Desk) -> Result<Vec<Decision>, Refusal> {
    let mut rows = shared::decisions(&desk.env).await?.to_vec();
    let own = post::decisions(|own| rows.iter().all(|row| row.id != own.id));
    rows.extend(own.iter().map(Decision::public));
    rows.sort_by(|a, b| b.ts.total_cmp(&a.ts));
    Ok(rows)
}

pub async fn alerts(desk: &Desk) -> View {
    post::catch_up(&desk.env, &desk.context).await;
    let mut rows = shared::alerts(&desk.env).await?.to_vec();
    let own = post::alerts().into_iter().filter(|own| !rows.contains(own));
    rows.extend(own.collect::<Vec<_>>());
    rows.sort_by(|a, b| b.ts.total_cmp(&a.ts));
    rows.truncate(SHOWN);
    reply::view(&rows)
}

/// What happens from now on, as server-sent events; `head`: their headers only.
pub async fn live(desk: &Desk, head: bool) -> View {
    let headers = vec![
        (
            "content-type",
            "text/event-stream; charset=utf-8".to_owned(),
        ),
        ("cache-control", "no-cache, no-transform".to_owned()),
    ];
    if head {
        return Ok(reply::text(200, headers, String::new()));
    }
    let watching = patience::ask("feed", FeedClient::live(&desk.env)).await;
    match watching.map_err(gate::away)? {
        None => Err(Refusal::Busy {
            retry_after: COME_AGAIN,
        }),
        Some(body) => Ok(reply::stream(headers, body)),
    }
}

/// Seconds after which one may watch again, where too many do.
const COME_AGAIN: u64 = 60;

/// Rows shown of the newest decisions and alerts.
const SHOWN: usize = 200;

/// Looks at the shared brain, no older than a second, with all in it that this isolate settled.
pub(super) async fn current<T>(desk: &Desk, look: impl FnOnce(&Memory) -> T) -> Result<T, Refusal> {
    post::catch_up(&desk.env, &desk.context).await;
    if !brain::be_fresh(&desk.env).await {
        return Err(Refusal::StoreAway);
    }
    Ok(brain::memory(|memory| look(memory)))
}
