//! What is charged is counted once, whichever way a request ends.

use chat::Task;

use super::{
    super::World,
    memory_world::{MemoryWorld, Script, Step},
};
use crate::domain::{
    books::{book::Book, feed::Outcome, settlement::Settlement},
    policy::{Evidence, Row, Tunables},
};

const FINE: &str = r#"{"choices":[{"message":{"content":"Rivers flow."},"finish_reason":"stop"}]}"#;

/// A stream whose last chunk has that usage.
fn streamed(end: &'static str) -> Script {
    let answer = r#"data: {"choices":[{"index":0,"delta":{"content":"Rivers flow."},"finish_reason":"stop"}]}

"#;
    Script::stream(vec![Step::Bytes(0.1, answer), Step::Bytes(0.1, end)])
}

/// What a stream of that script settles as where the row of every model is `row`.
fn settled(end: &'static str, row: &Row) -> Settlement {
    let world = MemoryWorld::new(vec![streamed(end)]);
    for model in world.pool().iter() {
        for task in Task::ALL {
            let book = Book {
                seq: 1,
                row: row.clone(),
                ..Book::default()
            };
            let mut memory = world.memory.borrow_mut();
            memory.absorb(task, model.id.clone(), book);
        }
    }
    assert_eq!(world.serve(true).refusal, None);
    let settled = world.settled.borrow();
    settled[0].clone()
}

const MANY: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":20000,\"completion_tokens\":100000}}\n\ndata: [DONE]\n\n";
const BILLED: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":9,\"cost\":0.0042}}\n\ndata: [DONE]\n\n";

#[test]
fn a_cost_beside_the_usage_is_a_charge_where_it_is_one() {
    for (cost, charged) in [
        ("0.0042", true),
        ("\"0.0042\"", true),
        ("-1", false),
        ("{}", false),
        ("null", false),
    ] {
        let answer = format!(
            r#"{{"choices":[{{"message":{{"content":"fine"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":9,"completion_tokens":9}},"cost":{cost}}}"#
        );
        let world = MemoryWorld::new(vec![Script {
            charge: None,
            ..Script::answer(answer.leak())
        }]);
        assert_eq!(world.serve(false).refusal, None);
        let decision = world.settled.borrow()[0].decision.clone();
        let source = decision.detail.cost_source.as_deref();
        assert_eq!(source == Some("charge"), charged, "{cost}: {source:?}");
        assert_eq!(decision.cost == 0.0042, charged, "{cost}");
    }
}

#[test]
fn a_charged_answer_that_the_client_left_is_counted_at_its_charge_and_once() {
    let world = MemoryWorld::new(vec![Script {
        charge: Some("0.003"),
        steps: vec![Step::Bytes(0.1, "{"), Step::Hang],
        ..Script::answer("")
    }]);
    world.leaves_at.set(5.0);
    world.serve(false);
    let settled = world.settled.borrow();
    let settlement = &settled[0];
    assert_eq!(settlement.decision.outcome, Outcome::Dropped);
    assert_eq!(settlement.spend.usd(), 0.003);
    assert_eq!(settlement.decision.cost, 0.003);
    assert!(!settlement.decision.cost_estimated);
}

#[test]
fn what_a_failure_says_in_its_usage_is_charged_too() {
    let body = r#"{"error":{"message":"no"},"usage":{"prompt_tokens":9,"cost":0.007}}"#;
    for status in [200, 503] {
        let world = MemoryWorld::new(vec![
            Script {
                status,
                charge: None,
                ..Script::answer(body)
            },
            Script::answer(FINE),
        ]);
        assert_eq!(world.serve(false).refusal, None);
        assert_eq!(world.settled.borrow()[0].spend.usd(), 0.00701, "{status}");
    }
}

#[test]
fn zeros_are_no_count_of_tokens() {
    let answer = r#"{"choices":[{"message":{"content":"Rivers flow."},"finish_reason":"stop"}],"usage":{"prompt_tokens":0,"completion_tokens":0}}"#;
    let world = MemoryWorld::new(vec![Script {
        charge: None,
        ..Script::answer(answer)
    }]);
    world.serve(false);
    let decision = world.settled.borrow()[0].decision.clone();
    assert!(decision.cost > 0.0 && decision.cost_estimated);
}

#[test]
fn a_stream_without_usage_is_not_taken_for_one_many_times_as_short() {
    let mut row = Row::default();
    row.fold(&Evidence::graded(0.000_001, 1.0), &Tunables::default());
    assert_eq!(settled("data: [DONE]\n\n", &row).decision.cost, 0.000_001);
    let long = "x".repeat(400_000);
    for fields in [
        format!(r#","functions":[{{"name":"f","description":"{long}"}}]"#),
        format!(r#","response_format":{{"type":"text","x":"{long}"}}"#),
    ] {
        for left in [false, true] {
            let world = MemoryWorld::new(vec![streamed("data: [DONE]\n\n")]);
            if left {
                world.leaves_at.set(0.15);
            }
            world.serve_with(true, &fields);
            let decision = world.settled.borrow()[0].decision.clone();
            let pool = world.pool();
            let model = pool.iter().find(|it| it.id == decision.model).unwrap();
            let least = model.list_cost(100_000.0, 0.0);
            assert!(decision.cost > least * 0.99, "{} of {least}", decision.cost);
        }
    }
}

#[test]
fn a_charged_refusal_is_counted_at_its_charge_and_once() {
    let charged = |status, charge| Script {
        charge: Some(charge),
        ..Script::status(status)
    };
    let world = MemoryWorld::new(vec![charged(503, "0.002"), charged(400, "0.003")]);
    let served = world.serve(false);
    assert_eq!(served.refusal.unwrap().status(), 400);
    let settled = world.settled.borrow();
    assert_eq!(settled[0].spend.usd(), 0.005, "with the attempt before it");
    assert_eq!(settled[0].decision.cost, 0.003);
}

#[test]
fn the_words_of_an_error_are_found_where_runtimes_put_them() {
    for body in [
        r#"[{"error":{"code":400,"message":"too hot"}}]"#,
        r#"{"error":null,"message":"too hot"}"#,
        r#"{"object":"error","message":"too hot","code":400}"#,
        r#"{"error":"too hot"}"#,
        r#"{"detail":"too hot"}"#,
    ] {
        let world = MemoryWorld::new(vec![Script {
            steps: vec![Step::Bytes(0.1, body)],
            ..Script::status(400)
        }]);
        let served = world.serve(false);
        assert_eq!(served.refusal.unwrap().message(), "too hot", "{body}");
    }
}

#[test]
fn a_deployment_that_only_streams_learns_its_baseline_and_what_it_saves() {
    let first = settled(MANY, &Row::default());
    assert_eq!(first.decision.saved, None);
    let mut row = Row::default();
    row.fold(&first.evidence.unwrap(), &Tunables::default());
    let then = settled(MANY, &row).decision;
    assert_eq!(then.detail.baseline, Some(first.decision.cost));
    assert!(then.saved.is_some());
}

#[test]
fn a_stream_of_120_000_tokens_is_booked_by_its_tokens() {
    let settlement = settled(MANY, &Row::default());
    let decision = &settlement.decision;
    let pool = crate::domain::runtime::registry::pool("gpt-4o", None);
    let model = pool.iter().find(|model| model.id == decision.model);
    let listed = model.unwrap().list_cost(20_000.0, 100_000.0);
    assert!(listed > 0.01 && (decision.cost - listed).abs() < 1e-9);
    assert_eq!(decision.detail.cost_source.as_deref(), Some("computed"));
    assert!(!decision.cost_estimated, "nothing was ever charged");
    let evidence = settlement.evidence.unwrap();
    assert_eq!(
        (evidence.charge, evidence.computed),
        (None, Some(decision.cost))
    );
}

#[test]
fn what_is_charged_of_the_list_price_prices_a_stream_without_a_charge() {
    let listed = settled(MANY, &Row::default()).decision.cost;
    let mut row = Row::default();
    let charged = Evidence {
        list_cost: Some(0.004),
        ..Evidence::graded(0.001, 1.0)
    };
    row.fold(&charged, &Tunables::default());
    let decision = settled(MANY, &row).decision;
    assert!((decision.cost - listed / 4.0).abs() < 1e-9);
    assert!(decision.cost_estimated, "others were charged");
}

#[test]
fn a_cost_in_the_usage_is_a_charge() {
    let settlement = settled(BILLED, &Row::default());
    let decision = &settlement.decision;
    assert_eq!((decision.cost, decision.cost_estimated), (0.0042, false));
    assert_eq!(decision.detail.cost_source.as_deref(), Some("charge"));
    let evidence = settlement.evidence.unwrap();
    assert_eq!((evidence.charge, evidence.computed), (Some(0.0042), None));
}

#[test]
fn a_stream_without_usage_is_estimated_and_no_evidence_of_cost() {
    let settlement = settled("data: [DONE]\n\n", &Row::default());
    let decision = &settlement.decision;
    assert!(decision.cost_estimated);
    assert_eq!(decision.detail.cost_source.as_deref(), Some("estimated"));
    let evidence = settlement.evidence.unwrap();
    assert_eq!((evidence.charge, evidence.computed), (None, None));
}

#[test]
fn what_another_model_answered_is_passed_on_and_teaches_nothing_of_the_one_that_was_asked() {
    let body = |model: &str| {
        let answer = r#""choices":[{"message":{"role":"assistant","content":"Rivers flow."},"finish_reason":"stop"}]"#;
        format!("{{\"model\":\"{model}\",{answer}}}")
    };
    for (name, teaches) in [("someone-else/else-9", false), ("", true), ("m", true)] {
        let script = Script {
            steps: vec![Step::Bytes(0.1, Box::leak(body(name).into_boxed_str()))],
            ..Script::answer("")
        };
        let world = MemoryWorld::new(vec![script]);
        assert_eq!(world.serve(false).refusal, None);
        let settled = world.settled.borrow();
        assert_eq!(settled[0].evidence.is_some(), teaches, "{name}");
        assert_eq!(settled[0].decision.outcome, Outcome::Finished);
    }
}
