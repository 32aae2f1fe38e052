//! A schema of a request and an instance of a model, neither to be trusted.
#![no_main]

use json_schema::{MAX_STEPS, Verdict, validate_within};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &str)| {
    let (Ok(schema), Ok(instance)) = (serde_json::from_str(texts.0), serde_json::from_str(texts.1))
    else {
        return;
    };
    let mut steps = MAX_STEPS;
    if let Verdict::Invalid(why) = validate_within(&schema, &instance, &mut steps) {
        assert!(why.chars().count() < 200 && !why.contains(['<', '>', '\n']));
    }
    assert!(steps <= MAX_STEPS);
});
