//! An answer against a schema that the client wrote, and what that tells of the model.
//!
//! A client may write a schema that nothing fits, or one that everything does: to fail there, or to
//! fit, says nothing.

use json_schema::{Verdict, sample};
use serde_json::Value;

use crate::{Finding, Worth, work::Work};

/// Steps are what a schema is charged by: one takes 0.45 microseconds at worst.
const STEP: u64 = 45;

pub fn against_schema(what: &str, schema: &Value, value: &Value, work: &Work) -> Finding {
    match validate(schema, value, work) {
        Verdict::Valid => Finding::scored(1.0, format!("{what}: JSON that matches the schema"))
            .at_most(worth_of_match(schema, value.is_object(), work)),
        Verdict::Invalid(fault) => Finding::scored(0.0, format!("{what}: JSON, but {fault}"))
            .at_most(worth_of_miss(schema, work)),
        Verdict::Undecided(reason) => Finding::unknown(format!("{what}: {reason}")),
    }
}

pub fn validate(schema: &Value, value: &Value, work: &Work) -> Verdict {
    let most = u32::try_from(work.left() / STEP).unwrap_or(u32::MAX);
    let mut steps = most.min(json_schema::MAX_STEPS);
    let before = steps;
    let verdict = json_schema::validate_within(schema, value, &mut steps);
    let paid = work.take(u64::from(before - steps) * STEP);
    if paid {
        verdict
    } else {
        Verdict::Undecided(Work::USED_UP)
    }
}

/// What it tells that a value fits a schema: little where any value would, or any object.
pub fn worth_of_match(schema: &Value, object: bool, work: &Work) -> Worth {
    within_steps(work, |steps| {
        if !sample::can_miss(schema, steps) {
            Worth::Nothing
        } else if object && !sample::object_can_miss(schema, steps) {
            Worth::Form
        } else {
            Worth::Proof
        }
    })
}

/// What it tells that a value does not fit: nothing, unless one can be found that does.
pub fn worth_of_miss(schema: &Value, work: &Work) -> Worth {
    within_steps(work, |steps| match sample::fitting(schema, steps) {
        Some(_) => Worth::Proof,
        None => Worth::Nothing,
    })
}

/// Looks at a schema in what is left of the work, for no longer than a validation may take.
fn within_steps(work: &Work, look: impl FnOnce(&mut u32) -> Worth) -> Worth {
    let most = u32::try_from(work.left() / STEP).unwrap_or(u32::MAX);
    let mut steps = most.min(json_schema::MAX_STEPS);
    let before = steps;
    let worth = look(&mut steps);
    match work.take(u64::from(before - steps) * STEP) {
        true => worth,
        false => Worth::Nothing,
    }
}
