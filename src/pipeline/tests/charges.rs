//! What is charged is counted once, whichever way a request ends.

use super::memory_world::{MemoryWorld, Script, Step};
use crate::domain::feed::Outcome;

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
