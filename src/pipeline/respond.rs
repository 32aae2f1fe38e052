//! Answer → what the client gets: the `arbiter` object, the headers, the last event of a stream.

use chat::Task;
use serde::Serialize;
use serde_json::json;

use crate::domain::{feed::ClassifiedBy, policy::Plan, refusal::Refusal, sse::StreamReader};

use super::{Brief, Cost, Grade, Known, Shortlist, world::Head};

/// The `arbiter` object of a whole answer.
#[derive(Debug, Serialize)]
struct Arbiter<'a> {
    task: Task,
    classified_by: ClassifiedBy,
    model: &'a str,
    mode: &'static str,
    reason: &'a str,
    quality: f64,
    quality_reason: &'a str,
    cost: f64,
    cost_estimated: bool,
    baseline_cost: Option<f64>,
    saved: Option<f64>,
    tokens_needed: u64,
    eligible_models: usize,
    budget_max_cost: Option<f64>,
    budget_met: Option<bool>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    failover_from: &'a [String],
}

/// What is told of how a request was routed.
#[derive(Clone, Copy, Debug)]
pub struct Routed<'a> {
    pub brief: &'a Brief,
    pub shortlist: &'a Shortlist<'a>,
    pub plan: &'a Plan,
    pub model: &'a str,
    pub failover_from: &'a [String],
    pub known: &'a Known,
    pub max_cost: Option<f64>,
}

/// The `arbiter` object, as JSON.
pub fn arbiter(routed: &Routed<'_>, cost: Cost, grade: &Grade) -> String {
    let Routed { brief, plan, .. } = routed;
    serde_json::to_string(&Arbiter {
        task: brief.task,
        classified_by: brief.classified_by,
        model: routed.model,
        mode: plan.mode.name(),
        reason: &reason(routed),
        quality: grade.quality(),
        quality_reason: &grade.reason,
        cost: cost.usd,
        cost_estimated: cost.estimated,
        baseline_cost: routed.known.baseline_cost,
        saved: routed.known.saved(cost),
        tokens_needed: brief.tokens_needed(),
        eligible_models: routed.shortlist.models.len(),
        budget_max_cost: routed.max_cost,
        budget_met: routed.shortlist.budget_met,
        failover_from: routed.failover_from,
    })
    .unwrap_or_else(|_| "{}".to_owned())
}

fn reason(routed: &Routed<'_>) -> String {
    if routed.failover_from.is_empty() {
        return routed.plan.reason.clone();
    }
    format!(
        "{}; {} failed, so the next best answered",
        routed.plan.reason,
        routed.failover_from.join(", ")
    )
}

/// Headers that stand on every routed answer, whole or streamed.
pub fn headers(routed: &Routed<'_>, head: &Head<()>) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("x-arbiter-model", routed.model.to_owned()),
        ("x-arbiter-task", routed.brief.task.name().to_owned()),
        ("x-arbiter-mode", routed.plan.mode.name().to_owned()),
        (
            "x-arbiter-classified-by",
            routed.brief.classified_by.name().to_owned(),
        ),
        (
            "x-arbiter-eligible",
            routed.shortlist.models.len().to_string(),
        ),
    ];
    let passed_on = [
        ("x-btl-request-id", &head.runtime_id),
        ("x-btl-cache-tier", &head.cache_tier),
    ];
    for (name, value) in passed_on {
        headers.extend(value.as_deref().and_then(clean).map(|value| (name, value)));
    }
    headers
}

/// A value from outside as a header: short printable ASCII, or nothing.
pub fn clean(value: &str) -> Option<String> {
    clean_up_to(value, 128)
}

/// The same, of at most that many characters.
pub fn clean_up_to(value: &str, most: usize) -> Option<String> {
    let value: String = value
        .chars()
        .filter(|character| character.is_ascii_graphic() || *character == ' ')
        .take(most)
        .collect();
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// What ends a stream, in place of the runtime's own `[DONE]`.
pub const DONE: &str = "data: [DONE]\n\n";

/// The event after `[DONE]`, dressed as an empty chunk: clients that read past `[DONE]` and
/// ignore event names would reject anything else. `quality` is null where it is not known yet.
pub fn last_event(
    routed: &Routed<'_>,
    reader: &StreamReader,
    cost: Cost,
    grade: Option<&Grade>,
    now: f64,
) -> String {
    let event = json!({
        "id": reader.id.as_deref().unwrap_or("chatcmpl-arbiter"),
        "object": "chat.completion.chunk",
        "created": reader.created.unwrap_or(now).max(0.0) as u64,
        "model": routed.model,
        "choices": [{"index": 0, "delta": {}, "finish_reason": null}],
        "task": routed.brief.task,
        "mode": routed.plan.mode.name(),
        "classified_by": routed.brief.classified_by,
        "quality": grade.and_then(|grade| grade.shown),
        "quality_reason": grade.map(|grade| &grade.reason),
        "cost": cost.usd,
        "cost_estimated": cost.estimated,
        "baseline_cost": routed.known.baseline_cost,
        "saved": routed.known.saved(cost),
        "reason": reason(routed),
        "failover_from": routed.failover_from,
    });
    format!("event: arbiter\ndata: {event}\n\n")
}

/// The event that ends a stream which failed after its first byte. Begins with a line end, in
/// case the last thing passed on was half an event.
pub fn error_event(refusal: &Refusal) -> String {
    format!("\n\ndata: {}\n\n", refusal.body())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_value_from_outside_is_cleaned() {
        assert_eq!(
            clean("a\r\nset-cookie: x\u{7f}é").as_deref(),
            Some("aset-cookie: x")
        );
        assert_eq!(clean("\n\u{1f980}"), None);
        assert_eq!(
            clean(&"x".repeat(1_000)).map(|value| value.len()),
            Some(128)
        );
    }
}
