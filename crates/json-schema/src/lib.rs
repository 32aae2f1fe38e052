//! JSON Schema: drafts 7 and 2020-12, with a budget.
//!
//! A schema comes from a request and an instance from a model: neither is trusted. So this
//! validator counts its steps and its depth, compiles patterns with an engine of linear time,
//! follows no reference to another document, and says [`Verdict::Undecided`] where it has to
//! stop. `format` is an annotation, as both drafts have it by default.
//!
//! Its own code rather than the `jsonschema` crate, because no general validator bounds its
//! work on a hostile schema, and because that crate alone would add 770 KB gzipped to the
//! worker. The official test suite stands in `tests/suite`.

mod numeric;
mod patterns;
mod references;
pub mod sample;
mod validator;

use serde_json::Value;

use validator::Validator;

/// Subschemas applied, values compared, and stretches of text read, at most.
pub const MAX_STEPS: u32 = 60_000;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Valid,
    /// What does not fit, for people: "`age` is missing". Bounded and cleaned.
    Invalid(String),
    /// Why the schema could not be applied to the end.
    Undecided(&'static str),
}

/// Whether the instance is what the schema describes.
pub fn validate(schema: &Value, instance: &Value) -> Verdict {
    validate_within(schema, instance, &mut { MAX_STEPS })
}

/// The same in no more than so many steps, of which it leaves what it did not take.
pub fn validate_within(schema: &Value, instance: &Value, steps: &mut u32) -> Verdict {
    if !(schema.is_object() || schema.is_boolean()) {
        return Verdict::Undecided("the schema is no object");
    }
    let mut validator = Validator::new(schema, is_old(schema), *steps);
    let outcome = validator.whole(schema, instance);
    *steps = validator.left();
    match outcome {
        Ok(true) => Verdict::Valid,
        Ok(false) => Verdict::Invalid(validator.explanation()),
        Err(reason) => Verdict::Undecided(reason),
    }
}

/// A name for people: signs that do harm are left out, what is long is cut.
pub fn quoted(name: &str) -> String {
    const MOST: usize = 60;
    let harmless = |c: &char| {
        (c.is_alphanumeric() || c.is_ascii())
            && !c.is_control()
            && !matches!(c, '`' | '<' | '>' | '"' | '&')
    };
    let mut text: String = name
        .chars()
        .take(4 * MOST)
        .filter(harmless)
        .take(MOST)
        .collect();
    if name.chars().nth(MOST).is_some() {
        text.push('…');
    }
    format!("`{text}`")
}

/// Draft 7 and before: `$ref` hides its neighbours, `items` may be a list.
fn is_old(schema: &Value) -> bool {
    schema
        .get("$schema")
        .and_then(Value::as_str)
        .is_some_and(|uri| {
            ["draft-03", "draft-04", "draft-06", "draft-07"]
                .iter()
                .any(|draft| uri.contains(draft))
        })
}
