//! Short texts: keys, costs, waits, addresses, emails.
#![no_main]

use arbiter::{
    domain::account::{address, email, key},
    pipeline::clean,
};
use runtimes::{charge::Charge, retry_after};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(charge) = Charge::parse(text) {
        assert!(charge.usd.is_finite() && charge.usd >= 0.0);
    }
    if let Some(wait) = retry_after::parse(text, 1.7e9) {
        assert!(wait <= retry_after::LONGEST);
    }
    if let Some(token) = key::bearer(text) {
        key::shape(token);
        key::is_sealed(token, [&key::KeySecret::new("of the fuzzer".to_owned())]);
    }
    if let Some(value) = clean(text) {
        assert!(value.is_ascii() && value.len() <= 128);
    }
    address::subscriber(text);
    email::is_valid(text);
});
