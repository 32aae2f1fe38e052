//! What operators are told of a request: its stages, on the answer and in its log line.

use super::{Answering, Story, learn::Cost, world::World};
use crate::domain::feed::Outcome;

impl<W: World> Story<'_, W> {
    /// Milliseconds by stage, as far as they are known by now.
    fn stages(&self, headed: f64) -> Vec<(&'static str, f64)> {
        let since = |from: f64, to: f64| Some(to - from);
        [
            ("gate", since(self.world.received_at(), self.started)),
            ("classify", since(self.started, self.classified)),
            ("route", since(self.classified, self.routed)),
            ("runtime", since(self.routed, headed)),
            ("stream", self.streamed.get()),
            ("grade", self.graded.get()),
            ("total", since(self.world.received_at(), self.world.now())),
        ]
        .into_iter()
        .filter_map(|(stage, seconds)| Some((stage, (seconds? * 1_000.0).max(0.0).round())))
        .collect()
    }

    /// As `Server-Timing` has them.
    pub(super) fn timing(&self, headed: f64) -> String {
        let stages = self.stages(headed);
        let entries = stages
            .iter()
            .map(|(stage, millis)| format!("{stage};dur={millis}"));
        entries.collect::<Vec<_>>().join(", ")
    }

    /// One line a request, without a word of what was said.
    pub(super) fn log(&self, answering: &Answering<'_>, outcome: Outcome, status: u16, cost: Cost) {
        let stages: serde_json::Map<String, serde_json::Value> = self
            .stages(answering.headed)
            .into_iter()
            .map(|(stage, millis)| (stage.to_owned(), millis.into()))
            .collect();
        self.world.log(&serde_json::json!({
            "id": self.world.request_id(),
            "route": self.door.surface().path(),
            "status": status,
            "outcome": outcome,
            "task": self.brief.task,
            "classified_by": self.brief.classified_by,
            "model": answering.model.id,
            "failover_from": answering.failover_from,
            "mode": self.plan.mode,
            "stream": self.request.stream,
            "cost": cost.usd,
            "cost_estimated": cost.estimated,
            "ms": stages,
        }));
    }
}
