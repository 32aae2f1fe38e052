//! What the client is told of how its request was routed, whichever protocol it speaks.

use crate::domain::surface::{Arbiter, Opening, Room};

use super::{Case, Seen, World, grade::Grade, keep, settle::Cost, world::Head};

/// The `arbiter` object; `grade` is `None` while it is owed.
pub fn arbiter<'a>(
    case: &Case<'a>,
    seen: &'a Seen<'_>,
    cost: Cost,
    grade: Option<&'a Grade>,
) -> Arbiter<'a> {
    let by = &seen.by;
    Arbiter {
        task: case.brief.task,
        classified_by: case.brief.classified_by,
        model: &by.model.id,
        mode: case.plan.mode,
        reason: reason(case, &by.before.failed),
        session: keep::told(case, &by.model.id),
        quality: grade.and_then(|grade| grade.shown),
        quality_reason: grade.map(|grade| grade.reason.as_str()),
        cost: cost.usd,
        cost_estimated: cost.estimated,
        cost_source: cost.source,
        baseline_cost: by.known.baseline_cost,
        saved: by.known.saved(cost),
        tokens_needed: case.brief.tokens_needed(),
        eligible_models: case.shortlist.models.len(),
        budget_max_cost: case.request.max_cost,
        budget_met: case.shortlist.budget_met,
        latency_met: case.shortlist.latency_met,
        failover_from: &by.before.failed,
        dropped: &case.request.dropped,
    }
}

fn reason(case: &Case<'_>, failed: &[String]) -> String {
    if failed.is_empty() {
        return case.plan.reason.clone();
    }
    format!(
        "{}; {} failed, so the next best answered",
        case.plan.reason,
        failed.join(", ")
    )
}

/// Headers that stand on every routed answer, whole or streamed.
pub fn headers(case: &Case<'_>, model: &str, head: &Head<()>) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("x-arbiter-model", model.to_owned()),
        ("x-arbiter-task", case.brief.task.name().to_owned()),
        ("x-arbiter-mode", case.plan.mode.name().to_owned()),
        (
            "x-arbiter-classified-by",
            case.brief.classified_by.name().to_owned(),
        ),
        (
            "x-arbiter-eligible",
            case.shortlist.models.len().to_string(),
        ),
    ];
    if let Some(told) = keep::told(case, model) {
        headers.push(("x-arbiter-session", told.decision.name().to_owned()));
    }
    let passed_on = [
        ("x-btl-request-id", &head.runtime_id),
        ("x-btl-cache-tier", &head.cache_tier),
    ];
    for (name, value) in passed_on {
        headers.extend(value.as_deref().and_then(clean).map(|value| (name, value)));
    }
    headers
}

/// What an answer begins with.
pub fn opening<W: World>(world: &W, case: &Case<'_>, model: &str) -> Opening {
    Opening {
        id: world.request_id().to_owned(),
        model: model.to_owned(),
        created: world.now(),
        input_tokens: case.brief.input_tokens,
    }
}

/// How large the request is, and what the largest model holds.
pub fn room<W: World>(world: &W, case: &Case<'_>) -> Room {
    let largest = world.pool().iter().map(|model| model.window()).max();
    Room {
        needed: case.brief.tokens_needed(),
        largest: largest.unwrap_or(0),
    }
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
