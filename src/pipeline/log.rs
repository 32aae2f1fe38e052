//! What operators are told of a request: its stages, on the answer and in its log line.

use std::{cell::Cell, collections::BTreeMap};

use serde_json::{Map, Value, json};

use crate::domain::books::settlement::Settlement;

use super::{Case, Seen};

/// When a request passed each stage, Unix seconds.
#[derive(Clone, Debug)]
pub struct Times {
    /// When it arrived, was accepted, had its task, and its models.
    pub received: f64,
    pub started: f64,
    pub classified: f64,
    pub routed: f64,
    /// When the runtime had answered, the last of its stream had passed, and it was graded: as
    /// far as it has come to that.
    pub called: Cell<Option<f64>>,
    /// When the first of its answer went out.
    pub first: Cell<Option<f64>>,
    pub delivered: Cell<Option<f64>>,
    pub graded: Cell<Option<f64>>,
}

impl Times {
    /// Milliseconds by stage, as far as they are known by now.
    fn stages(&self, now: f64) -> Vec<(&'static str, f64)> {
        let called = self.called.get();
        let delivered = self.delivered.get().or(called);
        let between = |from: Option<f64>, to: Option<f64>| Some(to? - from?);
        [
            ("gate", Some(self.started - self.received)),
            ("classify", Some(self.classified - self.started)),
            ("route", Some(self.routed - self.classified)),
            ("runtime", Some(called.unwrap_or(now) - self.routed)),
            ("stream", between(called, self.delivered.get())),
            ("grade", between(delivered, self.graded.get())),
            ("total", Some(now - self.received)),
        ]
        .into_iter()
        .filter_map(|(stage, seconds)| Some((stage, (seconds? * 1_000.0).max(0.0).round())))
        .collect()
    }

    /// The first of its answer goes out.
    pub fn begin(&self, now: f64) {
        self.first.set(self.first.get().or(Some(now)));
    }

    /// Milliseconds from its arrival to the first byte of its answer.
    pub fn first_ms(&self) -> Option<f64> {
        let first = self.first.get()? - self.received;
        Some((first * 1_000.0).max(0.0).round())
    }

    /// Milliseconds from its arrival until now.
    pub fn total_ms(&self, now: f64) -> f64 {
        ((now - self.received) * 1_000.0).max(0.0).round()
    }

    /// Milliseconds by stage.
    pub fn by_stage(&self, now: f64) -> BTreeMap<String, f64> {
        let stages = self.stages(now).into_iter();
        stages.map(|(stage, ms)| (stage.to_owned(), ms)).collect()
    }

    /// As `Server-Timing` has them.
    pub fn timing(&self, now: f64) -> String {
        let stages = self.stages(now);
        let entries = stages
            .iter()
            .map(|(stage, millis)| format!("{stage};dur={millis}"));
        entries.collect::<Vec<_>>().join(", ")
    }
}

/// One line a request, without a word of what was said.
pub fn line(
    case: &Case<'_>,
    route: &str,
    settlement: &Settlement,
    seen: &Seen<'_>,
    now: f64,
) -> Value {
    let stages: Map<String, Value> = case
        .watch
        .stages(now)
        .into_iter()
        .map(|(stage, millis)| (stage.to_owned(), millis.into()))
        .collect();
    let decision = &settlement.decision;
    let allowance = case.request.allowance.as_ref();
    let set_aside = allowance.and_then(|it| it.within).map(|usd| usd.usd());
    json!({
        "id": decision.id,
        "route": route,
        "status": seen.end.refusal().map_or(200, |refusal| refusal.status()),
        "outcome": decision.outcome,
        "task": decision.task,
        "classified_by": decision.classified_by,
        "model": decision.model,
        "failover_from": decision.failover_from,
        "mode": decision.mode,
        "stream": case.request.stream,
        "cost": decision.cost,
        "cost_estimated": decision.cost_estimated,
        "spend": settlement.spend.usd(),
        "overhead": settlement.overhead.usd(),
        "set_aside": set_aside,
        "ms": stages,
    })
}
